"""The book from nothing, again, with one parameter changed, and with one chapter rerun."""

import re
import shutil
from pathlib import Path

import pytest

import project
from conftest import Book
from mammo.book.chapters import chapters
from mammo.evidence.kinds import KINDS

pytestmark = pytest.mark.book
PARAMS = ("--params", "params/ci.yaml")


@pytest.fixture(scope="module")
def other(book: Book, tmp_path_factory: pytest.TempPathFactory) -> project.Project:
    """Another copy of the same project, which uses what the first has computed."""
    return project.copy(tmp_path_factory.mktemp("other"), book.project.root)


def chapters_of(executed: set[str]) -> set[str]:
    return {name.removeprefix("chapter-").partition("/")[0] for name in executed}


def test_a_book_is_there_and_its_place_is_printed(book):
    assert (book.project.html / "index.html").is_file()
    assert book.printed.rstrip().endswith(f"The book is at {book.project.html / 'index.html'}")


def test_every_step_says_its_seconds(book):
    table = dict(re.findall(r"^  (\S.*?) +(\d+\.\d) s$", book.printed, re.M))
    datasets = ("cbis_ddsm", "mias", "inbreast", "institution")
    steps = [f"{what} {name}" for what in ("data set", "images") for name in datasets]
    models = ("alexnet", "end2end_vgg16", "end2end_resnet50", "frcnn_cad")
    steps += [f"model {name}" for name in models]
    steps += ["learnt from each set alexnet", "single causes alexnet", "mixed data alexnet"]
    steps += ["local data alexnet", "difference of images"]
    steps += [f"evidence {name}" for name in KINDS]
    steps += [*(f"chapter {name}" for name in chapters(book.project.root))]
    assert list(table) == [*steps, "rendering", "total"]
    spent = [float(seconds) for seconds in table.values()]
    assert max(spent[:-1]) < spent[-1]
    for step in steps:
        assert re.search(rf"^{step}: {re.escape(table[step])} s$", book.printed, re.M)


def test_progress_is_shown_and_no_warning(book):
    for words in (
        "synthetic cbis_ddsm",
        "prepare images",
        "features (alexnet)",
        "train patches",
        "detecting",
        "comparison",
    ):
        assert words in book.complaints
    assert "Traceback" not in book.complaints and "Warning" not in book.complaints
    assert "weights are random, not trained on ImageNet" in book.printed


def test_a_home_directory_is_not_needed_and_the_data_folder_stays_empty(book):
    assert list(Path(book.project.environment["MAMMO_DATA"]).iterdir()) == []
    assert {path.name for path in book.project.root.iterdir()} == {
        "CITATION.cff",
        "README.md",
        "artifacts",
        "book",
        "home",
        "no-data",
        "notebooks",
        "params",
        "recorded",
    }


def test_a_second_run_executes_and_renders_nothing(book):
    executed = book.project.executed()
    rendered = times_of_rendering(book.project)
    outcome = book.project.mammo("book", "--offline", *PARAMS)
    assert outcome.returncode == 0, outcome.stderr
    assert book.project.executed() == executed
    assert len(executed) == len(chapters(book.project.root))
    assert times_of_rendering(book.project) == rendered


def times_of_rendering(of: project.Project) -> dict[Path, int]:
    """Return when each page, and the stamp of the last rendering, were written."""
    files = [of.html.parent / "rendered_pages.json", *of.html.rglob("*.html")]
    return {path: path.stat().st_mtime_ns for path in files}


@pytest.mark.long
def test_a_parameter_executes_its_chapter_and_what_depends_on_it(book, other):
    before = book.project.executed()
    outcome = other.mammo(
        "book",
        "--offline",
        *PARAMS,
        "-p",
        "artifacts",
        book.project.artifacts,
        "-p",
        "mixed_fraction",
        "0.7",
    )
    assert outcome.returncode == 0, outcome.stderr
    after = book.project.executed()
    assert {name: after[name] for name in before} == before
    assert chapters_of(after.keys() - before.keys()) == {
        "mixed_data", "your_data", "front_page", "provenance"
    }  # fmt: skip
    for page in other.pages():
        assert (other.html / f"{page}.html").is_file()
    same, changed = (
        [(of.html / "chapters" / f"{name}.html").read_text() for of in (book.project, other)]
        for name in ("03_comparison", "05_mixed_data")
    )
    assert csv_links(same[0]) == csv_links(same[1])
    assert csv_links(changed[0]) != csv_links(changed[1])


def test_one_chapter_is_rerun_alone_and_leaves_the_book(book):
    executed, rendered = book.project.executed(), times_of_rendering(book.project)
    outcome = book.project.mammo("run", "how_sure", *PARAMS, "-p", "margin", "0.06")
    assert outcome.returncode == 0, outcome.stderr
    added = book.project.executed().keys() - executed.keys()
    assert chapters_of(added) == {"how_sure"}
    assert times_of_rendering(book.project) == rendered
    page = book.project.root / "results" / "how_sure" / "html" / "index.html"
    assert f"The page is at {page}\n" in outcome.stdout
    assert "`margin` is 0.06" not in page.read_text()
    assert "margin</span></code> is 0.06 (in the book 0.05)" in page.read_text()
    shutil.rmtree(page.parents[2])
    for name in added:
        shutil.rmtree(book.project.artifacts / name)


@pytest.mark.long
def test_a_chapter_goes_into_the_book_with_a_banner_where_that_is_asked_for(book, other):
    before = book.project.executed()
    outcome = other.mammo(
        "run",
        "comparison",
        *PARAMS,
        *("-p", "artifacts", book.project.artifacts),
        *("-p", "n_bootstrap", "150"),
        "--into-book",
    )
    assert outcome.returncode == 0, outcome.stderr
    assert chapters_of(book.project.executed().keys() - before.keys()) == {"comparison"}
    page = (other.html / "chapters" / "03_comparison.html").read_text()
    assert "150 replicates" in page
    assert "n_bootstrap</span></code> is 150 (in the book 200)" in page
    assert "200 replicates" in (other.html / "chapters" / "02_models.html").read_text()
    assert "The book is at" in outcome.stdout


def csv_links(html: str) -> list[str]:
    return re.findall(r'href="(data:text/csv[^"]+)"', html)


def test_a_chapter_alone_is_executed_and_the_rest_is_asked_for(prepared, tmp_path):
    alone = project.copy(tmp_path)
    places = ("-p", "artifacts", prepared.artifacts)
    options = ("--params", "params/tiny.yaml", "--into-book", *places)
    outcome = alone.mammo("run", "datasets", *options)
    assert outcome.returncode == 0, outcome.stderr
    assert (alone.root / "book" / "chapters" / "01_datasets.ipynb").is_file()
    assert "run 'mammo book'" in outcome.stdout
    assert not alone.html.exists()
