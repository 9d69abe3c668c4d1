"""What is burned in beside the breast reaches no picture of a report, in whatever file."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from pydicom import uid

import drawn
from mammo.errors import UnreadableImageError
from mammo.images import read_image
from mammo.images.cropped_image import PreparedImage, PreprocessingSettings, prepare
from mammo.report.thumbnails import thumbnail

SHAPE = (360, 270)
SETTINGS = PreprocessingSettings(size=256)
PLACES = [(120, 30), (150, 346), (6, 16), (196, 240)]
"""Columns and rows, left and below, of texts that are not within six pixels of the breast."""


def text(place: tuple[int, int], scale: float) -> np.ndarray:
    found = np.zeros(SHAPE, np.uint8)
    cv2.putText(found, "DOE 1961", place, cv2.FONT_HERSHEY_SIMPLEX, scale, 1, 2)
    return found > 0


@st.composite
def writings(draw: st.DrawFn) -> dict[str, object]:
    """A range of stored values, what lies in it where, and how it is written."""
    bits = draw(st.integers(8, 16))
    used = draw(st.integers(8, bits))
    is_signed = draw(st.booleans())
    lowest = -(1 << bits - 1) if is_signed else 0
    highest = lowest + (1 << bits) - 1
    return {
        "bits": bits,
        "is_signed": is_signed,
        "span": (1 << used) - 1,
        "begin": draw(st.integers(lowest, highest - (1 << used) + 1)),
        "text_value": draw(st.sampled_from(["top", "brightest", "bottom"])),
        "is_inverted": draw(st.booleans()),
        "slope": draw(st.sampled_from([1, -1, 2.5])),
        "border": draw(st.sampled_from([None, "bottom", "top", "noise"])),
        "border_width": draw(st.integers(1, 30)),
        "syntax": draw(st.sampled_from([*drawn.UNCOMPRESSED[:2], *drawn.LOSSLESS])),
        "place": draw(st.sampled_from(PLACES)),
        "scale": draw(st.sampled_from([0.5, 0.7])),
        "on_right": draw(st.booleans()),
    }


def write(
    path: Path, *, bits, is_signed, span, begin, text_value, is_inverted, slope, border,
    border_width, syntax, place, scale, on_right,
) -> np.ndarray:  # fmt: skip
    """Write a picture with a text, without a window; return where the text is."""
    grey = drawn.breast(*SHAPE) / drawn.TOP
    where = text(place, scale)
    if on_right:
        grey, where = grey[:, ::-1], where[:, ::-1]
    lowest = -(1 << bits - 1) if is_signed else 0
    highest = lowest + (1 << bits) - 1
    stored = begin + np.rint(grey * span).astype(np.int64)
    values = {"top": highest, "brightest": begin + span, "bottom": lowest}
    stored[where] = values[text_value]
    if border:
        edge = np.ones(SHAPE, bool)
        edge[border_width:-border_width, border_width:-border_width] = False
        noise = np.random.default_rng(0).integers(begin, begin + span // 8 + 1, SHAPE)
        stored[edge] = noise[edge] if border == "noise" else values[border]
        where = where & ~edge
    if is_inverted != (slope < 0):
        stored = lowest + highest - stored
    ds = drawn.dataset(
        stored, bits, PixelRepresentation=int(is_signed), RescaleSlope=f"{slope}",
        RescaleIntercept="0", PhotometricInterpretation=f"MONOCHROME{2 - is_inverted}",
    )  # fmt: skip
    drawn.write(path, ds, syntax)
    return where


def shown(path: Path) -> PreparedImage | None:
    """Return what is made of a file, None if it is refused."""
    try:
        return prepare(read_image(path), None, SETTINGS)
    except UnreadableImageError:
        return None


def share_of(where: np.ndarray, prepared: PreparedImage) -> float:
    """Share of the text's pixels that lie in what is shown of an image."""
    rows, columns = np.nonzero(where)
    boxes = np.column_stack([rows, columns, rows + 1, columns + 1])
    places = prepared.geometry.to_prepared(boxes)
    middles = ((places[:, :2] + places[:, 2:]) / 2).astype(int)
    is_within = ((middles >= 0) & (middles < prepared.pixels.shape)).all(axis=1)
    seen = prepared.pixels[tuple(middles[is_within].T)] > 0
    return float(seen.sum() / len(where[where])) if where.any() else 0.0


@given(writing=writings())
@settings(max_examples=120, deadline=None)
def test_a_text_beside_the_breast_is_not_shown(writing, tmp_path_factory):
    file = tmp_path_factory.mktemp("burned") / "a"
    where = write(file, **writing)
    prepared = shown(file)
    if prepared is not None:
        assert share_of(where, prepared) == 0
        # Beyond the mask the picture of a report is black, as the prepared image is.
        with Pillow.open(io.BytesIO(thumbnail(prepared.pixels, prepared.geometry))) as picture:
            assert picture.mode == "L"
        assert not prepared.pixels[~prepared.breast].any()


@pytest.mark.parametrize(
    "writing",
    [
        {"bits": 8, "text_value": "top", "border": "noise"},
        {"bits": 9, "begin": 4, "text_value": "bottom", "border": "bottom"},
        {"bits": 15, "text_value": "top", "border": "top"},
    ],
)
def test_a_text_that_a_border_touches_is_not_shown(writing, tmp_path):
    for width in range(1, 31):
        at_border = {"span": 255, "scale": 0.5, "border_width": width, **writing}
        where = write(tmp_path / "a", **{**PLAIN, **at_border})
        prepared = shown(tmp_path / "a")
        assert prepared is None or share_of(where, prepared) == 0, width


PLAIN = {
    "bits": 16, "is_signed": False, "span": 4095, "begin": 0, "text_value": "brightest",
    "is_inverted": False, "slope": 1, "border": None, "border_width": 10,
    "syntax": uid.ExplicitVRLittleEndian, "place": PLACES[0], "scale": 0.7, "on_right": False,
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("on_right", [False, True])
@pytest.mark.parametrize(
    "writing",
    [
        {},
        {"is_signed": True},
        {"begin": 30_000},
        {"begin": 30_000, "text_value": "top"},
        {"begin": 30_000, "text_value": "bottom"},
        {"is_inverted": True},
        {"is_inverted": True, "text_value": "top"},
        {"slope": -1},
        {"begin": 30_000, "border": "bottom"},
        {"begin": 30_000, "border": "top"},
        {"begin": 30_000, "border": "noise"},
        {"bits": 12, "border": "bottom", "border_width": 30},
    ],
)
def test_these_are_read_and_cropped_without_it(writing, place, on_right, tmp_path):
    where = write(tmp_path / "a", **{**PLAIN, **writing, "place": place, "on_right": on_right})
    prepared = shown(tmp_path / "a")
    assert prepared is not None
    assert share_of(where, prepared) == 0
    assert 0.5 < prepared.breast.mean() < 0.9


def test_a_raster_says_nothing_of_its_range_either(tmp_path):
    grey = drawn.breast(*SHAPE)
    where = text(PLACES[0], 0.7)
    for begin in (0, 20_000, 60_000):
        stored = np.where(where, 65_535, begin + grey).astype(np.uint16)
        Pillow.fromarray(stored).save(tmp_path / "a.png")
        assert share_of(where, shown(tmp_path / "a.png")) == 0
