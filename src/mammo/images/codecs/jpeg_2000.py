"""What a JPEG 2000 stream says of its image (ITU-T T.800 Annex A)."""

import struct

from mammo.errors import UnreadableImageError
from mammo.images.codecs.jpeg import Frame

_START = b"\xff\x4f\xff\x51"  # SOC, and SIZ that always follows it
STARTS = (_START, b"\0\0\0\x0cjP  ")
"""Of a codestream, and of a JP2 file, which some write in its place."""
_SIZES = ">2H8IHB"


def find_frame(stream: bytes) -> Frame:
    """Return what the image and tile size segment (A.5.1) says.

    Raises
    ------
    UnreadableImageError
        If there is none.
    """
    content = stream[stream.find(_START) + len(_START) :][: struct.calcsize(_SIZES)]
    if _START not in stream or len(content) < struct.calcsize(_SIZES):
        raise UnreadableImageError("its JPEG 2000 stream has no image size")
    _, _, right, bottom, left, top, _, _, _, _, components, depth = struct.unpack(_SIZES, content)
    rows, columns, precision = bottom - top, right - left, (depth & 0x7F) + 1
    return Frame(rows, columns, components, precision, "JPEG 2000", depth > 0x7F)
