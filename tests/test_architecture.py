"""The layout says where a line belongs; these tests hold the code to it."""

import ast
import re
import tomllib
from itertools import chain
from pathlib import Path

import jupytext
import pytest
import yaml

from mammo.book import chapters
from mammo.parameters import Parameters, sources

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "mammo"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))

ORDER = (
    "errors",
    "parameters",
    "files",
    "images",
    "datasets",
    "models",
    "training",
    "evaluation",
    "study",
    "paper",
    "evidence",
    "report",
    "hospital",
    "book",
    "cli",
    "__main__",
)
"""The rooms of the package, lowest first; a room imports what stands before it."""

MODULES = {
    ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): file
    for file in PACKAGE.rglob("*.py")
}


def imported_modules(module: str) -> set[str]:
    """Modules of the package that one imports: at its top, in functions and for type checkers."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                full = f"{node.module}.{name.name}"
                found.add(full if full in MODULES else node.module)
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return (found & MODULES.keys()) - {module}


IMPORTS = {module: imported_modules(module) for module in MODULES}


def room(module: str) -> str | None:
    """Return the room of a module; the package itself, which holds the version alone, is none."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else None


def test_every_room_has_its_rank():
    assert {room(module) for module in MODULES} - {None} == set(ORDER)


@pytest.mark.parametrize("name", ORDER)
def test_arrows_between_rooms_point_down(name):
    above = set(ORDER[ORDER.index(name) + 1 :])
    wrong = {
        (module, other)
        for module, others in IMPORTS.items()
        for other in others
        if room(module) == name and room(other) in above
    }
    assert not wrong


def test_no_modules_import_each_other_in_a_circle():
    left = {module: set(others) for module, others in IMPORTS.items()}
    while bottom := {module for module, others in left.items() if not others}:
        left = {module: others - bottom for module, others in left.items() if module not in bottom}
    assert not left, f"in a circle, or above one: {sorted(left)}"


def test_evaluation_needs_arrays_only():
    for file in (PACKAGE / "evaluation").rglob("*.py"):
        is_of_tables = file.parent.name == "tables"
        unneeded = "torch|pydicom" if is_of_tables else "torch|pydicom|sklearn|pandas"
        text = file.read_text(encoding="utf-8")
        assert not re.search(rf"^\s*(?:import|from) (?:{unneeded})\b", text, re.M)


def test_modules_stay_small():
    long = {
        file.name: lines
        for file in PACKAGE.rglob("*.py")
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert long == {}


@pytest.mark.parametrize("name", ["files", "datasets", "models", "training", "study"])
def test_a_rooms_first_lines_name_its_modules(name):
    folder = PACKAGE / name
    guide = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    modules = {module.split(".")[2] for module in MODULES if module.startswith(f"mammo.{name}.")}
    assert modules <= set(re.findall(r"`(\w+)`", guide))


def is_there(name: str) -> bool:
    """Whether a dotted name is a module, or a name in the text of one."""
    module = name
    while module and module not in MODULES:
        module = module.rpartition(".")[0]
    first = name.removeprefix(module).lstrip(".").partition(".")[0]
    text = MODULES[module].read_text(encoding="utf-8") if module else ""
    return bool(module) and (not first or re.search(rf"\b{first}\b", text) is not None)


def test_what_texts_refer_to_is_there():
    texts = [*MODULES.values(), *NOTEBOOKS, *(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    missing = {
        (file.name, name)
        for file in texts
        for name in re.findall(r"`(mammo(?:\.\w+)+)`", file.read_text(encoding="utf-8"))
        if not is_there(name)
    }
    assert missing == set()


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda f: f.stem)
def test_notebooks_hold_no_definitions(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Lambda)
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, kinds)]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda f: f.stem)
def test_notebooks_call_few_functions_from_few_imports(file):
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    calls = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    assert len(calls) <= 12, sorted(calls)
    assert len(imports) <= 4


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda f: f.stem)
def test_parameters_cells_state_the_defaults(file):
    cells = jupytext.read(file).cells
    (cell,) = [c for c in cells if "parameters" in c.metadata.get("tags", [])]
    assignments = [n for n in ast.parse(cell.source).body if isinstance(n, ast.Assign)]
    stated = {node.targets[0].id: ast.literal_eval(node.value) for node in assignments}
    defaults = Parameters()
    assert stated
    assert sources.validate(stated) == defaults
    for node in assignments:
        last = cell.source.splitlines()[node.end_lineno - 1]
        assert "#" in last, f"{file.name}: a parameter without its meaning: {last}"


def test_every_notebook_is_a_chapter_of_the_book():
    sources_of = {chapter.source for chapter in chapters.chapters(ROOT).values()}
    assert sources_of == {file.relative_to(ROOT).as_posix() for file in NOTEBOOKS}


@pytest.mark.parametrize("file", sorted((ROOT / "params").glob("*.yaml")), ids=lambda f: f.stem)
def test_parameter_files_are_valid(file):
    assert isinstance(sources.load(file, {}), Parameters)


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
