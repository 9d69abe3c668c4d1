"""A table of scores as it came, CSV or Excel: its numbers, and faults that are named by line."""

from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd

from mammo.errors import DatasetError
from mammo.files.spreadsheet import Sheet
from mammo.files.spreadsheet.numbers import numbers

OF_SCORES: dict[str, tuple[str, ...]] = {
    "y_score": (
        "y_score", "score", "probability", "risk", "risk score", "malignancy score", "ai score",
        "cad score", "malignancy probability", "probability of malignancy", "prediction",
    ),
    "model": ("model", "algorithm"),
}  # fmt: skip
"""Columns that scores have and labels have not, and the names they may have."""

_EMPTY = frozenset(
    "".join(letters)
    for word in ("", "na", "n/a", "nan", "none", "null")
    for letters in product(*zip(word, word.upper(), strict=True))
)
"""Texts of cells that state nothing, in capitals or not."""
_SHOWN_LINES, _SHOWN_TEXT = 5, 100
_NO_NUMBER = "{} is {{}}, expected a finite number, or nothing where there is none"
_DOUBTFUL = (
    "{} is {{}}, which may be a fraction or thousands, since other scores are whole numbers: "
    "write thousands without a mark, or every fraction with as many digits"
)


class ScoreSheet:
    """The rows of a sheet of scores as text; what is wrong in them is refused by its line.

    Parameters
    ----------
    sheet : Sheet

    Raises
    ------
    DatasetError
        If there is no row.
    """

    def __init__(self, sheet: Sheet) -> None:
        if not sheet.lines:
            raise DatasetError(f"{sheet.path} holds no row of scores below its header")
        self._sheet = sheet

    def columns(self, places: Mapping[str, int]) -> pd.DataFrame:
        """Return columns under our names, which tell where each stands."""
        columns = {
            name: np.array(self._sheet.columns[place], dtype="object")
            for name, place in places.items()
        }
        return pd.DataFrame(columns, dtype="object", copy=False)

    def scores(self, texts: pd.Series, name: str = "y_score") -> pd.Series:
        """Return scores as `mammo.files.spreadsheet.numbers` reads them; NaN of an empty cell."""
        found, is_doubtful = numbers(texts)
        self.refuse(is_doubtful, _DOUBTFUL.format(name), texts)
        self.refuse(~(np.isfinite(found) | is_empty(texts)), _NO_NUMBER.format(name), texts)
        return found

    def refuse(self, wrong: pd.Series, what: str, texts: pd.Series) -> None:
        """Raise DatasetError if a row is wrong; ``{}`` in ``what`` is the first such text."""
        if not wrong.any():
            return
        lines = [str(self._sheet.lines[place]) for place in np.flatnonzero(wrong)]
        more = f" and {len(lines) - _SHOWN_LINES} more" if len(lines) > _SHOWN_LINES else ""
        noun = "line" if len(lines) == 1 else "lines"
        raise DatasetError(
            f"{self._sheet.path}, {noun} {', '.join(lines[:_SHOWN_LINES])}{more}: "
            f"{what.format(repr(texts[wrong].iloc[0][:_SHOWN_TEXT]))}"
        )


def is_empty(texts: pd.Series) -> pd.Series:
    """Say which cells state nothing."""
    found = np.fromiter(map(_EMPTY.__contains__, texts.tolist()), bool, len(texts))
    return pd.Series(found, texts.index)
