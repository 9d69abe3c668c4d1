"""PGM, PNG, TIFF and JPEG files to [0, 1]."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import TiffImagePlugin

from mammo import images
from mammo.errors import UnreadableImageError
from mammo.images import image as image_module

RNG = np.random.default_rng(0)
GREY = {
    8: RNG.integers(0, 256, (40, 30), dtype=np.uint8),
    16: RNG.integers(0, 65536, (40, 30), dtype=np.uint16),
}


def write(path: Path, values: np.ndarray, **options: object) -> Path:
    if path.suffix == ".pgm":
        top = options.get("top", np.iinfo(values.dtype).max)
        big_endian = values.astype(">u2" if top > 255 else "u1")
        header = f"P5\n# a comment\n{values.shape[1]} {values.shape[0]}\n{top}\n".encode()
        path.write_bytes(header + big_endian.tobytes())
    else:
        Pillow.fromarray(values).save(path, **options)
    return path


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("suffix", [".pgm", ".png", ".tif"])
def test_values_are_divided_by_the_types_maximum(tmp_path: Path, suffix: str, bits: int) -> None:
    path = write(tmp_path / f"image{suffix}", GREY[bits])
    image = images.read_image(path)
    np.testing.assert_allclose(image.pixels, GREY[bits] / (2**bits - 1), atol=1e-7)
    assert image.pixels.dtype == np.float32
    assert image.bits_stored == bits
    assert (image.laterality, image.view, image.pixel_spacing_mm) == (None, None, None)


def test_jpeg(tmp_path: Path) -> None:
    smooth = np.tile(np.arange(0, 240, 4, dtype=np.uint8), (50, 1))
    image = images.read_image(write(tmp_path / "image.jpg", smooth, quality=95))
    np.testing.assert_allclose(image.pixels, smooth / 255, atol=0.02)


def test_pgm_is_divided_by_the_maximum_that_it_states(tmp_path: Path) -> None:
    values = GREY[16] // 16
    image = images.read_image(write(tmp_path / "image.pgm", values, top=4095))
    np.testing.assert_allclose(image.pixels, values / 4095, atol=1e-4)


def test_twelve_bits_in_sixteen_stay_dark(tmp_path: Path) -> None:
    image = images.read_image(write(tmp_path / "image.png", GREY[16] // 16))
    assert image.pixels.max() <= 4095 / 65535


@pytest.mark.parametrize("bits", [8, 16])
def test_white_is_zero_tiff_is_inverted(tmp_path: Path, bits: int) -> None:
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    directory[262] = 0
    path = tmp_path / "image.tif"
    Pillow.fromarray(GREY[bits]).save(path, tiffinfo=directory)
    with Pillow.open(path) as picture:
        assert picture.tag_v2[262] == 0
    top = 2**bits - 1
    stored = GREY[bits] if bits == 16 else top - GREY[bits]  # Pillow inverts 8 bits as it writes
    np.testing.assert_allclose(images.read_image(path).pixels, 1 - stored / top, atol=1e-7)


def test_grey_saved_as_rgb_is_read_and_colour_is_refused(tmp_path: Path) -> None:
    grey = np.repeat(GREY[8][..., None], 3, axis=2)
    np.testing.assert_allclose(
        images.read_image(write(tmp_path / "grey.png", grey)).pixels, GREY[8] / 255, atol=1e-7
    )
    grey[5, 5, 0] ^= 255
    with pytest.raises(UnreadableImageError, match=r"colour\.png .* in colour"):
        images.read_image(write(tmp_path / "colour.png", grey))


@pytest.mark.parametrize("suffix", [".pgm", ".png", ".tif", ".jpg"])
@pytest.mark.parametrize("kept", [0.5, 0.95])
@pytest.mark.filterwarnings("ignore")
def test_truncated_file_is_refused(tmp_path: Path, suffix: str, kept: float) -> None:
    values = RNG.integers(0, 256, (200, 200), dtype=np.uint8)
    content = write(tmp_path / f"whole{suffix}", values).read_bytes()
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(UnreadableImageError, match=r"cut.* truncated"):
        images.read_image(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_read_as_viewers_turn_it(tmp_path: Path, suffix: str, orientation: int) -> None:
    exif = Pillow.Exif()
    exif[0x112] = orientation
    drawn = Pillow.fromarray(np.repeat(np.arange(0, 240, 30, dtype=np.uint8)[:, None], 6, 1))
    path = tmp_path / f"turned{suffix}"
    drawn.save(path, exif=exif)
    turned = {1: drawn, 2: drawn.transpose(0), 3: drawn.transpose(3), 4: drawn.transpose(1),
              5: drawn.transpose(5), 6: drawn.transpose(4), 7: drawn.transpose(6),
              8: drawn.transpose(2)}[orientation]  # fmt: skip
    found = images.read_image(path).pixels * 255
    assert found.shape == np.asarray(turned).shape
    assert np.abs(found - np.asarray(turned)).max() < 12


def test_large_image_is_refused_before_it_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.pgm"
    path.write_bytes(b"P5\n9000 9000\n255\n")
    assert image_module.MAX_PIXELS < 9000 * 9000
    monkeypatch.setattr(np, "frombuffer", lambda *_: pytest.fail("decoded"))
    with pytest.raises(UnreadableImageError, match=r"9000 x 9000 .* 80,000,000"):
        images.read_image(path)


def test_several_pages_and_other_types_are_refused(tmp_path: Path) -> None:
    pages = [Pillow.fromarray(GREY[8])] * 2
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(UnreadableImageError, match="2 pages"):
        images.read_image(tmp_path / "pages.tif")
    with pytest.raises(UnreadableImageError, match="not 8- or 16-bit grey"):
        images.read_image(write(tmp_path / "float.tif", GREY[8].astype(np.float32)))
    with pytest.raises(UnreadableImageError, match="not 8- or 16-bit grey"):
        images.read_image(write(tmp_path / "wide.tif", GREY[16].astype(np.int32)))


def test_other_formats_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "image.bmp", GREY[8])
    with pytest.raises(UnreadableImageError, match="neither DICOM nor PGM"):
        images.read_image(path)
