"""The banner of a page that was made with other parameters than the book."""

import json
from pathlib import Path

import nbformat

from mammo.book.chapters import Chapter
from mammo.errors import ParameterError
from mammo.files.disk import write_text
from mammo.parameters import Parameters, sources

_RECORD = Path("book", "_build", "parameters.json")


def note_parameters(parameters: Parameters, root: Path) -> None:
    """Note what the book at `root` is made with, for pages that are made later."""
    record = root / _RECORD
    record.parent.mkdir(exist_ok=True)
    write_text(record, json.dumps(parameters.changed()))


def parameters_of_book(root: Path) -> Parameters:
    """Return what the book at `root` was made with; where none is, what it would be made with."""
    record = root / _RECORD
    if record.is_file():
        try:
            return sources.load(record, {})
        except ParameterError:  # Made by code that had other parameters.
            pass
    return sources.load(sources.default_file(), {})


def differences(chapter: Chapter, ours: Parameters, of_book: Parameters) -> str:
    """Return a chapter's parameters that are not the book's, in words; empty if there are none."""
    book = of_book.of(chapter.groups)
    return ", ".join(
        f"`{name}` is {json.dumps(value)} (in the book {json.dumps(book[name])})"
        for name, value in ours.of(chapter.groups).items()
        if value != book[name]
    )


def with_banner(executed: Path, differing: str) -> str:
    """Return an executed notebook's text, with a banner below its title if `differing` says so."""
    text = executed.read_text(encoding="utf-8")
    if not differing:
        return text
    notebook = nbformat.reads(text, as_version=4)
    words = f"This page was made with other parameters than the book: {differing}."
    cell = nbformat.v4.new_markdown_cell(f":::{{warning}}\n{words}\n:::", id="other-parameters")
    notebook.cells.insert(1, cell)
    return nbformat.writes(notebook)
