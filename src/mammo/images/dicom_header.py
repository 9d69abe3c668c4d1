"""What the header of a DICOM file says of its image, read without a pixel."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

from mammo.errors import DeflatedFileError, UnreadableImageError
from mammo.files.opening import naming_faults
from mammo.images.elements import UNDECODABLE, Header, numbers, several, term, text, title, whole

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

_SIDE_AND_VIEW = re.compile(r"(L|R|LEFT|RIGHT)?[\s_-]*(CC|MLO|ML|LM|XCCL|XCCM)?")

WHOLE_NUMBERS = (
    *("NumberOfFrames", "SamplesPerPixel", "PixelRepresentation", "Rows", "Columns"),
    *("BitsAllocated", "BitsStored", "HighBit"),
)
"""Elements of the image that have one whole number."""

KIND_TAGS = (
    *("SOPClassUID", "Modality", "PresentationIntentType", "PhotometricInterpretation"),
    *WHOLE_NUMBERS,
)
"""Elements that tell whether an image is a projection in grey, and of what size."""

FACT_TAGS = (
    *("SOPClassUID", "PresentationIntentType", "PhotometricInterpretation", "BitsStored"),
    *("Manufacturer", "PixelSpacing", "ImagerPixelSpacing", "Rows", "Columns"),
    *("ImageLaterality", "Laterality", "ViewPosition", "ViewCodeSequence", "PatientOrientation"),
    *("AcquisitionDate", "StudyDate"),
)
"""Elements that `facts_of` takes."""

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

_PIXEL_DATA_GROUP = 0x7FE0


def read_header(file: BinaryIO, tags: Sequence[str]) -> tuple[Header, UID | None, int]:
    """Read some elements of an open DICOM file, and find out where its pixels begin.

    Parameters
    ----------
    file : binary file
        With or without the preamble of PS3.10 section 7.1, at its beginning.
    tags : sequence of str
        Keywords of the elements; others are passed over, whatever their length.

    Returns
    -------
    header : dict
        Values by keyword: of a sequence pydicom's items, of an empty element None or an empty text.
    syntax : pydicom.uid.UID or None
        Transfer Syntax UID (0002,0010); None of a file without file meta information.
    offset : int
        Bytes before the pixel data.

    Raises
    ------
    UnreadableImageError
        One sentence without the path, so that equal faults read equal, and without any value of
        the file, which may name a patient.
    """
    with naming_faults("the DICOM header"):
        header, offset = _parsed(file, tags), file.tell()
        return {element.keyword: element.value for element in header}, _syntax(header), offset


def _parsed(file: BinaryIO, tags: Sequence[str]) -> Dataset:
    from pydicom.datadict import tag_for_keyword
    from pydicom.filereader import read_partial

    wanted = [tag_for_keyword(keyword) for keyword in tags]
    header = read_partial(_Bounded(file), stop_when=_at_pixels, force=True, specific_tags=wanted)
    if "SOPClassUID" in tags and not len(header) and _syntax(header):
        raise UnreadableImageError(
            f"no element can be read in the order of bytes that its {title('TransferSyntaxUID')} "
            "says: export it again"
        )
    _decode(header)
    for keyword, in_meta in ALSO_IN_META.items():
        if keyword in tags:
            repeated = text(getattr(header, "file_meta", {}).get(in_meta)) or ""
            setattr(header, in_meta, repeated)
            if not text(header.get(keyword)):
                setattr(header, keyword, repeated)
    if "SOPClassUID" in tags and not header.SOPClassUID:
        raise UnreadableImageError("the DICOM header is damaged: it names no SOP class")
    return header


def _syntax(header: Dataset) -> UID | None:
    return getattr(header, "file_meta", {}).get("TransferSyntaxUID")


ALSO_IN_META = {
    "SOPClassUID": "MediaStorageSOPClassUID",
    "SOPInstanceUID": "MediaStorageSOPInstanceUID",
}
"""What the file meta information repeats (PS3.10 section 7.1): either is forgotten by anonymisers,
so that it stands for the other, or left as it was, so that the two contradict each other. Headers
that are read here have both."""


def _decode(header: Dataset) -> None:
    """Decode every value; one that cannot be is `UNDECODABLE`, and costs what needs it alone."""
    from pydicom.dataelem import DataElement

    for tag in list(header.keys()):
        try:
            header[tag] = header[tag]  # decoded by being asked for
        except Exception:  # pydicom raises nearly anything
            header[tag] = DataElement(tag, "UN", UNDECODABLE)


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


def laterality(header: Header) -> str | None:
    """Side from Image Laterality (0020,0062), then Laterality (0020,0060)."""
    stated = term(header.get("ImageLaterality")) or term(header.get("Laterality"))
    return side_and_view(stated)[0]


def side_and_view(word: str) -> tuple[str | None, str | None]:
    """Read a side, L or R, and a view from a word such as ``RCC``, ``mlo`` or ``LEFT``."""
    found = _SIDE_AND_VIEW.fullmatch(word.strip().upper())
    side, view = found.groups() if found else (None, None)
    return side and side[0], view


def view(header: Header) -> str | None:
    """View Position (0018,5101), else the view code, else Patient Orientation, as CBIS-DDSM."""
    if position := term(header.get("ViewPosition")):
        return side_and_view(position)[1] or position  # some write the side before it
    codes = (VIEW_CODES.get(code) for code in _codes(header, "ViewCodeSequence"))
    if found := next(filter(None, codes), None):
        return found
    # CBIS-DDSM writes the view where the standard has two directions such as A\F.
    orientation = header.get("PatientOrientation")
    return term(orientation) or None if isinstance(orientation, str) else None


def modifiers(header: Header) -> tuple[str, ...]:
    """View modifiers of `MODIFIER_CODES`, from the view code's items or beside them."""
    places = [*items(header, "ViewCodeSequence"), header]
    codes = [code for place in places for code in _codes(place, "ViewModifierCodeSequence")]
    return tuple(dict.fromkeys(MODIFIER_CODES[code] for code in codes if code in MODIFIER_CODES))


def items(header: Header, keyword: str) -> list[Dataset]:
    """Return the items of a sequence that hold something."""
    return [item for item in several(header.get(keyword)) if item and hasattr(item, "get")]


def _codes(header: Header, keyword: str) -> Iterator[str]:
    return (text(item.get("CodeValue")) or "" for item in items(header, keyword))


def is_contradicted(header: Header, keyword: str) -> bool:
    """Whether the file meta information repeats an element with another value."""
    stated, repeated = text(header.get(keyword)), text(header.get(ALSO_IN_META[keyword]))
    return repeated is not None and repeated != stated


def short_name(syntax: UID) -> str:
    """Name a transfer syntax without the process numbers that some names end in."""
    return syntax.name.partition(" (")[0].partition(", ")[0]


def says_yes(header: Header, keyword: str) -> bool:
    """Whether an element's value is YES."""
    return term(header.get(keyword)) == "YES"


def year(header: Header) -> int | None:
    """Year of the acquisition, else of the study."""
    date = text(header.get("AcquisitionDate")) or text(header.get("StudyDate")) or ""
    return int(date[:4]) if date[:4].isdecimal() else None


def spacing_mm(header: Header) -> float | None:
    """Distance of two rows: Imager Pixel Spacing (0018,1164), else Pixel Spacing (0028,0030).

    A mammogram states the first, at the detector; the second may be calibrated to anything. Both
    give the distance of rows first and are positive (PS3.3 section 10.7.1.3); what is not counts as
    absent.
    """
    for keyword in ("ImagerPixelSpacing", "PixelSpacing"):
        rows = next(iter(numbers(header.get(keyword))), math.nan)
        if 0 < rows < math.inf:
            return rows
    return None


def facts_of(header: Header) -> dict[str, object]:
    """Return the manifest's columns of a DICOM header that has `FACT_TAGS`.

    Raises
    ------
    UnreadableImageError
        One sentence without the path, so that equal faults read equal.
    """
    with naming_faults("the DICOM header"):
        return {
            "presentation_intent": text(header.get("PresentationIntentType")),
            "photometric_interpretation": term(header.get("PhotometricInterpretation")) or None,
            "bits_stored": whole(header, "BitsStored"),
            "manufacturer": text(header.get("Manufacturer")),
            "pixel_spacing_mm": spacing_mm(header),
            "rows": whole(header, "Rows"),
            "columns": whole(header, "Columns"),
            "laterality": laterality(header),
            "view": view(header),
            "acquisition_year": year(header),
        }
