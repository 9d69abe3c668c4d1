"""A table as text: a header, rows of its width, and where each stands in the file."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from pathlib import Path

from mammo.errors import DatasetError

MOST_BYTES = 2**29
MOST_CELLS = 2**26
MOST_COLUMNS = 1000
_BATCH = 2**8  # so few that the collector of garbage seldom looks at them


@dataclass(frozen=True)
class Sheet:
    """A table as text.

    Attributes
    ----------
    path : Path
        The file.
    header : tuple of str
        Names of the columns, stripped; empty if the file holds nothing.
    columns : list of list of str
        Stripped fields of each column; rows without any content are left out.
    lines : sequence of int
        Line of the file in which each row ends (CSV), or its row in Excel; from 1.
    encoding : str
        ``UTF-8``, ``UTF-16``, ``Windows-1252`` or ``Excel``.
    """

    path: Path
    header: tuple[str, ...]
    columns: list[list[str]]
    lines: Sequence[int]
    encoding: str

    @property
    def rows(self) -> list[list[str]]:
        """The fields of each row, as many as the header has."""
        return [list(row) for row in zip(*self.columns, strict=True)]


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
    filled = filter(_is_filled, records)
    first = next(filled, None)
    if first is None:
        return Sheet(path, (), [], [], encoding)
    header = _header(path, first[0], [field.strip() for field in first[1]])
    width, lines = len(header), array("q")
    columns: list[list[str]] = [[] for _ in header]
    while batch := list(islice(filled, _BATCH)):
        lines.extend(map(itemgetter(0), batch))
        if len(lines) * width > MOST_CELLS:
            raise DatasetError(f"{path} has more than {MOST_CELLS:,} fields: divide it")
        rows = [
            row if len(row) == width else _fitted(path, line, row, width) for line, row in batch
        ]
        for column, fields in zip(columns, zip(*rows, strict=True), strict=True):
            once = set(fields)
            if 2 * len(once) > len(fields):
                column.extend(map(str.strip, fields))
            else:  # equal fields share their memory
                stripped = {field: field.strip() for field in once}
                column.extend(map(stripped.__getitem__, fields))
    return Sheet(path, header, columns, lines, encoding)


def _is_filled(numbered: tuple[int, Sequence[str]]) -> bool:
    _, record = numbered
    return any(map(str.strip, record))


def _header(path: Path, line: int, fields: list[str]) -> tuple[str, ...]:
    width = max(place for place, field in enumerate(fields, start=1) if field)
    if width > MOST_COLUMNS:
        raise DatasetError(f"{path}, line {line}: {width} columns, {MOST_COLUMNS} at most are read")
    return tuple(fields[:width])


def _fitted(path: Path, line: int, fields: Sequence[str], width: int) -> Sequence[str]:
    if len(fields) < width or any(map(str.strip, fields[width:])):
        raise DatasetError(
            f"{path}, line {line}: {len(fields)} fields where the header has {width}; the header "
            "must be the first row, and text that holds the delimiter be quoted"
        )
    return fields[:width]
