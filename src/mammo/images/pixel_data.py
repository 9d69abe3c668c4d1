"""What stands where a DICOM file's pixels begin, read without decoding one."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from pydicom.uid import UID

_GROUP, _PIXELS = 0x7FE0, 0x0010
_ITEM = struct.pack("<2H", 0xFFFE, 0xE000)
_UNDEFINED = 0xFFFFFFFF
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
HEAD_BYTES = 2**16
"""Of compressed pixels that are looked at, with their items' heads."""
_MOST_BEFORE = 8
"""Elements of the group that may stand before, such as an extended offset table."""


class PixelData(NamedTuple):
    """The element Pixel Data (7FE0,0010), as far as it can be told before anything is decoded.

    Attributes
    ----------
    bytes_found : int
        Bytes of the value that the file has; 0 where it has no such element.
    is_encapsulated : bool
        Whether its length is undefined, as that of compressed pixels.
    head : bytes
        Beginning of the first frame's stream, of encapsulated pixels.
    frames : int
        That encapsulated pixels have by their offset table, 1 where it is empty.
    """

    bytes_found: int
    is_encapsulated: bool = False
    head: bytes = b""
    frames: int = 1


def find_pixel_data(file: BinaryIO, offset: int, size: int, syntax: UID | None) -> PixelData:
    """Look at the pixels of an open file of some bytes that begin at an offset."""
    order = ">" if syntax == _BIG_ENDIAN else "<"  # others may be unknown, and have no order
    for _ in range(_MOST_BEFORE):
        file.seek(offset)
        start = file.read(12).ljust(12, b"\0")
        group, element = struct.unpack(f"{order}2H", start[:4])
        is_explicit = start[4:6].isalpha()  # then come two bytes of nothing
        (length,) = struct.unpack(f"{order}I", start[8:] if is_explicit else start[4:8])
        offset += 12 if is_explicit else 8
        if group != _GROUP or element > _PIXELS:
            break
        if element == _PIXELS:
            return _pixel_data(file, offset, length, max(0, size - offset))
        offset += length
    return PixelData(0)


def _pixel_data(file: BinaryIO, offset: int, length: int, left: int) -> PixelData:
    if length != _UNDEFINED:
        return PixelData(min(length, left))
    file.seek(offset)
    items = file.read(HEAD_BYTES)
    offsets = _item(items)  # the first item, which may be empty (PS3.5 A.4)
    head = _item(items[8 + len(offsets) :])
    return PixelData(left, is_encapsulated=True, head=head, frames=max(1, len(offsets) // 4))


def _item(items: bytes) -> bytes:
    """Return the value of the item that stands first, or nothing."""
    if items[:4] != _ITEM:
        return b""
    length = int.from_bytes(items[4:8], "little")
    return items[8 : 8 + length]
