"""JPEG Lossless, against an encoder written from the standard and against GDCM."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread, uid
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels import pixel_array

from bad_input.mammograms import mammogram, stored
from hospital.encoding import set_syntax
from mammo.errors import UnreadableImageError
from mammo.images.codecs import jpeg_scans

CODE_BITS = 5
"""The length of all 17 codes; the code of a difference's size is the size."""


def encode(
    samples: np.ndarray, precision: int, predictor: int = 1, shift: int = 0, restart_rows: int = 0
) -> bytes:
    """Encode samples as ITU-T T.81 Annex H describes it, sample by sample."""
    rows, columns = samples.shape
    table = bytes([0] * (CODE_BITS - 1) + [17] + [0] * (16 - CODE_BITS)) + bytes(range(17))
    stream = b"\xff\xd8" + segment(
        0xC3, struct.pack(">BHHB3B", precision, rows, columns, 1, 1, 17, 0)
    )
    stream += segment(0xC4, b"\0" + table)
    if restart_rows:
        stream += segment(0xDD, struct.pack(">H", restart_rows * columns))
    stream += segment(0xDA, bytes([1, 1, 0, predictor, 0, shift]))
    values = (samples.astype(int) >> shift).tolist()
    bits: list[str] = []
    for row in range(rows):
        top = row - row % restart_rows if restart_rows else 0
        if restart_rows and row and row == top:
            stream += packed(bits) + bytes([0xFF, 0xD0 + (row // restart_rows - 1) % 8])
            bits = []
        for column in range(columns):
            expected = predicted(values, row, column, top, predictor, 1 << precision - shift - 1)
            bits.append(coded((values[row][column] - expected + 32768) % 65536 - 32768))
    return stream + packed(bits) + b"\xff\xd9"


def predicted(values, row: int, column: int, top: int, predictor: int, first: int) -> int:
    if row == top:
        return values[row][column - 1] if column else first
    if column == 0:
        return values[row - 1][0]
    a, b, c = values[row][column - 1], values[row - 1][column], values[row - 1][column - 1]
    return (None, a, b, c, a + b - c, a + (b - c >> 1), b + (a - c >> 1), a + b >> 1)[predictor]


def coded(difference: int) -> str:
    size = 16 if difference == -32768 else abs(difference).bit_length()
    low = difference if difference > 0 else difference + (1 << size) - 1
    extra = f"{low:0{size}b}" if 0 < size < 16 else ""
    return f"{size:0{CODE_BITS}b}{extra}"


def packed(bits: list[str]) -> bytes:
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    content = int(text, 2).to_bytes(len(text) // 8, "big")
    return content.replace(b"\xff", b"\xff\0")


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


@given(
    predictor=st.integers(1, 7), precision=st.integers(2, 16), shift=st.integers(0, 3),
    restart_rows=st.integers(0, 3), seed=st.integers(0, 9),
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_every_sample_arrives(predictor, precision, shift, restart_rows, seed, shape) -> None:
    samples = np.random.default_rng(seed).integers(0, 1 << precision, shape)
    shift = min(shift, precision - 1)
    found = jpeg_scans.decode_lossless(encode(samples, precision, predictor, shift, restart_rows))
    np.testing.assert_array_equal(found, samples >> shift << shift)
    assert found.dtype == (np.uint8 if precision <= 8 else np.uint16)


@pytest.mark.parametrize("predictor", range(1, 8))
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_gdcm_decodes_the_same(bits: int, predictor: int) -> None:
    values = stored(bits)
    stream = encode(values, bits, predictor)
    ds = mammogram(bits)
    ds.PixelData = encapsulate([stream])
    set_syntax(ds, uid.JPEGLossless)
    np.testing.assert_array_equal(pixel_array(ds, decoding_plugin="gdcm"), values)
    np.testing.assert_array_equal(jpeg_scans.decode_lossless(stream), values)


def test_a_real_film_is_as_gdcm_decodes_it(real_data: Path) -> None:
    ds = dcmread(real_data / "dicom/RG3_JPLL.dcm")
    found = jpeg_scans.decode_lossless(get_frame(ds.PixelData, 0, number_of_frames=1))
    np.testing.assert_array_equal(found, pixel_array(ds, decoding_plugin="gdcm"))


@pytest.mark.parametrize("restart_rows", [0, 7])
def test_no_part_of_a_stream_is_taken_for_the_whole(restart_rows: int) -> None:
    stream = encode(stored(12), 12, restart_rows=restart_rows)
    for length in range(len(stream) - 2):
        for part in (stream[:length], stream[:length] + b"\xff\xd9"):
            if part != stream:
                with pytest.raises(UnreadableImageError, match="JPEG"):
                    jpeg_scans.decode_lossless(part)


def test_where_a_stream_ends_is_told() -> None:
    stream = encode(stored(12), 12)
    half = stream[: len(stream) // 2] + b"\xff\xd9"
    with pytest.raises(
        UnreadableImageError, match=r"its JPEG stream ends after (4|5)\d% of the image"
    ):
        jpeg_scans.decode_lossless(half)
    longer = encode(np.vstack([stored(12), stored(12)[:1]]), 12)
    place = longer.index(b"\xff\xc3") + 5
    with pytest.raises(UnreadableImageError, match=r"goes on after (100|9\d)%"):
        jpeg_scans.decode_lossless(longer[:place] + b"\0\x28" + longer[place + 2 :])


def test_restarts_come_in_their_turn() -> None:
    stream = encode(stored(12), 12, restart_rows=4)
    swapped = stream.replace(b"\xff\xd1", b"\xff\xd2", 1)
    with pytest.raises(UnreadableImageError, match="lacks the marker of a restart after 20%"):
        jpeg_scans.decode_lossless(swapped)


@pytest.mark.parametrize("process", [0xC0, 0xC1, 0xC2, 0xC9, 0xCB])
def test_another_process_is_refused(process: int) -> None:
    stream = encode(stored(8), 8).replace(b"\xff\xc3", bytes([0xFF, process]), 1)
    with pytest.raises(UnreadableImageError, match="not lossless"):
        jpeg_scans.decode_lossless(stream)
