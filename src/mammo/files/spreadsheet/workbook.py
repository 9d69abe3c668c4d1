"""Excel workbooks: the values that Excel last computed, as text."""

from __future__ import annotations

import io
import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from mammo.errors import DatasetError
from mammo.files.spreadsheet.sheet import Sheet, assemble, in_blocks

if TYPE_CHECKING:
    from openpyxl.cell.read_only import EmptyCell, ReadOnlyCell
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

MOST_PACKED = 2**25
MOST_UNPACKED = 2**26
"""Bytes of all XML parts together; about 100,000 rows of ten columns."""
MOST_PARTS = 1000
MOST_ROWS = 2**20  # as many as Excel has
MOST_CELLS = 2**24
MOST_CHARACTERS = 2**15  # as many as Excel has

_MOST_EXACT = 10**15  # Excel keeps 15 digits of a number
_NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_CELL, _FORMULA, _VALUE, _MERGED = (_NAMESPACE + name for name in ("c", "f", "v", "mergeCell"))


def read_workbook(path: Path, title: str | None = None) -> Sheet:
    """Read the one visible sheet with content, or that of a title, of an .xlsx or .xlsm workbook.

    Whole numbers have no decimal point and keep the leading zeros of a format such as ``0000``,
    other numbers are in full, dates in ISO 8601, truth values 1 and 0. Macros, pictures and links
    to other files are not looked at.

    Raises
    ------
    DatasetError
        If the file is damaged or too large, several sheets have content, cells are merged, or a
        cell holds an error, a formula that was not computed, or more than 15 digits.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what has nothing to do with values
            return _read(path, title)
    except DatasetError:
        raise
    except Exception as error:  # a damaged part may make openpyxl raise anything
        raise DatasetError(
            f"{path} is damaged or no Excel workbook: open it in Excel and save it as .xlsx or CSV"
        ) from error


def _read(path: Path, title: str | None) -> Sheet:
    from openpyxl import load_workbook

    parts = _unpacked(path)
    _refuse_hidden_values(path, parts)
    with closing(load_workbook(parts, read_only=True, data_only=True, keep_links=False)) as book:
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        filled = [sheet for sheet in sheets if next(_records(path, sheet), None)]
        titles = ", ".join(repr(sheet.title) for sheet in filled[:5])
        if title is not None:
            wanted = title.strip().casefold()  # Excel has no two titles that differ in capitals
            filled = [sheet for sheet in filled if sheet.title.strip().casefold() == wanted]
            if not filled:
                raise DatasetError(f"{path} has no sheet {title!r} with content; it has {titles}")
        if len(filled) > 1:
            raise DatasetError(
                f"{path} has {len(filled)} sheets with content ({titles}): keep the one with the "
                "table, save that one as CSV, or name it behind the file, as "
                f"'{path.name}[{filled[0].title}]'"
            )
        if not filled:
            raise DatasetError(
                f"{path} has no visible sheet with content: save it as .xlsx (not Strict Open XML) "
                "or CSV"
            )
        return assemble(path, in_blocks(_padded(_records(path, filled[0]))), "Excel")


def _unpacked(path: Path) -> io.BytesIO:
    """Return the XML parts in an archive without compression, so that no size is a mere claim."""
    if path.stat().st_size > MOST_PACKED:
        raise DatasetError(
            f"{path} has {path.stat().st_size:,} bytes, a workbook {MOST_PACKED:,} at most: save "
            "the table as CSV"
        )
    parts = io.BytesIO()
    with ZipFile(path) as packed, ZipFile(parts, "w") as unpacked:
        members = [m for m in packed.infolist() if m.filename.endswith((".xml", ".rels"))]
        if len(members) > MOST_PARTS or sum(m.file_size for m in members) > MOST_UNPACKED:
            raise DatasetError(
                f"{path} unpacks to more than {MOST_UNPACKED:,} bytes or {MOST_PARTS:,} parts: "
                "save the table as CSV"
            )
        for member in members:
            with packed.open(member) as source, unpacked.open(member.filename, "w") as target:
                shutil.copyfileobj(source, target)
    return parts


def _refuse_hidden_values(path: Path, parts: io.BytesIO) -> None:
    from xml.etree.ElementTree import XMLParser

    with ZipFile(parts) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                parser = XMLParser(target=_HiddenValues(path))
                with archive.open(name) as part:
                    while block := part.read(2**16):
                        parser.feed(block)
                parser.close()


class _HiddenValues:
    """Takes a worksheet's XML; refuses cells that look filled in Excel and would be read as empty.

    Those are formulas without a stored value, and all but the first of merged cells.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cell = ""
        self.is_text = self.is_value = self.waits_for_value = False

    def doctype(self, *_: object) -> None:
        raise DatasetError(f"{self.path} has a document type, as no Excel workbook has: remove it")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == _CELL:
            self.cell = attributes.get("r", "")
            self.is_text = attributes.get("t") == "str"
        elif tag == _FORMULA:
            self.waits_for_value = not self.is_text  # a formula's text may be empty
        elif tag == _MERGED:
            raise DatasetError(
                f"{self.path}: the cells {attributes.get('ref')!r} are merged; unmerge them and "
                "fill every cell"
            )
        self.is_value = tag == _VALUE

    def data(self, _: str) -> None:
        if self.is_value:
            self.waits_for_value = False

    def end(self, tag: str) -> None:
        self.is_value = False
        if tag == _CELL and self.waits_for_value:
            raise DatasetError(
                f"{self.path}: the formula in cell {self.cell!r} has not been computed; open the "
                "file in Excel and save it, or save it as CSV"
            )

    def close(self) -> None:
        pass


def _records(path: Path, sheet: ReadOnlyWorksheet) -> Iterator[tuple[int, list[str]]]:
    """Yield number and texts of each row that has content."""
    sheet.reset_dimensions()  # the file's own claim may be wrong
    left = MOST_CELLS
    for number, row in enumerate(sheet.iter_rows(), start=1):
        left -= len(row)
        if left < 0 or number > MOST_ROWS:
            raise DatasetError(
                f"{path} has more than {MOST_CELLS:,} cells or {MOST_ROWS:,} rows: save it as CSV"
            )
        texts = [_text(path, sheet, cell) for cell in row]
        if any(texts):
            yield number, texts


def _padded(records: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Fill rows up to the header's width: Excel does not store the empty cells at their ends."""
    width = 0
    for number, texts in records:
        width = width or len(texts)
        yield number, texts + [""] * (width - len(texts))


def _text(path: Path, sheet: ReadOnlyWorksheet, cell: ReadOnlyCell | EmptyCell) -> str:
    value, fault = cell.value, _fault(cell)
    if fault:
        raise DatasetError(f"{path}, sheet {sheet.title!r}, cell {cell.coordinate}: {fault}")
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float):
        return _number(value, cell.number_format)
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _fault(cell: ReadOnlyCell | EmptyCell) -> str | None:
    if cell.data_type == "e":
        return f"the error {cell.value!r}; write the value, or clear the cell"
    if isinstance(cell.value, str) and len(cell.value) > MOST_CHARACTERS:
        return f"more than {MOST_CHARACTERS:,} characters; shorten it"
    if isinstance(cell.value, int | float) and abs(cell.value) >= _MOST_EXACT:
        return "a number of more than 15 digits, which Excel rounds; enter it as text"
    return None


def _number(value: float, number_format: str) -> str:
    if value != int(value):
        return repr(value)
    zeros = re.fullmatch(r"0{1,20}", number_format)
    return f"{int(value):0{len(zeros[0]) if zeros else 1}}"
