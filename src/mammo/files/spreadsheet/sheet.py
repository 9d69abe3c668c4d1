"""A table as text: a header, rows of its width, and where each stands in the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mammo.errors import DatasetError

MOST_BYTES = 2**29
MOST_CELLS = 2**26
MOST_COLUMNS = 1000


@dataclass(frozen=True)
class Sheet:
    """A table as text.

    Attributes
    ----------
    path : Path
        The file.
    header : tuple of str
        Names of the columns, stripped; empty if the file holds nothing.
    rows : list of list of str
        Stripped fields, as many as the header has; rows without any content are left out.
    lines : list of int
        Line of the file in which each row ends (CSV), or its row in Excel; from 1.
    encoding : str
        ``UTF-8``, ``UTF-16``, ``Windows-1252`` or ``Excel``.
    """

    path: Path
    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    encoding: str


def assemble(path: Path, records: Iterable[tuple[int, Sequence[str]]], encoding: str) -> Sheet:
    """Make a sheet of records, the first with content being the header.

    Empty fields beyond the header, which Excel exports, are cut off.

    Parameters
    ----------
    path : Path
        Named in errors.
    records : iterable of (int, sequence of str)
        Line and fields of each record.
    encoding : str
        As `Sheet` has it.

    Raises
    ------
    DatasetError
        If a row has more or fewer fields than the header, or there are too many.
    """
    sheet = Sheet(path, (), [], [], encoding)
    for line, record in records:
        fields = [field.strip() for field in record]
        if not any(fields):
            continue
        if not sheet.header:
            sheet = Sheet(path, _header(path, line, fields), [], [], encoding)
            continue
        sheet.rows.append(_fitted(path, line, fields, len(sheet.header)))
        sheet.lines.append(line)
        if len(sheet.rows) * len(sheet.header) > MOST_CELLS:
            raise DatasetError(f"{path} has more than {MOST_CELLS:,} fields: divide it")
    return sheet


def _header(path: Path, line: int, fields: list[str]) -> tuple[str, ...]:
    width = max(place for place, field in enumerate(fields, start=1) if field)
    if width > MOST_COLUMNS:
        raise DatasetError(f"{path}, line {line}: {width} columns, {MOST_COLUMNS} at most are read")
    return tuple(fields[:width])


def _fitted(path: Path, line: int, fields: list[str], width: int) -> list[str]:
    if len(fields) < width or any(fields[width:]):
        raise DatasetError(
            f"{path}, line {line}: {len(fields)} fields where the header has {width}; the header "
            "must be the first row, and text that holds the delimiter be quoted"
        )
    return fields[:width]
