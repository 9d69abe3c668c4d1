"""An institution's own images with a table of labels; the paper's UKy set is its card."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from mammo.datasets import manifest
from mammo.datasets.card import Counts, DatasetCard
from mammo.datasets.folders import candidates, source_of, walk
from mammo.datasets.headers import add_header_facts, is_image
from mammo.datasets.rules import class_of, classes_of
from mammo.errors import DatasetError

CARD = DatasetCard(
    name="institution",
    title="UKy",
    origin="United States",
    years="2014-2017",
    use="Testing",
    modality="FFDM",
    licence="private: the paper's images are not released; yours stay yours",
    citation=(
        "Wang X, Liang G, Zhang Y, Blanton H, Bessinger Z, Jacobs N. Inconsistent performance of "
        "deep learning models on mammogram classification. J Am Coll Radiol 2020;17:796-803. "
        "doi:10.1016/j.jacr.2020.01.006"
    ),
    url="https://doi.org/10.1016/j.jacr.2020.01.006",
    how_to_get=(
        "the paper's UKy images are private; this place is for images of your own",
        "put DICOM, PNG, TIFF or JPEG files into DATA_ROOT/institution/ with a table labels.csv: "
        "columns image (file name), patient_id, label (0 or 1), and, if known, laterality (L or R) "
        "and view (CC or MLO)",
    ),
    published=Counts(
        cases=507,
        images=1872,
        images_total=1872,
        malignant=779,
        benign=1093,
        malignant_percent=58,
        benign_percent=42,
    ),
)


TABLE_NAME = "labels.csv"
REQUIRED = {
    "image": ("image", "file", "filename", "file_name", "image_file", "path"),
    "patient_id": ("patient_id", "patient", "patientid"),
    "label": ("label", "class", "y_true"),
}
OPTIONAL = {
    "study_id": ("study_id", "study", "exam_id"),
    "laterality": ("laterality", "side"),
    "view": ("view",),
    "pathology": ("pathology",),
    "birads": ("birads", "bi-rads"),
    "density": ("density",),
}
"""Columns of the labels table and the names they may have; case does not matter."""

_SIDES = {"l": "L", "left": "L", "r": "R", "right": "R", "": None}
_DIGEST_LENGTH = 12


def find(data_root: Path) -> Path | None:
    """Return the folder ``institution`` under the data root, whatever is in it."""
    found = candidates(Path(data_root), ("institution", "uky"))
    return next((path for path in found if path.is_dir()), None)


def load(
    path: Path,
    *,
    source: str = "real",
    labels: str = TABLE_NAME,
    positive: Sequence[str] = ("1", "1.0", "malignant", "positive"),
    negative: Sequence[str] = ("0", "0.0", "benign", "negative"),
) -> pd.DataFrame:
    """Read a folder of images and its table of labels.

    Parameters
    ----------
    path : Path
        Folder with DICOM files (any name), PNG, TIFF, JPEG or PGM at any depth, and the table.
    source : {"real", "synthetic"}
        What the manifest's source column says.
    labels : str
        Name of the table in the folder: UTF-8, separated by commas, semicolons or tabs, with the
        columns of `REQUIRED` and perhaps of `OPTIONAL`.
    positive, negative : sequence of str
        What the label column says for the two classes; case does not matter.

    Returns
    -------
    DataFrame
        Manifest. Patients, studies and images have pseudonyms: the first 12 hexadecimal digits of
        the SHA-256 of what the table says, and of the file's place in the folder. Images without a
        row, and rows without an image, a patient or a label, are excluded with the reason.
        Laterality and view are the table's, else the header's.

    Raises
    ------
    DatasetError
        If the folder holds no image or no table, the table lacks columns, lists an image twice or
        has a label outside the rule.
    """
    path = Path(path).resolve()
    files = walk(path)
    images = [file for file in files if file.name != labels and is_image(file)]
    table = path / labels
    if not images or not table.is_file():
        raise DatasetError(
            f"{path} holds {len(images)} images and {'a' if table.is_file() else 'no'} table "
            f"{labels}: both are needed; or remove the folder to use a synthetic set"
        )
    classes = classes_of({"positive": positive, "negative": negative})
    by_image = _match(read_labels(table), images, path, table)
    rows = [_row(entry, file, path, table, classes) for entry, file in by_image]
    shared = {"dataset": CARD.name, "source": source_of(path, files, source)}
    return manifest.build(add_header_facts([{**row, **shared} for row in rows], "institution"))


def read_labels(table: Path) -> list[dict[str, str]]:
    """Read the labels table.

    Returns
    -------
    list of dict
        One per row: the columns of `REQUIRED` and, where there, of `OPTIONAL`, stripped; and line.

    Raises
    ------
    DatasetError
        If it is not text in UTF-8, or lacks required columns.
    """
    try:
        text = table.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{table} cannot be read: {error}; save it as CSV in UTF-8") from error
    header = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count))
    names = {name.strip().lower(): name for name in reader.fieldnames or [] if name}
    columns = {
        column: names[alias]
        for column, aliases in (REQUIRED | OPTIONAL).items()
        for alias in reversed(aliases)
        if alias in names
    }
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise DatasetError(
            f"{table} lacks the columns {missing} (found: {list(names)}); it needs image (file "
            "name), patient_id and label (0 or 1)"
        )
    return [
        {column: (row[name] or "").strip() for column, name in columns.items()}
        | {"line": str(reader.line_num)}
        for row in reader
    ]


def _match(
    entries: Sequence[dict], images: Sequence[Path], folder: Path, table: Path
) -> list[tuple[dict | None, Path | None]]:
    """Pair rows with files: by place in the folder, else by a name or stem that is unique."""
    places = {image.relative_to(folder).as_posix(): {image} for image in images}
    names: dict[str, set[Path]] = {}
    for image in images:
        for name in (image.name, image.stem):
            names.setdefault(name, set()).add(image)
    names |= places
    pairs: list[tuple[dict | None, Path | None]] = []
    lines: dict[Path | str, str] = {}
    for entry in entries:
        files = names.get(entry["image"].replace("\\", "/").removeprefix("./"), set())
        if len(files) > 1:
            raise DatasetError(
                f"{table}, line {entry['line']}: {entry['image']!r} may be any of {len(files)} "
                f"files; write its place below {folder}"
            )
        file = next(iter(files), None)
        other = lines.setdefault(file or entry["image"], entry["line"])
        if other != entry["line"]:
            raise DatasetError(
                f"{table}, line {entry['line']}: image {entry['image']!r} is listed in line "
                f"{other} already; keep one of the lines"
            )
        pairs.append((entry, file))
    return pairs + [(None, image) for image in images if image not in lines]


def _row(
    entry: dict | None, file: Path | None, folder: Path, table: Path, classes: Mapping[str, str]
) -> dict:
    place = file.relative_to(folder).as_posix() if file else f"absent: {entry['image']}"
    row = {"image_id": _pseudonym(place), "path": str(file) if file else None}
    if entry is None:
        return {**row, "excluded": f"no row in {table.name}"}
    where = f"{table}, line {entry['line']}"
    patient = _pseudonym(entry["patient_id"])
    row |= {
        "patient_id": patient,
        "study_id": _pseudonym(entry.get("study_id", "")) or patient,
        "laterality": _side(entry.get("laterality", ""), where),
        "view": entry.get("view", "").upper() or None,
        **{name: entry.get(name) for name in ("pathology", "birads", "density")},
    }
    reason = _reason(entry, file, where)
    if reason:
        return {**row, "excluded": reason}
    return {**row, "label": int(class_of(entry["label"].lower(), classes, where) == "positive")}


def _reason(entry: dict, file: Path | None, where: str) -> str | None:
    if file is None:
        return f"image file not found: {where}"
    empty = [name for name in ("patient_id", "label") if not entry[name]]
    return f"no {empty[0]} in the table: {where}" if empty else None


def _side(text: str, where: str) -> str | None:
    if text.lower() not in _SIDES:
        raise DatasetError(f"{where}: laterality {text!r} must be L or R, or empty if unknown")
    return _SIDES[text.lower()]


def _pseudonym(text: str) -> str | None:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH] if text else None
