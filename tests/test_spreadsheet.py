import csv
import datetime
import io
import os
import tracemalloc
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mammo.errors import DatasetError
from mammo.files import spreadsheet
from mammo.files.spreadsheet import separated, sheet, workbook

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def file(tmp_path):
    def write(content: str | bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def book(tmp_path):
    def write(*rows: list, fill=lambda book: None, name: str = "table.xlsx") -> Path:
        made = openpyxl.Workbook()
        for row in rows:
            made.active.append(row)
        fill(made)
        made.save(tmp_path / name)
        return tmp_path / name

    return write


def repacked(path: Path, part: str, change) -> Path:
    """Write a workbook anew with one of its parts changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def refused(path: Path, words: str) -> None:
    with pytest.raises(DatasetError) as caught:
        spreadsheet.read_sheet(path)
    message = str(caught.value)
    assert message.startswith(str(path)) and words in message
    assert message.isprintable()


SHEET_PART = "xl/worksheets/sheet1.xml"
SAME = ("a", "b;c"), [["1", "2"], ["x", "y, z"]]


@pytest.mark.parametrize("delimiter", separated.DELIMITERS)
@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("cp1252", "Windows-1252")],
)
def test_dialects_and_encodings_say_the_same(file, delimiter, encoding, name):
    rows = [["file", "Größe", "note"], ["a.dcm", "5", 'b,;|\t"c"\nd'], ["b.dcm", "7", ""]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    found = spreadsheet.read_sheet(file(text.getvalue().encode(encoding)))
    assert (found.header, found.rows) == (tuple(rows[0]), rows[1:])
    assert (list(found.lines), found.encoding) == ([3, 4], name)


def test_a_table_of_wide_rows_is_read_however_many_there_are(file):
    row = ",".join(["x" * 100] * 300) + "\n"
    found = spreadsheet.read_sheet(file((row * 100).encode()))
    assert (len(found.header), len(found.rows)) == (300, 99)


cells = st.text(
    st.characters(codec="cp1252", exclude_categories=("Cc", "Cs")) | st.sampled_from('",;|\t\n '),
    max_size=8,
).map(str.strip)
tables = st.integers(2, 4).flatmap(
    lambda width: st.tuples(
        st.lists(cells.filter(bool), min_size=width, max_size=width),
        st.lists(st.lists(cells, min_size=width, max_size=width).filter(any), max_size=4),
    )
)


def assert_read(path: Path, table: tuple[list[str], list[list[str]]]) -> None:
    found = spreadsheet.read_sheet(path)
    assert found.header == tuple(table[0])
    assert found.rows == table[1]
    assert len(found.lines) == len(found.rows)
    assert list(found.lines) == sorted(set(found.lines))


@quick
@given(
    table=tables,
    delimiter=st.sampled_from(separated.DELIMITERS),
    declared=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_any_table_comes_back_from_csv(file, table, delimiter, declared, encoding, end):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator=end)
    writer.writerows([table[0], *table[1]])
    first = f"sep={delimiter}{end}" if declared else ""
    content = (first + text.getvalue()).encode(encoding)
    if encoding == "cp1252":
        assume(not is_utf8(content))
    assert_read(file(content), table)


@quick
@given(
    table=tables,
    delimiter=st.sampled_from(separated.DELIMITERS),
    end=st.sampled_from(["\n", "\r\n"]),
    block=st.sampled_from([4, 16, separated._BLOCK]),
)
def test_any_table_comes_back_whatever_part_of_it_needs_no_parser(
    file, table, delimiter, end, block
):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerows([table[0], *table[1]])
    path = file(f"sep={delimiter}{end}{text.getvalue()}")
    with pytest.MonkeyPatch.context() as patch:
        assert_read(path, table)
        lines = list(spreadsheet.read_sheet(path).lines)
        patch.setattr(separated, "_BLOCK", block)
        assert_read(path, table)
        assert list(spreadsheet.read_sheet(path).lines) == lines
        patch.setattr(separated, "_plain_lines", lambda _: [])
        assert_read(path, table)
        assert list(spreadsheet.read_sheet(path).lines) == lines


def is_utf8(content: bytes) -> bool:
    try:
        return not content.decode().isascii()
    except UnicodeDecodeError:
        return False


@quick
@given(tables)
def test_any_table_comes_back_from_excel(tmp_path, table):
    made = openpyxl.Workbook()
    for row_number, row in enumerate([table[0], *table[1]], start=1):
        for column, text in enumerate(row, start=1):
            cell = made.active.cell(row_number, column)
            cell.value = text
            cell.data_type = "s"
    made.save(tmp_path / "table.xlsx")
    assert_read(tmp_path / "table.xlsx", table)


@pytest.mark.parametrize(
    ("text", "header", "rows"),
    [
        ("a;b\n1,5;2,5\n", ("a", "b"), [["1,5", "2,5"]]),
        ("finding (0, 1, 2);side\n1;L\n", ("finding (0, 1, 2)", "side"), [["1", "L"]]),
        ("a;b;c, d\n1;2;3,5;\n", ("a", "b", "c, d"), [["1", "2", "3,5"]]),
        ("sep=;\r\na;b,c,d\r\n1;2\r\n", ("a", "b,c,d"), [["1", "2"]]),
        ("sep=\t\na\tb\n1\t2\n", ("a", "b"), [["1", "2"]]),
        ("\n \na,b\n\n1,2\n,\n", ("a", "b"), [["1", "2"]]),
        ("a,b,,\n1,2,,\n3,4\n", ("a", "b"), [["1", "2"], ["3", "4"]]),
        ("a\n1\n2\n", ("a",), [["1"], ["2"]]),
        (" a , b \n 1 , 2 ", ("a", "b"), [["1", "2"]]),
        ("a,b\r1,2\r", ("a", "b"), [["1", "2"]]),
        ("", (), []),
    ],
    ids=[
        *("decimal commas", "commas in the header", "commas and an empty end", "declared"),
        *("declared tab", "empty lines", "empty columns", "one column", "spaces"),
        *("old line ends", "nothing"),
    ],
)
def test_delimiters_are_told_from_text(file, text, header, rows):
    found = spreadsheet.read_sheet(file(text))
    assert (found.header, found.rows) == (header, rows)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b\n1,2,3\n", "line 2: 3 fields where the header has 2"),
        ("a,b\n1\n", "line 2: 1 fields where the header has 2"),
        ('a,b\n"x\ny",1\n2\n', "line 4: 1 fields"),
        ("sep=;\na;b\n1\n", "line 3: 1 fields"),
        ("a,b;c\n1,2;3\n", "may be parted by ',' or ';'; say which by a first line sep=,"),
        ('a,b\n"1,2\n', "line 2: no valid CSV (unexpected end of data)"),
        ("a,b\n1,2\0\n", "line 2: a zero byte"),
        ("a,b\n1,2\n".encode("utf-16-le"), "line 1: a zero byte"),
        (b"a,b\n1,2\n3,\x9d\n", "line 3: neither UTF-8 nor Windows-1252 text"),
        ("a,b\n1,2\n".encode("utf-16")[:-1], "neither UTF-8 nor UTF-16 text"),
        (b"  <HTML><table><tr><td>a</td></tr></table>", "is a web page or XML"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "is an old Excel workbook (.xls)"),
        (b"PK\x03\x04" + bytes(99), "is damaged or no Excel workbook"),
        (",".join("a" * 1001) + "\n", "line 1: 1001 columns, 1000 at most"),
        ('a,b\n1,"' + "x" * 131_073 + '"\n', "line 2: no valid CSV (field larger than"),
        ("a,b\n1," + '"\n",' * 300_000 + "\n", "a row of more than 1,048,576 characters"),
        ("a,b\n" + "," * 2**20 + "\n", "line 2: a row of more than 1,048,576 characters"),
    ],
)
def test_a_fault_of_a_text_is_named_by_its_line(file, content, words):
    refused(file(content), words)


def test_values_are_what_excel_shows(book):
    rows = [
        ["number", 7.0, 0.25, 3, 1e-7, 123456789012345],
        ["text", "007", " 7 ", "1e5", "=not a formula", "#N/A"],
        ["truth", True, False, None, "", "x"],
        ["time", datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 3, 4), None, None, None],
    ]

    def fill(made):
        made.active["D1"].number_format = "0000"
        made.active["E2"].data_type = made.active["F2"].data_type = "s"
        made.active["Z1"].number_format = "0.00"

    found = spreadsheet.read_sheet(book(*rows, fill=fill, name="vendor.csv"))
    assert found.header == ("number", "7", "0.25", "0003", "1e-07", "123456789012345")
    assert found.rows == [
        ["text", "007", "7", "1e5", "=not a formula", "#N/A"],
        ["truth", "1", "0", "", "", "x"],
        ["time", "2020-01-02", "2020-01-02T03:04:00", "", "", ""],
    ]
    assert (list(found.lines), found.encoding) == ([2, 3, 4], "Excel")


def test_empty_rows_and_hidden_sheets_are_passed_over(book):
    def fill(made):
        made.create_sheet("choices").append(["x"])
        made["choices"].sheet_state = "hidden"
        made.create_sheet("empty")

    found = spreadsheet.read_sheet(book([], [None, "a", "b"], [], [None, "1"], fill=fill))
    assert (found.header, found.rows, list(found.lines)) == (("", "a", "b"), [["", "1", ""]], [4])


def test_computed_formulas_count_and_others_are_refused(book):
    path = book(["a", "b"], ["=1+1", "=A2"])
    refused(path, "the formula in cell 'A2' has not been computed")
    both = b"<v>2</v></c>", b'<v></v></c><c r="D1" t="str"><f>B9</f><v></v></c>'
    computed = repacked(path, SHEET_PART, lambda part: part.replace(b"<v />", b"<v>2</v>"))
    assert spreadsheet.read_sheet(computed).rows == [["2", "2"]]
    empty = repacked(path, SHEET_PART, lambda part: part.replace(both[0], both[1], 1))
    refused(empty, "cell 'A2'")
    text = repacked(path, SHEET_PART, lambda part: part.replace(b'r="A2"', b'r="A2" t="str"'))
    assert spreadsheet.read_sheet(text).rows == [["", "2"]]


def test_texts_may_be_shared_and_have_formats(book):
    """As Excel itself writes them; openpyxl writes them into the cells."""
    path = book(["a"], [0])
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    texts = b"<sst %b><si><r><t>ma</t></r><r><b/><t>lign</t></r></si></sst>" % space
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = b'<Override PartName="/xl/sharedStrings.xml" ContentType="%b"/></Types>' % kind
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", texts)
    repacked(path, "[Content_Types].xml", lambda part: part.replace(b"</Types>", override))
    repacked(path, SHEET_PART, lambda part: part.replace(b't="n"', b't="s"'))
    assert spreadsheet.read_sheet(path).rows == [["malign"]]


WORKBOOK_FAULTS = {
    "error": ([["a"], ["#N/A"]], lambda made: None, "sheet 'Sheet', cell A2: the error '#N/A'"),
    "digits": ([["a"], [10**15]], lambda made: None, "cell A2: a number of more than 15 digits"),
    "title": ([["Findings"], ["a", "b"]], lambda made: None, "line 2: 2 fields where the header"),
    "merged": (
        [["a", "b"], [1, 2], [None, 3]],
        lambda made: made.active.merge_cells("A2:A3"),
        "the cells 'A2:A3' are merged",
    ),
    "two sheets": (
        [["a"], [1]],
        lambda made: made.create_sheet("old").append(["a"]),
        "has 2 sheets with content ('Sheet', 'old')",
    ),
    "nothing": ([], lambda made: None, "has no visible sheet with content"),
    "wide": ([["a"] * 1001], lambda made: None, "line 1: 1001 columns, 1000 at most"),
}


@pytest.mark.parametrize(("rows", "fill", "words"), WORKBOOK_FAULTS.values(), ids=WORKBOOK_FAULTS)
def test_a_fault_of_a_workbook_is_named_by_its_cell(book, rows, fill, words):
    refused(book(*rows, fill=fill), words)


ENTITY = b'<!DOCTYPE x [<!ENTITY e "boom">]>'
LATE_ROW = b'<row r="99999999999"><c r="A3"><v>1</v></c></row></sheetData>'
HOSTILE = {
    "late row": (SHEET_PART, lambda p: p.replace(b"</sheetData>", LATE_ROW), "1,048,576 rows"),
    "entity in the sheet": (SHEET_PART, lambda p: ENTITY + p, "has a document type"),
    "entity in the styles": ("xl/styles.xml", lambda p: ENTITY + p, "is damaged or no Excel"),
    "entity in the book": ("xl/workbook.xml", lambda p: ENTITY + p, "is damaged or no Excel"),
    "no such text": (SHEET_PART, lambda p: p.replace(b't="n"', b't="s"'), "is damaged or no Excel"),
    "no such style": (SHEET_PART, lambda p: p.replace(b'r="A2"', b'r="A2" s="9"'), "is damaged"),
    "no number": (SHEET_PART, lambda p: p.replace(b"<v>5</v>", b"<v>five</v>"), "is damaged"),
    "cut": (SHEET_PART, lambda p: p[:-20], "is damaged or no Excel workbook"),
    "no sheet": ("xl/_rels/workbook.xml.rels", lambda p: p.replace(b"sheet1", b"x"), "no visible"),
}


@pytest.mark.parametrize(("part", "change", "words"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_workbook_is_refused(book, part, change, words):
    path = book(["a", "b"], [5, "x"])
    assert spreadsheet.read_sheet(path).rows == [["5", "x"]]
    refused(repacked(path, part, change), words)


def test_a_workbook_that_lies_about_its_size_is_read_in_bounded_memory(book, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 2**20)
    path = repacked(book(["a"], [1]), "xl/styles.xml", lambda part: part + b" " * 2**25)
    refused(path, "unpacks to more than 1,048,576 bytes")
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/styles.xml").file_size
    claims = [number.to_bytes(4, "little") for number in (size, 5000)]
    path.write_bytes(path.read_bytes().replace(*claims))
    tracemalloc.start()
    refused(path, "is damaged")
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


def test_everything_is_bounded(file, book, monkeypatch):
    text, excel = file("a,b\n1,2\n3,4\n"), book(["a", "b"], [1, "long"])
    monkeypatch.setattr(sheet, "MOST_CELLS", 3)
    refused(text, "has more than 3 fields")
    for name, words in [
        ("MOST_CHARACTERS", "cell B2: more than 3 characters"),
        ("MOST_CELLS", "has more than 3 cells"),
        ("MOST_PARTS", "or 3 parts"),
        ("MOST_PACKED", "a workbook 3 at most"),
    ]:
        monkeypatch.setattr(workbook, name, 3)
        refused(excel, words)
    monkeypatch.setattr(spreadsheet, "MOST_BYTES", 3)
    refused(text, "has 12 bytes, 3 at most are read")


def test_what_is_no_readable_file_is_refused(tmp_path, monkeypatch, file):
    refused(tmp_path / "absent.csv", "does not exist")
    refused(tmp_path, "is no file")
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "is no file")
    path = file("a,b\n1,2\n")

    def fail(*_, **__):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", fail)
    refused(path, "cannot be read: Input/output error")


@pytest.fixture(scope="module")
def sound() -> bytes:
    made = openpyxl.Workbook()
    for row in (["a", "b"], [5, "x"], ["y", 0.5]):
        made.active.append(row)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


@quick
@given(
    place=st.floats(0, 1, exclude_max=True),
    removed=st.sampled_from([0, 1, 4, 10**6]),
    inserted=st.binary(max_size=4),
)
def test_any_damage_to_a_workbook_ends_in_its_table_or_in_one_sentence(
    file, sound, place, removed, inserted
):
    start = int(place * len(sound))
    path = file(sound[:start] + inserted + sound[start + removed :], "table.xlsx")
    try:
        found = spreadsheet.read_sheet(path)
    except DatasetError as error:
        assert str(error).startswith(str(path)) and str(error).isprintable()
    else:
        assert found.encoding != "Excel" or found.rows == [["5", "x"], ["y", "0.5"]]


def test_one_of_several_sheets_may_be_named_behind_the_file(book):
    def fill(made):
        made.create_sheet("all").append(["b"])
        made["all"].append(["2"])

    path = book(["a"], ["1"], fill=fill)
    refused(path, "name it behind the file, as 'table.xlsx[Sheet]'")
    found = spreadsheet.read_sheet(Path(f"{path}[all]"))
    assert (found.header, found.rows, found.path) == (("b",), [["2"]], path)
    assert spreadsheet.read_sheet(Path(f"{path}[ALL]")) == found
    with pytest.raises(DatasetError, match="has no sheet 'none' with content; it has 'Sheet', 'al"):
        spreadsheet.read_sheet(Path(f"{path}[none]"))
    with pytest.raises(DatasetError, match=r"absent\.xlsx does not exist"):
        spreadsheet.read_sheet(path.parent / "absent.xlsx[all]")
