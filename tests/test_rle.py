"""RLE Lossless, against pydicom's encoder."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pydicom.pixels.encoders.native import _encode_segment

from mammo.errors import UnreadableImageError
from mammo.images.codecs import rle


def encode(values: np.ndarray) -> bytes:
    width = values.itemsize
    planes = values.astype(f">u{width}").view("u1").reshape(-1, width)
    columns = values.shape[1]
    segments = [
        bytes(_encode_segment(planes[:, place].tobytes(), columns)) for place in range(width)
    ]
    starts = np.cumsum([64, *map(len, segments)])[:-1].tolist()
    header = struct.pack("<16I", width, *starts, *[0] * (15 - width))
    return header + b"".join(segments)


@given(
    values=arrays.arrays(
        st.sampled_from([np.uint8, np.uint16]),
        st.tuples(st.integers(1, 12), st.integers(1, 200)),
        elements=st.sampled_from([0, 1, 7, 200, 255]),
    )
)
def test_every_byte_arrives(values: np.ndarray) -> None:
    found = rle.decode(encode(values), values.shape, values.itemsize)
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, values)


FRAME = encode(np.arange(300, dtype=np.uint16).reshape(15, 20))


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (FRAME[:-20], "holds [0-9]+ bytes where there are 300 pixels"),
        (FRAME + b"\x05", "holds more bytes"),
        (b"", "has 0 RLE segments where its pixels have 2"),
        (FRAME[:4] + struct.pack("<I", 70) + FRAME[8:], "not where its RLE header says"),
        (FRAME[:8] + struct.pack("<I", 10**9) + FRAME[12:], "not where its RLE header says"),
        (FRAME[:64] + b"\x81\0" * 10**6, "RLE"),
    ],
)
def test_a_segment_that_is_not_of_the_image_is_refused(frame: bytes, told: str) -> None:
    with pytest.raises(UnreadableImageError, match=told):
        rle.decode(frame, (15, 20), 2)


def test_zeros_behind_a_segment_are_padding() -> None:
    np.testing.assert_array_equal(
        rle.decode(FRAME + b"\0\0", (15, 20), 2), rle.decode(FRAME, (15, 20), 2)
    )
