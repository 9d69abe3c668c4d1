"""From values to HTML: a whole page that needs nothing else, or one block for a notebook."""

from __future__ import annotations

import base64
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from mammo.report.page.cells import grid, notebook_grid
from mammo.report.page.characters import visible

if TYPE_CHECKING:
    from jinja2 import Environment

_MARKED = re.compile(r"(\*\*.+?\*\*|`[^`\n]+`)")


def render(page: object) -> str:
    """Return a page as one HTML file.

    The file holds its style and its images, asks for nothing outside of itself and runs no
    script; its Content-Security-Policy (W3C, CSP Level 3) holds a browser to that. Images, SVG
    too, are shown by ``<img>``, which runs nothing that is in them. Every text goes through
    `mammo.report.page.characters.visible` and is then escaped, without exception. Equal pages
    give equal bytes.

    Parameters
    ----------
    page : mammo.report.page.blocks.Page

    Returns
    -------
    str
        HTML, to be written in UTF-8.
    """
    return _environment().get_template("page.html.j2").render(page=page)


def in_notebook(block: object) -> str:
    """Return a block as the cell of a notebook shows it, its texts escaped as in `render`.

    Parameters
    ----------
    block : Table, Picture, Notice, Tabs, ThresholdExplorer, Thumbnails or Columns
    """
    return _environment().get_template(_notebook_template(block)).render(block=block)


def address(media_type: str, content: bytes) -> str:
    """Return the address of a content that holds it whole (RFC 2397)."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("mammo.report.page"),
        autoescape=True,
        # Plain text is made of every value, so that none is taken for HTML and left unescaped.
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "csv": lambda text: address("text/csv;charset=utf-8", text.encode()),
        "grid": grid,
        "notebook_grid": notebook_grid,
        "notebook_template": _notebook_template,
        "paragraphs": _paragraphs,
        "png": lambda content: address("image/png", content),
        "spans": _spans,
        "template": lambda block: f"blocks/{type(block).__name__.lower()}.html.j2",
    }
    return environment


def _notebook_template(block: object) -> str:
    return f"notebook/{type(block).__name__.lower()}.html.j2"


class Span(NamedTuple):
    """A stretch of running text and how it is set: "" (plain), "strong" or "code"."""

    tag: str
    text: str


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def _spans(text: str) -> list[Span]:
    return [_span(part) for part in _MARKED.split(text) if part]


def _span(part: str) -> Span:
    if not _MARKED.fullmatch(part):
        return Span("", part)
    return Span("code", part[1:-1]) if part.startswith("`") else Span("strong", part[2:-2])
