"""From a data frame to the cells of a table: text, bounded, and how each cell is set."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from mammo.report.page.blocks import TableBlock

MISSING = "–"
LONGEST = 300
"""Characters of a cell; what is longer ends in an ellipsis."""

_LONG_WORD = re.compile(r"\S{25}")
_MANY_COLUMNS = 8
_ONE = r"[<>≤≥]? ?[-−+±]?\d[\d.,]*%?"
_NUMBERS = re.compile(rf"{_ONE}(?:(?: to | of | ± |; | / |–| \(){_ONE}\)?)*")


class Cell(NamedTuple):
    """Text of a cell; "number" in a column of numbers, "long" where words may have to be cut."""

    text: str
    kind: Literal["text", "number", "long"]


class Grid(NamedTuple):
    """Cells of a table: the headings and the rows shown; how many rows there are in all."""

    headings: list[Cell]
    rows: list[tuple[Cell, ...]]
    n_rows: int

    @property
    def is_wide(self) -> bool:
        """Whether it takes small print to bring the columns onto a page of paper."""
        return len(self.headings) > _MANY_COLUMNS


def grid(table: TableBlock) -> Grid:
    """Return the cells of a table as they are shown."""
    shown = table.frame.head(table.most_rows)
    columns = [_column(shown.iloc[:, place]) for place in range(shown.shape[1])]
    headings = [_heading(name, column) for name, column in zip(shown.columns, columns, strict=True)]
    return Grid(headings, list(zip(*columns, strict=True)), len(table.frame))


def _heading(name: object, column: list[Cell]) -> Cell:
    holds_numbers = bool(column) and column[0].kind == "number"
    return _cell(_bounded(str(name)), holds_numbers)


def _column(values: pd.Series) -> list[Cell]:
    texts = [_text(value) for value in values]
    present = [text for text in texts if text != MISSING]
    holds_numbers = bool(present) and all(map(_NUMBERS.fullmatch, present))
    return [_cell(text, holds_numbers) for text in texts]


def _cell(text: str, holds_numbers: bool) -> Cell:
    if holds_numbers:
        return Cell(text, "number")
    return Cell(text, "long" if _LONG_WORD.search(text) else "text")


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
    return _bounded(str(value))


def _bounded(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
