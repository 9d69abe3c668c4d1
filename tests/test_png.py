"""Whether a PNG file is whole; files that Pillow writes and ones put together by hand."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from bad_input.mammograms import stored
from bad_input.raster_files import chunk
from mammo.errors import UnreadableImageError
from mammo.images.codecs import png

GREY = stored(8)


def save(values: np.ndarray | Image.Image) -> bytes:
    picture = values if isinstance(values, Image.Image) else Image.fromarray(values)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_kind_of_picture_passes_if_it_is_whole(mode: str) -> None:
    pass_only_whole(save(Image.fromarray(GREY).convert(mode)))


def test_sixteen_bits_pass_if_they_are_whole() -> None:
    pass_only_whole(save(stored(16)))


def pass_only_whole(content: bytes) -> None:
    png.check(content)
    end = len(content) - 12  # where the last chunk begins, which is empty
    for cut in (content[:end], content[: end - 5] + content[end:]):
        with pytest.raises(UnreadableImageError):
            png.check(cut)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (8, 8), (5, 3), (9, 17)])
@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_interlaced_pictures_have_the_bytes_of_their_passes(shape, bits: int) -> None:
    """Adam7, pixel by pixel: the pass of each pixel of an 8 x 8 tile, PNG section 8."""
    passes = np.array(
        [
            [1, 6, 4, 6, 2, 6, 4, 6],
            [7, 7, 7, 7, 7, 7, 7, 7],
            [5, 6, 5, 6, 5, 6, 5, 6],
            [7, 7, 7, 7, 7, 7, 7, 7],
            [3, 6, 4, 6, 3, 6, 4, 6],
            [7, 7, 7, 7, 7, 7, 7, 7],
            [5, 6, 5, 6, 5, 6, 5, 6],
            [7, 7, 7, 7, 7, 7, 7, 7],
        ]
    )
    rows, columns = shape
    tiled = np.tile(passes, (3, 3))[:rows, :columns]
    size = sum(
        1 + -(-int((line == number).sum()) * bits // 8)
        for number in range(1, 8)
        for line in tiled
        if (line == number).any()
    )
    header = struct.pack(">2I5B", columns, rows, bits, 0, 0, 0, 1)

    def file(length: int) -> bytes:
        parts = {b"IHDR": header, b"IDAT": zlib.compress(bytes(length)), b"IEND": b""}
        return png.SIGNATURE + b"".join(chunk(kind, content) for kind, content in parts.items())

    png.check(file(size))
    for wrong in (size - 1, size + 1):
        with pytest.raises(UnreadableImageError, match="bytes that it announces"):
            png.check(file(wrong))


def test_pixels_may_come_in_any_number_of_chunks() -> None:
    whole = save(stored(16))
    place = whole.index(b"IDAT") - 4
    (length,) = struct.unpack_from(">I", whole, place)
    packed = whole[place + 8 : place + 8 + length]
    pieces = [packed[start : start + 100] for start in range(0, length, 100)]
    cut = b"".join(chunk(b"IDAT", piece) for piece in pieces)
    png.check(whole[:place] + cut + whole[place + 12 + length :])
    with pytest.raises(UnreadableImageError, match="truncated"):
        png.check(whole[:place] + cut[: -len(chunk(b"IDAT", pieces[-1]))] + chunk(b"IEND", b""))


def test_a_file_of_endless_chunks_is_refused() -> None:
    whole = save(GREY)
    place = whole.index(b"IDAT") - 4
    with pytest.raises(UnreadableImageError, match="truncated"):
        png.check(whole[:place] + chunk(b"abCd", b"") * 100_001 + whole[place:])
