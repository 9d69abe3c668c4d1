"""Tables as people have them, CSV or Excel, as text; the file is not trusted."""

import re
from pathlib import Path

from mammo.errors import DatasetError
from mammo.files.spreadsheet.separated import read_separated
from mammo.files.spreadsheet.sheet import MOST_BYTES, Sheet
from mammo.files.spreadsheet.workbook import read_workbook

__all__ = ["Sheet", "read_sheet"]

_TITLED = re.compile(r"(.+\.xls[xm])\[(.+)\]", re.IGNORECASE)
_WORKBOOK = (b"PK\x03\x04", b"PK\x05\x06")
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # OLE2, also around an encrypted .xlsx
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<table")


def read_sheet(path: Path) -> Sheet:
    """Read a table from CSV or Excel; the content decides which of the two it is.

    CSV has fields parted by commas, semicolons, tabs or bars, in UTF-8, UTF-16 with a byte order
    mark, or else Windows-1252; a first line ``sep=;`` is understood. Excel is .xlsx or .xlsm: its
    one visible sheet with content, or that whose title follows the file's name in brackets
    (``labels.xlsx[2024]``), as it was last computed.

    Parameters
    ----------
    path : Path
        Any file; what is read of it is bounded.

    Returns
    -------
    Sheet
        The first row that is not empty is the header.

    Raises
    ------
    DatasetError
        If it is no such table, is damaged, too large or ambiguous; names the line or the cell.
    """
    path, title = _file_and_title(Path(path))
    try:
        head = _head(path)
        if head.startswith(_OLD_WORKBOOK):
            raise DatasetError(
                f"{path} is an old Excel workbook (.xls) or one with a password: save it as .xlsx "
                "without password, or as CSV"
            )
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
            raise DatasetError(
                f"{path} is a web page or XML, whatever its name: open it in Excel and save it as "
                ".xlsx or CSV"
            )
        is_workbook = head.startswith(_WORKBOOK)
        return read_workbook(path, title) if is_workbook else read_separated(path)
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from None


def _file_and_title(path: Path) -> tuple[Path, str | None]:
    named = _TITLED.fullmatch(str(path))
    return (Path(named[1]), named[2]) if named and not path.exists() else (path, None)


def _head(path: Path) -> bytes:
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        raise DatasetError(f"{path} {what}: give a table as CSV or Excel (.xlsx)")
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise DatasetError(f"{path} has {size:,} bytes, {MOST_BYTES:,} at most are read: divide it")
    with path.open("rb") as file:
        return file.read(64)
