"""Excel workbooks: archives of XML."""

import io
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from openpyxl import Workbook

from mammo.files import spreadsheet
from mammo.files.spreadsheet import Sheet

from .case import Case, Expectation, Kind, Original
from .mutations import around, flipped, foreign, spread, truncated

_SHEET, _STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


@cache
def workbook() -> Original:
    return Original("workbook", "labels.xlsx", _saved(lambda _: None))


def _saved(change: Callable[[Workbook], object]) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.append(["patient", "side", "age", "result"])
    sheet.append(["p1", "L", 61, "benign"])
    sheet.append(["p2", "R", 47.5, "malignant"])
    change(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(workbook().content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(changed: dict[str, bytes | None], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", kind) as archive:
        for name, content in {**_parts(), **changed}.items():
            if content is not None:
                archive.writestr(name, content)
    return stream.getvalue()


def _books() -> Iterator[tuple[str, Expectation, Callable[[Workbook], object]]]:
    def cell(value: object) -> Callable[[Workbook], None]:
        return lambda book: book.active.cell(2, 3, value)

    yield "an uncomputed formula", "refused", cell("=1+1")
    yield "an error", "refused", cell("#REF!")
    yield "a number of 20 digits", "refused", cell(12345678901234567890)
    yield "a long text", "any", cell("x" * 32767)
    yield "a script", "any", cell("<script>alert(1)</script>")
    yield "merged cells", "refused", lambda book: book.active.merge_cells("A2:A3")
    yield "a second sheet", "refused", lambda book: book.create_sheet("b").append(["x"])
    yield "an empty second sheet", "same", lambda book: book.create_sheet("b")
    yield "a row too wide", "refused", lambda book: book.active.append(["p3", "L", 1, "benign", 5])
    yield "a cell far away", "refused", lambda book: book.active.cell(1_000_000, 16_000, 1)
    yield "no content", "refused", lambda book: book.active.delete_rows(1, 9)


_ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">
<!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;"><!ENTITY g "&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">
<c r="A1" t="inlineStr"><is><t>&g;</t></is></c></row></sheetData></worksheet>"""
_OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">
<c r="A1" t="inlineStr"><is><t>&a;</t></is></c></row></sheetData></worksheet>"""


def _changed_parts() -> Iterator[Case]:
    whole, parts = workbook(), _parts()
    for name in parts:
        yield Case(f"without {name}", whole, _packed({name: None}), "any")
        yield Case(f"{name} empty", whole, _packed({name: b""}), "any")
        yield Case(f"{name} cut", whole, _packed({name: parts[name][:-20]}), "any")
        yield Case(f"{name} of noise", whole, _packed({name: bytes(range(256))}), "any")
        yield Case(f"{name} of entities", whole, _packed({name: _ENTITIES}), "any")
        yield Case(f"{name} from outside", whole, _packed({name: _OUTSIDE}), "any")
        nested = b"<x>" * 100_000
        yield Case(f"{name} nested without end", whole, _packed({name: nested}), "any")
    sheet = parts[_SHEET]
    for name, old, new in (
        ("a shared text that is not there", b'<c r="A2" t="s"><v>', b'<c r="A2" t="s"><v>9999'),
        ("a column without end", b'r="A2"', b'r="ZZZZZZZZ2"'),
        ("a row without end", b'<row r="2"', b'<row r="999999999999"'),
        ("a row below zero", b'<row r="2"', b'<row r="-5"'),
        ("a cell without a place", b'r="A2"', b'r=""'),
        ("a number that is none", b"<v>61</v>", b"<v>sixty</v>"),
        ("a number without end", b"<v>61</v>", b"<v>1e999</v>"),
        ("not a number", b"<v>61</v>", b"<v>nan</v>"),
        ("an unknown type", b'<c r="C2" t="n">', b'<c r="C2" t="zz">'),
        ("a style that is not there", b'<c r="C2" t="n">', b'<c r="C2" t="n" s="9999">'),
        ("dimensions without end", b'ref="A1:D3"', b'ref="A1:XFD1048576"'),
    ):
        made = _packed({_SHEET: sheet.replace(old, new, 1)})
        yield Case(name, whole, made, "any")
    text = b"<t>" + b"x" * 2**27 + b"</t>"
    yield Case("a bomb of text", whole, _packed({_STRINGS: text}), "refused")
    row = b'<row><c t="n"><v>1</v></c></row>'
    rows = sheet.replace(b"</sheetData>", row * 30_000 + b"</sheetData>")
    yield Case("thirty thousand rows", whole, _packed({_SHEET: rows}), "any")
    rows = sheet.replace(b"</sheetData>", row * 3_000_000 + b"</sheetData>")
    yield Case("three million rows", whole, _packed({_SHEET: rows}), "refused")
    extra = {f"xl/x{number}.xml": b"<x/>" for number in range(2000)}
    yield Case("two thousand parts", whole, _packed(extra), "refused")
    yield Case("a part that leads out", whole, _packed({"../../x.xml": b"<x/>"}), "same")
    yield Case("not packed", whole, _packed({}, zipfile.ZIP_STORED), "same")
    yield Case("packed otherwise", whole, _packed({}, zipfile.ZIP_LZMA), "same")


def cases() -> Iterator[Case]:
    whole = workbook()
    content = whole.content
    edges = [i for i in range(len(content)) if content[i : i + 2] == b"PK"]
    for case in foreign(whole):
        # Whether text makes sense is not seen before it is read as labels or scores.
        yield Case(case.name, whole, case.content, "any")
    yield from truncated(whole, [*around(edges), *spread(0, len(content), 30)], "any")
    yield from flipped(whole, spread(0, len(content), 80), "harmless")
    for name, expectation, change in _books():
        yield Case(name, whole, _saved(change), expectation)
    yield from _changed_parts()


def read(path: Path) -> Sheet:
    return spreadsheet.read_sheet(path)


def check(sheet: Sheet) -> None:
    assert len(sheet.rows) == len(sheet.lines)
    assert all(len(row) == len(sheet.header) for row in sheet.rows)
    assert all(isinstance(cell, str) for row in sheet.rows for cell in row)


def same(one: Sheet, other: Sheet) -> bool:
    return (one.header, one.rows) == (other.header, other.rows)


KIND = Kind(cases, read, check, same)
