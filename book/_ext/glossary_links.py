"""Link a term of the glossary where a page uses it first."""

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

_LIST = re.compile(r"^```\{glossary\}\n(.*?)^```", re.M | re.S)
_NO_PROSE = (
    nodes.title,
    nodes.literal,
    nodes.literal_block,
    nodes.reference,
    nodes.raw,
    nodes.term,
    addnodes.pending_xref,
)


def link(app: Sphinx, document: nodes.document) -> None:
    """Link the first use of each term in a page's paragraphs, unless the page links it itself."""
    if app.env.docname in ("glossary", "references"):
        return
    terms = _terms(Path(app.srcdir, "glossary.md"))
    for reference in document.findall(addnodes.pending_xref):
        if reference["reftype"] == "term":
            terms.pop(reference["reftarget"].lower(), None)
    for paragraph in list(document.findall(nodes.paragraph)):
        for text in list(paragraph.findall(nodes.Text)):
            if terms and not _is_within(text, _NO_PROSE):
                _link_in(text, terms, app.env.docname)


def _terms(glossary: Path) -> dict[str, str]:
    """Return the glossary's terms by their small letters."""
    (listed,) = _LIST.findall(glossary.read_text(encoding="utf-8"))
    return {line.lower(): line for line in listed.splitlines() if line and line[0] != " "}


def _is_within(node: nodes.Node, kinds: tuple[type, ...]) -> bool:
    while node.parent is not None:
        node = node.parent
        if isinstance(node, kinds):
            return True
    return False


def _link_in(text: nodes.Text, terms: dict[str, str], page: str) -> None:
    """Replace the first use of each term in a text by a link; used terms leave the list."""
    parts: list[nodes.Node] = []
    rest = str(text)
    while terms and (found := _pattern(terms).search(rest)):
        term = terms.pop(found[1].lower())
        parts += [nodes.Text(rest[: found.start()]), _reference(found[0], term, page)]
        rest = rest[found.end() :]
    if parts:
        text.parent.replace(text, [*parts, nodes.Text(rest)])


def _pattern(terms: dict[str, str]) -> re.Pattern[str]:
    longest_first = sorted(terms, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, longest_first))})s?(?![\w-])", re.I)


def _reference(words: str, term: str, page: str) -> addnodes.pending_xref:
    return addnodes.pending_xref(
        "",
        nodes.inline("", words, classes=["xref", "std", "std-term"]),
        refdomain="std",
        reftype="term",
        reftarget=term,
        refexplicit=True,
        refwarn=True,
        refdoc=page,
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("doctree-read", link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
