"""The heaps of text in an HDF5 file, looked through before the HDF5 library reads them.

At a heap whose sizes are damaged the library never returns (HDF5 File Format Specification 3.0,
III.E "Global Heap").
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

_START = b"GCOL\x01\x00\x00\x00"
"""Signature and version."""
_COLLECTION, _OBJECT = struct.Struct("<8sQ"), struct.Struct("<HHIQ")
_FREE = 0


def are_whole(path: Path) -> bool:
    """Say whether the objects of every heap fill it, none of them without a size.

    Parameters
    ----------
    path : Path
        A file that is not empty.
    """
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        place = content.find(_START)
        while place >= 0:
            if not _is_whole(content, place):
                return False
            place = content.find(_START, place + len(_START))
    return True


def _is_whole(content: mmap.mmap, place: int) -> bool:
    if place + _COLLECTION.size > len(content):
        return False
    _, size = _COLLECTION.unpack_from(content, place)
    end = place + size
    place += _COLLECTION.size
    while place + _OBJECT.size <= end <= len(content):
        index, _, _, length = _OBJECT.unpack_from(content, place)
        if index == _FREE:  # all that is left, this header included
            return place + length == end
        place += _OBJECT.size + -(-length // 8) * 8
    return place <= end <= len(content)
