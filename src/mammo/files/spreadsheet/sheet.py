"""A table as text: a header, rows of its width, and where each stands in the file."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, groupby, islice
from pathlib import Path

from mammo.errors import DatasetError

MOST_BYTES = 2**29
MOST_CELLS = 2**26
MOST_COLUMNS = 1000
_BATCH = 2**8  # so few that the collector of garbage seldom looks at them

Columns = list[Sequence[str]]
Block = tuple[Sequence[int], Columns]
"""Rows of as many fields that follow one another: the line of each, and the columns of fields."""


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


def assemble(path: Path, blocks: Iterable[Block], encoding: str) -> Sheet:
    """Make a sheet of blocks of rows, the first row with content being the header.

    Empty fields beyond the header, which Excel exports, are cut off.

    Parameters
    ----------
    path : Path
        Named in errors.
    blocks : iterable of Block
    encoding : str
        As `Sheet` has it.

    Raises
    ------
    DatasetError
        If a row has more or fewer fields than the header, or there are too many.
    """
    header: tuple[str, ...] = ()
    columns: list[list[str]] = []
    lines = array("q")
    for numbers, fields in blocks:
        if not all(map(str.strip, fields[0])):  # most rows begin with a text
            numbers, fields = _filled(numbers, fields)
        if numbers and not header:
            header = _header(path, numbers[0], [column[0].strip() for column in fields])
            columns = [[] for _ in header]
            numbers, fields = numbers[1:], [column[1:] for column in fields]
        if not numbers:
            continue
        lines.extend(numbers)
        if len(lines) * len(header) > MOST_CELLS:
            raise DatasetError(f"{path} has more than {MOST_CELLS:,} fields: divide it")
        _check_width(path, numbers, fields, len(header))
        for column, texts in zip(columns, fields, strict=False):
            once = set(texts)
            if 2 * len(once) > len(texts):
                column.extend(map(str.strip, texts))
            else:  # equal fields share their memory
                stripped = {text: text.strip() for text in once}
                column.extend(map(stripped.__getitem__, texts))
    return Sheet(path, header, columns, lines, encoding)


def in_blocks(records: Iterable[tuple[int, Sequence[str]]]) -> Iterator[Block]:
    """Put records, each with its line, together into blocks."""
    records = iter(records)
    while batch := list(islice(records, _BATCH)):
        for width, alike in groupby(batch, lambda record: len(record[1])):
            lines, rows = zip(*alike, strict=True)
            if width:
                yield lines, list(zip(*rows, strict=True))


def _filled(lines: Sequence[int], fields: Columns) -> Block:
    """Leave out the rows without any content."""
    rows = zip(*fields, strict=True)
    kept = [place for place, row in enumerate(rows) if any(map(str.strip, row))]
    return [lines[n] for n in kept], [[column[n] for n in kept] for column in fields]


def _header(path: Path, line: int, fields: list[str]) -> tuple[str, ...]:
    width = max(place for place, field in enumerate(fields, start=1) if field)
    if width > MOST_COLUMNS:
        raise DatasetError(f"{path}, line {line}: {width} columns, {MOST_COLUMNS} at most are read")
    return tuple(fields[:width])


def _check_width(path: Path, lines: Sequence[int], fields: Columns, width: int) -> None:
    is_wrong = map(any, zip(*(map(str.strip, column) for column in fields[width:]), strict=True))
    wrong = lines[:1] if len(fields) < width else compress(lines, is_wrong)
    for line in wrong:
        raise DatasetError(
            f"{path}, line {line}: {len(fields)} fields where the header has {width}; the header "
            "must be the first row, and text that holds the delimiter be quoted"
        )
