"""The files of one examination, as bytes that still have no place."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from . import rasters
from .breasts import OTHER_SIDE, SIDES, VIEWS, Views, diagnosis
from .encoding import to_bytes
from .examination import Examination, Exposure, mammogram
from .extras import EXTRAS, LABELLED
from .planted import Planter

_FRAME_MM = 287


@dataclass(frozen=True)
class File:
    """A file to be laid somewhere.

    Parameters
    ----------
    what : str
        What it is, and no other file.
    ending : str
        What its name ends in, if it has one.
    content : bytes
    row : dict
        Columns of `Hospital.images` but its place.
    """

    what: str
    ending: str
    content: bytes
    row: dict[str, object]


def dicom_files(exam: Examination, views: Views, planter: Planter) -> Iterator[File]:
    """Yield the examination's mammograms as the device writes them."""
    for exposure in _exposures(exam, views):
        ds = mammogram(exam, exposure, planter)
        row = _row(exam, exposure) | _facts(ds)
        yield File(exposure.name, f"{_ending(exposure)}.dcm", to_bytes(ds), row)


def raster_files(exam: Examination, views: Views, planter: Planter) -> Iterator[File]:
    """Yield the examination's mammograms as PNG and TIFF, and a letter that tells all else."""
    for exposure, (suffix, bits) in zip(_exposures(exam, views), rasters.FORMS, strict=True):
        content = rasters.encode(exposure.presentation, suffix, bits, exposure.name, planter)
        ending = f"{_ending(exposure)}.{suffix}"
        yield File(exposure.name, ending, content, _row(exam, exposure))
    letter = "\n".join(f"{keyword}: {value}" for keyword, value in exam.identity.items())
    row = {"patient": exam.identity["PatientID"], "kind": "no image"}
    yield File(f"letter of patient {exam.number}", ".txt", letter.encode(), row)


def extra_files(
    exam: Examination, views: Views, numbers: range, planter: Planter
) -> Iterator[File]:
    """Yield some of `EXTRAS`, by number, made of exposures that are in no other file."""
    keys = [(side, view) for side in SIDES for view in VIEWS]
    for number in numbers:
        kind, make = EXTRAS[number]
        side, view = keys[number % len(keys)]
        name = f"patient {exam.number} {side} {view} extra {number}"
        exposure = _exposure(name, side, view, _lowered(views[side, view], 3 + number))
        ds = make(exam, exposure, planter)
        row = _row(exam, exposure) | _facts(ds) | {"kind": kind} | _doubts(kind)
        content = to_bytes(ds)
        if kind == "truncated":
            content = content[: len(content) * 6 // 10]
        ending = _ending(exposure, kind) + ("", ".dcm")[number % 2]
        yield File(exposure.name, ending, content, row)


def _exposures(exam: Examination, views: Views) -> Iterator[Exposure]:
    for (side, view), presentation in views.items():
        yield _exposure(f"patient {exam.number} {side} {view}", side, view, presentation)


def _exposure(name: str, side: str, view: str, presentation: np.ndarray) -> Exposure:
    return Exposure(name, side, view, presentation, _FRAME_MM / presentation.shape[0])


def _lowered(presentation: np.ndarray, rows: int) -> np.ndarray:
    """The breast some rows further down: another exposure."""
    return np.pad(presentation, ((rows, 0), (0, 0)), "edge")[:-rows]


def _ending(exposure: Exposure, kind: str = "mammogram") -> str:
    """Return side and view as file names have them, but what the file is not to tell."""
    side = OTHER_SIDE[exposure.laterality] if kind == "side contradictory" else exposure.laterality
    return f"_{side}" if kind == "view missing" else f"_{side}_{exposure.view}"


def _doubts(kind: str) -> dict[str, None]:
    """What nobody knows of an image of a kind, or has put down."""
    unknown = {"side contradictory": ("laterality",), "view missing": ("view",)}.get(kind, ())
    findings = () if kind in LABELLED else ("label", "pathology", "birads", "comment")
    return dict.fromkeys((*unknown, *findings))


def _row(exam: Examination, exposure: Exposure) -> dict[str, object]:
    found = diagnosis(exam.number, exposure.laterality)
    return {
        "kind": "mammogram",
        "number": exam.number,
        "patient": exam.identity["PatientID"],
        "study": exam.identity["AccessionNumber"],
        "laterality": exposure.laterality,
        "view": exposure.view,
        "label": found.label,
        "pathology": found.pathology,
        "birads": found.birads,
        "comment": exam.remark,
    }


def _facts(ds: Dataset) -> dict[str, object]:
    return {
        "vendor": ds.Manufacturer,
        "transfer_syntax": str(ds.file_meta.TransferSyntaxUID),
        "photometric": ds.get("PhotometricInterpretation"),
    }
