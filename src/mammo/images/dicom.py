"""Mammograms in DICOM files: what may be read, and its presentation values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mammo.errors import UnreadableImageError
from mammo.files import containers
from mammo.images import dicom_header, grayscale
from mammo.images.image import MAX_BYTES, MAX_PIXELS, Image
from mammo.images.refusal import refusing

if TYPE_CHECKING:
    from pydicom import Dataset

_TAGS = [
    *dicom_header.KIND_TAGS,
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "ModalityLUTSequence",
    "RescaleSlope",
    "RescaleIntercept",
    "VOILUTSequence",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "ImagerPixelSpacing",
    "PixelSpacing",
    "ImageLaterality",
    "Laterality",
    "ViewPosition",
    "ViewCodeSequence",
    "PatientOrientation",
]
_ROWS_AT_ONCE = 256
_SLICE_MODALITIES = ("CT", "MR", "NM", "PT", "US")
_COLOURS = ("RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT")
_VIEWS = {*dicom_header.VIEW_CODES.values(), "XCC", "SIO", "ISO", "AT", "CV", "TAN", "RM", "RL"}


def read_dicom(path: str | Path) -> Image:
    """Read a projection mammogram as presentation values.

    Modality LUT or rescale (PS3.3 C.11.1), then VOI LUT Sequence, else window with its VOI LUT
    Function (C.11.2; absent means LINEAR), else the whole range that Bits Stored allows, as in
    CBIS-DDSM's Secondary Captures, which hold no window. Of several LUTs or windows the first
    counts. MONOCHROME1 is inverted after that (C.7.6.3.1.2); Presentation LUT Shape INVERSE says
    the same once more and is not applied a second time. Pixel padding (C.7.5.1.1.2) becomes 0.
    Overlays are not burnt in.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Image
        Laterality from Image Laterality, then Laterality; view from View Position, the view code
        sequence, or Patient Orientation, where CBIS-DDSM has it; spacing from Imager Pixel
        Spacing, then Pixel Spacing. What is none of the standard's terms there is None.

    Raises
    ------
    UnreadableImageError
        If the file is no DICOM image, is For Processing, tomosynthesis or another cross-section,
        in colour, larger than 80 million pixels, truncated, at odds with its own header, without
        transfer syntax, or in a codec that no permissively licensed library decodes. The text
        gives every reason that the header does, and quotes no text of it.
    """
    path = Path(path)
    with refusing(path):
        header = _read_header(path)
        wrong_encoding = _wrong_encoding(header, containers.size(path))
        if reasons := [*_wrong_kind(header), *_wrong_pixels(header), *wrong_encoding]:
            raise UnreadableImageError("; ".join(reasons))
        stored, padding = _read_pixels(path, header)
        pixels = _presented(stored, header)
        if padding is not None:
            pixels[padding] = 0
        return Image(
            pixels=pixels,
            bits_stored=int(header.BitsStored),
            pixel_spacing_mm=dicom_header.spacing_mm(header),
            laterality=dicom_header.laterality(header),
            view=_view(header),
            padding=padding,
        )


def _read_header(path: Path) -> Dataset:
    header, _ = dicom_header.read_header(path, _TAGS)
    dicom_header.require_whole(header)
    if "Rows" not in header or "Columns" not in header:
        raise UnreadableImageError("it is no DICOM image (rows or columns are missing)")
    return header


def _wrong_kind(header: Dataset) -> Iterator[str]:
    """Yield, as clauses, why an image is no single projection that is meant to be looked at."""
    kind, modality = header.SOPClassUID, str(header.get("Modality") or "")
    frames = header.get("NumberOfFrames") or 1
    intent = str(header.get("PresentationIntentType") or "").upper()
    if kind in dicom_header.FOR_PROCESSING or intent == "FOR PROCESSING":
        yield "it is For Processing, raw detector values: use its For Presentation file"
    if kind in dicom_header.TOMOSYNTHESIS:
        yield "it is tomosynthesis: use a projection or a synthesised 2-D image"
    elif modality in _SLICE_MODALITIES:
        yield (
            f"its modality is {modality}, a slice rather than a projection (some devices store"
            " tomosynthesis so): use a projection (modality MG)"
        )
    elif modality not in dicom_header.PROJECTION_MODALITIES:
        yield "its modality is not that of a projection: use one of modality MG"
    elif frames != 1:
        yield f"it has {frames} frames: use a file with a single projection"


def _wrong_pixels(header: Dataset) -> Iterator[str]:
    """Yield, as clauses, why pixels are not grey values of which Bits Stored says the range."""
    rows, columns, samples = header.Rows, header.Columns, header.get("SamplesPerPixel")
    allocated, stored = header.get("BitsAllocated"), header.get("BitsStored")
    photometric = str(header.get("PhotometricInterpretation") or "missing")
    if photometric not in dicom_header.MONOCHROME:
        known = photometric if photometric in (*_COLOURS, "missing") else "unknown"
        yield f"its photometric interpretation is {known}, not MONOCHROME1 or 2"
    elif samples not in (None, 1):
        yield f"it has {samples} samples per pixel, not one"
    if allocated not in (8, 16) or not 1 <= (stored or 0) <= allocated:
        yield f"it stores {stored} of {allocated} allocated bits, not up to 8 or 16"
    else:
        if header.get("HighBit") not in (None, stored - 1):
            yield f"its high bit is {header.HighBit}, not that of {stored} stored bits"
        if header.get("PixelRepresentation") not in (0, 1):
            yield "its pixel representation is missing or neither 0 nor 1"
    if not rows or not columns:
        yield f"it has {rows} rows and {columns} columns"
    elif rows * columns > MAX_PIXELS:
        yield f"its {rows} x {columns} pixels exceed the limit of {MAX_PIXELS:,}"


def _wrong_encoding(header: Dataset, file_bytes: int) -> Iterator[str]:
    """Yield, as a clause, why pixels cannot be decoded whatever they are."""
    syntax = dicom_header.transfer_syntax(header)
    needed = header.Rows * header.Columns * (header.get("BitsAllocated") or 0) // 8
    if not syntax:
        yield "its transfer syntax is missing: export it again as a DICOM Part 10 file"
    elif syntax.is_private or not syntax.is_transfer_syntax:
        yield "its transfer syntax is unknown: export it again uncompressed"
    elif file_bytes > MAX_BYTES:
        yield f"it has {file_bytes:,} bytes, more than the limit of {MAX_BYTES:,}"
    elif not syntax.is_encapsulated and file_bytes < needed:
        yield (
            f"it is truncated: {file_bytes:,} bytes where its pixels alone need {needed:,};"
            " copy it again"
        )


def _read_pixels(path: Path, header: Dataset) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the stored values, (rows, columns), and where they are padding, if it is stated."""
    import pydicom

    from mammo.images.decoding import stored_values

    with containers.open_binary(path) as file:
        # force: files without preamble are read too.
        dataset = pydicom.dcmread(file, force=True)
    if "PixelData" not in dataset:
        raise UnreadableImageError("its pixel data are absent or truncated: copy it again")
    stored = grayscale.with_sign(stored_values(dataset), header)
    limits = grayscale.padding_range(header)
    padding = None if limits is None else (stored >= limits[0]) & (stored <= limits[1])
    low, high = grayscale.stored_range(header)
    if stored.min() < low or stored.max() > high:
        image = stored if padding is None else stored[~padding]
        if ((image < low) | (image > high)).any():
            raise UnreadableImageError(
                f"its pixels exceed the {header.BitsStored} bits that it states"
            )
    return stored, padding


def _presented(stored: np.ndarray, header: Dataset) -> np.ndarray:
    table = grayscale.presentation_table(header)
    low, _ = grayscale.stored_range(header)
    pixels = np.empty(stored.shape, np.float32)
    for top in range(0, len(stored), _ROWS_AT_ONCE):  # whole, the indices take 8 bytes a pixel
        rows = slice(top, top + _ROWS_AT_ONCE)
        # clip: padding may be a value that Bits Stored does not allow.
        table.take(stored[rows] - low if low else stored[rows], mode="clip", out=pixels[rows])
    return pixels


def _view(header: Dataset) -> str | None:
    view = dicom_header.view(header)
    return view if view in _VIEWS else None
