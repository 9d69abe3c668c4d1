"""Every file of an institution's folder: what it is and what its header says, no pixel decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from tqdm.auto import tqdm

from mammo import containers
from mammo.datasets import dicom_header, headers
from mammo.datasets.dicom_header import text
from mammo.datasets.folders import SYNTHETIC_MARKER
from mammo.datasets.institution import fitness
from mammo.errors import UnreadableImageError
from mammo.workers import pool

if TYPE_CHECKING:
    from pydicom import Dataset

COLUMNS = (
    "place",
    "bytes",
    "pixels_at",
    "format",
    "patient",
    "study",
    "accession",
    "instance",
    "model_name",
    "transfer_syntax",
    "modifiers",
    "implant",
    "burned_in",
    "is_secondary_capture",
    "is_synthesised",
    "is_contradictory",
    "presentation_intent",
    "photometric_interpretation",
    "bits_stored",
    "manufacturer",
    "pixel_spacing_mm",
    "rows",
    "columns",
    "laterality",
    "view",
    "acquisition_year",
    "excluded",
)
"""What is known of a file. ``patient``, ``study``, ``accession``, ``instance`` and ``place`` name
people: they serve to find labels and are never written."""

NO_IMAGE = ("other", "empty")
"""Values of ``format`` of files that are no images at all."""

_TAGS = [
    *headers.DICOM_TAGS,
    "Modality",
    "PatientID",
    "StudyInstanceUID",
    "AccessionNumber",
    "SOPInstanceUID",
    "ManufacturerModelName",
    "ImageType",
    "NumberOfFrames",
    "SamplesPerPixel",
    "ViewModifierCodeSequence",
    "EstimatedRadiographicMagnificationFactor",
    "BreastImplantPresent",
    "BurnedInAnnotation",
]
_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"\xff\xd8\xff": "JPEG",
    b"P5": "PGM",
}
_DICOM_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00")
_CHUNK, _FEW = 64, 512


def survey(
    folder: Path, ignored: Sequence[Path] = (), workers: int = 1
) -> tuple[pd.DataFrame, list[OSError]]:
    """Read the headers of all files of a folder.

    Parameters
    ----------
    folder : Path
        Folder or zip archive; archives in the folder are read, too.
    ignored : sequence of Path
        Files that are no images and are not to be listed: the table of labels.
    workers : int
        Processes that read headers, where there are more than a few hundred.

    Returns
    -------
    files : DataFrame
        One row a file, in the order of the names, with `COLUMNS`. ``excluded`` says why a file is
        no mammogram that could be scored, None if it may be one.
    unreadable : list of OSError
        Of folders and archives that could not be listed.
    """
    unreadable: list[OSError] = []
    left_out = {path.resolve() for path in ignored}
    places = [
        path
        for path in containers.walk(folder, unreadable.append)
        if path.name not in ("DICOMDIR", SYNTHETIC_MARKER) and path.resolve() not in left_out
    ]
    rows = list(_examined(places, workers))
    files = pd.DataFrame.from_records(rows, columns=list(COLUMNS)).astype(object)
    return files.where(files.notna(), None), unreadable


def _examined(places: Sequence[Path], workers: int) -> Iterator[dict[str, object]]:
    chunks = [places[start : start + _CHUNK] for start in range(0, len(places), _CHUNK)]
    bar = tqdm(total=len(places), desc="read headers", unit="file", delay=1, leave=False)
    with bar:
        for rows in _mapped(_examine_all, chunks, workers if len(places) > _FEW else 1):
            bar.update(len(rows))
            yield from rows


def _mapped(
    act: Callable[[Sequence[Path]], list[dict]], chunks: Sequence[Sequence[Path]], workers: int
) -> Iterator[list[dict]]:
    if workers == 1:
        yield from map(act, chunks)
        return
    with pool(workers) as processes:
        try:
            yield from processes.map(act, chunks)
        finally:
            processes.shutdown(cancel_futures=True)


def _examine_all(places: Sequence[Path]) -> list[dict[str, object]]:
    return [examine(place) for place in places]


def examine(place: Path) -> dict[str, object]:
    """Return the facts of one file, among `COLUMNS`; a fault is its reason to be excluded."""
    row: dict[str, object] = {"place": place}
    try:
        with containers.open_binary(place) as file:
            head = file.read(132)
        row["bytes"] = containers.size(place)
        row["format"] = format_of(head)
        return row | _facts(place, str(row["format"]))
    except OSError as error:
        reason = error.strerror or "it is damaged, encrypted or too large in its archive"
        return row | {"excluded": f"the file cannot be opened: {reason}"}
    except UnreadableImageError as error:
        return row | {"excluded": str(error)}


def format_of(head: bytes) -> str:
    """Return the format of a file, by its first 132 bytes and never by its name."""
    # DICM first: the preamble before it may hold a TIFF header (PS3.10 section 7.1).
    if head[128:] == b"DICM" or head.startswith(_DICOM_FIRST_GROUPS):
        return "DICOM"
    named = (name for signature, name in _SIGNATURES.items() if head.startswith(signature))
    return next(named, "other" if head else "empty")


def _facts(place: Path, kind: str) -> dict[str, object]:
    if kind == "DICOM":
        header, offset = dicom_header.read_header(place, _TAGS)
        reason = fitness.unfit(header, containers.size(place) - offset)
        facts = {**_particulars(header), **headers.facts_of(header)}
        return {"pixels_at": offset, **facts, "excluded": reason}
    if kind == "empty":
        return {"excluded": "the file is empty"}
    if kind == "other":
        return {"excluded": "no image: neither DICOM nor PNG, TIFF, JPEG or PGM"}
    return {"pixels_at": 0, **headers.raster_facts(place)}


def _particulars(header: Dataset) -> dict[str, object]:
    syntax = dicom_header.transfer_syntax(header)
    sides = {text(header.get(name)) for name in ("ImageLaterality", "Laterality")}
    return {
        "patient": text(header.get("PatientID")),
        "study": text(header.get("StudyInstanceUID")),
        "accession": text(header.get("AccessionNumber")),
        "instance": text(header.get("SOPInstanceUID")),
        "model_name": text(header.get("ManufacturerModelName")),
        "transfer_syntax": dicom_header.short_name(syntax) if syntax else None,
        "modifiers": ", ".join(dicom_header.modifiers(header)) or None,
        "implant": dicom_header.says_yes(header, "BreastImplantPresent"),
        "burned_in": dicom_header.says_yes(header, "BurnedInAnnotation"),
        "is_secondary_capture": str(header.SOPClassUID).startswith(fitness.SECONDARY_CAPTURE),
        "is_synthesised": "GENERATED_2D" in _words(header.get("ImageType")),
        "is_contradictory": len({side.upper() for side in sides if side} & {"L", "R"}) > 1,
    }


def _words(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(map(str, value or ()))
