"""Small pictures of breasts for a report, as plain as a PNG can be."""

import io

import numpy as np

from mammo.images.geometry import Geometry

LONG_SIDE = 400
"""Pixels of a thumbnail's longer side."""


def thumbnail(pixels: np.ndarray, geometry: Geometry, long_side: int = LONG_SIDE) -> bytes:
    """Return a prepared image as a small PNG, in the proportions and the direction of its file.

    What lies outside of the breast is not shown, because it is not there: give images prepared
    with ``mask_background`` (`mammo.images.cropped_image`), which are cropped to the breast and 0
    outside of it, so that labels and burned-in text beside the breast are gone. **Text that lies
    over the breast, or adjoins it so closely that it is taken for a part of it, stays**: whoever
    writes a report warns of burned-in text (DICOM PS3.3 C.7.6.1.1.1, Burned In Annotation) and can
    leave the thumbnails out.

    The file has the chunks IHDR, IDAT and IEND alone (PNG, W3C 2003): no text, time or EXIF.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (rows, columns)
        A prepared image: floats in [0, 1], or uint16 of which 65535 is 1.0.
    geometry : Geometry
        Where it lies in its native image; undoes the stretching, the padding and the flip.
    long_side : int
        In pixels, at least 1.

    Returns
    -------
    bytes
        PNG, 8-bit grey; equal input gives equal bytes.
    """
    from PIL import Image

    image = Image.fromarray(_grey(_breast(pixels, geometry)))
    # PIL's triangle filter averages where an axis shrinks and interpolates where it grows.
    image = image.resize(_shown_size(geometry, long_side), Image.Resampling.BILINEAR)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _breast(pixels: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Cut the padding off, and turn back what was flipped."""
    g = geometry
    rows = round((g.row_max - g.row_min) * g.row_scale)
    columns = round((g.col_max - g.col_min) * g.col_scale)
    crop = pixels[g.row_offset : g.row_offset + rows, :columns]
    return crop[:, ::-1] if g.flipped else crop


def _grey(pixels: np.ndarray) -> np.ndarray:
    white = np.iinfo(pixels.dtype).max if np.issubdtype(pixels.dtype, np.integer) else 1
    return np.rint(np.clip(pixels / white, 0, 1) * 255).astype(np.uint8)


def _shown_size(geometry: Geometry, long_side: int) -> tuple[int, int]:
    """Columns and rows of the thumbnail, as PIL orders them."""
    native = geometry.col_max - geometry.col_min, geometry.row_max - geometry.row_min
    columns, rows = (max(1, round(side * long_side / max(native))) for side in native)
    return columns, rows
