"""Whether a lossy JPEG stream holds its whole image."""

import io

import numpy as np
import pytest
from PIL import Image

from bad_input.mammograms import stored
from mammo.errors import UnreadableImageError
from mammo.images.codecs import jpeg_scans

GREY = stored(8, (61, 83))
VARIANTS = {
    "grey": ("L", {}),
    "of high quality": ("L", {"quality": 100}),
    "of low quality": ("L", {"quality": 5}),
    "with tables of its own": ("L", {"optimize": True}),
    "with restarts": ("L", {"restart_marker_blocks": 3}),
    "with restarts by the row": ("RGB", {"restart_marker_rows": 1}),
    "in colour": ("RGB", {"subsampling": 0}),
    "in colour, coarser across": ("RGB", {"subsampling": 1}),
    "in colour, coarser both ways": ("RGB", {"subsampling": 2}),
}


def save(mode: str, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(GREY).convert(mode).save(stream, "JPEG", **options)
    return stream.getvalue()


@pytest.mark.parametrize(("mode", "options"), VARIANTS.values(), ids=VARIANTS)
def test_whole_streams_pass_and_parts_do_not(mode: str, options: dict) -> None:
    whole = save(mode, **options)
    jpeg_scans.check_sequential(whole)
    start = whole.index(b"\xff\xda") + 14
    for length in np.linspace(start, len(whole) - 3, 40).astype(int):
        with pytest.raises(UnreadableImageError, match=r"truncated or damaged|ends before"):
            jpeg_scans.check_sequential(whole[:length] + b"\xff\xd9")
    place = whole.index(b"\xff\xc0") + 5
    for rows in (30, 100, 65535):
        with pytest.raises(UnreadableImageError, match="truncated or damaged"):
            jpeg_scans.check_sequential(
                whole[:place] + rows.to_bytes(2, "big") + whole[place + 2 :]
            )


def test_a_table_that_is_missing_is_told() -> None:
    whole = save("L")
    place = whole.index(b"\xff\xda") + 6
    with pytest.raises(UnreadableImageError, match="lacks a Huffman table"):
        jpeg_scans.check_sequential(whole[:place] + b"\x33" + whole[place + 1 :])


def test_progressive_streams_are_not_looked_at() -> None:
    whole = save("L", progressive=True)
    jpeg_scans.check_sequential(whole)
    jpeg_scans.check_sequential(whole[:-20])
    with pytest.raises(UnreadableImageError):
        jpeg_scans.check_sequential(save("L")[:-20])
