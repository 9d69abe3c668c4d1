"""What one file of a hospital is, what its header and its name say, without a pixel decoded."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from mammo.datasets import fitness
from mammo.datasets.exclusions import Exclusion, Kind, unreadable
from mammo.errors import UnreadableImageError
from mammo.files import containers
from mammo.files.opening import naming_faults, opened
from mammo.images import HEAD_BYTES, dicom_header, format_of, raster
from mammo.images.elements import several, term, text
from mammo.images.pixel_data import find_pixel_data

COLUMNS = (
    *("place", "bytes", "pixels_at", "format", "patient", "study", "accession", "instance"),
    *("model_name", "transfer_syntax", "implant", "burned_in", "is_secondary_capture"),
    *("is_quality_control", "is_other_part"),
    *("is_synthesised", "is_contradictory", "has_other_class", "has_other_instance"),
    *("presentation_intent", "photometric_interpretation"),
    *("bits_stored", "manufacturer", "pixel_spacing_mm", "rows", "columns", "laterality", "view"),
    *("acquisition_year", "excluded"),
    *("header_laterality", "header_view", "named_laterality", "named_view"),
)
"""What is known of a file. ``laterality`` and ``view`` are the header's, which stand apart, too, or
else those that the file's name tells. ``patient``, ``study``, ``accession``, ``instance`` and
``place`` name people: they serve to find labels and are never written. ``excluded`` is the
`mammo.datasets.exclusions.Exclusion` of a file that is no mammogram that could be scored, None if
it may be one."""

_NO_IMAGE = {
    "empty": Kind.EMPTY,
    "other": Kind.NO_IMAGE,
    "archive": Kind.ARCHIVE,
    "other format": Kind.OTHER_FORMAT,
}
INTENTS = ("FOR PRESENTATION", "FOR PROCESSING")
PHOTOMETRICS = ("MONOCHROME1", "MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422")
"""Words that a header may say; other text in their places is dropped, since it may be a name."""

_TAGS = (
    *dicom_header.FACT_TAGS,
    *fitness.TAGS,
    *("PatientID", "StudyInstanceUID", "AccessionNumber", "SOPInstanceUID"),
    *("ManufacturerModelName", "ImageType", "BreastImplantPresent", "BodyPartExamined"),
    "QualityControlImage",
)
SEPARATORS = re.compile(r"[\s_\-.]+")
"""What parts the pieces of a file's name."""
_LONGEST_NAME = 64  # of a value of LO, PS3.5 section 6.2


def inspect(place: Path) -> dict[str, object]:
    """Return the facts of one file, among `COLUMNS`; a fault is its reason to be excluded."""
    row: dict[str, object] = {"place": place}
    try:
        with opened(place) as file, naming_faults("the file"):
            row["bytes"], row["format"] = containers.size(place), format_of(file.read(HEAD_BYTES))
            file.seek(0)
            row |= _facts(file, row["format"], row["bytes"])
    except UnreadableImageError as error:
        row["excluded"] = unreadable(error)
    for name, word in zip(("laterality", "view"), side_and_view(place), strict=True):
        row |= {f"header_{name}": row.get(name), f"named_{name}": word}
        row[name] = row[f"header_{name}"] or word
    return row


def side_and_view(place: Path) -> tuple[str | None, str | None]:
    """Read a side and a view from a name such as ``17_L_CC``, ``rmlo`` or ``LEFT-MLO``.

    Returns
    -------
    laterality : {"L", "R"} or None
    view : str or None
        In capitals. A name that tells two tells none.
    """
    pieces = map(dicom_header.side_and_view, SEPARATORS.split(place.stem))
    sides, views = map(set, zip(*pieces, strict=True))
    return _only(sides - {None}), _only(views - {None})


def _only(found: set[str]) -> str | None:
    return next(iter(found)) if len(found) == 1 else None


def _facts(file: BinaryIO, kind: str, size: int) -> dict[str, object]:
    if kind == "DICOM":
        return _dicom_facts(file, size)
    if kind in _NO_IMAGE:
        return {"excluded": Exclusion(_NO_IMAGE[kind])}
    facts = raster.raster_facts(file)
    return {"pixels_at": 0, **facts, "excluded": fitness.unfit_raster(facts, size)}


def _dicom_facts(file: BinaryIO, size: int) -> dict[str, object]:
    header, syntax, offset = dicom_header.read_header(file, _TAGS)
    pixels = find_pixel_data(file, offset, size, syntax)
    with naming_faults("the DICOM header"):
        facts = {**dicom_header.facts_of(header), **_particulars(header)}
        facts["transfer_syntax"] = dicom_header.short_name(syntax) if syntax else None
        facts["excluded"] = fitness.unfit(header, syntax, pixels)
        return facts | {"pixels_at": offset}


def _particulars(header: Mapping[str, object]) -> dict[str, object]:
    stated = [several(header.get(name)) for name in ("ImageLaterality", "Laterality")]
    sides = {dicom_header.side_and_view(term(side))[0] for values in stated for side in values}
    return {
        "patient": text(header.get("PatientID")),
        "study": text(header.get("StudyInstanceUID")),
        "accession": text(header.get("AccessionNumber")),
        "instance": text(header.get("SOPInstanceUID")),
        "manufacturer": _printable(header.get("Manufacturer")),
        "model_name": _printable(header.get("ManufacturerModelName")),
        "implant": dicom_header.says_yes(header, "BreastImplantPresent")
        or "implant displaced" in dicom_header.modifiers(header),
        "burned_in": dicom_header.says_yes(header, "BurnedInAnnotation"),
        "is_secondary_capture": fitness.is_secondary_capture(header),
        "is_synthesised": "GENERATED_2D" in several(header.get("ImageType")),
        "is_contradictory": {"L", "R"} <= sides,
        "is_quality_control": dicom_header.says_yes(header, "QualityControlImage"),
        "is_other_part": term(header.get("BodyPartExamined")) not in ("", "BREAST"),
        "has_other_class": dicom_header.is_contradicted(header, "SOPClassUID"),
        "has_other_instance": dicom_header.is_contradicted(header, "SOPInstanceUID"),
        "presentation_intent": _known(header.get("PresentationIntentType"), INTENTS),
        "photometric_interpretation": _known(header.get("PhotometricInterpretation"), PHOTOMETRICS),
    }


def _printable(value: object) -> str | None:
    """Return a name without what would write over a terminal's lines, and no longer than names."""
    found = "".join(filter(str.isprintable, text(value) or ""))
    return found[:_LONGEST_NAME] or None


def _known(value: object, words: Sequence[str]) -> str | None:
    found = term(value)
    return found if found in words else None
