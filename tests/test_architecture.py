"""The layout says where a line belongs; these tests hold the code to it."""

from __future__ import annotations

import ast
import re
import tomllib
from itertools import chain
from pathlib import Path

import jupytext
import pytest
import yaml

from mammo import book, config
from mammo.parameters import Parameters

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "mammo"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))

ORDER = (
    ("errors", "__init__"),
    ("disk", "parameters", "containers", "pseudonyms", "spreadsheet"),
    ("provenance", "config", "workers"),
    ("datasets",),
    ("images",),
    ("models", "splits", "devices", "lesions"),
    ("features", "patches"),
    ("samples", "checkpoint", "detection"),
    ("training",),
    ("prediction",),
    ("evaluation",),
    ("assessment",),
    ("shift",),
    ("locations", "learning", "study"),
    ("results", "released", "coverage"),
    ("report",),
    ("gallery", "viewing", "evaluate", "preflight"),
    ("adaptation", "validation"),
    ("inventory",),
    ("book",),
    ("build",),
    ("cli",),
    ("__main__",),
)
"""Every part of the package, from left to right; a part imports what stands left of it."""

RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}


def part_of(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_parts(file: Path) -> set[str]:
    """Parts of the package that a file imports when it runs; annotations alone do not count."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for_checkers = {
        id(line)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for line in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or id(node) in for_checkers:
            continue
        if node.module == "mammo":
            found |= {name.name for name in node.names if name.name in RANK}
        elif node.module and node.module.startswith("mammo."):
            found.add(node.module.split(".")[1])
    return found


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda f: f.stem)
def test_imports_run_from_left_to_right(file):
    part = part_of(file)
    wrong = {name for name in imported_parts(file) if RANK[name] > RANK[part]}
    assert not wrong, f"{file.name} of '{part}' imports {wrong}, which stand to its right"


def test_evaluation_needs_arrays_only():
    for file in (PACKAGE / "evaluation").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(?:import|from) (?:torch|pydicom|sklearn|pandas)", text, re.M)


def test_modules_stay_small():
    long = {
        file.name: lines
        for file in PACKAGE.rglob("*.py")
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert long == {}


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda f: f.stem)
def test_notebooks_hold_no_definitions(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Lambda)
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, kinds)]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda f: f.stem)
def test_parameters_cells_state_the_defaults(file):
    cells = jupytext.read(file).cells
    (cell,) = [c for c in cells if "parameters" in c.metadata.get("tags", [])]
    assignments = [n for n in ast.parse(cell.source).body if isinstance(n, ast.Assign)]
    stated = {node.targets[0].id: ast.literal_eval(node.value) for node in assignments}
    defaults = Parameters()
    assert stated
    assert config.validate(stated) == defaults
    for node in assignments:
        last = cell.source.splitlines()[node.end_lineno - 1]
        assert "#" in last, f"{file.name}: a parameter without its meaning: {last}"


def test_every_chapter_is_a_page_of_the_book():
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text())
    files = {toc["root"]} | {c["file"] for part in toc["parts"] for c in part["chapters"]}
    pages = {chapter.page.removesuffix(".ipynb") for chapter in book.CHAPTERS.values()}
    assert pages <= files
    assert {chapter.source for chapter in book.CHAPTERS.values()} == {
        file.relative_to(ROOT).as_posix() for file in NOTEBOOKS
    }


@pytest.mark.parametrize("file", sorted((ROOT / "params").glob("*.yaml")), ids=lambda f: f.stem)
def test_parameter_files_are_valid(file):
    assert isinstance(config.load(file, {}), Parameters)


def test_conda_environment_says_what_pyproject_says():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    python = next(d for d in environment["dependencies"] if str(d).startswith("python"))
    assert python.split(maxsplit=1)[1] == project["requires-python"]
    (pip,) = [d["pip"] for d in environment["dependencies"] if isinstance(d, dict)]
    extras = ",".join(project["optional-dependencies"])
    assert pip == ["-c constraints.txt", f"-e .[{extras}]"]


def test_every_dependency_is_pinned_and_no_address_is_named():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = chain.from_iterable(project["optional-dependencies"].values())
    wanted = [*project["dependencies"], *extras]
    names = {re.match(r"[\w.-]+", line)[0].lower().replace("_", "-") for line in wanted}
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = {line.split("==")[0].lower().replace("_", "-") for line in lines if "==" in line}
    assert names <= pins
    assert not [line for line in lines if "://" in line]
