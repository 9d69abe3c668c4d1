"""Whether a DICOM file holds a mammogram that can be read: one judgement, before it is decoded.

The reader refuses what is judged unfit here, and a hospital's check lists it. Only what the pixels
themselves say, that they are damaged or show no breast, is left to the decoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mammo.errors import UnreadableImageError
from mammo.images import decoding, dicom_header, grayscale, stored_values
from mammo.images.elements import Header, term, text, title, whole
from mammo.images.image import MAX_BYTES, MAX_PIXELS
from mammo.images.pixel_data import HEAD_BYTES, PixelData

if TYPE_CHECKING:
    from pydicom.uid import UID

TAGS = (*dicom_header.KIND_TAGS, *stored_values.TAGS, *grayscale.TAGS)
"""Keywords of the elements that are asked for."""

_STANDARD = "1.2.840.10008.1.2."
"""What the standard's own transfer syntaxes begin with, those of later editions, too."""
_SLICES = {
    "1.2.840.10008.5.1.4.1.1.2": "CT",  # as some vendors write tomosynthesis
    "1.2.840.10008.5.1.4.1.1.2.1": "CT",
    "1.2.840.10008.5.1.4.1.1.3.1": "US",
    "1.2.840.10008.5.1.4.1.1.4": "MR",
    "1.2.840.10008.5.1.4.1.1.4.1": "MR",
    "1.2.840.10008.5.1.4.1.1.6.1": "US",
    "1.2.840.10008.5.1.4.1.1.20": "NM",
    "1.2.840.10008.5.1.4.1.1.128": "PT",
}
"""SOP classes of slices, whatever the modality says, to their modality."""
_KINDS = {
    **dict.fromkeys(dicom_header.TOMOSYNTHESIS, "TOMOSYNTHESIS"),
    **dict.fromkeys(dicom_header.FOR_PROCESSING, "RAW"),
    **dict.fromkeys(_SLICES, "MODALITY"),
}
"""What a SOP class alone tells of an image; of others nothing."""
_OTHER_MODALITIES = ("CT", "MR", "US", "NM", "PT", "PR", "SR", "KO", "DOC", "XC", "SC", "SM")
_SLICE_MODALITIES = ("CT", "MR", "NM", "PT", "US")
_COLOURS = ("RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT")


class Fault(NamedTuple):
    """Why a file cannot be read.

    Attributes
    ----------
    kind : str
        Name of its kind in `mammo.datasets.exclusions.Kind`.
    clause : str
        What is wrong with this file and what can be done, without any text of the file.
    detail : str or int
        What stands in the place that the kind's words leave.
    """

    kind: str
    clause: str
    detail: str | int = ""


def faults(header: Header, syntax: UID | None, pixels: PixelData) -> Iterator[Fault]:
    """Yield every reason why a file cannot be read, the worst first.

    Parameters
    ----------
    header : mapping
        Keyword to value, of `TAGS`.
    syntax : pydicom.uid.UID or None
        The transfer syntax.
    pixels : PixelData

    Raises
    ------
    UnreadableImageError
        If an element that has one whole number has something else; the text names it.
    """
    yield from wrong_kind(header)
    yield from wrong_pixels(header)
    yield from wrong_encoding(header, syntax, pixels)


def _element(clause: str) -> Fault:
    return Fault("ELEMENT", clause, clause)


def wrong_kind(header: Header) -> Iterator[Fault]:
    """Yield why an image is no single grey projection that is meant to be looked at."""
    rows, columns = whole(header, "Rows"), whole(header, "Columns")
    frames = whole(header, "NumberOfFrames") or 1
    kind = text(header.get("SOPClassUID"))
    modality = _SLICES.get(kind) or term(header.get("Modality"))
    if not rows or not columns:
        yield Fault("NO_PIXELS", f"it is no DICOM image ({rows} rows and {columns} columns)")
    if kind in dicom_header.TOMOSYNTHESIS:
        yield Fault(
            "TOMOSYNTHESIS", "it is tomosynthesis: use a projection or a synthesised 2-D image"
        )
    elif frames != 1:
        yield Fault("TOMOSYNTHESIS", f"it has {frames} frames: use a file with a single projection")
    is_raw = term(header.get("PresentationIntentType")) == "FOR PROCESSING"
    if is_raw or kind in dicom_header.FOR_PROCESSING:
        yield Fault(
            "RAW", "it is For Processing, raw detector values: use its For Presentation file"
        )
    if modality in _SLICE_MODALITIES:
        yield Fault(
            "MODALITY",
            f"its modality is {modality}, a slice rather than a projection (some devices store"
            " tomosynthesis so): use a projection (modality MG)",
            modality,
        )
    elif modality not in dicom_header.PROJECTION_MODALITIES:
        yield Fault(
            "MODALITY",
            "its modality is not that of a projection: use one of modality MG",
            modality if modality in _OTHER_MODALITIES else "unknown",
        )
    yield from _colour(header)
    if _KINDS.get(kind) != _KINDS.get(text(header.get("MediaStorageSOPClassUID")) or kind):
        yield _element(
            f"its {title('SOPClassUID')} and its {title('MediaStorageSOPClassUID')} are of two "
            "kinds of images: export it again"
        )


def _colour(header: Header) -> Iterator[Fault]:
    photometric = term(header.get("PhotometricInterpretation"))
    samples = whole(header, "SamplesPerPixel")
    if photometric in _COLOURS:
        yield Fault("COLOUR", f"its photometric interpretation is {photometric}, not MONOCHROME")
    elif samples not in (None, 1):
        yield Fault("COLOUR", f"it has {samples} samples per pixel, not one")


def wrong_pixels(header: Header) -> Iterator[Fault]:
    """Yield why pixels are not grey values of which the header says how they are to be shown."""
    rows, columns = whole(header, "Rows") or 0, whole(header, "Columns") or 0
    if rows * columns > MAX_PIXELS:
        yield Fault(
            "TOO_LARGE",
            f"its {rows} x {columns} pixels exceed the limit of {MAX_PIXELS:,}",
            f"{MAX_PIXELS:,}",
        )
    found = list(_wrong_elements(header))
    if not found:
        try:
            grayscale.presentation_table(header)
        except UnreadableImageError as error:
            found = [str(error)]
    yield from map(_element, found)


def _wrong_elements(header: Header) -> Iterator[str]:
    photometric = term(header.get("PhotometricInterpretation"))
    allocated, stored = whole(header, "BitsAllocated"), whole(header, "BitsStored")
    high, sign = whole(header, "HighBit"), whole(header, "PixelRepresentation")
    if photometric not in (*dicom_header.MONOCHROME, *_COLOURS):
        found = "unknown" if photometric else "missing"
        yield (
            f"its {title('PhotometricInterpretation')} is {found}, not MONOCHROME1 or MONOCHROME2"
        )
    if allocated not in (8, 16):
        yield (
            f"its {title('BitsAllocated')} is {_shown(allocated)}, not 8 or 16: it has {stored} of "
            f"{allocated} allocated bits"
        )
    elif not 1 <= (stored or 0) <= allocated:
        yield f"its {title('BitsStored')} is {_shown(stored)}, not 1 to {allocated}"
    elif high is not None and not stored - 1 <= high < allocated:
        yield stored_values.wrong_high_bit(header)
    if sign not in (0, 1):
        yield f"its {title('PixelRepresentation')} is {_shown(sign)}, not 0 or 1"


def _shown(number: int | None) -> str:
    return "missing" if number is None else str(number)


def wrong_encoding(header: Header, syntax: UID | None, pixels: PixelData) -> Iterator[Fault]:
    """Yield why pixels cannot be decoded, whatever they are."""
    if not syntax:
        yield Fault(
            "NO_SYNTAX", "its transfer syntax is missing: export it again as a DICOM Part 10 file"
        )
    elif not syntax.is_transfer_syntax and syntax.startswith(_STANDARD):
        yield _compressed(syntax, ", a transfer syntax that is not known here")
    elif syntax.is_private or not syntax.is_transfer_syntax:
        yield Fault(
            "PRIVATE_SYNTAX", "its transfer syntax is unknown: export it again uncompressed"
        )
    elif pixels.bytes_found > MAX_BYTES:
        yield Fault(
            "TOO_MANY_BYTES",
            f"it has {pixels.bytes_found:,} bytes, more than the limit of {MAX_BYTES:,}",
            f"{MAX_BYTES:,}",
        )
    elif syntax.is_encapsulated != pixels.is_encapsulated and pixels.bytes_found:
        named, found = ("", "not ") if syntax.is_encapsulated else ("un", "")
        yield _element(
            f"its {title('TransferSyntaxUID')} says that pixels are {named}compressed, and they "
            f"are {found}compressed: export it again"
        )
    elif pixels.frames > 1:
        clause = (
            f"its pixel data have {pixels.frames} frames, its {title('NumberOfFrames')} says one"
        )
        yield Fault("ELEMENT", f"{clause}: use a file with a single projection", clause)
    elif syntax.is_encapsulated:
        yield from _undecodable(syntax)
        yield from _wrong_stream(header, syntax, pixels)
    else:
        yield from _wrong_length(header, pixels.bytes_found)


def _wrong_length(header: Header, found: int) -> Iterator[Fault]:
    """Compare the bytes of uncompressed pixels with the image's.

    A surplus is passed over that is less than a row and a column: more would be left over if one
    of these were counted wrong.
    """
    rows, columns = whole(header, "Rows") or 0, whole(header, "Columns") or 0
    allocated = whole(header, "BitsAllocated") or 0
    needed, surplus = rows * columns * allocated // 8, min(rows, columns) * allocated // 8
    if found < needed:
        yield Fault(
            "TRUNCATED",
            f"it is truncated: {found:,} bytes where its pixels need {needed:,}; copy it again",
        )
    elif needed and found >= needed + max(surplus, 2):
        yield _element(
            f"its pixel data have {found:,} bytes, where {rows} x {columns} pixels of {allocated} "
            f"bits have {needed:,}: {title('Rows')} or {title('Columns')} is wrong, or there are "
            "several frames"
        )


def _undecodable(syntax: UID) -> Iterator[Fault]:
    """Yield what is missing to decode compressed pixels, by the transfer syntax alone."""
    from pydicom.pixels import get_decoder

    if syntax not in decoding.CODECS:
        yield _compressed(syntax, ", for which there is no decoder")
    elif not (decoder := get_decoder(syntax)).is_available:
        packages = " or ".join(decoder.missing_dependencies)
        yield _compressed(syntax, f", which needs a package that is not here: {packages}")


def _compressed(syntax: UID, needed: str) -> Fault:
    found = f"{dicom_header.short_name(syntax)}{needed}"
    clause = f"it is compressed with {found}; or export it again uncompressed"
    return Fault("COMPRESSED", clause, found)


def _wrong_stream(header: Header, syntax: UID, pixels: PixelData) -> Iterator[Fault]:
    """Yield where the head of a compressed stream speaks of another image than the header.

    Its precision may be one that no decoder takes, whatever the header says of bits.
    """
    if syntax not in decoding.CODECS:
        return
    try:
        clause = decoding.contradiction(pixels.head, syntax, header)
        bits = decoding.beyond_decoders(pixels.head, header)
    except UnreadableImageError as error:
        if len(pixels.head) < HEAD_BYTES:
            yield Fault("DAMAGED", str(error), str(error))
        return
    if clause:
        yield _element(clause)
    elif bits:
        needed = (
            f" {bits}, for which there is no decoder under a permissive licence: DCMTK's "
            "dcmdjpeg or dcmdjpls decompresses it"
        )
        yield _compressed(syntax, needed)
