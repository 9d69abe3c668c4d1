"""Where pixels begin, and what stands there."""

import io
import struct

import pytest
from pydicom.uid import UID

from mammo.images.pixel_data import PixelData, find_pixel_data

EXPLICIT, IMPLICIT, BIG = (UID(f"1.2.840.10008.1.2{end}") for end in (".1", "", ".2"))
UNDEFINED = 0xFFFFFFFF


def element(number: int, value: bytes, vr: bytes = b"OW", length: int | None = None) -> bytes:
    length = len(value) if length is None else length
    return struct.pack("<2H2s2xI", 0x7FE0, number, vr, length) + value


def item(value: bytes) -> bytes:
    return struct.pack("<2HI", 0xFFFE, 0xE000, len(value)) + value


def found(content: bytes, syntax: str | None = EXPLICIT) -> PixelData:
    return find_pixel_data(io.BytesIO(b"before" + content), 6, 6 + len(content), syntax)


@pytest.mark.parametrize("syntax", [EXPLICIT, None, UID("1.2.3"), UID("1.2.840.113619.5.2")])
def test_explicit(syntax):
    assert found(element(0x10, bytes(90)), syntax) == PixelData(90)


def test_implicit_and_big_endian():
    assert found(struct.pack("<2HI", 0x7FE0, 0x10, 90) + bytes(90), IMPLICIT) == PixelData(90)
    big = struct.pack(">2H2s2xI", 0x7FE0, 0x10, b"OW", 90) + bytes(90)
    assert found(big, BIG) == PixelData(90)


def test_what_is_there_counts_and_not_what_is_announced():
    assert found(element(0x10, bytes(50), length=90)) == PixelData(50)
    assert found(element(0x10, bytes(50), length=40)) == PixelData(40)


@pytest.mark.parametrize("content", [b"", b"\xe0", element(0x08, bytes(8), b"OF"), bytes(90)])
def test_no_pixel_data(content):
    assert found(content) == PixelData(0)


def test_an_extended_offset_table_may_stand_before():
    before = element(0x01, bytes(8), b"OV") + element(0x02, bytes(8), b"OV")
    assert found(before + element(0x10, bytes(90))) == PixelData(90)


@pytest.mark.parametrize("table", [b"", bytes(4)])
def test_the_first_stream(table):
    value = item(table) + item(b"stream") + item(b"more")
    content = element(0x10, value, b"OB", UNDEFINED)
    assert found(content) == PixelData(len(value), is_encapsulated=True, head=b"stream")


@pytest.mark.parametrize("value", [b"", item(b"")[:5], item(b""), item(b"") + b"\xfe\xff"])
def test_a_stream_that_is_cut_before_it_begins(value):
    content = element(0x10, value, b"OB", UNDEFINED)
    assert found(content) == PixelData(len(value), is_encapsulated=True)
