import re
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

import project
from mammo.book.chapters import chapter, chapters
from mammo.errors import MammoError, ParameterError
from mammo.parameters import DataParameters, EvaluationParameters, ImageParameters

TRIAL = """\
# ---
# jupyter:
#   mammo:
#     chapter: trial
#     parameters: [DataParameters, EvaluationParameters]
# ---

# %% tags=["parameters"]
seed = 2020
"""


@pytest.fixture
def root(tmp_path) -> Path:
    """The book's sources, with one more chapter."""
    made = project.copy(tmp_path).root
    (made / "notebooks" / "09_trial.py").write_text(TRIAL)
    toc = made / "book" / "_toc.yml"
    line = "      - file: chapters/08_how_sure\n"
    toc.write_text(toc.read_text().replace(line, line.replace("08_how_sure", "09_trial") + line))
    return made


def test_a_chapter_is_what_its_header_says_where_the_contents_have_it(root):
    found = chapters(root)
    assert list(found) == [
        "front_page", "datasets", "models", "comparison", "why_it_fails", "mixed_data", "your_data",
        "evidence", "trial", "how_sure", "provenance",
    ]  # fmt: skip
    assert found["front_page"].page == "index.ipynb"
    assert found["datasets"].groups == (DataParameters, ImageParameters)
    trial = found["trial"]
    assert (trial.source, trial.page) == ("notebooks/09_trial.py", "chapters/09_trial.ipynb")
    assert trial.groups == (DataParameters, EvaluationParameters)
    assert chapter("trial", root) == trial


def edited(of: str, old: str, new: str):
    def edit(root: Path) -> None:
        text = (root / of).read_text()
        assert old in text
        (root / of).write_text(text.replace(old, new))

    return edit


NOTEBOOK, CONTENTS = "notebooks/09_trial.py", "book/_toc.yml"
FAULTS = {
    "no header": (
        edited(NOTEBOOK, TRIAL, "# %%\n1"),
        "09_trial.py: declares no chapter; write 'mammo: {chapter: NAME, parameters:",
    ),
    "another header": (edited(NOTEBOOK, "mammo:", "other:"), "09_trial.py: declares no chapter"),
    "no name": (edited(NOTEBOOK, "chapter: trial", "chapter: 7"), "09_trial.py: chapter is 7 and"),
    "no groups": (edited(NOTEBOOK, "    parameters:", "    groups:"), "parameters is None"),
    "an unknown group": (
        edited(NOTEBOOK, "EvaluationP", "ValuationP"),
        "no group of parameters is called 'ValuationParameters'; the groups are DataParameters, ",
    ),
    "a header that is no YAML": (edited(NOTEBOOK, "trial\n", "[\n"), "09_trial.py: not YAML"),
    "a name twice": (
        edited(NOTEBOOK, "chapter: trial", "chapter: models"),
        "09_trial.py: the chapter 'models' is notebooks/02_models.py already; give one",
    ),
    "not in the contents": (
        edited(CONTENTS, "      - file: chapters/09_trial\n", ""),
        "_toc.yml; add the line '- file: chapters/09_trial' there",
    ),
    "no notebook": (
        lambda root: (root / NOTEBOOK).unlink(),
        "_toc.yml: no notebook below notebooks/ makes 'chapters/09_trial'; remove that line, or",
    ),
    "contents that are no YAML": (edited(CONTENTS, "root:", "root: ["), "_toc.yml: not YAML"),
    "no contents": (
        lambda root: (root / CONTENTS).unlink(),
        "_toc.yml is absent: run this in the project's folder",
    ),
    "a cell that lost its tag": (
        edited(NOTEBOOK, ' tags=["parameters"]', ""),
        "09_trial.py: no cell has the tag 'parameters', so that none could be set; start",
    ),
}


@pytest.mark.parametrize(("damage", "words"), FAULTS.values(), ids=FAULTS)
def test_a_wrong_declaration_is_one_sentence(root, damage, words):
    damage(root)
    with pytest.raises(MammoError) as raised:
        chapters(root)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_misspelt_chapter_gets_a_suggestion_and_any_other_the_list(root):
    with pytest.raises(ParameterError, match=r"'comparisn'.*'comparison'"):
        chapter("comparisn", root)
    with pytest.raises(ParameterError, match=r"'xyz'.*front_page, data"):
        chapter("xyz", root)


def test_a_misspelt_chapter_is_told_before_anything_heavy_is_imported(root):
    program = (
        "import sys; sys.argv = ['mammo', 'run', 'comparisn']; from mammo import cli\n"
        "try: cli.main()\n"
        "except SystemExit as end: print('status', end.code)\n"
        "heavy = {'torch', 'pandas', 'numpy', 'cv2', 'jupytext', 'papermill', 'pydicom'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False
    )
    assert outcome.stdout == "status 1\nheavy: []\n"
    assert outcome.stderr == "mammo: no chapter 'comparisn'; did you mean 'comparison'?\n"


@pytest.mark.parametrize("stem", ["01_datasets", "09_trial"])
def test_a_notebook_keeps_its_declaration_when_jupyterlab_saves_it(root, stem):
    source = root / "notebooks" / f"{stem}.py"
    before = chapters(root)
    opened = nbformat.reads(nbformat.writes(jupytext.read(source)), as_version=4)
    jupytext.write(opened, source, fmt="py:percent")
    assert "format_version" in source.read_text()
    assert chapters(root) == before


SOURCES = sorted((project.ROOT / "notebooks").glob("*.py"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda file: file.stem)
def test_a_notebook_of_the_book_is_saved_as_it_stands(source, tmp_path):
    saved = tmp_path / source.name
    opened = nbformat.reads(nbformat.writes(jupytext.read(source)), as_version=4)
    jupytext.write(opened, saved, fmt="py:percent")
    assert saved.read_text() == source.read_text()


@pytest.mark.parametrize("source", SOURCES, ids=lambda file: file.stem)
def test_an_option_of_a_box_takes_none_of_its_text(source):
    options = re.findall(r"^# :(\w+): (.*)$", source.read_text(encoding="utf-8"), re.M)
    assert all(re.fullmatch(r"[\w-]+", value) for _, value in options)
