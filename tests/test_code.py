import ast
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mammo.files import code

STEPS = {
    "mammo.study.phantoms": {"mammo.datasets.phantom.lesions"},
    "mammo.study.manifests": {"mammo.datasets.inbreast", "mammo.images.dicom_header"},
    "mammo.study.prepared_images": {"mammo.images.grayscale", "mammo.images.cropped_image"},
    "mammo.study.lesions": {"mammo.datasets.cbis_ddsm_masks"},
    "mammo.study.families.transfer": {"mammo.training.transfer", "mammo.training.features"},
    "mammo.study.families.end2end": {"mammo.training.end2end", "mammo.datasets.splits"},
    "mammo.study.families.frcnn_cad": {"mammo.images.grayscale", "mammo.models.frcnn_cad.boxes"},
}
"""Modules that build artifacts, and some of what they certainly run."""


@pytest.mark.parametrize("step", STEPS)
def test_what_a_step_runs_is_behind_it(step):
    assert {step, *STEPS[step]} <= set(code.modules_behind(step))


@pytest.mark.parametrize("step", STEPS)
def test_no_step_depends_on_what_shows_results(step):
    rooms = {module.split(".")[1] for module in code.modules_behind(step)}
    assert not rooms & {"evaluation", "paper", "report", "hospital", "book", "cli"}


def test_preparing_images_depends_on_no_data_set_and_training_on_no_image_format():
    prepared = code.modules_behind("mammo.study.prepared_images")
    assert not [module for module in prepared if module.startswith("mammo.datasets")]
    assert "mammo.images.dicom" not in code.modules_behind("mammo.study.families.transfer")


def test_libraries_are_those_that_the_code_computes_with():
    trained = code.versions_behind(code.modules_behind("mammo.study.families.transfer"))
    assert {"python", "torch", "torchvision", "numpy"} <= set(trained)
    assert "torch" not in code.versions_behind(code.modules_behind("mammo.study.manifests"))
    assert code.modules_behind("elsewhere") == ()


def test_a_program_depends_on_what_it_imports():
    found = code.modules_of_source("from mammo.evaluation import auroc\nimport numpy")
    assert "mammo.evaluation.auroc" in found
    assert not [module for module in found if module.startswith("mammo.study")]


def test_every_import_of_the_package_is_absolute():
    files = sorted(code.PACKAGE.rglob("*.py"))
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in files}
    relative = [
        (file.name, node.lineno)
        for file, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert len(files) > 100
    assert relative == []


@pytest.fixture
def package(tmp_path) -> Path:
    """A copy of the package, to be edited."""
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(code.PACKAGE, tmp_path / "mammo", ignore=ignored))


def run(package: Path, program: str) -> str:
    """Run a program with a copy of the package, whose folder it knows as ``package``."""
    preamble = f"from pathlib import Path; package = Path({str(package)!r})\n"
    outcome = subprocess.run(
        [sys.executable, "-c", preamble + textwrap.dedent(program)],
        cwd=package.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout.strip()


DIGEST = """
    from mammo.files import code
    assert Path(code.__file__).is_relative_to(package)
    print(code.digest_of(code.modules_behind("mammo.study.lesions")))
"""


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        ("def lesions(", "# A remark.\n\n\ndef lesions(", True),
        ('"""Find the lesions of the images that are used.', '"""Other words.', True),
        ("chunksize=8", "chunksize=9", False),
    ],
)
def test_words_about_the_code_are_not_the_code(package, before, after, is_same):
    first = run(package, DIGEST)
    file = package / "datasets" / "lesions.py"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))
    assert (run(package, DIGEST) == first) == is_same


def test_code_that_is_edited_later_is_not_what_runs(package):
    program = """
        from mammo.files import code
        import mammo.datasets.lesions
        modules = code.modules_behind("mammo.study.lesions")
        file = package / "datasets" / "lesions.py"
        file.write_text(file.read_text().replace("chunksize=8", "chunksize=9"))
        code.refuse_edited_unless_imported(["mammo.datasets.lesions"])
        print(code.digest_of(modules))
    """
    first = run(package, DIGEST)
    assert run(package, program) == first
    assert run(package, DIGEST) != first


def test_code_that_is_edited_before_it_is_imported_is_refused(package):
    program = """
        from mammo.errors import MammoError
        from mammo.files import code
        file = package / "datasets" / "lesions.py"
        file.write_text(file.read_text() + "\\nEDITED = True\\n")
        try:
            code.refuse_edited_unless_imported(code.modules_behind("mammo.study.lesions"))
        except MammoError as error:
            print(error)
    """
    assert "datasets/lesions.py was edited after this process started" in run(package, program)


def test_code_that_is_edited_later_reaches_no_other_process(package):
    program = """
        from mammo.errors import MammoError
        from mammo.files.workers import pool
        file = package / "images" / "geometry.py"
        file.write_text(file.read_text() + "\\n# a remark\\n")
        pool(1).shutdown()
        file.write_text(file.read_text() + "\\nEDITED = True\\n")
        try:
            pool(1)
        except MammoError as error:
            print(error)
    """
    assert "images/geometry.py was edited after this process started" in run(package, program)


def test_code_is_read_before_anything_else_is_imported(package):
    program = """
        import mammo.images.geometry
        file = package / "images" / "geometry.py"
        before = file.read_bytes()
        file.write_text(file.read_text() + "\\nEDITED = True\\n")
        from mammo.files import code
        print(code._TEXTS["mammo.images.geometry"] == before)
    """
    assert run(package, program) == "True"


def test_a_module_made_later_is_refused(package):
    program = """
        from mammo.errors import MammoError
        from mammo.files import code
        try:
            code.modules_behind("mammo.study.later")
        except MammoError as error:
            print(error)
    """
    assert "mammo.study.later was made after this process started" in run(package, program)


def test_decoders_that_pydicom_finds_by_itself_count():
    decoding = code.versions_behind(code.modules_behind("mammo.study.prepared_images"))
    assert {"python-gdcm", "pylibjpeg-openjpeg"} <= set(decoding)


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("report/page/templates/notebook/table.html.j2", True),
        ("report/tables/words.toml", True),
        ("paper/simulated_errors.csv", True),
        ("report/page/templates/page.css", False),
    ],
)
def test_what_is_shown_is_filed_under_words_tables_and_templates(
    file, counts, tmp_path, monkeypatch
):
    before = code.digest_of_data()
    copied = tmp_path / "mammo"
    shutil.copytree(code.PACKAGE, copied)
    monkeypatch.setattr(code, "PACKAGE", copied)
    code.digest_of_data.cache_clear()
    assert code.digest_of_data() == before
    with (copied / file).open("a") as text:
        text.write(" another")
    code.digest_of_data.cache_clear()
    assert (code.digest_of_data() != before) == counts
    code.digest_of_data.cache_clear()
