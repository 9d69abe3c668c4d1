"""Tables as people save them, through every reader: dialects say the same, faults are named.

What each fault of the text and of the workbook is called, `test_spreadsheet` holds; what is not as
a reader itself expects it, the tests of that reader. The corpus of bad files has many more.
"""

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from bad_input import table_files
from mammo.errors import MammoError
from mammo.files import spreadsheet

NAMES = [name for name in table_files.DELIMITERS if name != "Info.txt"]
Rows = list[list[str]]


@pytest.fixture(params=NAMES)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A good table under the name by which its reader knows it."""
    file = tmp_path / request.param
    file.write_bytes(table_files.table(file.name).content)
    return file


def rows_of(path: Path) -> Rows:
    text = io.StringIO(path.read_text(), newline="")
    return list(csv.reader(text, delimiter=table_files.DELIMITERS[path.name]))


def text(rows: Rows, delimiter: str = ",", **options: object) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, **options).writerows(rows)
    return written.getvalue()


def workbook(rows: Rows) -> bytes:
    made, written = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        made.active.append(row)
    made.save(written)
    return written.getvalue()


DIALECTS: dict[str, Callable[[Rows], str | bytes]] = {
    "commas": text,
    "semicolons": lambda rows: text(rows, ";"),
    "tabs": lambda rows: text(rows, "\t"),
    "declared bars": lambda rows: "sep=|\n" + text(rows, "|"),
    "all quoted": lambda rows: text(rows, quoting=csv.QUOTE_ALL),
    "spaces around": lambda rows: text([[f" {cell} " for cell in row] for row in rows]),
    "line ends of Unix": lambda rows: text(rows, lineterminator="\n"),
    "no last line end": lambda rows: text(rows).rstrip(),
    "empty lines": lambda rows: text([line for row in rows for line in ([], row)]),
    "byte order mark": lambda rows: text(rows).encode("utf-8-sig"),
    "UTF-16": lambda rows: text(rows).encode("utf-16"),
    "Excel": workbook,
}


@pytest.mark.parametrize("save", DIALECTS.values(), ids=DIALECTS)
def test_a_dialect_says_the_same(path: Path, save: Callable[[Rows], str | bytes]) -> None:
    expected = table_files.read(path)
    content = save(rows_of(path))
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    pd.testing.assert_frame_equal(without_lines(table_files.read(path)), without_lines(expected))


def without_lines(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop(columns="line", errors="ignore").reset_index(drop=True)


FAULTS: dict[str, tuple[Callable[[Rows], str | bytes], str]] = {
    "narrow": (lambda rows: text([*rows, rows[-1][:-1]]), "fields where the header has"),
    "wide": (lambda rows: text([*rows, [*rows[-1], "x"]]), "fields where the header has"),
    "open quote": (lambda rows: text(rows) + '"x,1\n', "no valid CSV"),
    "huge field": (lambda rows: text([*rows, ["x" * 200_000]]), "no valid CSV (field larger"),
    "zero byte": (lambda rows: text(rows) + "\0\n", "a zero byte"),
    "no encoding": (lambda rows: text(rows).encode() + b"\x81\n", "neither UTF-8 nor Windows-1252"),
    "cut UTF-16": (lambda rows: text(rows).encode("utf-16")[:-1], "neither UTF-8 nor UTF-16"),
    "a web page": (lambda _: "<!DOCTYPE html><p>Sign in</p>", "is a web page"),
    "old Excel": (lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "old Excel"),
    "cut Excel": (lambda rows: workbook(rows)[:-200], "no Excel workbook"),
}


def refused(path: Path, words: str) -> None:
    with pytest.raises(MammoError) as caught:
        table_files.read(path)
    message = str(caught.value)
    assert message.startswith(str(path)) and words in message
    assert message.isprintable()


@pytest.mark.parametrize(("spoil", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_with_its_file(
    path: Path, spoil: Callable[[Rows], str | bytes], words: str
) -> None:
    content = spoil(rows_of(path))
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    refused(path, words)


def test_what_is_no_file_of_a_bearable_size_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_BYTES", 10)
    refused(path, "10 at most are read")
    path.unlink()
    os.mkfifo(path)
    refused(path, "is no file")
