"""Whole images: the grey range, the size, and the way back to the native image."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from mammo.errors import UnreadableImageError
from mammo.images.cropped_image import PreprocessingSettings
from mammo.images.image import Image
from mammo.images.store_building import build
from mammo.images.whole_image import WholeImageSettings


def blurred_noise(rows: int, columns: int, low: float = 0.2, high: float = 0.7) -> np.ndarray:
    noise = np.random.default_rng(rows).random((rows, columns), np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 3)
    noise -= noise.min()
    return (low + noise * (high - low) / noise.max()).astype(np.float32)


@given(st.integers(20, 90), st.integers(20, 90))
def test_grey_fills_its_range_in_the_shape_asked_for(rows, columns):
    pixels = blurred_noise(60, 50)
    made = WholeImageSettings(rows=rows, columns=columns).prepare(Image(pixels, 12), "R")
    assert made.pixels.shape == (rows, columns)
    assert made.pixels.dtype == np.float32
    assert 0 <= made.pixels.min() < 0.2 and 0.8 < made.pixels.max() <= 1


def test_grey_is_stretched_linearly_and_resized_by_cubic_interpolation():
    pixels = blurred_noise(100, 80)
    made = WholeImageSettings(rows=64, columns=48).prepare(Image(pixels, 16), None)
    expected = cv2.resize(pixels, (48, 64), interpolation=cv2.INTER_CUBIC)
    expected = (expected - pixels.min()) / (pixels.max() - pixels.min())
    np.testing.assert_allclose(made.pixels, expected.clip(0, 1), atol=1e-6)


def test_overshoot_is_clipped():
    edge = np.zeros((50, 40), np.float32)
    edge[:, 20:] = 1
    made = WholeImageSettings(rows=90, columns=70).prepare(Image(edge, 8), None)
    assert (made.pixels.min(), made.pixels.max()) == (0, 1)


def test_padding_does_not_set_the_range():
    pixels = blurred_noise(60, 50)
    padding = np.zeros((60, 50), bool)
    padding[:, 40:] = True
    pixels[padding] = 0
    made = WholeImageSettings(rows=60, columns=50).prepare(Image(pixels, 12, padding=padding), "L")
    assert not made.pixels[:, 41:].any()
    assert made.pixels[:, :40].min() == pytest.approx(0, abs=0.02)


def test_blank_images_are_refused():
    with pytest.raises(UnreadableImageError, match="the image is blank"):
        WholeImageSettings(rows=32, columns=32).prepare(
            Image(np.full((40, 40), 0.5, np.float32), 8), "L"
        )


def test_boxes_follow_the_image():
    pixels = np.zeros((200, 100), np.float32)
    pixels[50:90, 20:60] = 1
    made = WholeImageSettings(rows=100, columns=80).prepare(Image(pixels, 8), "R")
    ((top, left, bottom, right),) = made.geometry.to_prepared([[50, 20, 90, 60]])
    assert (top, left, bottom, right) == (25, 16, 45, 48)
    rows, columns = np.nonzero(made.pixels > 0.5)
    found = (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
    assert found == (top, left, bottom, right)


def test_stores_of_both_kinds_are_built_by_one_function(tmp_path: Path):
    rng = np.random.default_rng(0)
    rows = []
    for number in range(3):
        picture = np.zeros((90, 70), np.uint8)
        cv2.ellipse(picture, (0, 45), (40 + number, 30), 0, 0, 360, 200, cv2.FILLED)
        picture += rng.integers(0, 20, picture.shape).astype(np.uint8)
        Pillow.fromarray(picture).save(tmp_path / f"{number}.png")
        rows.append({"image_id": str(number), "path": str(tmp_path / f"{number}.png")})
    manifest = pd.DataFrame(rows).assign(laterality="L", excluded=None)
    whole = build(manifest, WholeImageSettings(rows=48, columns=32), tmp_path / "whole", 1)
    square = build(manifest, PreprocessingSettings(size=32), tmp_path / "square", 1)
    assert whole.images.shape == (3, 48, 32)
    assert square.images.shape == (3, 32, 32)
    assert not whole.geometry("1").flipped
    assert whole.geometry("1").row_scale == pytest.approx(48 / 90)
