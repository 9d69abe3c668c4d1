"""PNG files (ISO/IEC 15948): whether every chunk is whole, and every pixel there.

The usual decoders leave the checksums of pixels alone, and missing rows black.
"""

import struct
import zlib
from collections.abc import Iterator

from mammo.errors import UnreadableImageError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples of a pixel by colour type."""
_PALETTE = 3
_WHOLE = ((0, 1, 0, 1),)
_INTERLACED = (
    (0, 8, 0, 8),
    (0, 8, 4, 8),
    (4, 8, 0, 4),
    (0, 4, 2, 4),
    (2, 4, 0, 2),
    (0, 2, 1, 2),
    (1, 2, 0, 1),
)
"""First row, step, first column and step of each pass (section 8)."""
_PASSES = {0: _WHOLE, 1: _INTERLACED}
_MOST_CHUNKS = 100_000
_PIECE, _BLOCK = 2**16, 2**20
"""Bytes that are unpacked at a time, and those that may come of them at once."""


def check(content: bytes) -> None:
    """See that all chunks have their checksums and the pixels of the header are all there.

    Raises
    ------
    UnreadableImageError
        If something is missing, damaged, or more than the header announces.
    """
    chunks = list(_chunks(content))
    kinds = [kind for kind, _ in chunks]
    if kinds[:1] != [b"IHDR"] or kinds.count(b"IHDR") > 1 or kinds[-1:] != [b"IEND"]:
        raise UnreadableImageError("it does not begin and end as a PNG file")
    header = chunks[0][1]
    if header[9] == _PALETTE and b"PLTE" not in kinds:
        raise UnreadableImageError("it has no palette, which its header announces")
    expected = _unpacked_size(header)
    found = _inflated(b"".join(part for kind, part in chunks if kind == b"IDAT"), expected)
    if found != expected:
        more = "more than" if found > expected else f"{found:,} of"
        raise UnreadableImageError(
            f"its pixels have {more} the {expected:,} bytes that it announces"
        )


def _chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield kind and data of each chunk up to the end of the image."""
    view, position = memoryview(content), len(SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        if position + 12 > len(content):
            break
        length, kind = struct.unpack_from(">I4s", content, position)
        end = position + 8 + length
        if end + 4 > len(content):
            break
        if zlib.crc32(view[position + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            raise UnreadableImageError("a part of it does not have its checksum: copy it again")
        yield kind, view[position + 8 : end]
        if kind == b"IEND":
            return
        position = end + 4
    raise UnreadableImageError("it is truncated: copy it again")


def _unpacked_size(header: memoryview) -> int:
    """Return the bytes of all rows with their filter types (sections 7.2 and 9.2)."""
    columns, rows, bits, colour, compression, filters, interlace = struct.unpack(">2I5B", header)
    if colour not in _SAMPLES or interlace not in _PASSES or compression or filters:
        raise UnreadableImageError("its PNG header is damaged")
    bits *= _SAMPLES[colour]
    sizes = [
        (len(range(top, rows, down)), len(range(left, columns, right)))
        for top, down, left, right in _PASSES[interlace]
    ]
    return sum(height * (1 + -(-width * bits // 8)) for height, width in sizes if width)


def _inflated(packed: bytes, most: int) -> int:
    """Return the size of what a stream unpacks to; what is beyond the most is not counted."""
    inflater = zlib.decompressobj()
    size = 0
    for start in range(0, len(packed), _PIECE):
        piece = packed[start : start + _PIECE]
        while piece and size <= most:
            size += len(inflater.decompress(piece, _BLOCK))
            piece = inflater.unconsumed_tail
    if not inflater.eof and size <= most:
        raise UnreadableImageError("it is truncated: copy it again")
    return size
