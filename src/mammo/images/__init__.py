"""Images: files to presentation values, and those to what a model sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mammo.errors import UnreadableImageError
from mammo.files.containers import open_binary

if TYPE_CHECKING:
    from mammo.images.image import Image

_RASTER_SIGNATURES = (b"P5", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*", b"\xff\xd8\xff")
_DICOM_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00")


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
            head = file.read(132)
    except OSError as error:
        reason = error.strerror or error
        raise UnreadableImageError(f"{path} cannot be opened: {reason}.") from error
    # DICM first: the preamble before it may hold a TIFF header (PS3.10 section 7.1).
    if head[128:] == b"DICM" or head.startswith(_DICOM_FIRST_GROUPS):
        from mammo.images import dicom

        return dicom.read_dicom(path)
    if head.startswith(_RASTER_SIGNATURES):
        from mammo.images import raster

        return raster.read_raster(path)
    found = "is empty" if not head else "is neither DICOM nor PGM (P5), PNG, TIFF or JPEG"
    raise UnreadableImageError(f"{path} {found}: export the image again in one of these formats.")
