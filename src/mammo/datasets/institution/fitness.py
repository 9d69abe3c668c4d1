"""Whether a DICOM file holds a mammogram of the kind that classifiers are made for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mammo.images import dicom_header
from mammo.images.dicom_header import text
from mammo.images.header_facts import MAX_PIXELS

if TYPE_CHECKING:
    from pydicom.uid import UID

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_OTHER_MODALITIES = ("CT", "MR", "US", "NM", "PT", "PR", "SR", "KO", "DOC", "XC", "SC", "SM")
TAGS = (
    *dicom_header.KIND_TAGS,
    "BurnedInAnnotation",
    "ViewPosition",
    "ViewCodeSequence",
    "ViewModifierCodeSequence",
    "PatientOrientation",
    "EstimatedRadiographicMagnificationFactor",
)
"""Keywords of the elements that `unfit` asks for."""

_MAGNIFIED = 1.3
"""Contact views have a factor of 1.0 to 1.2, magnification views of 1.5 to 2."""


def unfit(header: Mapping[str, object], syntax: UID | None, pixel_bytes: int) -> str | None:
    """Return the first reason why a file cannot be scored, None if it may be.

    Parameters
    ----------
    header : mapping
        Keyword to value, of `TAGS`.
    syntax : pydicom.uid.UID or None
        The transfer syntax.
    pixel_bytes : int
        Bytes that follow the header.

    Returns
    -------
    str or None
        Without any value of the file that could name a patient.

    Raises
    ------
    UnreadableImageError
        If the header is damaged.
    """
    dicom_header.require_whole(header)
    return (
        _wrong_kind(header)
        or _wrong_view(header)
        or _wrong_pixels(header)
        or _undecodable(header, syntax)
        or _truncated(header, syntax, pixel_bytes)
    )


def _wrong_kind(header: Mapping[str, object]) -> str | None:
    kind, modality = str(header["SOPClassUID"]), text(header.get("Modality")) or ""
    intent = (text(header.get("PresentationIntentType")) or "").upper()
    if not header.get("Rows") or not header.get("Columns"):
        return "a DICOM object without an image, such as a report"
    if kind in dicom_header.TOMOSYNTHESIS or (header.get("NumberOfFrames") or 1) > 1:
        return "tomosynthesis, or several frames: export a projection or a synthesised 2-D image"
    if kind in dicom_header.FOR_PROCESSING or intent == "FOR PROCESSING":
        return "a raw image FOR PROCESSING: export the FOR PRESENTATION image"
    if modality not in dicom_header.PROJECTION_MODALITIES:
        named = modality if modality in _OTHER_MODALITIES else "unknown"
        return f"modality {named}, a slice or another kind of image: export mammograms (MG)"
    is_grey = _photometric(header) in (None, *dicom_header.MONOCHROME)
    if not is_grey or (header.get("SamplesPerPixel") or 1) != 1:
        return "a colour image, such as a screenshot: export the mammogram itself"
    if kind.startswith(SECONDARY_CAPTURE) and dicom_header.says_yes(header, "BurnedInAnnotation"):
        return "a secondary capture with burned-in text, such as a screenshot"
    return None


def _wrong_view(header: Mapping[str, object]) -> str | None:
    found = dicom_header.modifiers(header)
    factor = float(header.get("EstimatedRadiographicMagnificationFactor") or 1)
    if dicom_header.view(header) == "SPECIMEN":
        return "a radiograph of a specimen, not of a breast"
    if "magnification" in found or factor > _MAGNIFIED:
        return "a magnification view, which shows a part of the breast"
    if "spot compression" in found:
        return "a spot compression view, which shows a part of the breast"
    return None


def _photometric(header: Mapping[str, object]) -> str | None:
    return text(header.get("PhotometricInterpretation"))


def _wrong_pixels(header: Mapping[str, object]) -> str | None:
    if header["Rows"] * header["Columns"] > MAX_PIXELS:
        return f"more than {MAX_PIXELS:,} pixels"
    allocated, stored = header.get("BitsAllocated"), header.get("BitsStored") or 0
    agree = (
        _photometric(header) is not None
        and allocated in (8, 16)
        and 0 < stored <= allocated
        and header.get("HighBit") in (None, stored - 1)
        and header.get("PixelRepresentation") in (0, 1)
    )
    return None if agree else "the DICOM header is damaged: bits and photometric do not agree"


def _undecodable(header: Mapping[str, object], syntax: UID | None) -> str | None:
    """Return what is missing to decode the pixels, by the transfer syntax alone."""
    from pydicom.pixels import get_decoder

    if syntax is None:
        return "no transfer syntax: export it again as a DICOM Part 10 file"
    if not syntax.is_transfer_syntax or syntax.is_private:
        return "a transfer syntax that only its vendor knows"
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        return f"compressed as {dicom_header.short_name(syntax)}, for which there is no decoder"
    if syntax.name.startswith("JPEG Extended") and header["BitsStored"] > 8:
        return (
            "compressed as JPEG Extended with more than 8 bits, which DCMTK's dcmdjpeg or "
            "pylibjpeg-libjpeg (GPL) would decode, and no package under a permissive licence"
        )
    if not decoder.is_available:
        needed = " or ".join(decoder.missing_dependencies)
        name = dicom_header.short_name(syntax)
        return f"compressed as {name}, which needs a package that is not here: {needed}"
    return None


def _truncated(header: Mapping[str, object], syntax: UID, pixel_bytes: int) -> str | None:
    """Say whether pixels that are not compressed are not all there; of others only decoding tells.

    Header and pixels of a deflated file cannot be told apart; it has been refused before.
    """
    if syntax.is_encapsulated:
        return None
    needed = header["Rows"] * header["Columns"] * header["BitsAllocated"] // 8
    return "truncated: a part of its pixels is missing" if pixel_bytes < needed else None
