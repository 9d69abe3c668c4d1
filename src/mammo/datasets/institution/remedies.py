"""What to do about files that are left out, by the reason."""

from __future__ import annotations

_COPY = "copy these files again from the archive"
_EXPORT = "export these images uncompressed, or as JPEG Lossless"
_REMOVE = "remove the copies, or leave it at that: each image counts once"
_REMEDIES = {
    "no row": "add the images to the table, or leave it at that: they are not scored",
    "no label": "fill in the table",
    "no patient": "name the patients in the table (patient_id)",
    "a raw image": "ask the archive for the images FOR PRESENTATION",
    "no transfer syntax": "ask the archive for DICOM Part 10 files",
    "the file is deflated": _EXPORT,
    "the file": _COPY,
    "the DICOM header": _COPY,
    "the image header": _COPY,
    "truncated": _COPY,
    "compressed": _EXPORT,
    "a transfer syntax": _EXPORT,
    "several pages": "export each image to a file of its own",
    "its pixels are not": "export them as grey values of 8 or 16 bits, best as DICOM",
    "there is a copy": "correct the labels of these images",
    "a copy of": _REMOVE,
    "the same pixels": _REMOVE,
    "the side is unknown": "add the side of these images to their names, or use a table by image",
    "its header names both sides": "name the side of these images in a table by image",
}
"""Beginnings of the reasons that mean that a mammogram is lost; the first that fits counts."""


def remedy_of(reason: str) -> str:
    """Return what to do, nothing where no mammogram is lost."""
    return next((text for key, text in _REMEDIES.items() if reason.startswith(key)), "")
