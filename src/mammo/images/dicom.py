"""Mammograms in DICOM files: what may be read, and its presentation values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mammo import containers
from mammo.containers import open_binary
from mammo.errors import UnreadableImageError
from mammo.images import grayscale
from mammo.images.image import MAX_PIXELS, Image

if TYPE_CHECKING:
    from pydicom import Dataset

_FOR_PROCESSING = (
    "1.2.840.10008.5.1.4.1.1.1.2.1",  # Digital Mammography X-Ray, For Processing
    "1.2.840.10008.5.1.4.1.1.1.1.1",  # Digital X-Ray, For Processing
)
_TOMOSYNTHESIS = (
    "1.2.840.10008.5.1.4.1.1.13.1.3",  # Breast Tomosynthesis
    "1.2.840.10008.5.1.4.1.1.13.1.4",  # Breast Projection X-Ray, For Presentation
    "1.2.840.10008.5.1.4.1.1.13.1.5",  # Breast Projection X-Ray, For Processing
)
_PROJECTION_MODALITIES = ("MG", "CR", "DX", "RG", "OT", "")
_JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
# View for Mammography, PS3.16 CID 4014: SNOMED CT, and SNOMED RT as older files write it.
_VIEW_CODES = {
    **dict.fromkeys(("399162004", "R-10242"), "CC"),
    **dict.fromkeys(("399368009", "R-10226"), "MLO"),
    **dict.fromkeys(("399260004", "R-10224"), "ML"),
    **dict.fromkeys(("399352003", "R-10228"), "LM"),
    **dict.fromkeys(("399099002", "R-10230"), "LMO"),
    **dict.fromkeys(("399196006", "R-10244"), "FB"),
    **dict.fromkeys(("399192008", "R-1024A"), "XCCL"),
    **dict.fromkeys(("399101009", "R-1024B"), "XCCM"),
}


def read(path: str | Path, *, voi: int = 0) -> Image:
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
        Spacing, then Pixel Spacing.

    Raises
    ------
    UnreadableImageError
        If the file is no DICOM image, is For Processing, tomosynthesis or another cross-section,
        in colour, larger than 80 million pixels, truncated, without transfer syntax, or in a
        codec that no permissively licensed library decodes. The text gives every reason found.
    """
    path = Path(path)
    _refuse_deflated(path)
    header = _read_dataset(path, stop_before_pixels=True)
    reasons = _refusals(header, containers.size(path))
    if reasons:
        raise _unreadable(path, "; ".join(reasons))
    stored = _decode(path, _read_dataset(path, stop_before_pixels=False))
    try:
        table = grayscale.presentation_table(header, voi)
    except ValueError as error:
        raise _unreadable(path, str(error)) from error
    low, high = grayscale.stored_range(header)
    pixels = table[np.clip(stored, low, high).astype(np.int32) - low]
    padding = _padding(stored, header)
    if padding is not None:
        pixels[padding] = 0
    return Image(
        pixels=pixels,
        bits_stored=int(header.BitsStored),
        pixel_spacing_mm=_pixel_spacing(header),
        laterality=_laterality(header),
        view=_view(header),
        padding=padding,
    )


def _refuse_deflated(path: Path) -> None:
    """Refuse what would have to be inflated, to any size, before its header can be read."""
    from pydicom.errors import InvalidDicomError
    from pydicom.filereader import read_dataset, read_preamble

    try:
        with open_binary(path) as file:
            read_preamble(file, force=False)
            # PS3.10 section 7.1: always explicit VR little endian, whatever follows.
            meta = read_dataset(file, False, True, stop_when=lambda tag, *_: tag.group != 2)
        syntax = meta.get("TransferSyntaxUID")
    except (InvalidDicomError, OSError):
        return  # no preamble, or no file: the next reading tells
    except Exception as error:  # pydicom raises whatever a damaged element makes it trip over
        raise _unreadable(path, f"its DICOM header is damaged ({type(error).__name__})") from error
    if syntax is not None and syntax.is_transfer_syntax and syntax.is_deflated:
        raise _unreadable(path, f"it is in {syntax.name}: export it again uncompressed")


def _read_dataset(path: Path, *, stop_before_pixels: bool) -> Dataset:
    import pydicom

    try:
        with open_binary(path) as file:
            # force: files without preamble are read too; what is not DICOM has no SOP class.
            dataset = pydicom.dcmread(file, force=True, stop_before_pixels=stop_before_pixels)
        is_image = "SOPClassUID" in dataset and "Rows" in dataset and "Columns" in dataset
        has_pixels = stop_before_pixels or "PixelData" in dataset
    except OSError as error:
        raise UnreadableImageError(f"{path} cannot be opened: {error}.") from error
    except Exception as error:  # pydicom raises whatever a damaged element makes it trip over
        raise _unreadable(path, f"its DICOM header is damaged ({type(error).__name__})") from error
    if not has_pixels:
        raise _unreadable(path, "its pixel data are absent or truncated: copy it again")
    if not is_image:
        raise _unreadable(path, "it is no DICOM image (SOP class, rows or columns are missing)")
    return dataset


def _refusals(header: Dataset, file_bytes: int) -> list[str]:
    """Every reason, as a clause, why the pixels of this header must not be read."""
    return [*_wrong_kind(header), *_wrong_pixels(header), *_wrong_encoding(header, file_bytes)]


def _wrong_kind(header: Dataset) -> list[str]:
    reasons = []
    modality = str(header.get("Modality") or "")
    frames = int(header.get("NumberOfFrames") or 1)
    intent = str(header.get("PresentationIntentType") or "").upper()
    if header.SOPClassUID in _FOR_PROCESSING or intent == "FOR PROCESSING":
        reasons.append("it is For Processing, raw detector values: use its For Presentation file")
    if header.SOPClassUID in _TOMOSYNTHESIS:
        reasons.append("it is tomosynthesis: use a projection or a synthesised 2-D image")
    elif modality not in _PROJECTION_MODALITIES:
        reasons.append(
            f"its modality is {modality}, a slice rather than a projection (some devices store"
            " tomosynthesis so): use a projection (modality MG)"
        )
    elif frames > 1:
        reasons.append(f"it has {frames} frames: use a file with a single projection")
    return reasons


def _wrong_pixels(header: Dataset) -> list[str]:
    reasons = []
    photometric = str(header.get("PhotometricInterpretation") or "missing")
    if int(header.get("SamplesPerPixel") or 1) != 1 or not photometric.startswith("MONOCHROME"):
        reasons.append(f"its photometric interpretation is {photometric}, not MONOCHROME1 or 2")
    allocated, stored = header.get("BitsAllocated"), header.get("BitsStored")
    if allocated not in (8, 16) or not stored or not 1 <= stored <= allocated:
        reasons.append(f"it stores {stored} of {allocated} allocated bits, not up to 8 or 16")
    if not header.Rows or not header.Columns:
        reasons.append(f"it has {header.Rows} rows and {header.Columns} columns")
    elif header.Rows * header.Columns > MAX_PIXELS:
        reasons.append(
            f"its {header.Rows} x {header.Columns} pixels exceed the limit of {MAX_PIXELS:,}"
        )
    return reasons


def _wrong_encoding(header: Dataset, file_bytes: int) -> list[str]:
    syntax = header.file_meta.get("TransferSyntaxUID") if hasattr(header, "file_meta") else None
    if not syntax:
        return ["its transfer syntax is missing: export it again as a DICOM Part 10 file"]
    if syntax.is_private or not syntax.is_transfer_syntax:
        return [f"its transfer syntax {syntax} is unknown: export it again uncompressed"]
    if not syntax.is_encapsulated and not syntax.is_deflated:
        frames = int(header.get("NumberOfFrames") or 1)
        needed = header.Rows * header.Columns * frames * int(header.get("BitsAllocated") or 0) // 8
        if file_bytes < needed:
            return [
                f"it is truncated: {file_bytes:,} bytes where its pixels alone need {needed:,};"
                " copy it again"
            ]
    return []


def _decode(path: Path, dataset: Dataset) -> np.ndarray:
    """Stored values, shape (rows, columns)."""
    from pydicom.pixels import pixel_array

    syntax = dataset.file_meta.TransferSyntaxUID
    try:
        stored = pixel_array(dataset)
    except Exception as error:  # each codec has errors of its own
        if syntax == _JPEG_EXTENDED:
            reason = (
                f"it is compressed with {syntax.name} at {dataset.BitsStored} bits, for which"
                " there is no decoder under a permissive licence: decompress it first, for"
                " instance with DCMTK's dcmdjpeg"
            )
        else:
            detail = " ".join(str(error).split())
            reason = f"its pixels ({syntax.name}) are truncated or damaged ({detail})"
        raise _unreadable(path, reason) from error
    if stored.shape != (dataset.Rows, dataset.Columns):
        raise _unreadable(
            path,
            f"its pixels decode to shape {stored.shape} where the header says"
            f" ({dataset.Rows}, {dataset.Columns})",
        )
    return stored


def _padding(stored: np.ndarray, header: Dataset) -> np.ndarray | None:
    limits = grayscale.padding_range(header)
    return None if limits is None else (stored >= limits[0]) & (stored <= limits[1])


def _pixel_spacing(header: Dataset) -> float | None:
    spacing = header.get("ImagerPixelSpacing") or header.get("PixelSpacing")
    return float(spacing[0]) if spacing else None


def _laterality(header: Dataset) -> str | None:
    side = str(header.get("ImageLaterality") or header.get("Laterality") or "").strip().upper()
    return side if side in ("L", "R") else None


def _view(header: Dataset) -> str | None:
    position = str(header.get("ViewPosition") or "").strip().upper()
    if position:
        return position
    for item in header.get("ViewCodeSequence") or ():
        if item.get("CodeValue") in _VIEW_CODES:
            return _VIEW_CODES[item.CodeValue]
    orientation = header.get("PatientOrientation")
    # CBIS-DDSM writes the view where the standard has two directions such as A\F.
    text = str(orientation or "").strip().upper()
    return text if text in ("CC", "MLO") else None


def _unreadable(path: Path, reason: str) -> UnreadableImageError:
    return UnreadableImageError(f"{path} cannot be read as a mammogram: {reason}.")
