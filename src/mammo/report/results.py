"""Results in a folder: each table as CSV, each figure and page as a file of its own."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from mammo.errors import MammoError
from mammo.files.disk import write_bytes, write_csv

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""


def harmless(table: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before text that a spreadsheet would take for a formula.

    Parameters
    ----------
    table : DataFrame
        About to be written as CSV; names of columns are changed likewise.

    References
    ----------
    OWASP, CSV Injection.
    """
    quoted = table.rename(columns=_quoted)
    for name in quoted.select_dtypes(include=["object", "string"]):
        quoted[name] = quoted[name].astype("object").map(_quoted)
    return quoted


def _quoted(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def write_results(
    folder: Path, tables: Mapping[str, pd.DataFrame], others: Mapping[str, bytes]
) -> list[Path]:
    """Write tables and other files into a folder.

    Parameters
    ----------
    folder : Path
        Made where it is absent; files of the same names are replaced, each whole or not at all.
    tables : mapping
        By name; each becomes a CSV file that a spreadsheet shows and does not compute.
    others : mapping
        Name of a file to its content.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    MammoError
        If the folder cannot be made, or the operating system refuses a file.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MammoError(f"{folder} cannot be made: {error.strerror}; name a folder") from None
    for name, table in tables.items():
        write_csv(folder / f"{name}.csv", harmless(table))
    for name, content in others.items():
        write_bytes(folder / name, content)
    return [folder / name for name in (*(f"{name}.csv" for name in tables), *others)]
