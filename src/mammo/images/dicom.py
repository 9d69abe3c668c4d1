"""Mammograms in DICOM files: what may be read, and its presentation values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mammo.errors import UnreadableImageError
from mammo.files import containers
from mammo.images import dicom_header, grayscale
from mammo.images.image import MAX_BYTES, MAX_PIXELS, Image
from mammo.images.refusal import RefusedError, refusing

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


def read_dicom(path: str | Path, *, voi: int = 0) -> Image:
    """Read a projection mammogram as presentation values.

    Modality LUT or rescale (PS3.3 C.11.1), then VOI LUT Sequence, else window with its VOI LUT
    Function (C.11.2; absent means LINEAR), else the whole range that Bits Stored allows, as in
    CBIS-DDSM's Secondary Captures, which hold no window. MONOCHROME1 is inverted after that
    (C.7.6.3.1.2); Presentation LUT Shape INVERSE says the same once more and is not applied a
    second time. Pixel padding (C.7.5.1.1.2) becomes 0. Overlays are not burnt in.

    Parameters
    ----------
    path : str or Path
    voi : int
        Which of several VOI LUTs or windows to apply, from 0.

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
        reasons = _refusals(header, containers.size(path))
        if reasons:
            raise RefusedError("; ".join(reasons))
        stored, padding = _read_pixels(path, header)
        pixels = _presented(stored, header, voi)
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
    try:
        header, _ = dicom_header.read_header(path, _TAGS)
        dicom_header.require_whole(header)
    except UnreadableImageError as error:
        raise RefusedError(str(error)) from None
    if "Rows" not in header or "Columns" not in header:
        raise RefusedError("it is no DICOM image (rows or columns are missing)")
    return header


def _refusals(header: Dataset, file_bytes: int) -> list[str]:
    """Every reason, as a clause, why the pixels of this header must not be read."""
    return [*_wrong_kind(header), *_wrong_pixels(header), *_wrong_encoding(header, file_bytes)]


def _wrong_kind(header: Dataset) -> list[str]:
    reasons = []
    modality = str(header.get("Modality") or "")
    frames = int(header.get("NumberOfFrames") or 1)
    intent = str(header.get("PresentationIntentType") or "").upper()
    if header.SOPClassUID in dicom_header.FOR_PROCESSING or intent == "FOR PROCESSING":
        reasons.append("it is For Processing, raw detector values: use its For Presentation file")
    if header.SOPClassUID in dicom_header.TOMOSYNTHESIS:
        reasons.append("it is tomosynthesis: use a projection or a synthesised 2-D image")
    elif modality in _SLICE_MODALITIES:
        reasons.append(
            f"its modality is {modality}, a slice rather than a projection (some devices store"
            " tomosynthesis so): use a projection (modality MG)"
        )
    elif modality not in dicom_header.PROJECTION_MODALITIES:
        reasons.append("its modality is not that of a projection: use one of modality MG")
    elif frames != 1:
        reasons.append(f"it has {frames} frames: use a file with a single projection")
    return reasons


def _wrong_pixels(header: Dataset) -> list[str]:
    return [*_wrong_colour(header), *_wrong_bits(header), *_wrong_size(header)]


def _wrong_colour(header: Dataset) -> list[str]:
    photometric = str(header.get("PhotometricInterpretation") or "missing")
    samples = header.get("SamplesPerPixel")
    if photometric not in dicom_header.MONOCHROME:
        known = photometric if photometric in (*_COLOURS, "missing") else "unknown"
        return [f"its photometric interpretation is {known}, not MONOCHROME1 or 2"]
    return [] if samples in (None, 1) else [f"it has {samples} samples per pixel, not one"]


def _wrong_bits(header: Dataset) -> list[str]:
    allocated, stored = header.get("BitsAllocated"), header.get("BitsStored")
    if allocated not in (8, 16) or not stored or not 1 <= stored <= allocated:
        return [f"it stores {stored} of {allocated} allocated bits, not up to 8 or 16"]
    reasons = []
    if header.get("HighBit") not in (None, stored - 1):
        reasons.append(f"its high bit is {header.HighBit}, not that of {stored} stored bits")
    if header.get("PixelRepresentation") not in (0, 1):
        reasons.append("its pixel representation is missing or neither 0 nor 1")
    return reasons


def _wrong_size(header: Dataset) -> list[str]:
    rows, columns = header.Rows, header.Columns
    if not rows or not columns:
        return [f"it has {rows} rows and {columns} columns"]
    if rows * columns > MAX_PIXELS:
        return [f"its {rows} x {columns} pixels exceed the limit of {MAX_PIXELS:,}"]
    return []


def _wrong_encoding(header: Dataset, file_bytes: int) -> list[str]:
    syntax = dicom_header.transfer_syntax(header)
    if not syntax:
        return ["its transfer syntax is missing: export it again as a DICOM Part 10 file"]
    if syntax.is_private or not syntax.is_transfer_syntax:
        return ["its transfer syntax is unknown: export it again uncompressed"]
    if file_bytes > MAX_BYTES:
        return [f"it has {file_bytes:,} bytes, more than the limit of {MAX_BYTES:,}"]
    if syntax.is_encapsulated:
        return []
    needed = header.Rows * header.Columns * int(header.get("BitsAllocated") or 0) // 8
    if file_bytes < needed:
        return [
            f"it is truncated: {file_bytes:,} bytes where its pixels alone need {needed:,};"
            " copy it again"
        ]
    return []


def _read_pixels(path: Path, header: Dataset) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the stored values, (rows, columns), and where they are padding, if it is stated."""
    import pydicom

    from mammo.images.stored import stored_values

    with containers.open_binary(path) as file:
        # force: files without preamble are read too.
        dataset = pydicom.dcmread(file, force=True)
    if "PixelData" not in dataset:
        raise RefusedError("its pixel data are absent or truncated: copy it again")
    stored = grayscale.with_sign(stored_values(dataset), header)
    limits = grayscale.padding_range(header)
    padding = None if limits is None else (stored >= limits[0]) & (stored <= limits[1])
    low, high = grayscale.stored_range(header)
    if stored.min() < low or stored.max() > high:
        image = stored if padding is None else stored[~padding]
        if ((image < low) | (image > high)).any():
            raise RefusedError(f"its pixels exceed the {header.BitsStored} bits that it states")
    return stored, padding


def _presented(stored: np.ndarray, header: Dataset, voi: int) -> np.ndarray:
    table = grayscale.presentation_table(header, voi)
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
