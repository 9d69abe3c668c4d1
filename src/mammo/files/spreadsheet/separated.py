"""CSV in the dialects and encodings that spreadsheets and hospital systems write."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from mammo.errors import DatasetError
from mammo.files.spreadsheet.sheet import Block, Sheet, assemble, in_blocks

DELIMITERS = (",", ";", "\t", "|")
MOST_CHARACTERS = 2**20
"""Of one row; a field has 131,072 at most, the limit of Python's ``csv``."""

_SAMPLED_LINES = 50
_BLOCK = 2**16
_DECLARED = re.compile(rf'"?sep=([{"".join(DELIMITERS)}])\1*"?[\r\n]*', re.IGNORECASE)
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_separated(path: Path) -> Sheet:
    """Read CSV text in UTF-8, in UTF-16 with a byte order mark, or else in Windows-1252.

    Raises
    ------
    DatasetError
        If it is no such text, no valid CSV, or its delimiter is in doubt; names the line.
    """
    encodings = _encodings(path)
    for name, codec in encodings.items():
        try:
            with path.open(encoding=codec, newline="") as file:
                return assemble(path, _blocks(path, file), name)
        except UnicodeError:
            continue
    *_, (name, codec) = encodings.items()
    raise DatasetError(
        f"{path}{_undecodable_line(path, codec)}: neither UTF-8 nor {name} text; save it as CSV in "
        "UTF-8"
    )


def _encodings(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        if file.read(2) in _BYTE_ORDER_MARKS:
            return {"UTF-16": "utf-16"}
    return {"UTF-8": "utf-8-sig", "Windows-1252": "cp1252"}


def _undecodable_line(path: Path, codec: str) -> str:
    if codec == "utf-16":  # its line ends are not single bytes
        return ""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode(codec)
            except UnicodeError:
                return f", line {number}"
    return ""


def _blocks(path: Path, file: TextIO) -> Iterator[Block]:
    """Yield rows with the line that each ends in."""
    count, left = 0, MOST_CHARACTERS

    def read_line() -> str:
        nonlocal count, left
        line = file.readline(left + 1)
        count, left = count + 1, left - len(line)
        if left < 0:
            raise DatasetError(
                f"{path}, line {count}: a row of more than {MOST_CHARACTERS:,} characters; check "
                "for a quote that is not closed"
            )
        if "\0" in line:
            raise DatasetError(
                f"{path}, line {count}: a zero byte, which no text holds; save the table as CSV in "
                "UTF-8"
            )
        return line

    sample = []
    while len(sample) < _SAMPLED_LINES and (line := read_line()):
        sample.append(line)
        left = MOST_CHARACTERS
    declared = _DECLARED.fullmatch(sample[0]) if sample else None
    delimiter = declared[1] if declared else _delimiter(path, sample)
    file.seek(0)
    count = len([file.readline()] if declared else ())
    place = file.tell()
    while lines := _plain_lines(file):
        yield from _parted(lines, count + 1, delimiter)
        count, place = count + len(lines), file.tell()
    file.seek(place)
    before = count
    reader = csv.reader(iter(read_line, ""), delimiter=delimiter, strict=True)

    def records() -> Iterator[tuple[int, list[str]]]:
        nonlocal left
        for record in reader:
            left = MOST_CHARACTERS
            yield before + reader.line_num, record

    try:
        yield from in_blocks(records())
    except csv.Error as error:
        line = before + reader.line_num
        raise DatasetError(f"{path}, line {line}: no valid CSV ({error})") from None


def _plain_lines(file: TextIO) -> list[str]:
    """Return the next lines where each is a row that needs no parser; none if one does."""
    block = file.read(_BLOCK)
    block = (block + file.readline(MOST_CHARACTERS + 1)).replace("\r\n", "\n")
    if not block or any(mark in block for mark in '"\r\0'):
        return []
    lines = block.removesuffix("\n").split("\n")
    longest = min(MOST_CHARACTERS, csv.field_size_limit())
    return lines if max(map(len, lines)) <= longest else []


def _parted(lines: list[str], first: int, delimiter: str) -> Iterator[Block]:
    """Part lines into fields; in one go where all have as many, which is several times as fast."""
    counts = {line.count(delimiter) for line in lines}
    if len(counts) > 1:
        yield from in_blocks(enumerate((line.split(delimiter) for line in lines), start=first))
        return
    width, fields = counts.pop() + 1, delimiter.join(lines).split(delimiter)
    yield range(first, first + len(lines)), [fields[place::width] for place in range(width)]


def _delimiter(path: Path, sample: list[str]) -> str:
    """Return the delimiter by which most rows have the fields of the header, and most of them."""
    fits = {delimiter: _fit(sample, delimiter) for delimiter in DELIMITERS}
    best = max(fits.values())
    likely = [delimiter for delimiter, fit in fits.items() if fit == best]
    if len(likely) > 1 and best[1] > 1:
        raise DatasetError(
            f"{path}: the fields may be parted by {' or '.join(map(repr, likely))}; say which by a "
            f"first line sep={likely[0]}"
        )
    return likely[0]


def _fit(sample: list[str], delimiter: str) -> tuple[int, int]:
    """Count the sampled rows that are as wide as the header, and the fields of the header."""
    records = []
    try:
        for record in csv.reader(sample, delimiter=delimiter, strict=True):
            if any(record):
                records.append(record)
    except csv.Error:
        pass  # a quote that the sample's end or another delimiter leaves open
    width = len(records[0]) if records else 1
    if width == 1:
        return 0, 1
    return sum(len(row) >= width and not any(row[width:]) for row in records[1:]), width
