"""What a page can hold: plain values, without a word about how they are shown.

Every text is plain. In running text (all but titles, captions and cells) ``**words**`` are set in
bold and what stands between backticks as code; nothing else has a meaning, HTML least of all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from mammo.files.disk import csv_text
from mammo.report.page.render import ShownInNotebook
from mammo.report.results import harmless

if TYPE_CHECKING:
    import pandas as pd

    from mammo.datasets.check_report import Finding
    from mammo.report.figures.style import Picture

Severity = Literal["ok", "note", "warning", "error"]
_ANCHOR = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class Prose:
    """Running text; a blank line parts paragraphs."""

    text: str


@dataclass(frozen=True)
class Notice(ShownInNotebook):
    """One statement that must not be overlooked, and what to do about it; titled in a notebook."""

    kind: Severity
    text: str
    remedy: str = ""
    title: str = ""

    def __repr__(self) -> str:
        return f"{self.title}: {self.text}"


@dataclass(frozen=True)
class Findings:
    """What a check found, one line each, in the order given."""

    items: Sequence[Finding]


@dataclass(frozen=True)
class Table(ShownInNotebook):
    """A table: what is shown, a data frame without its index, and the numbers behind it.

    Parameters
    ----------
    shown : DataFrame
        Text is shown as it stands, floats with four significant digits, missing values as a dash.
        The first column names the rows; columns of numbers, also with an interval or a percent
        sign, are aligned to the right.
    caption : str
        One sentence; in a report the table's number is put before it.
    note : str
        Running text below the table.
    collapsed : bool
        Shut on the screen until it is asked for; in print always open.
    most_rows : int
        Of a report: rows beyond are left out, and a line says how many.
    data : DataFrame, optional
        What a notebook offers as CSV; without it what is shown.
    name : str
        Anchor in a notebook's page and name of the CSV file, as "table-3".
    """

    shown: pd.DataFrame
    caption: str
    note: str = ""
    collapsed: bool = False
    most_rows: int = 200
    data: pd.DataFrame | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if self.data is None:
            object.__setattr__(self, "data", self.shown)

    @property
    def csv(self) -> str:
        """The numbers as CSV that a spreadsheet shows and does not compute."""
        return csv_text(harmless(self.data), float_format="%.6g")

    def __repr__(self) -> str:
        text = self.shown.to_string(index=False)
        return "\n".join(part for part in (self.caption, text, self.note) if part)


@dataclass(frozen=True)
class Figure:
    """A figure with its text alternative; its number is put before the caption."""

    picture: Picture
    caption: str


@dataclass(frozen=True)
class Thumbnail:
    """A small PNG, as of `mammo.report.thumbnails.thumbnail`, with its text alternative."""

    png: bytes
    alt: str
    caption: str


@dataclass(frozen=True)
class Thumbnails(ShownInNotebook):
    """Small images side by side, under one numbered caption."""

    items: Sequence[Thumbnail]
    caption: str

    def __repr__(self) -> str:
        return "\n".join(f"{self.caption}: {item.caption}" for item in self.items)


class Group(tuple):
    """Blocks that a notebook shows one below the other."""

    def _repr_html_(self) -> str:
        return "".join(block._repr_html_() for block in self)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self))


@dataclass(frozen=True)
class Tabs(ShownInNotebook):
    """Blocks of a notebook of which one is seen at a time, all of them in print.

    Parameters
    ----------
    name : str
        Begins the anchors of its parts, as "fig-1"; another one for each on a page.
    blocks : mapping of str to Table or Picture
        By the words that a reader chooses from; one alone is shown as it is.
    """

    name: str
    blocks: Mapping[str, Table | Picture]

    def _repr_html_(self) -> str:
        if len(self.blocks) < 2:
            return "".join(block._repr_html_() for block in self.blocks.values())
        return super()._repr_html_()

    def __repr__(self) -> str:
        return "\n".join(f"{title}: {block!r}" for title, block in self.blocks.items())


@dataclass(frozen=True)
class Verdict:
    """Whether a criterion is met, in a word; what was found beside the number; what to do."""

    severity: Severity
    word: str
    criterion: str
    found: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class KeyFigure:
    """One number of the answer: its name, the number, its interval, and what it means.

    Verdicts stand before the number, and are larger.
    """

    label: str
    value: str
    explanation: str
    interval: str = ""
    verdicts: Sequence[Verdict] = ()


@dataclass(frozen=True)
class KeyFigures:
    """The answer in a few numbers, side by side; up to four are read at a glance."""

    items: Sequence[KeyFigure]


@dataclass(frozen=True)
class Statement:
    """One statement of a notebook's column, and the page that it comes from; running text."""

    text: str
    page: str
    page_title: str


@dataclass(frozen=True)
class Column:
    """Statements of one kind: published, recorded, real or synthetic; a picture may follow."""

    title: str
    kinds: Sequence[str]
    statements: Sequence[Statement]
    picture: Picture | None = None


@dataclass(frozen=True)
class Columns(ShownInNotebook):
    """Columns side by side in a notebook, one below the other on a narrow screen."""

    items: Sequence[Column]
    note: str = ""

    def __repr__(self) -> str:
        return "\n".join(
            f"{column.title}: {statement.text}"
            for column in self.items
            for statement in column.statements
        )


@dataclass(frozen=True)
class NextSteps:
    """What to do next, as a numbered list of running text; without a title, "" is given."""

    items: Sequence[str]
    title: str = "What to do next"


Block: TypeAlias = Prose | Notice | Findings | Table | Figure | Thumbnails | KeyFigures | NextSteps


@dataclass(frozen=True)
class Section:
    """A numbered section and an entry of the contents.

    Raises
    ------
    ValueError
        If the anchor is not lower-case letters, digits and hyphens, a letter first.
    """

    title: str
    blocks: Sequence[Block]
    anchor: str

    def __post_init__(self) -> None:
        if not _ANCHOR.fullmatch(self.anchor):
            raise ValueError(f"an anchor is like 'your-data', not {self.anchor!r}")


@dataclass(frozen=True)
class Page:
    """A whole report.

    Parameters
    ----------
    title, subtitle : str
    meta : mapping of str to str
        A few facts in small print under the title, as who made it with what.
    sections : sequence of Section
    lead : sequence of Block
        The answer, before the first section: what the first screen shows.

    Raises
    ------
    ValueError
        If two sections have one anchor.
    """

    title: str
    subtitle: str
    meta: Mapping[str, str]
    sections: Sequence[Section]
    lead: Sequence[Block] = ()

    def __post_init__(self) -> None:
        anchors = [section.anchor for section in self.sections]
        if len(set(anchors)) < len(anchors):
            raise ValueError(f"each section needs an anchor of its own, not {anchors}")
