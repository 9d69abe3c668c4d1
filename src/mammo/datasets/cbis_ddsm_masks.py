"""Lesion boxes of CBIS-DDSM from its region-of-interest files, masks and crops mixed."""

from pathlib import Path

import numpy as np

from mammo.errors import UnreadableImageError
from mammo.files.opening import opened
from mammo.images import dicom_header
from mammo.images.image import MAX_PIXELS

_ASPECT_TOLERANCE = 0.05
"""How far, as a share, a mask's aspect may be from its image's."""
_LARGEST_SCALE = 4
"""Times that the sides of a mask may be smaller or larger than its image's."""
_JPEG_RINGING = 0.125


def lesion_boxes(mask_path: str | Path, image_shape: tuple[int, int]) -> list[dict]:
    """Find the box of the lesion that a region-of-interest file outlines.

    A mask has two values and nearly the aspect of its image; anything else is a crop of the
    lesion. Its size may differ by a few pixels, and some masks were drawn at another scale (that of
    Mass-Test_P_00145_LEFT_CC has 4386 x 1789 pixels, its image 5041 x 2056). Series descriptions do
    not tell the two apart.

    Parameters
    ----------
    mask_path : path
        DICOM file, or the JPEG of Kaggle's variant, where grey levels near 0 and 255 count as two.
    image_shape : (int, int)
        Rows and columns of the full image.

    Returns
    -------
    list of dict
        One box in pixels of the full image, half open: row_min, col_min, row_max, col_max, kind
        "lesion". Empty for a crop or an empty mask.

    Raises
    ------
    UnreadableImageError
        If the file cannot be decoded.
    """
    pixels = _decode(Path(mask_path))
    scale = np.divide(image_shape, pixels.shape)
    is_alike = abs(scale[0] / scale[1] - 1) < _ASPECT_TOLERANCE
    is_whole = is_alike and scale.min() > 1 / _LARGEST_SCALE and scale.max() < _LARGEST_SCALE
    peak = int(pixels.max(initial=0))
    inside = pixels > peak // 2
    if not is_whole or not peak or inside.all() or not _two_valued(pixels, peak):
        return []
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    edges = np.array([[rows[0], columns[0]], [rows[-1] + 1, columns[-1] + 1]])
    box = np.rint(edges * scale).astype(int).ravel().tolist()
    names = ("row_min", "col_min", "row_max", "col_max", "kind")
    return [dict(zip(names, (*box, "lesion"), strict=True))]


def _two_valued(pixels: np.ndarray, peak: int) -> bool:
    slack = peak * _JPEG_RINGING
    return bool(np.mean((pixels > slack) & (pixels < peak - slack)) < 0.001)


def _decode(path: Path) -> np.ndarray:
    # Decoders raise nearly anything on damaged files; the caller gets one kind of error.
    try:
        pixels = (_decode_dicom if path.suffix.lower() == ".dcm" else _decode_raster)(path)
    except Exception as error:
        kind = type(error).__name__
        raise UnreadableImageError(f"{path} cannot be decoded as a mask ({kind})") from None
    if pixels.ndim != 2:
        raise UnreadableImageError(f"{path} has {pixels.ndim} dimensions; a mask has two")
    return pixels


def _decode_dicom(path: Path) -> np.ndarray:
    from pydicom import dcmread

    with opened(path) as file:
        header, syntax, _ = dicom_header.read_header(file, ("SOPClassUID", "Rows", "Columns"))
    if syntax.is_encapsulated:
        raise ValueError("masks are published uncompressed")
    _check_size(header["Rows"], header["Columns"])
    return dcmread(path).pixel_array


def _decode_raster(path: Path) -> np.ndarray:
    from PIL import Image

    with Image.open(path, formats=("JPEG", "PNG")) as image:
        _check_size(image.height, image.width)
        return np.asarray(image.convert("L"))


def _check_size(rows: int, columns: int) -> None:
    if rows * columns > MAX_PIXELS:
        raise ValueError(f"more than {MAX_PIXELS:,} pixels")
