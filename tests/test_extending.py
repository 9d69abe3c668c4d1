"""README's recipes for a chapter, a data set and a model, done as they are written."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml
from PIL import Image

import native
import project
from mammo.book.chapters import chapters

README = (project.ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^`(\S+)`:\n\n```\w*\n(.*?)^```$", re.S | re.M)
PLACES = {
    "book/_toc.yml": "      - file: chapters/08_how_sure\n",
    "src/mammo/models/__init__.py": "_CARDS = (\n",
    "src/mammo/models/transfer.py": "_END_AT_STRIDE: dict[str, dict[int, int]] = {\n",
}
"""The lines that a recipe's own come after; elsewhere they take the place of an assignment."""


def recipe(heading: str) -> dict[str, str]:
    """Return the blocks below one of README's headings: file by file, what goes into it."""
    section = README.split(f"### {heading}\n")[1].split("\n### ")[0]
    return dict(BLOCK.findall(section))


def follow(blocks: dict[str, str], root: Path) -> None:
    """Write a recipe's files, and put its lines into the files that are there."""
    for name, text in blocks.items():
        file = root / name
        if not file.exists():
            file.write_text(text, encoding="utf-8")
            continue
        before = file.read_text(encoding="utf-8")
        if name in PLACES:
            after = before.replace(PLACES[name], PLACES[name] + text)
        else:
            *imports, assignment = text.strip().splitlines()
            variable = assignment.split(" = ")[0]
            after = re.sub(rf"^{variable} = .*$", assignment, before, flags=re.M)
            after = re.sub("^from ", "\n".join([*imports, "from "]), after, count=1, flags=re.M)
        assert after != before, name
        file.write_text(after, encoding="utf-8")


@pytest.fixture
def copy(tmp_path, prepared) -> project.Project:
    """A project with code of its own, which uses what the tiniest study has computed."""
    made = project.copy(tmp_path)
    shutil.copytree(project.ROOT / "src", tmp_path / "src", ignore=project.MADE)
    (tmp_path / "params" / "demo.yaml").write_text(
        yaml.safe_dump(project.TINY | {"artifacts": str(prepared.artifacts)})
    )
    environment = {**made.environment, "PYTHONPATH": str(tmp_path / "src")}
    return replace(made, environment=environment)


def printed(outcome) -> str:
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def python(of: project.Project, program: str) -> str:
    return printed(of.run(project.BIN / "python", "-c", program))


@pytest.mark.book
@pytest.mark.long
def test_a_chapter_is_a_notebook_and_a_line(copy):
    blocks = recipe("A chapter")
    follow(blocks, copy.root)
    assert list(chapters(copy.root))[-2:] == ["patients", "provenance"]
    said = printed(copy.mammo("run", "patients"))
    page = copy.root / "results" / "patients" / "html" / "index.html"
    assert f"The page is at {page}\n" in said
    assert "institution" in page.read_text()
    (copy.root / "notebooks" / "09_patients.py").unlink()
    toc = copy.root / "book" / "_toc.yml"
    toc.write_text(toc.read_text().replace(blocks["book/_toc.yml"], ""))
    assert "patients" not in chapters(copy.root)


SHOWN = """
from mammo.book.sections import datasets, provenance
from mammo.parameters import sources
from mammo.report import notice
from mammo.report.figures.forest import auroc_forest
from mammo.report.figures.mixed import mixed_training
from mammo.report.tables import paper
from mammo.study import Study, results

study = Study(sources.load(sources.default_file(), {}))
print(study.datasets, study.local)
estimates = results.comparison(study)
mixed = results.mixed_comparison(study)
print(notice.images_notice(study.sources))
for table in (
    paper.table1(study.summary()), paper.table3(estimates), paper.table4(*mixed),
    datasets.exclusions(study), datasets.splits(study, "mixed"), provenance.data(study),
    auroc_forest(estimates).alt, mixed_training(*mixed).alt,
):
    print(table if isinstance(table, str) else getattr(table, "shown", table).to_string())
"""


@pytest.mark.long
def test_a_data_set_is_a_module_and_its_name(copy):
    follow(recipe("A data set"), copy.root)
    four = "('cbis_ddsm', 'mias', 'inbreast', 'institution')"
    assert f"{four} institution" in python(copy, SHOWN.partition("estimates =")[0])
    write_example(Path(copy.environment["MAMMO_DATA"]) / "example")
    assert "example is usable" in printed(copy.mammo("check", "example"))
    shown = python(copy, SHOWN)
    assert f"{four[:-1]}, 'example') institution" in shown
    assert "Example: real" in shown
    tables = [line for line in shown.splitlines() if re.search(r"Example.* real ", line)]
    assert len(tables) >= 5
    assert shown.count("Example, real 0.") + shown.count("Example, real 1.") == 2
    scores = printed(copy.mammo("predict", "alexnet", "example"))
    assert len(scores.splitlines()) == 1 + 12


def write_example(folder: Path) -> None:
    folder.mkdir()
    names = [f"{number}.png" for number in range(12)]
    for number, name in enumerate(names):
        Image.fromarray(native.mammogram(number)).save(folder / name)
    patients = [f"p{number}" for number in range(12)]
    table = {"image": names, "patient": patients, "malignant": [0, 1] * 6}
    pd.DataFrame(table).to_csv(folder / "labels.csv", index=False)


@pytest.mark.long
def test_a_model_is_a_card_its_tap_points_and_its_name(copy):
    follow(recipe("A model"), copy.root)
    assert "vgg11 " in printed(copy.mammo("weights", "list"))
    printed(copy.mammo("predict", "vgg11", "mias", "--output", "scores.csv"))
    scores = pd.read_csv(copy.root / "scores.csv")
    assert set(scores["model"]) == {"vgg11"}
    assert len(scores) > 0 and scores["y_score"].between(0, 1).all()
