"""Thumbnails: the breast alone, in its proportions, in a file that says nothing else."""

import io
import struct
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from mammo.images.cropped_image import PreparedImage, PreprocessingSettings, prepare
from mammo.images.geometry import Geometry
from mammo.images.image import Image
from mammo.report.thumbnails import LONG_SIDE, thumbnail

WHOLE = Geometry(0, 0, 400, 200, False, 100 / 400, 100 / 200, 0)
"""Of a crop of 400 x 200 pixels, stretched to 100 x 100."""


def film(*, text_at: tuple[int, int] | None = None, on_right: bool = False) -> Image:
    """A half-ellipse at the chest wall on 1024 x 768, with a name at a column and row."""
    rows, columns = np.mgrid[:1024, :768].astype(np.float32)
    distance = np.hypot((rows - 500) / 350, columns / 320)
    pixels = np.clip((1 - distance) * 3, 0, 0.6) + 0.03
    pixels = pixels[:, ::-1].copy() if on_right else pixels
    if text_at:
        cv2.putText(pixels, "DOE^JANE", text_at, cv2.FONT_HERSHEY_SIMPLEX, 1.6, 1.0, 4)
    return Image(pixels=np.clip(pixels, 0, 1).astype(np.float32), bits_stored=8)


def prepared(image: Image, **settings: object) -> PreparedImage:
    return prepare(image, None, PreprocessingSettings(size=256, **settings))


def picture_of(one: PreparedImage) -> np.ndarray:
    return decoded(thumbnail(one.pixels, one.geometry))


def decoded(png: bytes) -> np.ndarray:
    with Pillow.open(io.BytesIO(png)) as opened:
        assert opened.mode == "L"
        return np.asarray(opened)


def chunks(png: bytes) -> list[str]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    names, place = [], 8
    while place < len(png):
        length, name = struct.unpack(">I4s", png[place : place + 8])
        names.append(name.decode())
        place += 12 + length
    assert place == len(png)
    return names


def test_the_file_holds_the_picture_alone():
    one = prepared(film())
    names = chunks(thumbnail(one.pixels, one.geometry))
    assert (names[0], set(names[1:-1]), names[-1]) == ("IHDR", {"IDAT"}, "IEND")


def brightest(image: Image) -> int:
    return picture_of(prepared(image, normalise="none")).max()


@pytest.mark.parametrize("on_right", [False, True])
@pytest.mark.parametrize("text_at", [(420, 120), (450, 930), (300, 60)])
def test_a_name_burned_in_beside_the_breast_does_not_survive(text_at, on_right):
    text_at = (767 - text_at[0] - 250, text_at[1]) if on_right else text_at
    burned = film(on_right=on_right, text_at=text_at)
    assert burned.pixels.max() == 1
    assert brightest(burned) == brightest(film(on_right=on_right)) < 170


def test_a_name_burned_in_over_the_breast_stays():
    """Why a report warns of burned-in text, and can leave the thumbnails out."""
    assert brightest(film(text_at=(20, 500))) > 240


def test_nothing_is_shown_outside_of_the_breast():
    one = prepared(film(text_at=(420, 120)))
    assert picture_of(one).max() > 200
    seen = picture_of(replace(one, pixels=np.where(one.breast, 0, one.pixels)))
    assert seen.max() == 0


@pytest.mark.parametrize("aspect", ["stretch", "pad"])
@pytest.mark.parametrize("on_right", [False, True])
def test_proportions_and_direction_are_those_of_the_file(aspect, on_right):
    image = film(on_right=on_right)
    one = prepared(image, aspect=aspect)
    g = one.geometry
    crop = image.pixels[g.row_min : g.row_max, g.col_min : g.col_max]
    seen = picture_of(one)
    assert max(seen.shape) == LONG_SIDE
    assert seen.shape[1] / seen.shape[0] == pytest.approx(crop.shape[1] / crop.shape[0], rel=0.01)
    expected = cv2.resize(crop, seen.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.corrcoef(seen.ravel(), expected.ravel())[0, 1] > 0.99


def test_a_row_of_the_store_gives_what_the_prepared_image_gives():
    one = prepared(film())
    stored = np.rint(one.pixels * 65535).astype(np.uint16)
    difference = picture_of(one).astype(int) - picture_of(replace(one, pixels=stored))
    assert abs(difference).max() <= 1


def test_black_is_0_and_white_255():
    for white in (np.float32(1), np.uint16(65535)):
        pixels = np.zeros((100, 100), dtype=type(white))
        pixels[:50] = white
        seen = decoded(thumbnail(pixels, WHOLE, 100))
        assert seen.shape == (100, 50)
        assert (seen[:40] == 255).all() and (seen[60:] == 0).all()


def test_values_out_of_range_are_clipped():
    pixels = np.full((100, 100), 1.5, dtype=np.float32)
    pixels[50:] = -0.5
    assert set(np.unique(decoded(thumbnail(pixels, WHOLE, 100))[[0, -1]])) == {0, 255}


def test_equal_input_gives_equal_bytes():
    one, other = prepared(film()), prepared(film())
    assert thumbnail(one.pixels, one.geometry) == thumbnail(other.pixels, other.geometry)


@given(
    height=st.integers(1, 5000), width=st.integers(1, 5000), long_side=st.integers(1, 300),
    flipped=st.booleans(),
)  # fmt: skip
def test_any_crop_fits_its_size(height, width, long_side, flipped):
    geometry = Geometry(0, 0, height, width, flipped, 64 / height, 64 / width, 0)
    seen = decoded(thumbnail(np.ones((64, 64), np.float32), geometry, long_side))
    assert max(seen.shape) == long_side
    assert min(seen.shape) == max(1, round(min(height, width) * long_side / max(height, width)))
    assert seen.min() == 255
