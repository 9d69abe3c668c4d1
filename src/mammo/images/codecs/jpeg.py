"""The heads of JPEG's streams: what they say of their images, and how these are coded.

JPEG's are read up to the first scan (ITU-T T.81 Annexes B and C; JPEG-LS: T.87 Annex C), those of
JPEG 2000 up to the size of the image (T.800 Annex A).
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mammo.errors import UnreadableImageError

BASELINE, EXTENDED, LOSSLESS = 0xC0, 0xC1, 0xC3
_JPEG_LS = 0xF7
_CODINGS = {LOSSLESS: "JPEG Lossless", _JPEG_LS: "JPEG-LS"}
"""By the marker of the frame; others are lossy JPEG."""
END, _SCAN, _TABLES, _INTERVAL = 0xD9, 0xDA, 0xC4, 0xDD
_NO_FRAMES = (_TABLES, 0xC8, 0xCC)
"""Markers among those of frames that mean something else: DHT, JPG, DAC."""
_WITHOUT_CONTENT = (0x01, *range(0xD0, _SCAN))
_MOST_SEGMENTS, _MOST_TABLES = 1000, 8

_CODESTREAM = b"\xff\x4f\xff\x51"  # SOC, and SIZ that always follows it
_STARTS_OF_JPEG_2000 = (_CODESTREAM, b"\0\0\0\x0cjP  ")
"""Of a codestream, and of a JP2 file, which some write in its place."""
_SIZES = ">2H8IHB"

Table = tuple[np.ndarray, np.ndarray]
"""Length and symbol of the code that any 16 bits begin with: `mammo.images.codecs.jpeg_scans`."""


class Segment(NamedTuple):
    """A marker, what its segment holds, and the place behind it."""

    marker: int
    content: bytes
    end: int


class Frame(NamedTuple):
    """What the header of a stream says of the image; ``precision`` is in bits.

    JPEG and JPEG-LS know no sign: their streams hold two's complement where the header says so.
    """

    rows: int
    columns: int
    components: int
    precision: int
    coding: str
    is_signed: bool = False


class Component(NamedTuple):
    """How a scan holds a component: blocks across and down a unit, and the tables' numbers."""

    across: int
    down: int
    dc_table: int
    ac_table: int


class Scan(NamedTuple):
    """The first scan of a stream.

    ``process`` is the frame's marker. ``selection`` is the predictor of a lossless scan, ``shift``
    its point transform. ``tables`` are under their number, those of AC coefficients under 16 more.
    ``start`` is the place of the first coded bit.
    """

    process: int
    frame: Frame
    components: tuple[Component, ...]
    tables: dict[int, Table]
    restart_interval: int
    selection: int
    shift: int
    start: int


def find_frame(stream: bytes) -> Frame | None:
    """Return what the head of a stream says; None if it is neither JPEG's nor JPEG 2000's.

    Raises
    ------
    UnreadableImageError
        If it is one of these, and says nothing of an image.
    """
    if stream.startswith(_STARTS_OF_JPEG_2000):
        return _frame_of_jpeg_2000(stream)
    if stream[:1] != b"\xff" or stream.lstrip(b"\xff")[:1] != b"\xd8":  # fill bytes: B.1.1.2
        return None
    for segment in _segments(stream):
        if _is_frame(segment):
            return _frame(segment)
    raise UnreadableImageError("its JPEG stream has no frame header")


def _frame_of_jpeg_2000(stream: bytes) -> Frame:
    """Read the image and tile size segment (T.800 A.5.1)."""
    content = stream[stream.find(_CODESTREAM) + len(_CODESTREAM) :][: struct.calcsize(_SIZES)]
    if _CODESTREAM not in stream or len(content) < struct.calcsize(_SIZES):
        raise UnreadableImageError("its JPEG 2000 stream has no image size")
    _, _, right, bottom, left, top, _, _, _, _, components, depth = struct.unpack(_SIZES, content)
    rows, columns, precision = bottom - top, right - left, (depth & 0x7F) + 1
    return Frame(rows, columns, components, precision, "JPEG 2000", depth > 0x7F)


def read_scan(stream: bytes) -> Scan:
    """Read everything that stands before the first coded bit of a Huffman-coded stream.

    Raises
    ------
    UnreadableImageError
        If something is missing there or damaged.
    """
    tables: dict[int, Table] = {}
    header = None
    interval = 0
    for segment in _segments(stream):
        if _is_frame(segment):
            header = segment
        elif segment.marker == _TABLES:
            tables |= _tables(segment.content)
        elif segment.marker == _INTERVAL:
            interval = int.from_bytes(segment.content, "big")
        elif segment.marker == _SCAN and header is not None:
            return _scan(segment, header, tables, interval)
    raise UnreadableImageError("its JPEG stream ends before the image")


def _segments(stream: bytes) -> Iterator[Segment]:
    """Yield the segments up to the first scan, that one included."""
    position = 0
    for _ in range(_MOST_SEGMENTS):
        if stream[position : position + 1] != b"\xff":
            raise UnreadableImageError("its JPEG stream ends before the image, or is damaged")
        while stream[position : position + 1] == b"\xff":  # any number of them may come first
            position += 1
        marker = stream[position] if position < len(stream) else END
        position += 1
        length = 0
        if marker not in _WITHOUT_CONTENT:
            length = int.from_bytes(stream[position : position + 2], "big")
            if length < 2 or position + length > len(stream):
                raise UnreadableImageError("its JPEG stream ends before the image, or is damaged")
        yield Segment(marker, stream[position + 2 : position + length], position + length)
        if marker in (_SCAN, END):
            return
        position += length
    raise UnreadableImageError(
        f"its JPEG stream has more than {_MOST_SEGMENTS} segments before the image"
    )


def _is_frame(segment: Segment) -> bool:
    marker = segment.marker
    return marker == _JPEG_LS or (0xC0 <= marker <= 0xCF and marker not in _NO_FRAMES)


def _frame(segment: Segment) -> Frame:
    """Read a frame header (B.2.2)."""
    content = segment.content
    if len(content) < 6 or len(content) != 6 + 3 * content[5]:
        raise UnreadableImageError("its JPEG frame header is damaged")
    precision, rows, columns, components = struct.unpack(">BHHB", content[:6])
    if not rows or not columns or not 2 <= precision <= 16:
        raise UnreadableImageError("its JPEG frame header is damaged")
    return Frame(rows, columns, components, precision, _CODINGS.get(segment.marker, "JPEG"))


def _scan(segment: Segment, header: Segment, tables: dict[int, Table], interval: int) -> Scan:
    """Read a scan header (B.2.3)."""
    frame, content = _frame(header), segment.content
    count = content[0] if content else 0
    if not count or len(content) != 4 + 2 * count:
        raise UnreadableImageError("its JPEG scan header is damaged")
    sampling = {
        header.content[at]: header.content[at + 1] for at in range(6, len(header.content), 3)
    }
    chosen = [(content[at], content[at + 1]) for at in range(1, 1 + 2 * count, 2)]
    if any(name not in sampling for name, _ in chosen):
        raise UnreadableImageError("its JPEG scan header is damaged")
    components = tuple(
        Component(sampling[name] >> 4, sampling[name] & 15, table >> 4, 16 + (table & 15))
        for name, table in chosen
    )
    selection, _, shifts = content[-3:]
    return Scan(
        header.marker, frame, components, tables, interval, selection, shifts & 15, segment.end
    )


def _tables(content: bytes) -> dict[int, Table]:
    """Read Huffman tables (B.2.4.2, Annex C)."""
    tables = {}
    while content and len(tables) < _MOST_TABLES:
        counts, symbols = content[1:17], content[17 : 17 + sum(content[1:17])]
        table = np.zeros((2, 1 << 16), np.uint8)
        code = place = 0  # the first 16 bits that a code is the beginning of
        for length, count in enumerate(counts, start=1):
            for _ in range(count):
                after = code + (1 << (16 - length))
                if place >= len(symbols) or after > 1 << 16:
                    raise UnreadableImageError("its JPEG stream has a damaged Huffman table")
                table[:, code:after] = [[length], [symbols[place]]]
                code, place = after, place + 1
        tables[content[0]] = (table[0], table[1])
        content = content[17 + len(symbols) :]
    return tables
