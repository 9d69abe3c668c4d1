"""What the header of a DICOM file says of its image, read without a pixel."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from mammo.containers import open_binary
from mammo.errors import UnreadableImageError

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

DEFLATED = "1.2.840.10008.1.2.1.99"


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
        Bytes before the pixel data element.

    Raises
    ------
    UnreadableImageError
        One sentence without the path, so that equal faults read equal, and without any value of
        the file, which may name a patient.
    """
    from pydicom import dcmread

    # A damaged header makes pydicom raise nearly anything; each costs its own row only. Warnings
    # quote the values that they are about.
    try:
        with open_binary(path) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _refuse_deflated(file)
            header = dcmread(file, force=True, stop_before_pixels=True, specific_tags=list(tags))
            for element in header:  # values are converted when they are first looked at
                _ = element.value
            if "SOPClassUID" not in header:
                raise UnreadableImageError("the DICOM header is damaged: it names no SOP class")
            return header, file.tell()
    except UnreadableImageError:
        raise
    except OSError as error:
        reason = error.strerror or "it is damaged, encrypted or too large in its archive"
        raise UnreadableImageError(f"the file cannot be opened: {reason}") from error
    except Exception as error:
        kind = type(error).__name__
        raise UnreadableImageError(f"the DICOM header is damaged: {kind}") from error


def _refuse_deflated(file: BinaryIO) -> None:
    """Refuse what would have to be inflated, to any size, before its header can be read."""
    from pydicom.filereader import read_dataset, read_preamble

    if read_preamble(file, force=True) is not None:
        # PS3.10 section 7.1: always explicit VR little endian, whatever follows.
        meta = read_dataset(file, False, True, stop_when=lambda tag, *_: tag.group != 2)
        if meta.get("TransferSyntaxUID") == DEFLATED:
            raise UnreadableImageError("the file is deflated: export it again uncompressed")
    file.seek(0)


def laterality(header: Dataset) -> str | None:
    """Side from Image Laterality (0020,0062), then Laterality (0020,0060)."""
    side = text(header.get("ImageLaterality")) or text(header.get("Laterality")) or ""
    return side.upper() if side.upper() in ("L", "R") else None


def view(header: Dataset) -> str | None:
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


def modifiers(header: Dataset) -> tuple[str, ...]:
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


def says_yes(header: Dataset, keyword: str) -> bool:
    """Whether an element's value is YES."""
    return (text(header.get(keyword)) or "").upper() == "YES"


def year(header: Dataset) -> int | None:
    """Year of the acquisition, else of the study."""
    date = str(header.get("AcquisitionDate") or header.get("StudyDate") or "")
    return int(date[:4]) if date[:4].isdecimal() else None


def spacing_mm(header: Dataset) -> float | None:
    """Distance of two rows: Pixel Spacing (0028,0030), else Imager Pixel Spacing (0018,1164)."""
    spacing = header.get("PixelSpacing") or header.get("ImagerPixelSpacing")
    return float(spacing[0]) if spacing else None


def text(value: object) -> str | None:
    """Text of an element's value, None if it is absent or blank."""
    return str(value).strip() or None if value is not None else None
