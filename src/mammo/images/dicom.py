"""Mammograms in DICOM files: what may be read, and its presentation values."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mammo.errors import UnreadableImageError
from mammo.files import containers
from mammo.files.opening import opened
from mammo.images import dicom_header, fitness, grayscale
from mammo.images.elements import Header, term, whole
from mammo.images.image import Image
from mammo.images.pixel_data import find_pixel_data
from mammo.images.stored_values import stored_range, stored_values

_TAGS = (
    *fitness.TAGS,
    *("ImagerPixelSpacing", "PixelSpacing", "ImageLaterality", "Laterality"),
    *("ViewPosition", "ViewCodeSequence", "PatientOrientation"),
)
_ROWS_AT_ONCE = 256
_VIEWS = {*dicom_header.VIEW_CODES.values(), "XCC", "SIO", "ISO", "AT", "CV", "TAN", "RM", "RL"}


def read_dicom(path: Path) -> Image:
    """Read a projection mammogram as presentation values.

    Modality LUT or rescale (PS3.3 C.11.1), then VOI LUT Sequence, else window with its VOI LUT
    Function (C.11.2; absent means LINEAR), else the whole range that Bits Stored allows, as in
    CBIS-DDSM's Secondary Captures, which hold no window. Of several LUTs or windows the first
    that can be applied counts. MONOCHROME1 is inverted after that (C.7.6.3.1.2); Presentation LUT
    Shape INVERSE says the same once more and is not applied a second time. Pixel padding
    (C.7.5.1.1.2) becomes 0. Overlays are not burnt in, and what else is in bits that are not
    stored, or behind the last pixel, is passed over.

    Parameters
    ----------
    path : Path

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
        transfer syntax, or in a codec that no permissively licensed library decodes. A clause that
        gives every reason that the header does, and quotes no text of it.
    """
    header = _read_header(path)
    stored, padding = stored_values(_decoded(path, header), header)
    pixels = _presented(stored, header)
    if padding is not None:
        pixels[padding] = 0
    return Image(
        pixels=pixels,
        bits_stored=whole(header, "BitsStored"),
        pixel_spacing_mm=dicom_header.spacing_mm(header),
        laterality=dicom_header.laterality(header),
        view=_view(header),
        padding=padding,
    )


def _read_header(path: Path) -> Header:
    """Return the header of a file that is fit to be read."""
    with opened(path) as file:
        header, syntax, offset = dicom_header.read_header(file, _TAGS)
        pixels = find_pixel_data(file, offset, containers.size(path), syntax)
    if found := list(fitness.faults(header, syntax, pixels)):
        raise UnreadableImageError("; ".join(fault.clause for fault in found))
    return header


def _decoded(path: Path, header: Header) -> np.ndarray:
    import pydicom

    from mammo.images.decoding import decode

    with containers.open_binary(path) as file:
        # force: files without preamble are read too.
        dataset = pydicom.dcmread(file, force=True)
    if "PixelData" not in dataset:
        raise UnreadableImageError("its pixel data are absent or truncated: copy it again")
    frame = {"SamplesPerPixel": 1, "NumberOfFrames": 1}
    for keyword in dicom_header.WHOLE_NUMBERS:  # of one type, as decoders need them
        dataset.add_new(keyword, "US", frame.get(keyword, whole(header, keyword)))
    dataset.PhotometricInterpretation = term(header["PhotometricInterpretation"])
    return decode(dataset)


def _presented(stored: np.ndarray, header: Header) -> np.ndarray:
    table = grayscale.presentation_table(header)
    low, _ = stored_range(header)
    pixels = np.empty(stored.shape, np.float32)
    for top in range(0, len(stored), _ROWS_AT_ONCE):  # whole, the indices take 8 bytes a pixel
        rows = slice(top, top + _ROWS_AT_ONCE)
        # clip: padding may be a value that Bits Stored does not allow.
        index = stored[rows].astype(np.int32) - low if low else stored[rows]
        table.take(index, mode="clip", out=pixels[rows])
    return pixels


def _view(header: Header) -> str | None:
    view = dicom_header.view(header)
    return view if view in _VIEWS else None
