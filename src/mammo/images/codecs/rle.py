"""RLE Lossless (DICOM PS3.5 Annex G), exact: a segment holds one byte of every pixel."""

import struct
from itertools import pairwise

import numpy as np

from mammo.errors import UnreadableImageError

_HEADER_BYTES = 64


def decode(frame: bytes, shape: tuple[int, int], bytes_allocated: int) -> np.ndarray:
    """Return the pixels of a frame, each byte of which has a segment, the highest first.

    Parameters
    ----------
    frame : bytes
    shape : (int, int)
        Rows and columns.
    bytes_allocated : int
        1 or 2.

    Returns
    -------
    numpy.ndarray of uint8 or uint16, shape (rows, columns)

    Raises
    ------
    UnreadableImageError
        If a segment holds fewer or more bytes than there are pixels, or there are other segments.
    """
    count, *offsets = struct.unpack("<16I", frame[:_HEADER_BYTES].ljust(_HEADER_BYTES, b"\0"))
    if count != bytes_allocated:
        raise UnreadableImageError(
            f"it has {count} RLE segments where its pixels have {bytes_allocated}"
        )
    bounds = [*offsets[:count], len(frame)]
    if bounds[0] != _HEADER_BYTES or sorted(bounds) != bounds:
        raise UnreadableImageError("its RLE segments are not where its RLE header says")
    pixels = shape[0] * shape[1]
    planes = [_unpack(frame[start:end], pixels) for start, end in pairwise(bounds)]
    interleaved = np.stack([np.frombuffer(plane, np.uint8) for plane in planes[::-1]], axis=-1)
    return interleaved.view(f"<u{count}").reshape(shape)


def count_segments(frame: bytes) -> int:
    """Return the number of segments that a frame announces."""
    return int.from_bytes(frame[:4], "little")


def _unpack(segment: bytes, length: int) -> bytearray:
    """Return the bytes of a segment in PackBits; behind them may be zeros only."""
    found, position = bytearray(), 0
    while len(found) < length and position < len(segment):
        head = segment[position]
        if head < 128:
            found += segment[position + 1 : position + 2 + head]
            position += 2 + head
        elif head > 128:
            found += segment[position + 1 : position + 2] * (257 - head)
            position += 2
        else:
            position += 1
    if len(found) != length or any(segment[position:]):
        held = f"{len(found):,}" if len(found) < length else "more"
        raise UnreadableImageError(
            f"it is truncated or damaged: an RLE segment holds {held} bytes where there are "
            f"{length:,} pixels"
        )
    return found
