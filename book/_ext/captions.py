"""Number the tables and figures of a page, link each, and say which command makes it.

What has a number in the paper keeps that ("Table 3", "Fig. 2"). The others are supplements and are
numbered by chapter: the second table of ``03_comparison`` is Table S3.2.
"""

import json
import re
from collections import Counter
from pathlib import PurePosixPath

from docutils import nodes
from sphinx.application import Sphinx

_TABLE = re.compile(
    r'(?P<start><div class="mammo-table" id="(?P<id>[^"]*)">.*?<caption><span>)'
    r"(?P<caption>.*?)(?P<end></span></caption>)",
    re.S,
)
_FIGURE = re.compile(
    r'(?P<start><figure class="mammo-figure")(?: id="(?P<id>[^"]*)")?'
    r"(?P<picture>>(?:(?!</figure>).)*?<figcaption>)"
    r"(?P<caption>.*?)(?P<end></figcaption>)",
    re.S,
)
_DOWNLOAD = re.compile(r'(<p class="mammo-download">.*?)(</p>)', re.S)
_NUMBERED = re.compile(r"(Table|Fig\.) \d")


class Numbers:
    """The numbers of one page, given as they are asked for."""

    def __init__(self, page: str) -> None:
        number = re.match(r"\d+", PurePosixPath(page).name)
        self.chapter = int(number[0]) if number else 0
        self.given: Counter[str] = Counter()

    def label(self, kind: str, caption: str) -> str:
        """Return what is put before a caption; nothing before one that has the paper's number."""
        if _NUMBERED.match(caption):
            return ""
        self.given[kind] += 1
        return f"{kind} S{self.chapter}.{self.given[kind]}"


def chapter_of(app: Sphinx) -> str:
    """Return the chapter that the page being read shows; "" where it shows none."""
    declared = app.env.metadata[app.env.docname].get("mammo", "{}")
    return json.loads(declared).get("chapter", "")


def number(app: Sphinx, document: nodes.document) -> None:
    """Number what the cells of a page show."""
    chapter = chapter_of(app)
    numbers = Numbers(app.env.docname)
    made = f'<a href="#rerun-{chapter}"><code>mammo run {chapter}</code></a>'

    def table(found: re.Match[str]) -> str:
        caption = _with_label(numbers.label("Table", found["caption"]), found["caption"])
        return f"{found['start']}{caption} {_link(found['id'], 'table')}{found['end']}"

    def figure(found: re.Match[str]) -> str:
        label = numbers.label("Fig.", found["caption"])
        anchor = found["id"] or re.sub(r"[^a-z0-9]+", "-", label.lower())
        caption = _with_label(label, found["caption"])
        more = f'{_link(anchor, "figure")} <span class="mammo-made">{made}</span>'
        return f'{found["start"]} id="{anchor}"{found["picture"]}{caption} {more}{found["end"]}'

    for raw in document.findall(nodes.raw):
        if chapter and raw.get("format") == "html":
            text = _FIGURE.sub(figure, _TABLE.sub(table, raw.astext()))
            text = _DOWNLOAD.sub(rf'\1 · <span class="mammo-made">{made}</span>\2', text)
            raw.children = [nodes.Text(text)]


def _with_label(label: str, caption: str) -> str:
    return f"{label}. {caption}" if label else caption


def _link(anchor: str, what: str) -> str:
    return f'<a class="headerlink" href="#{anchor}" title="Link to this {what}">#</a>'


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to Sphinx, once a page's metadata is known, before what is shown is folded."""
    app.connect("doctree-read", number, priority=550)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
