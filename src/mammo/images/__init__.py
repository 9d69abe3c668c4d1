"""Images: files to presentation values, and those to what a model sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mammo.errors import UnreadableImageError
from mammo.files.containers import open_binary
from mammo.images.formats import HEAD_BYTES, format_of

if TYPE_CHECKING:
    from mammo.images.image import Image


def read_image(path: str | Path) -> Image:
    """Read a mammogram, its format told by its content and never by its name.

    Parameters
    ----------
    path : str or Path
        A DICOM file, with or without the preamble of PS3.10 section 7.1, or a PGM (P5), PNG,
        TIFF or JPEG file.

    Returns
    -------
    Image

    Raises
    ------
    UnreadableImageError
        If the file is absent, of another format, damaged or refused; the text says which.
    """
    path = Path(path)
    try:
        with open_binary(path) as file:
            kind = format_of(file.read(HEAD_BYTES))
    except OSError as error:
        reason = error.strerror or error
        raise UnreadableImageError(f"{path} cannot be opened: {reason}.") from error
    if kind == "DICOM":
        from mammo.images import dicom

        return dicom.read_dicom(path)
    if kind not in ("empty", "other"):
        from mammo.images import raster

        return raster.read_raster(path)
    found = "is empty" if kind == "empty" else "is neither DICOM nor PGM (P5), PNG, TIFF or JPEG"
    raise UnreadableImageError(f"{path} {found}: export the image again in one of these formats.")
