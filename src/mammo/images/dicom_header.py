"""What the header of a DICOM file says of its image, read without a pixel."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Union

from mammo.errors import DeflatedFileError, UnreadableImageError
from mammo.files.opening import naming_faults, opened

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.uid import UID

VIEW_CODES = {
    **dict.fromkeys(("399162004", "R-10242"), "CC"),
    **dict.fromkeys(("399368009", "R-10226"), "MLO"),
    **dict.fromkeys(("399260004", "R-10224"), "ML"),
    **dict.fromkeys(("399352003", "R-10228"), "LM"),
    **dict.fromkeys(("399099002", "R-10230"), "LMO"),
    **dict.fromkeys(("399196006", "R-10244"), "FB"),
    **dict.fromkeys(("399192008", "R-1024A"), "XCCL"),
    **dict.fromkeys(("399101009", "R-1024B"), "XCCM"),
    **dict.fromkeys(("127457009", "G-8310"), "SPECIMEN"),
}
"""View for Mammography, PS3.16 CID 4014: SNOMED CT, and SNOMED RT as older files write it."""

MODIFIER_CODES = {
    **dict.fromkeys(("399163009", "R-102D6"), "magnification"),
    **dict.fromkeys(("399055006", "R-102D7"), "spot compression"),
    **dict.fromkeys(("399209000", "R-102D5"), "implant displaced"),
}
"""View Modifier for Mammography, PS3.16 CID 4015: those that change what a classifier sees."""

WHOLE_NUMBERS = (
    "NumberOfFrames",
    "SamplesPerPixel",
    "PixelRepresentation",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
)
"""Elements of the image that have one whole number."""

KIND_TAGS = (
    "SOPClassUID",
    "Modality",
    "PresentationIntentType",
    "PhotometricInterpretation",
    *WHOLE_NUMBERS,
)
"""Elements that tell whether an image is a projection in grey, and of what size."""

FOR_PROCESSING = (
    "1.2.840.10008.5.1.4.1.1.1.2.1",  # Digital Mammography X-Ray, For Processing
    "1.2.840.10008.5.1.4.1.1.1.1.1",  # Digital X-Ray, For Processing
)
TOMOSYNTHESIS = (
    "1.2.840.10008.5.1.4.1.1.13.1.3",  # Breast Tomosynthesis
    "1.2.840.10008.5.1.4.1.1.13.1.4",  # Breast Projection X-Ray, For Presentation
    "1.2.840.10008.5.1.4.1.1.13.1.5",  # Breast Projection X-Ray, For Processing
)
PROJECTION_MODALITIES = ("MG", "CR", "DX", "RG", "OT", "")
MONOCHROME = ("MONOCHROME1", "MONOCHROME2")

MAX_HEADER_BYTES = 2**24
"""What a header may have without its pixels; tables of grey values have some 100,000."""

Header = Union["Dataset", Mapping[str, object]]
"""A header, or its values by keyword."""

_PIXEL_DATA_GROUP = 0x7FE0


def read_header(path: Path, tags: Sequence[str]) -> tuple[Dataset, int]:
    """Read some elements of a DICOM file, and find out where its pixels begin.

    Parameters
    ----------
    path : Path
        A file with or without the preamble of PS3.10 section 7.1, or a member of an archive.
    tags : sequence of str
        Keywords of the elements; others are passed over, whatever their length.

    Returns
    -------
    header : pydicom.Dataset
    offset : int
        Bytes before the pixel data.

    Raises
    ------
    UnreadableImageError
        One sentence without the path, so that equal faults read equal, and without any value of
        the file, which may name a patient.
    """
    with opened(path) as file, naming_faults("the DICOM header"):
        header = _parsed(file, tags)
        _values(header)  # are found damaged, or not, when they are first looked at
        return header, file.tell()


def read_values(file: BinaryIO, tags: Sequence[str]) -> tuple[dict[str, object], UID | None, int]:
    """Read some elements of an open DICOM file, as `read_header`, for many files.

    Returns
    -------
    values : dict
        By keyword: of a sequence pydicom's items, of an empty element None or an empty text.
    syntax : pydicom.uid.UID or None
        As `transfer_syntax`.
    offset : int
        Bytes before the pixel data.
    """
    with naming_faults("the DICOM header"):
        header = _parsed(file, tags)
        return _values(header), transfer_syntax(header), file.tell()


def _parsed(file: BinaryIO, tags: Sequence[str]) -> Dataset:
    from pydicom.datadict import tag_for_keyword
    from pydicom.filereader import read_partial

    wanted = [tag_for_keyword(keyword) for keyword in tags]
    header = read_partial(_Bounded(file), stop_when=_at_pixels, force=True, specific_tags=wanted)
    if "SOPClassUID" in tags and "SOPClassUID" not in header:
        raise UnreadableImageError("the DICOM header is damaged: it names no SOP class")
    return header


def _values(header: Dataset) -> dict[str, object]:
    return {element.keyword: element.value for element in header}


def _at_pixels(tag: int, vr: str | None, length: int) -> bool:
    return tag >> 16 == _PIXEL_DATA_GROUP


class _Bounded:
    """A file of which no more is read than a header has.

    pydicom reads all that is left only of a deflated file, and inflates it to whatever size.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.seek, self.tell, self._read = file.seek, file.tell, file.read
        self._left = MAX_HEADER_BYTES

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            raise DeflatedFileError("the file is deflated: export it again uncompressed")
        self._left -= size
        if self._left < 0:
            raise UnreadableImageError(
                f"the DICOM header is damaged: it has more than {MAX_HEADER_BYTES:,} bytes"
            )
        return self._read(size)


def require_whole(header: Header, keywords: Sequence[str] = WHOLE_NUMBERS) -> None:
    """Refuse a header where one of some elements is there and is not one whole number."""
    for keyword in keywords:
        if not isinstance(header.get(keyword), int | None):
            raise UnreadableImageError(f"the DICOM header is damaged: {keyword} is no whole number")


def laterality(header: Header) -> str | None:
    """Side from Image Laterality (0020,0062), then Laterality (0020,0060)."""
    side = text(header.get("ImageLaterality")) or text(header.get("Laterality")) or ""
    return side.upper() if side.upper() in ("L", "R") else None


def view(header: Header) -> str | None:
    """View Position (0018,5101), else the view code, else Patient Orientation, as CBIS-DDSM."""
    if position := text(header.get("ViewPosition")):
        return position.upper()
    codes = (VIEW_CODES.get(code) for code in _codes(header.get("ViewCodeSequence")))
    if found := next(filter(None, codes), None):
        return found
    # CBIS-DDSM writes the view where the standard has two directions such as A\F.
    orientation = header.get("PatientOrientation")
    written = text(orientation) if isinstance(orientation, str) else None
    return written.upper() if written else None


def modifiers(header: Header) -> tuple[str, ...]:
    """View modifiers of `MODIFIER_CODES`, from the view code's items or beside them."""
    items = [*(header.get("ViewCodeSequence") or ()), header]
    codes = [code for item in items for code in _codes(item.get("ViewModifierCodeSequence"))]
    return tuple(dict.fromkeys(MODIFIER_CODES[code] for code in codes if code in MODIFIER_CODES))


def _codes(sequence: Sequence[Dataset] | None) -> Iterator[str]:
    return (str(item.get("CodeValue") or "") for item in sequence or ())


def transfer_syntax(header: Dataset) -> UID | None:
    """Transfer Syntax UID (0002,0010); None of a file without file meta information."""
    return getattr(header, "file_meta", {}).get("TransferSyntaxUID")


def short_name(syntax: UID) -> str:
    """Name a transfer syntax without the process numbers that some names end in."""
    return syntax.name.partition(" (")[0].partition(", ")[0]


def says_yes(header: Header, keyword: str) -> bool:
    """Whether an element's value is YES."""
    return (text(header.get(keyword)) or "").upper() == "YES"


def year(header: Header) -> int | None:
    """Year of the acquisition, else of the study."""
    date = str(header.get("AcquisitionDate") or header.get("StudyDate") or "")
    return int(date[:4]) if date[:4].isdecimal() else None


def spacing_mm(header: Header) -> float | None:
    """Distance of two rows: Imager Pixel Spacing (0018,1164), else Pixel Spacing (0028,0030).

    A mammogram states the first, at the detector; the second may be calibrated to anything. Both
    give the distance of rows first and are positive (PS3.3 section 10.7.1.3); what is not counts as
    absent.
    """
    for keyword in ("ImagerPixelSpacing", "PixelSpacing"):
        stated = header.get(keyword)
        if stated and 0 < (spacing := float(stated[0])) < math.inf:
            return spacing
    return None


def text(value: object) -> str | None:
    """Text of an element's value, None if it is absent or blank."""
    return str(value).strip() or None if value is not None else None
