"""One picture written in many ways is one prepared image."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import uid

import drawn
from mammo.images import read_image
from mammo.images.cropped_image import PreparedImage, PreprocessingSettings, prepare
from mammo.images.whole_image import WholeImageSettings

SETTINGS = PreprocessingSettings(size=128)


@st.composite
def writings(draw: st.DrawFn) -> dict[str, object]:
    """How the picture is written: bits, sign, rescale, polarity, window and transfer syntax."""
    padding = draw(st.sampled_from([None, "US", "SS"]))
    bits = draw(st.integers(13 if padding else 12, 16))
    return {
        "bits": bits,
        "is_signed": draw(st.booleans()) and bits > 12,
        "is_inverted": draw(st.booleans()),
        "slope": draw(st.sampled_from([1, -1, 0.5, 2.5, -10])),
        "intercept": draw(st.sampled_from([0, -1024, 3000])),
        "has_window": draw(st.booleans()),
        "padding": padding,
        "junk": draw(st.sampled_from(["", "overlay", "noise"])),
        "surplus": draw(st.sampled_from([0, 2, 100])),
        "syntax": draw(st.sampled_from([*drawn.UNCOMPRESSED, *drawn.LOSSLESS])),
    }


def write(
    path: Path, *, bits=12, is_signed=False, is_inverted=False, slope=1, intercept=0,
    has_window=True, padding=None, junk="", surplus=0, syntax=uid.ExplicitVRLittleEndian,
) -> Path:  # fmt: skip
    """Write the picture so that a viewer shows the same whatever is chosen.

    The window's center and width follow from PS3.3 C.11.2.1.2.1, whose width is one more than the
    values that it spans.
    """
    grey = drawn.breast()
    air = grey == 0
    is_mirrored = is_inverted != (slope < 0)
    stored = drawn.TOP - grey if is_mirrored else grey
    offset = -2048 if is_signed else 0
    stored = stored + offset
    elements: dict[str, object] = {"PixelRepresentation": int(is_signed)}
    if (slope, intercept) != (1, 0):
        elements |= {"RescaleSlope": f"{slope}", "RescaleIntercept": f"{intercept}"}
    if has_window:
        middle = slope * (drawn.TOP / 2 + offset) + intercept
        elements |= {
            "WindowCenter": f"{middle + 0.5}",
            "WindowWidth": f"{abs(slope) * drawn.TOP + 1}",
        }
    if is_inverted:
        elements["PhotometricInterpretation"] = "MONOCHROME1"
    value = 0
    if padding:
        value = -2000 - 2048 if is_signed else 5000
        stored = np.where(air, value, stored)
    if junk and bits < 16 and not is_signed and not padding:
        stored = stored | _unused(junk, stored.shape, bits)
    ds = drawn.dataset(stored, bits, **elements)
    if padding:
        pattern = np.array([value], "<i4").astype("<u2")
        stated = int(pattern.view("<i2" if padding == "SS" else "<u2")[0])
        ds.add_new("PixelPaddingValue", padding, stated)
    if surplus and syntax in drawn.UNCOMPRESSED:
        ds["PixelData"].value = ds.PixelData + bytes(surplus)
    return drawn.write(path, ds, syntax)


def _unused(junk: str, shape: tuple[int, int], bits: int) -> np.ndarray:
    """Return what bits above those that are stored hold: an overlay's digits, or anything."""
    found = np.zeros(shape, np.int32)
    if junk == "overlay":
        found[10:30, 100:160] = 1
    else:
        found = np.random.default_rng(0).integers(0, 1 << (16 - bits), shape)
    return found << bits


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> PreparedImage:
    return prepare(read_image(write(tmp_path_factory.mktemp("plain") / "a")), None, SETTINGS)


def assert_same(found: PreparedImage, expected: PreparedImage, *, is_padded: bool = False) -> None:
    """Compare prepared images.

    How black padding is beside an image that begins above black, nothing says: it shows in the
    grey of the breast's edge, and through that in where its grey begins.
    """
    inside = found.breast & expected.breast
    if is_padded:
        inside = cv2.erode(inside.astype(np.uint8), np.ones((7, 7))) > 0
    assert found.geometry == expected.geometry
    assert np.mean(found.breast != expected.breast) < 0.001
    difference = np.abs(found.pixels - expected.pixels)[inside]
    assert difference.max() < (0.03 if is_padded else 1e-3)


@given(writing=writings())
@settings(max_examples=60, deadline=None)
def test_however_a_picture_is_written(writing, expected, tmp_path_factory):
    file = write(tmp_path_factory.mktemp("written") / "a", **writing)
    is_padded = writing["padding"] is not None and not writing["has_window"]
    assert_same(prepare(read_image(file), None, SETTINGS), expected, is_padded=is_padded)


@pytest.mark.parametrize("syntax", [*drawn.UNCOMPRESSED, *drawn.LOSSLESS])
@pytest.mark.parametrize("bits", [12, 14, 16])
@pytest.mark.parametrize("is_signed", [False, True])
def test_every_syntax_sign_and_depth(syntax, bits, is_signed, expected, tmp_path):
    file = write(tmp_path / "a", bits=bits, is_signed=is_signed, syntax=syntax)
    found = read_image(file)
    np.testing.assert_allclose(found.pixels, drawn.breast() / drawn.TOP, atol=1e-6)
    assert_same(prepare(found, None, SETTINGS), expected)


@pytest.mark.parametrize(
    "writing",
    [
        {"is_signed": True, "bits": 16},
        {"is_inverted": True, "bits": 16},
        {"slope": -10, "intercept": 3000},
        {"is_signed": True, "bits": 16, "padding": "US"},
        {"bits": 16, "padding": "SS"},
        {"bits": 12, "padding": "SS"},  # in bits that are not stored
        {"bits": 12, "padding": "US", "syntax": uid.RLELossless},
    ],
)
def test_a_background_that_is_not_black(writing, expected, tmp_path):
    file = write(tmp_path / "a", has_window=False, **writing)
    found = prepare(read_image(file), None, SETTINGS)
    assert_same(found, expected, is_padded="padding" in writing)


@pytest.mark.parametrize("writing", [{"is_signed": True, "bits": 16}, {"slope": -10}])
@pytest.mark.parametrize("padding", ["US", "SS"])
def test_a_whole_image_as_well(writing, padding, tmp_path):
    shape = WholeImageSettings(rows=120, columns=90)
    plain = shape.prepare(read_image(write(tmp_path / "a", padding="US")), None)
    found = shape.prepare(read_image(write(tmp_path / "b", padding=padding, **writing)), None)
    assert np.abs(found.pixels - plain.pixels).max() < 1e-3
