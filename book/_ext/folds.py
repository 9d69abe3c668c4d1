"""Fold what a reader does not need at first: set-up cells, long tables, how a page is rerun.

Cells that show nothing (parameters, imports) go to the page's last section, "Rerun this page". An
output whose cell has the tag ``hide-output`` is folded below its own caption.
"""

import html
import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx

_CAPTION = re.compile(
    r'<caption><span>(.*?)(?: <a class="headerlink".*?)?</span></caption>'
    r'|<div class="mammo-strip">\s*<p>(.*?)</p>',
    re.S,
)
_MARKUP = re.compile(r"<[^>]*>")
_LAST = "How this page is made, and made again"


def fold(app: Sphinx, document: nodes.document) -> None:
    """Fold a page's cells and its last section."""
    cells = list(_code_cells(document))
    for cell in cells:
        _fold_output(cell)
    for section in document.findall(nodes.section):
        if any(name.startswith("rerun-this-page") for name in section["ids"]):
            _fold_section(section, [cell for cell in cells if not _outputs(cell)])


def _code_cells(document: nodes.document) -> Iterator[nodes.container]:
    for node in document.findall(nodes.container):
        if node.get("nb_element") == "cell_code":
            yield node


def _outputs(cell: nodes.container) -> list[nodes.Node]:
    return [part for part in cell.children if part.get("nb_element") == "cell_code_output"]


def _fold_output(cell: nodes.container) -> None:
    if cell.get("hide_mode") not in ("output", "input+output"):
        return
    for output in _outputs(cell):
        found = _CAPTION.findall("".join(raw.astext() for raw in output.findall(nodes.raw)))
        first, *others = ["".join(caption) for caption in found] or ["Details"]
        more = f", and {len(others)} more" if others else ""
        summary = html.unescape(_MARKUP.sub("", first)) + more
        cell.replace(output, _folded(summary, [output]))
    if cell["hide_mode"] == "output":
        del cell["hide_mode"]
    else:
        cell["hide_mode"] = "input"


def _fold_section(section: nodes.section, cells: list[nodes.container]) -> None:
    for cell in cells:
        cell.parent.remove(cell)
        cell.attributes.pop("hide_mode", None)
    title, *words = section.children
    section.children = [title]
    section.extend(_folded(_LAST, [*words, *cells]))


def _folded(summary: str, parts: list[nodes.Node]) -> list[nodes.Node]:
    start = f'<details class="mammo-fold"><summary>{html.escape(summary)}</summary>'
    return [nodes.raw("", start, format="html"), *parts, nodes.raw("", "</details>", format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to Sphinx, after captions have their numbers."""
    app.connect("doctree-read", fold, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
