"""Presentation values beside those of an independent viewer: DCMTK's dcmj2pnm, where it is."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from pydicom import uid

import drawn
from mammo.images import read_image

VIEWER = shutil.which("dcmj2pnm")
pytestmark = pytest.mark.skipif(VIEWER is None, reason="dcmj2pnm of DCMTK is not installed")
WINDOW, LUT, NOTHING = ("+Wi", "1"), ("+Wl", "1"), ("-W",)
GREY = drawn.breast()


def seen(file: Path, tmp_path: Path, options: tuple[str, ...]) -> np.ndarray:
    """Return what the viewer shows, in [0, 1]."""
    picture = tmp_path / "seen.png"
    subprocess.run([VIEWER, "+on2", *options, file, picture], check=True, capture_output=True)
    with Pillow.open(picture) as opened:
        return np.asarray(opened) / 65535


def assert_seen(file: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    image = read_image(file)
    found = np.abs(image.pixels - seen(file, tmp_path, options))
    measured = found if image.padding is None else found[~image.padding]
    assert measured.max() < 1 / 4095  # the viewer keeps 12 bits where the file has them


@pytest.mark.parametrize("name", ["UNC", "RLE", "JPLL"])
def test_real_mammograms_with_a_window(name, real_data, tmp_path):
    assert_seen(real_data / f"dicom/RG3_{name}.dcm", tmp_path, WINDOW)


def test_a_real_mammogram_with_a_voi_lut(real_data, tmp_path):
    assert_seen(real_data / "dicom/GH133.dcm", tmp_path, LUT)


OVERLAY = np.where((np.indices(GREY.shape).sum(axis=0) // 40) % 2, 1 << 12, 0)
"""What an overlay in an unused bit looks like."""


@pytest.mark.parametrize(
    ("stored", "bits", "elements", "options"),
    [
        (GREY, 12, drawn.WINDOW, WINDOW),
        (GREY, 12, {}, NOTHING),
        (GREY - 2048, 12, {"WindowCenter": "0", "WindowWidth": "3000"}, WINDOW),
        (GREY - 2048, 16, {"WindowCenter": "0", "WindowWidth": "3000"}, WINDOW),
        (GREY | OVERLAY, 12, drawn.WINDOW, WINDOW),
        (GREY, 12, {"PhotometricInterpretation": "MONOCHROME1", **drawn.WINDOW}, WINDOW),
        (
            GREY, 12,
            {"RescaleSlope": "-10", "RescaleIntercept": "3000", "WindowCenter": "-10000",
             "WindowWidth": "30000"},
            WINDOW,
        ),
        (GREY, 12, {**drawn.WINDOW, "VOILUTFunction": "SIGMOID"}, WINDOW),
        (GREY >> 4, 8, {"WindowCenter": "100", "WindowWidth": "150"}, WINDOW),
        (GREY, 12, {"WindowCenter": ["1500", "9"], "WindowWidth": ["2500", "9"]}, WINDOW),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "syntax", [*drawn.UNCOMPRESSED, uid.RLELossless, uid.JPEGLosslessSV1], ids=lambda one: one.name
)
def test_drawn_mammograms(stored, bits, elements, options, syntax, tmp_path):
    if syntax == uid.ExplicitVRBigEndian and bits == 8:
        pytest.skip("bytes in words of the other order are written by nobody")
    if syntax == uid.JPEGLosslessSV1 and stored.max() > 4095:
        pytest.skip("an encoder drops bits that are not stored")
    file = drawn.write(tmp_path / "a", drawn.dataset(stored, bits, **elements), syntax)
    assert_seen(file, tmp_path, options)
