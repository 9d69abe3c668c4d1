import nbformat
import pytest

from mammo.book.chapters import Chapter
from mammo.book.published_page import (
    differences,
    note_parameters,
    parameters_of_book,
    with_banner,
)
from mammo.parameters import DataParameters, Parameters, sources

CHAPTER = Chapter("trial", "notebooks/trial.py", "chapters/trial.ipynb", (DataParameters,))


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A project with a default file of parameters and no book yet."""
    for folder in ("book", "params"):
        (tmp_path / folder).mkdir()
    (tmp_path / "book" / "_toc.yml").touch()
    (tmp_path / "params" / "demo.yaml").write_text("seed: 3\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_book_remembers_what_it_was_made_with(root):
    assert parameters_of_book(root) == sources.validate({"seed": 3})
    made_with = sources.validate({"seed": 9, "models": ["vgg16"]})
    note_parameters(made_with, root)
    assert parameters_of_book(root) == made_with


def test_a_book_of_other_code_counts_as_none(root):
    note_parameters(Parameters(), root)
    (record,) = (root / "book" / "_build").iterdir()
    record.write_text('{"no_longer": 1}')
    assert parameters_of_book(root).seed == 3


def test_the_differences_are_those_that_the_chapter_depends_on():
    ours = sources.validate({"seed": 9, "n_bootstrap": 300, "workers": 3})
    assert differences(CHAPTER, ours, Parameters()) == "`seed` is 9 (in the book 2020)"
    assert differences(CHAPTER, ours, ours) == ""


def test_a_banner_stands_below_the_title():
    cells = [nbformat.v4.new_markdown_cell("# Title"), nbformat.v4.new_code_cell("1")]
    executed = nbformat.writes(nbformat.v4.new_notebook(cells=cells))
    assert with_banner(executed, "") == executed
    marked = nbformat.reads(with_banner(executed, "`seed` is 9"), as_version=4)
    texts = [cell.source for cell in marked.cells]
    assert texts[0] == "# Title" and texts[2] == "1"
    assert texts[1].startswith(":::{warning}\n") and "`seed` is 9." in texts[1]
