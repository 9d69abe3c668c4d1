from __future__ import annotations

import os
import subprocess
from pathlib import Path

import nbformat
import pytest

import project
from mammo.book import chapters as pages
from mammo.errors import MammoError, ParameterError
from mammo.parameters import DataParameters, Parameters, sources


@pytest.fixture
def root(tmp_path) -> Path:
    """The book's sources, with a title alone on each page that is computed."""
    made = project.copy(tmp_path)
    for chapter in pages.CHAPTERS.values():
        page = made.root / "book" / chapter.page
        page.parent.mkdir(exist_ok=True)
        title = nbformat.v4.new_markdown_cell(f"# {chapter.name}", id="title")
        nbformat.write(nbformat.v4.new_notebook(cells=[title]), page)
    return made.root


@pytest.fixture
def renderings(monkeypatch) -> list[list[str]]:
    """Commands of rendering; they are noted and write a page without Jupyter Book."""
    noted = []

    def note(command: list[str], **_: object) -> subprocess.CompletedProcess:
        noted.append(command)
        html = Path(command[-1]) / "_build" / "html"
        html.mkdir(parents=True, exist_ok=True)
        (html / "index.html").write_text("page")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(pages.subprocess, "run", note)
    return noted


def notebook(root: Path, code: str) -> pages.Chapter:
    """Write a chapter's source with a parameters cell and one more."""
    source = root / "notebooks" / "trial.py"
    kernel = ["# ---", "# jupyter:", "#   kernelspec:", "#     name: python3", "# ---", ""]
    kernel[4:4] = ["#     display_name: Python 3", "#     language: python"]
    cells = [*kernel, '# %% tags=["parameters"]', "seed = 2020", "", "# %%", code, ""]
    source.write_text("\n".join(cells))
    return pages.Chapter("trial", "notebooks/trial.py", "chapters/trial.ipynb", (DataParameters,))


def parameters(root: Path, **changes: object) -> Parameters:
    return sources.validate({"artifacts": str(root / "artifacts"), **changes})


def test_an_unknown_chapter_is_refused_with_those_there_are():
    with pytest.raises(ParameterError, match="no chapter 'intro'; the chapters are datasets"):
        pages.chapter("intro")


def test_a_chapter_is_executed_when_something_it_depends_on_changed(root, monkeypatch):
    monkeypatch.chdir(root)
    runs = []

    def pretend(_: object, values: Parameters, __: object, folder: Path) -> None:
        runs.append(values.seed)
        (folder / "notebook.ipynb").write_text(f"seed {values.seed}")

    monkeypatch.setattr(pages, "_run_notebook", pretend)
    chapter = notebook(root, "1")
    page = root / "book" / chapter.page
    for seed, data in ((1, "a"), (1, "a"), (2, "a"), (2, "b"), (1, "a")):
        pages.execute(chapter, parameters(root, seed=seed), data, root)
        assert page.read_text() == f"seed {seed}"
    assert runs == [1, 2, 2]
    pages.execute(chapter, parameters(root, seed=1, n_bootstrap=300, workers=3), "a", root)
    assert len(runs) == 3
    pages.execute(notebook(root, "2"), parameters(root, seed=1), "a", root)
    assert len(runs) == 4


def test_a_published_page_that_is_the_same_is_left_alone(root, monkeypatch):
    monkeypatch.chdir(root)
    monkeypatch.setattr(
        pages,
        "_run_notebook",
        lambda *given: (given[-1] / "notebook.ipynb").write_text("same") and None,
    )
    chapter = notebook(root, "1")
    page = root / "book" / chapter.page
    pages.execute(chapter, parameters(root), "a", root)
    written = page.stat().st_mtime_ns
    pages.execute(chapter, parameters(root), "b", root)
    assert page.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "from mammo.errors import DatasetError; raise DatasetError('x.csv: no rows; add some')",
            "chapter 'trial': x.csv: no rows; add some",
        ),
        ("1 / 0", r"chapter 'trial': ZeroDivisionError: division by zero; see .*notebook\.ipynb"),
    ],
)
def test_a_failing_cell_is_named_and_its_chapter_is_not_kept(root, monkeypatch, code, words):
    monkeypatch.chdir(root)
    chapter = notebook(root, code)
    with pytest.raises(MammoError, match=f"^{words}$"):
        pages.execute(chapter, parameters(root), "a", root)
    assert not (root / "book" / chapter.page).exists()
    assert not list((root / "artifacts").glob("chapter-trial/*/record.json"))


def test_parameters_are_injected_and_code_is_folded(root, monkeypatch):
    monkeypatch.chdir(root)
    chapter = notebook(root, "print('seed is', seed)")
    folder = pages.execute(chapter, parameters(root, seed=7), "a", root)
    executed = nbformat.read(folder / "notebook.ipynb", as_version=4)
    tags = [cell.metadata.get("tags", []) for cell in executed.cells]
    assert ["parameters"] in tags and ["injected-parameters"] in tags
    assert "hide-input" in tags[-1]
    assert executed.cells[-1].outputs[0].text == "seed is 7\n"


def test_a_book_with_a_missing_page_is_not_rendered(root, renderings):
    (root / "book" / "chapters" / "02_models.ipynb").unlink()
    with pytest.raises(MammoError, match="without models: run 'mammo book', or 'mammo run models'"):
        pages.render(root)
    assert renderings == []


def test_a_book_is_rendered_once_until_a_page_changes(root, renderings):
    for _ in range(2):
        assert pages.render(root) == root / "book" / "_build" / "html" / "index.html"
    assert len(renderings) == 1
    assert renderings[0][-5:-1] == ["build", "-n", "-W", "--keep-going"]
    compiled = root / "book" / "_ext" / "__pycache__"
    compiled.mkdir()
    (compiled / "self_contained.pyc").write_bytes(b"compiled")
    pages.render(root)
    assert len(renderings) == 1
    (root / "book" / "glossary.md").write_text("# Glossary\n")
    pages.render(root)
    assert len(renderings) == 2


def test_an_interrupted_rendering_is_done_again(root, renderings, monkeypatch):
    glossary = root / "book" / "glossary.md"
    before = glossary.read_text()
    pages.render(root)
    glossary.write_text("# Other\n")
    with monkeypatch.context() as patch:

        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(pages.subprocess, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            pages.render(root)
    glossary.write_text(before)
    pages.render(root)
    assert len(renderings) == 2


def test_after_a_killed_rendering_every_page_is_read_anew(root, renderings):
    pages.render(root)
    read = root / "book" / "_build" / ".doctrees"
    read.mkdir()
    (root / "book" / "glossary.md").write_text("# Other\n")
    pages.render(root)
    assert read.is_dir()
    (root / "book" / "_build" / "rendered_pages.json").unlink()
    pages.render(root)
    assert not read.exists()


@pytest.mark.book
def test_a_warning_fails_the_rendering_until_it_is_mended(root):
    glossary = root / "book" / "glossary.md"
    glossary.write_text(glossary.read_text() + "\n{doc}`nowhere`\n")
    for _ in range(2):
        with pytest.raises(MammoError, match=r"glossary\.md.*nowhere"):
            pages.render(root)


def test_a_page_that_changed_under_an_earlier_clock_is_read_anew(root, renderings):
    pages.render(root)
    doctrees = root / "book" / "_build" / ".doctrees"
    doctrees.mkdir(exist_ok=True)
    for page in ("glossary", "reproduce"):
        (doctrees / f"{page}.doctree").touch()
    changed = root / "book" / "glossary.md"
    changed.write_text(changed.read_text() + "\nMore.\n")
    os.utime(changed, (0, 0))
    pages.render(root)
    assert [path.name for path in doctrees.iterdir()] == ["reproduce.doctree"]
    assert len(renderings) == 2
