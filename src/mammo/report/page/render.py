"""From a page to the text of one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from mammo.report.page.blocks import Block, Page
from mammo.report.page.cells import grid
from mammo.report.page.characters import visible

if TYPE_CHECKING:
    from jinja2 import Environment

    from mammo.report.figures.style import Picture

_MARKED = re.compile(r"(\*\*.+?\*\*|`[^`\n]+`)")
_LEAST_WIDTH = 540  # pixels; on a narrower screen a figure scrolls in its frame, to stay legible


def render(page: Page) -> str:
    """Return a page as one HTML file.

    The file holds its style and its images, asks for nothing outside of itself and runs no
    script; its Content-Security-Policy (W3C, CSP Level 3) holds a browser to that. Images, SVG
    too, are shown by ``<img>``, which runs nothing that is in them. Every text goes through
    `mammo.report.page.characters.visible` and is then escaped, without exception. Equal pages
    give equal bytes.

    Parameters
    ----------
    page : Page

    Returns
    -------
    str
        HTML, to be written in UTF-8.
    """
    return _environment().get_template("page.html.j2").render(page=page)


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
        "figure": _figure,
        "grid": grid,
        "paragraphs": _paragraphs,
        "png": _png,
        "spans": _spans,
        "template": _template,
    }
    return environment


class Span(NamedTuple):
    """A stretch of running text and how it is set: "" (plain), "strong" or "code"."""

    tag: str
    text: str


class Shown(NamedTuple):
    """A figure's address and its widths in pixels: the natural one and the least legible one."""

    source: str
    width: int
    least_width: int


def _template(block: Block) -> str:
    return f"blocks/{type(block).__name__.lower()}.html.j2"


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def _spans(text: str) -> list[Span]:
    return [_span(part) for part in _MARKED.split(text) if part]


def _span(part: str) -> Span:
    if not _MARKED.fullmatch(part):
        return Span("", part)
    return Span("code", part[1:-1]) if part.startswith("`") else Span("strong", part[2:-2])


def _figure(picture: Picture) -> Shown:
    from mammo.report.figures.style import PIXELS_PER_INCH

    media_type = {"svg": "image/svg+xml", "png": "image/png"}[picture.kind]
    width = round(picture.figure.get_figwidth() * PIXELS_PER_INCH)
    return Shown(_address(media_type, picture.render()), width, min(width, _LEAST_WIDTH))


def _png(content: bytes) -> str:
    return _address("image/png", content)


def _address(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
