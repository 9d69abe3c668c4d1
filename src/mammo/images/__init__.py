"""Images: files to presentation values, and those to what a model sees."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mammo.errors import UnreadableImageError
from mammo.files.containers import open_binary

if TYPE_CHECKING:
    from mammo.images.image import Image

HEAD_BYTES = 262
"""What `format_of` looks at."""

NO_IMAGE = ("other format", "archive", "other", "empty")
"""What `format_of` says of files that are no images, or none that are read."""
_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"\xff\xd8\xff": "JPEG",
    b"P5": "PGM",
    # DICOM without the preamble of PS3.10 section 7.1: the group of the first element.
    b"\x02\x00": "DICOM",
    b"\x08\x00": "DICOM",
    **dict.fromkeys((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf", b"Rar!"), "archive"),
}
_OTHER_FORMAT = re.compile(
    rb"BM.{4}\0{4}|GIF8|RIFF.{4}WEBP|\0\0\0\x0cjP|\xff\x4f\xff\x51|P[1-6]\s|\x5c\x01\0\0|NRRD|\x93NUMPY",
    re.DOTALL,
)
"""Beginnings of BMP, GIF, WebP, JPEG 2000, other Netpbm, NIfTI, NRRD and NumPy files."""
_OFFICE = (b"[Content_Types]", b"_rels/", b"docProps/", b"mimetype", b"xl/", b"word/")
"""What the first member of a zip archive is called that is a document."""


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
        If the file is absent, of another format, damaged or refused: one sentence that names it,
        says why, and quotes no text of its content.
    """
    path = Path(path)
    with _refusing(path):
        with open_binary(path) as file:
            kind = format_of(file.read(HEAD_BYTES))
        if kind == "DICOM":
            from mammo.images.dicom import read_dicom

            return read_dicom(path)
        if kind not in NO_IMAGE:
            from mammo.images.raster import read_raster

            return read_raster(path)
    found = "is empty" if kind == "empty" else "is neither DICOM nor PGM (P5), PNG, TIFF or JPEG"
    raise UnreadableImageError(f"{path} {found}: export the image again in one of these formats.")


def format_of(head: bytes) -> str:
    """Return what a file is by its first bytes.

    Returns
    -------
    {"DICOM", "PNG", "TIFF", "JPEG", "PGM", "other format", "archive", "other", "empty"}
        An image of another format, such as BMP, is not read; of others nothing is known.
    """
    # DICM first: the preamble before it may hold a TIFF header (PS3.10 section 7.1).
    if head[128:132] == b"DICM":
        return "DICOM"
    is_zip = head.startswith(b"PK\x03\x04") and not head[30:].startswith(_OFFICE)
    if is_zip or head[257:262] == b"ustar":
        return "archive"
    named = (name for signature, name in _SIGNATURES.items() if head.startswith(signature))
    is_other = _OTHER_FORMAT.match(head) is not None
    return next(named, "other format" if is_other else "other" if head else "empty")


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Make one sentence of whatever reading a file raises.

    An `UnreadableImageError` of what reads the file has a clause about it, "it is truncated", which
    may hold numbers and words of the standard: any other text of a header may name the patient.
    Libraries raise nearly anything on damaged files, and quote what they trip over in errors and in
    warnings: of their errors the sentence keeps the type, and warnings are not shown.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except MemoryError:
        raise
    except UnreadableImageError as error:
        raise UnreadableImageError(f"{path} cannot be read as a mammogram: {error}.") from None
    except OSError as error:
        reason = error.strerror or error
        raise UnreadableImageError(f"{path} cannot be opened: {reason}.") from None
    except Exception as error:
        raise UnreadableImageError(
            f"{path} cannot be read as a mammogram: it is truncated or damaged"
            f" ({type(error).__name__})."
        ) from None
