"""Whether a file holds a mammogram of the kind that classifiers are made for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mammo.datasets.exclusions import Exclusion, Kind
from mammo.images import dicom_header
from mammo.images.dicom_header import Header, text
from mammo.images.image import MAX_PIXELS

if TYPE_CHECKING:
    from pydicom.uid import UID

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_CT = "1.2.840.10008.5.1.4.1.1.2"  # as some vendors write tomosynthesis
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


def unfit(header: Header, syntax: UID | None, pixel_bytes: int) -> Exclusion | None:
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
    Exclusion or None
        Without any value of the file that could name a patient.

    Raises
    ------
    UnreadableImageError
        If the header is damaged.
    """
    return (
        wrong_kind(header)
        or _screenshot(header)
        or _wrong_view(header)
        or _wrong_pixels(header)
        or _undecodable(header, syntax)
        or _truncated(header, syntax, pixel_bytes)
    )


def wrong_kind(header: Header) -> Exclusion | None:
    """Return why an image is no grey projection that is meant to be looked at, None if it is one.

    Parameters
    ----------
    header : pydicom.Dataset or mapping
        Has the elements `dicom_header.KIND_TAGS`.

    Raises
    ------
    UnreadableImageError
        If the header is damaged.
    """
    dicom_header.require_whole(header)
    kind = str(header.get("SOPClassUID"))
    modality = "CT" if kind == _CT else text(header.get("Modality")) or ""
    intent = (text(header.get("PresentationIntentType")) or "").upper()
    if not header.get("Rows") or not header.get("Columns"):
        return Exclusion(Kind.NO_PIXELS)
    if kind in dicom_header.TOMOSYNTHESIS or (header.get("NumberOfFrames") or 1) > 1:
        return Exclusion(Kind.TOMOSYNTHESIS)
    if kind in dicom_header.FOR_PROCESSING or intent == "FOR PROCESSING":
        return Exclusion(Kind.RAW)
    if modality not in dicom_header.PROJECTION_MODALITIES:
        return Exclusion(Kind.MODALITY, modality if modality in _OTHER_MODALITIES else "unknown")
    is_grey = _photometric(header) in (None, *dicom_header.MONOCHROME)
    if not is_grey or (header.get("SamplesPerPixel") or 1) != 1:
        return Exclusion(Kind.COLOUR)
    return None


def _screenshot(header: Header) -> Exclusion | None:
    is_capture = str(header["SOPClassUID"]).startswith(SECONDARY_CAPTURE)
    is_marked = is_capture and dicom_header.says_yes(header, "BurnedInAnnotation")
    return Exclusion(Kind.SCREENSHOT) if is_marked else None


def _wrong_view(header: Header) -> Exclusion | None:
    found = dicom_header.modifiers(header)
    factor = float(header.get("EstimatedRadiographicMagnificationFactor") or 1)
    if dicom_header.view(header) == "SPECIMEN":
        return Exclusion(Kind.SPECIMEN)
    if "magnification" in found or factor > _MAGNIFIED:
        return Exclusion(Kind.PART_OF_BREAST, "magnification")
    if "spot compression" in found:
        return Exclusion(Kind.PART_OF_BREAST, "spot compression")
    return None


def _photometric(header: Header) -> str | None:
    return text(header.get("PhotometricInterpretation"))


def _wrong_pixels(header: Header) -> Exclusion | None:
    if header["Rows"] * header["Columns"] > MAX_PIXELS:
        return Exclusion(Kind.TOO_LARGE, f"{MAX_PIXELS:,}")
    allocated, stored = header.get("BitsAllocated"), header.get("BitsStored") or 0
    agree = (
        _photometric(header) is not None
        and allocated in (8, 16)
        and 0 < stored <= allocated
        and header.get("HighBit") in (None, stored - 1)
        and header.get("PixelRepresentation") in (0, 1)
    )
    fault = "the DICOM header is damaged: bits and photometric do not agree"
    return None if agree else Exclusion(Kind.DAMAGED, fault)


def _undecodable(header: Header, syntax: UID | None) -> Exclusion | None:
    """Return what is missing to decode the pixels, by the transfer syntax alone."""
    from pydicom.pixels import get_decoder

    if syntax is None:
        return Exclusion(Kind.NO_SYNTAX)
    if not syntax.is_transfer_syntax or syntax.is_private:
        return Exclusion(Kind.PRIVATE_SYNTAX)
    name = dicom_header.short_name(syntax)
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        return Exclusion(Kind.COMPRESSED, f"{name}, for which there is no decoder")
    if syntax.name.startswith("JPEG Extended") and header["BitsStored"] > 8:
        return Exclusion(
            Kind.COMPRESSED,
            "JPEG Extended with more than 8 bits, which DCMTK's dcmdjpeg or pylibjpeg-libjpeg "
            "(GPL) would decode, and no package under a permissive licence",
        )
    if not decoder.is_available:
        needed = " or ".join(decoder.missing_dependencies)
        return Exclusion(
            Kind.COMPRESSED, f"{name}, which needs a package that is not here: {needed}"
        )
    return None


def _truncated(header: Header, syntax: UID, pixel_bytes: int) -> Exclusion | None:
    """Say whether pixels that are not compressed are not all there; of others only decoding tells.

    Header and pixels of a deflated file cannot be told apart; it has been refused before.
    """
    needed = header["Rows"] * header["Columns"] * header["BitsAllocated"] // 8
    is_cut = not syntax.is_encapsulated and pixel_bytes < needed
    return Exclusion(Kind.TRUNCATED) if is_cut else None


def unfit_raster(facts: Mapping[str, object]) -> Exclusion | None:
    """Return why a PNG, TIFF, JPEG or PGM cannot be scored, None if it may be.

    Parameters
    ----------
    facts : mapping
        Of `mammo.images.header_facts.raster_facts`.
    """
    if facts["rows"] * facts["columns"] > MAX_PIXELS:
        return Exclusion(Kind.TOO_LARGE, f"{MAX_PIXELS:,}")
    if facts["pages"] > 1:
        return Exclusion(Kind.PAGES)
    return None if facts["bits_stored"] else Exclusion(Kind.NOT_GREY)
