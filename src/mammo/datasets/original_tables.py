"""Tables that the authors of a data set released: what is not as they left it is named."""

import reprlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from mammo.errors import DatasetError
from mammo.files import spreadsheet


def read_table(
    path: Path, columns: Sequence[str], plain: Callable[[str], str] = str
) -> pd.DataFrame:
    """Read a table of text.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        Plain names of the columns that must be there.
    plain : callable, optional
        Makes a plain name of what the file calls a column.

    Returns
    -------
    DataFrame
        All columns under their plain names, stripped text; the index is the line of the file.

    Raises
    ------
    DatasetError
        If the file is no table, a row is wider or narrower than the header, or a column is missing
        or comes twice.
    """
    sheet = spreadsheet.read_sheet(path)
    names = [plain(name) for name in sheet.header]
    missing = [name for name in columns if name not in names]
    if missing:
        raise DatasetError(
            f"{path} lacks the columns {missing} (found: {reprlib.repr(names)}): download the "
            "original file"
        )
    twice = [name for name in columns if names.count(name) > 1]
    if twice:
        raise DatasetError(f"{path} has the column {twice[0]!r} twice: download the original file")
    return pd.DataFrame(sheet.rows, index=sheet.lines, columns=names, dtype=str)


def refuse_others(path: Path, values: pd.Series, fits: pd.Series, expected: str) -> None:
    """Raise `DatasetError` naming the first line whose value does not fit."""
    others = values[~fits]
    if len(others):
        raise DatasetError(
            f"{path}, line {others.index[0]}: {values.name} {reprlib.repr(others.iloc[0])} is not "
            f"{expected}; download the original file"
        )
