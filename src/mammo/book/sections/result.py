"""A section's result: the numbers, and how the book shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from IPython.display import Markdown

    from mammo.report.figures.style import Picture
    from mammo.report.page.blocks import Columns, Group, Table


@dataclass(frozen=True)
class Result:
    """What was computed, and a table, a figure and words on it where the chapter has them.

    Attributes
    ----------
    data : DataFrame
        The numbers behind what is shown.
    table, figure, words
        Shown when they end a notebook's cell.
    """

    data: pd.DataFrame
    table: Table | Group | None = None
    figure: Picture | Group | None = None
    words: Markdown | Columns | None = None
