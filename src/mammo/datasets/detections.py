"""What frcnn_cad's authors released for INbreast: their detections and the boxes of the cancers.

Ribli D, Horvath A, Unger Z, Pollner P, Csabai I. Sci Rep 2018;8:4165.
doi:10.1038/s41598-018-22437-z. Files of https://github.com/riblidezso/frcnn_cad, ``data``.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from mammo.datasets.folders import SYNTHETIC_MARKER, candidates, walk
from mammo.datasets.inbreast_cases import TABLE_NAME, read_cases
from mammo.errors import DatasetError
from mammo.files import spreadsheet

FOLDER = "frcnn_cad"
"""Under the data root."""

PREDICTIONS = "inbreast_predictions.tsv"
TRUTH = "inbreast_ground_truth_cancer_bbox_rois.tsv"

_IMAGE = re.compile(
    r"(?P<number>\d{8})_(?P<patient>[0-9a-f]{8,})_MG_(?P<side>[LR])_[A-Z]+_ANON", re.IGNORECASE
)
_BOX = {"x0": "col_min", "x1": "col_max", "y0": "row_min", "y1": "row_max"}
_PIXELS = re.compile("-?[0-9]{1,6}")
_ONE_PATIENT = 100
"""Neighbours in INbreast.csv whose numbers differ by no more are of one patient: so it is
wherever the patients are known."""


def read_detections(path: Path) -> pd.DataFrame:
    """Read the detections: one row a box that the authors' network marked as malignant.

    Returns
    -------
    DataFrame
        image_id (INbreast's 8 digits), patient_id, laterality, score in [0, 1], and the box in
        pixels of the image: row_min, col_min, row_max, col_max (int).

    Raises
    ------
    DatasetError
        Naming the line that is not as released.
    """
    return _read(path, {"filename": str, "score": _score, **dict.fromkeys(_BOX, _pixels)})


def read_cancers(path: Path) -> pd.DataFrame:
    """Read the boxes of the cancers, chosen by the authors from INbreast's annotations.

    Returns
    -------
    DataFrame
        As `read_detections`, without the score.
    """
    return _read(path, {"fn": str, **dict.fromkeys(_BOX, _pixels)})


def find_table(data_root: Path) -> Path | None:
    """Return the user's INbreast.csv, beside its images or alone; None without a real one."""
    for place in candidates(Path(data_root), ("inbreast*",)):
        files = walk(place) if place.is_dir() else [place]
        tables = [file for file in files if file.name.lower() == TABLE_NAME.lower()]
        if tables and not any(file.name == SYNTHETIC_MARKER for file in files):
            return min(tables, key=lambda file: len(file.parts))
    return None


def images(table: Path, detections: pd.DataFrame) -> pd.DataFrame:
    """List every image of INbreast with its patient, also those without a detection.

    The table blanks the patients. They are known from the names of the detections' images and of
    the DICOM files beside the table; for the rest, from the numbers of neighbouring rows.

    Parameters
    ----------
    table : Path
        INbreast.csv.
    detections : DataFrame
        As `read_detections` gives it.

    Returns
    -------
    DataFrame
        One row an image: image_id, patient_id, laterality, birads (the category's digit).

    Raises
    ------
    DatasetError
        If the table is not as released or lacks an image that has a detection.
    """
    cases = read_cases(table).rename(columns={"number": "image_id"})
    unknown = sorted(set(detections["image_id"]) - set(cases["image_id"]))
    if unknown:
        raise DatasetError(
            f"{table} lacks image {unknown[0]}, which has a released detection ({len(unknown)} "
            "such): give the release's own table of 410 images"
        )
    named = {
        match["number"]: match["patient"].lower()
        for file in walk(table.parent)
        if (match := _IMAGE.fullmatch(file.stem))
    }
    named |= dict(zip(detections["image_id"], detections["patient_id"], strict=True))
    patients = cases["image_id"].map(named)
    run = cases["image_id"].astype(int).diff().abs().gt(_ONE_PATIENT).cumsum()
    patients = patients.fillna(patients.groupby(run).transform("first"))
    return pd.DataFrame(
        {
            "image_id": cases["image_id"],
            "patient_id": patients.fillna("unlisted " + run.astype(str)),
            "laterality": cases["laterality"],
            "birads": cases["birads"].str[0],
        }
    )


def _read(path: Path, columns: dict[str, Callable[[str], object]]) -> pd.DataFrame:
    try:
        sheet = spreadsheet.read_sheet(path)
    except DatasetError as error:
        raise DatasetError(
            f"{error}; remove {path.parent} and run 'mammo fetch frcnn-cad-predictions'"
        ) from None
    if list(sheet.header) != list(columns):
        raise DatasetError(
            f"{path}, line 1: the columns are {reprlib.repr(list(sheet.header))}, expected "
            f"{list(columns)}; fetch the file again"
        )
    lines = zip(sheet.rows, sheet.lines, strict=True)
    rows = [_row(cells, columns, f"{path}, line {line}") for cells, line in lines]
    if not rows:
        raise DatasetError(f"{path} holds no row; fetch the file again")
    return pd.DataFrame(rows)


def _row(cells: Sequence[str], columns: dict[str, Callable[[str], object]], place: str) -> dict:
    try:
        values = {
            name: kind(cell) for (name, kind), cell in zip(columns.items(), cells, strict=True)
        }
    except ValueError as error:
        raise DatasetError(
            f"{place}: {' '.join(columns)} expected ({error}); fetch the file again"
        ) from error
    image = _IMAGE.fullmatch(cells[0])
    if not image:
        name = reprlib.repr(cells[0])
        raise DatasetError(f"{place}: {name} is no image of INbreast; fetch the file again")
    box = {name: values[released] for released, name in _BOX.items()}
    if not (0 <= box["row_min"] < box["row_max"] and 0 <= box["col_min"] < box["col_max"]):
        raise DatasetError(f"{place}: the box {box} is empty or negative; fetch the file again")
    score = {"score": values["score"]} if "score" in values else {}
    names = {"image_id": image["number"], "patient_id": image["patient"].lower()}
    return {**names, "laterality": image["side"].upper(), **score, **box}


def _pixels(text: str) -> int:
    if not _PIXELS.fullmatch(text):
        raise ValueError(f"{reprlib.repr(text)} is no number of pixels")
    return int(text)


def _score(text: str) -> float:
    score = float(text)
    if not 0 <= score <= 1:
        raise ValueError(f"the score {text[:20]} is outside 0 to 1")
    return score
