import os
import subprocess
from pathlib import Path

import nbformat
import pytest

import project
from mammo.book import rendering
from mammo.book.chapters import chapters
from mammo.errors import MammoError


@pytest.fixture
def root(tmp_path) -> Path:
    """The book's sources, with a title alone on each page that is computed."""
    made = project.copy(tmp_path)
    for chapter in chapters(made.root).values():
        page = made.root / "book" / chapter.page
        page.parent.mkdir(exist_ok=True)
        page.write_text(titled(chapter.name))
    return made.root


def titled(title: str) -> str:
    """Return an executed notebook that holds a title alone."""
    cell = nbformat.v4.new_markdown_cell(f"# {title}", id="title")
    return nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))


@pytest.fixture
def renderings(monkeypatch) -> list[list[str]]:
    """Commands of rendering; they are noted and write a page without Jupyter Book."""
    noted = []

    def note(command: list[str], **_: object) -> subprocess.CompletedProcess:
        noted.append(command)
        book = Path(command[-1])
        for page in book.rglob("*.ipynb"):
            made = book / "_build" / "html" / page.relative_to(book).with_suffix(".html")
            made.parent.mkdir(parents=True, exist_ok=True)
            made.write_text(page.read_text())
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(rendering.subprocess, "run", note)
    return noted


def test_a_book_with_a_missing_page_is_not_rendered(root, renderings):
    (root / "book" / "chapters" / "02_models.ipynb").unlink()
    with pytest.raises(MammoError, match="mammo run models --into-book"):
        rendering.render(root)
    assert renderings == []


def test_a_book_is_rendered_once_until_a_page_changes(root, renderings):
    for _ in range(2):
        assert rendering.render(root) == root / "book" / "_build" / "html" / "index.html"
    assert len(renderings) == 1
    assert renderings[0][-5:-1] == ["build", "-n", "-W", "--keep-going"]
    compiled = root / "book" / "_ext" / "__pycache__"
    compiled.mkdir()
    (compiled / "self_contained.pyc").write_bytes(b"compiled")
    rendering.render(root)
    assert len(renderings) == 1
    (root / "book" / "glossary.md").write_text("# Glossary\n")
    rendering.render(root)
    assert len(renderings) == 2


def test_an_interrupted_rendering_is_done_again(root, renderings, monkeypatch):
    glossary = root / "book" / "glossary.md"
    before = glossary.read_text()
    rendering.render(root)
    glossary.write_text("# Other\n")
    with monkeypatch.context() as patch:

        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(rendering.subprocess, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            rendering.render(root)
    glossary.write_text(before)
    rendering.render(root)
    assert len(renderings) == 2


def test_after_a_killed_rendering_every_page_is_read_anew(root, renderings):
    rendering.render(root)
    read = root / "book" / "_build" / ".doctrees"
    read.mkdir()
    (root / "book" / "reporting.md").write_text("# Other\n")
    rendering.render(root)
    assert read.is_dir()
    (root / "book" / "_build" / "rendered_pages.json").unlink()
    rendering.render(root)
    assert not read.exists()


@pytest.mark.parametrize("name", ["_ext/captions.py", "glossary.md", "_config.yml"])
def test_what_all_pages_are_made_with_has_every_page_read_anew(root, renderings, name):
    rendering.render(root)
    read = root / "book" / "_build" / ".doctrees"
    read.mkdir()
    changed = root / "book" / name
    changed.write_text(changed.read_text() + "\n")
    rendering.render(root)
    assert not read.exists()


def test_a_change_of_the_readme_renders_its_recipes_anew(root, renderings):
    rendering.render(root)
    (root / "README.md").write_text("# Other\n")
    rendering.render(root)
    assert len(renderings) == 2


@pytest.mark.long
@pytest.mark.book
def test_a_warning_fails_the_rendering_until_it_is_mended(root):
    glossary = root / "book" / "glossary.md"
    glossary.write_text(glossary.read_text() + "\n{doc}`nowhere`\n")
    for _ in range(2):
        with pytest.raises(MammoError, match=r"glossary\.md.*nowhere"):
            rendering.render(root)


def test_a_page_that_changed_under_an_earlier_clock_is_read_anew(root, renderings):
    rendering.render(root)
    doctrees = root / "book" / "_build" / ".doctrees"
    doctrees.mkdir(exist_ok=True)
    for page in ("reporting", "reproduce"):
        (doctrees / f"{page}.doctree").touch()
    changed = root / "book" / "reporting.md"
    changed.write_text(changed.read_text() + "\nMore.\n")
    os.utime(changed, (0, 0))
    rendering.render(root)
    assert [path.name for path in doctrees.iterdir()] == ["reproduce.doctree"]
    assert len(renderings) == 2


def test_a_chapter_that_is_gone_leaves_no_page(root, renderings):
    rendering.render(root)
    (root / "notebooks" / "05_mixed_data.py").unlink()
    toc = root / "book" / "_toc.yml"
    toc.write_text(toc.read_text().replace("      - file: chapters/05_mixed_data\n", ""))
    rendered = root / "book" / "_build" / "html" / "chapters"
    assert (rendered / "05_mixed_data.html").is_file()
    (root / "book" / "_build" / ".doctrees").mkdir()
    rendering.render(root)
    assert not (root / "book" / "chapters" / "05_mixed_data.ipynb").exists()
    assert not (rendered / "05_mixed_data.html").exists()
    assert (rendered / "03_comparison.html").is_file()
    assert len(renderings) == 2


def test_a_published_page_that_is_the_same_is_left_alone(tmp_path):
    page = tmp_path / "chapters" / "trial.ipynb"
    rendering.publish("same", page)
    written = page.stat().st_mtime_ns
    rendering.publish("same", page)
    assert page.stat().st_mtime_ns == written
    rendering.publish("other", page)
    assert page.read_text() == "other"


@pytest.mark.book
def test_a_chapter_alone_is_rendered_with_the_books_looks(root):
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    chapter = chapters(root)["comparison"]
    page = rendering.render_alone(titled("Alone, see {term}`auROC`"), chapter, root)
    assert page == root / "results" / "comparison" / "html" / "index.html"
    html = page.read_text()
    assert "Alone, see" in html and 'href="glossary.html#term-auROC"' in html
    assert "_static/mammo.css" in html
    assert "Alone" in (root / "results" / "comparison" / "notebook.ipynb").read_text()
    made = {path for path in root.rglob("*") if path.is_file() and "results" not in path.parts}
    assert {path: path.stat().st_mtime_ns for path in made} == before
