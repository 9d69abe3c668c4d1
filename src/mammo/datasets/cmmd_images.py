"""CMMD's files: whose breast each image shows, and which."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from tqdm.auto import tqdm

from mammo.datasets.exclusions import Exclusion, Kind, unreadable
from mammo.datasets.manifest_headers import read_dicom_facts
from mammo.errors import DatasetError, UnreadableImageError
from mammo.images.elements import text

COLLECTION_FOLDER = "CMMD"
"""Folder that the NBIA Data Retriever makes below ``manifest-*``."""

_PATIENT = re.compile(r"D[12]-\d{4}")
_TAGS = ("PatientID", "SOPInstanceUID", "StudyDate")


def image_files(files: Iterable[Path], folder: Path) -> list[Path]:
    """Pick the DICOM files; an NBIA folder may hold other collections, each in its own folder."""
    own = folder / COLLECTION_FOLDER
    inside = own if own.is_dir() else folder
    return [file for file in files if file.suffix.lower() == ".dcm" and inside in file.parents]


def read_images(files: Sequence[Path], folder: Path) -> list[dict]:
    """Read the headers of image files below a folder.

    Returns
    -------
    list of dict
        A row of a manifest per file: image_id ("D1-0001_R_CC", or the place in the folder where
        the header does not say as much), path, patient_id (Patient ID, else the folder's name),
        study_id (patient and Study Date) and the facts of
        `mammo.datasets.manifest_headers`, but no year: dates are shifted. ``excluded`` where the
        header is unreadable or unfit, or where the folder is another patient's.

    Raises
    ------
    DatasetError
        If two files are one image.
    """
    found: dict[str, dict] = {}
    for file in tqdm(files, desc="CMMD: image headers", unit="image", delay=1, leave=False):
        uid, row = _read(file)
        other = found.setdefault(uid or str(file), row)
        if other is not row:
            raise DatasetError(f"{file} and {other['path']} are the same image: remove one of them")
    return _named(found.values(), folder)


def _read(file: Path) -> tuple[str | None, dict]:
    """Return an image's SOP Instance UID and its row."""
    folder = next((part for part in file.parts[::-1] if _PATIENT.fullmatch(part)), None)
    row = {"path": str(file), "patient_id": folder}
    try:
        facts, header = read_dicom_facts(file, _TAGS)
    except UnreadableImageError as error:
        return None, {**row, "excluded": unreadable(error)}
    row |= facts | {"acquisition_year": None}
    patient, date = text(header.get("PatientID")) or folder, text(header.get("StudyDate"))
    if folder in (patient, None):
        row |= {"patient_id": patient, "study_id": f"{patient}_{date}" if date else patient}
    else:
        row |= {"patient_id": None, "excluded": Exclusion(Kind.OTHER_PATIENT)}
    return text(header.get("SOPInstanceUID")), row


def _named(rows: Iterable[dict], folder: Path) -> list[dict]:
    seen: Counter[str] = Counter()
    named = []
    for row in rows:
        parts = [row.get(name) for name in ("patient_id", "laterality", "view")]
        place = Path(row["path"]).relative_to(folder).as_posix()
        name = "_".join(parts) if all(parts) else place
        seen[name] += 1
        named.append({**row, "image_id": f"{name}_{seen[name]}" if seen[name] > 1 else name})
    return named
