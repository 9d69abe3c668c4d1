"""From a data frame to the cells of a table: text, and how each cell is set."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MISSING = "–"
LONGEST = 600
"""Characters of a cell of a report; what is longer ends in an ellipsis."""
_BADGES = {"real", "recorded", "synthetic", "published"}

_SENTENCE = 60
"""Characters from which a text of a notebook's table is not squeezed into a narrow column."""

_LONG_WORD = re.compile(r"\S{25}")
_MANY_COLUMNS = 8
_LINK = re.compile(r"https://(?:[\w-]+\.)+\w+/[\w./#-]+")
_ONE = r"[<>≤≥]? ?[-−+±]?\d[\d.,]*%?"
_NUMBERS = re.compile(rf"{_ONE}(?:(?: to | of | ± |; | / |–| \(){_ONE}\)?)*")
_SHORT_NUMBERS = re.compile(r"(?:< )?[-−+±]?[\d.,]*\d%?(?:(?: ±| to | of |; )[\d.,]*\d%?)?")


class Cell(NamedTuple):
    """Text of a cell, the class that says how it is set, whether it is a badge, where it leads."""

    text: str
    kind: str
    is_badge: bool = False
    link: str = ""


class Grid(NamedTuple):
    """Cells of a table: the headings and the rows shown; how many rows there are in all."""

    headings: list[Cell]
    rows: list[tuple[Cell, ...]]
    n_rows: int

    @property
    def is_wide(self) -> bool:
        """Whether it takes small print to bring the columns onto a page of paper."""
        return len(self.headings) > _MANY_COLUMNS


Setting: TypeAlias = Callable[[str, list[str]], list[Cell]]
"""From a heading and the texts below it to cells, the heading first."""


def grid(shown: pd.DataFrame, most_rows: int | None = None) -> Grid:
    """Return the cells of a table as a report shows them, of its first rows.

    A column whose texts are all numbers is "number", elsewhere a text is "long" where words may
    have to be cut.
    """
    return _grid(shown, most_rows, _of_report)


def notebook_grid(shown: pd.DataFrame) -> Grid:
    """Return the cells of a table as a notebook shows them.

    A column that has a number is "mammo-number", and what is in words there "mammo-words", too.
    """
    return _grid(shown, None, _of_notebook)


def _grid(frame: pd.DataFrame, most_rows: int | None, setting: Setting) -> Grid:
    shown = frame[:most_rows]
    columns = [
        setting(str(name), [_text(value) for value in shown.iloc[:, place]])
        for place, name in enumerate(shown.columns)
    ]
    rows = list(zip(*(column[1:] for column in columns), strict=True))
    return Grid([column[0] for column in columns], rows, len(frame))


def _of_report(heading: str, texts: list[str]) -> list[Cell]:
    bounded = [t if len(t) <= LONGEST else t[: LONGEST - 1] + "…" for t in (heading, *texts)]
    present = [text for text in texts if text != MISSING]
    if present and all(map(_NUMBERS.fullmatch, present)):
        return [Cell(text, "number") for text in bounded]
    return [Cell(text, "long" if _LONG_WORD.search(text) else "text") for text in bounded]


def _of_notebook(heading: str, texts: list[str]) -> list[Cell]:
    if not any(map(_SHORT_NUMBERS.fullmatch, texts)):
        return [Cell(heading, ""), *map(_of_words, texts)]
    is_words = [" " in text and not _SHORT_NUMBERS.fullmatch(text) for text in texts]
    return [
        Cell(text, "mammo-number mammo-words" if wraps else "mammo-number")
        for text, wraps in zip((heading, *texts), (False, *is_words), strict=True)
    ]


def _of_words(text: str) -> Cell:
    """Return a badge, a link that is named by its site, a sentence or a few words."""
    if _LINK.fullmatch(text):
        return Cell(text.split("/")[2].split(".")[-2], "", link=text)
    return Cell(text, "mammo-sentence" if len(text) >= _SENTENCE else "", text in _BADGES)


def _text(value: object) -> str:
    import pandas as pd

    if pd.api.types.is_scalar(value) and pd.isna(value):
        return MISSING
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    if isinstance(value, float | np.floating):
        large = abs(value) >= 1000 or float(value).is_integer()
        return f"{value:,.0f}" if large else f"{value:.4g}"
    return str(value)
