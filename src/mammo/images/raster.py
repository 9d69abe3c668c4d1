"""Mammograms in PGM, PNG, TIFF and JPEG files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mammo.containers import open_binary
from mammo.errors import UnreadableImageError
from mammo.images.image import MAX_PIXELS, Image

if TYPE_CHECKING:
    import PIL.Image

_WHITE_IS_ZERO, _PHOTOMETRIC = 0, 262  # TIFF 6.0, section 3


def read(path: str | Path) -> Image:
    """Read a greyscale PGM (P5), PNG, TIFF or JPEG file of 8 or 16 bits.

    Values are divided by the largest that the type can hold (for PGM the maximum that its header
    states): no file says how many of its 16 bits are used. A 12-bit image saved in 16 bits comes
    out dark, in [0, 1/16]; the percentile normalisation of the preprocessing makes that good, and
    guessing from the brightest pixel would make the grey of one film depend on its own content.

    Pillow decodes, because it refuses truncated files, where OpenCV may return a part.

    Returns
    -------
    Image
        Without laterality, view and pixel spacing, which these formats do not hold.

    Raises
    ------
    UnreadableImageError
        If the file is truncated, in colour, floating point, of several pages, or larger than
        80 million pixels.
    """
    from PIL import Image as Pillow

    path = Path(path)
    try:
        with (
            open_binary(path) as file,
            Pillow.open(file, formats=("PPM", "PNG", "TIFF", "JPEG")) as picture,
        ):
            rows, columns = picture.height, picture.width
            if rows * columns > MAX_PIXELS:
                raise _unreadable(path, f"{rows} x {columns} pixels exceed {MAX_PIXELS:,}")
            if getattr(picture, "n_frames", 1) > 1:
                raise _unreadable(path, f"it holds {picture.n_frames} pages, not one")
            values, top = _grey_values(path, picture)
    except UnreadableImageError:
        raise
    except Exception as error:  # each of Pillow's decoders has errors of its own
        raise _unreadable(path, f"it is truncated or damaged ({error})") from error
    pixels = values.astype(np.float32) / np.float32(top)
    return Image(pixels=pixels, bits_stored=top.bit_length())


def _grey_values(path: Path, picture: PIL.Image.Image) -> tuple[np.ndarray, int]:
    """Grey levels, shape (rows, columns), and the largest that the type can hold."""
    picture.load()
    mode = picture.mode
    # Of a PNG or PGM "I" means 16 bits, of a TIFF 32 or signed ones.
    if mode.startswith("I") and (picture.format, mode) != ("TIFF", "I"):
        values = np.asarray(picture)
        # Pillow inverts white-is-zero TIFFs of 8 bits, but not those of 16.
        if getattr(picture, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
            values = 65535 - values.astype(np.int32)
        return values, 65535
    if mode in ("1", "L", "LA"):
        return np.asarray(picture.convert("L")), 255
    if mode in ("P", "RGB", "RGBA"):
        red, green, blue = np.moveaxis(np.asarray(picture.convert("RGB")), -1, 0)
        if np.array_equal(red, green) and np.array_equal(red, blue):
            return red, 255
        raise _unreadable(path, "it is in colour: export it in grey")
    raise _unreadable(path, f"its pixel type ({mode}) is not 8- or 16-bit grey")


def _unreadable(path: Path, reason: str) -> UnreadableImageError:
    return UnreadableImageError(f"{path} cannot be read as a mammogram: {reason}.")
