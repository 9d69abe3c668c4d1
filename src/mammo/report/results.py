"""Results in a folder: each table as CSV, each figure and page as a file of its own."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from mammo.errors import MammoError
from mammo.files.disk import write_bytes, write_csv
from mammo.report.tables.spreadsheet_cells import harmless


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
