"""What frcnn_cad's authors released for INbreast: their detections and the boxes of the cancers.

Ribli D, Horvath A, Unger Z, Pollner P, Csabai I. Sci Rep 2018;8:4165.
doi:10.1038/s41598-018-22437-z. Files of https://github.com/riblidezso/frcnn_cad, ``data``.
"""

import re
from pathlib import Path

import pandas as pd

from mammo.datasets.folders import SYNTHETIC_MARKER, candidates, walk
from mammo.datasets.inbreast import TABLE_NAME, read_cases
from mammo.datasets.original_tables import read_table, refuse_others
from mammo.errors import DatasetError

FOLDER = "frcnn_cad"
"""Under the data root."""

PREDICTIONS = "inbreast_predictions.tsv"
TRUTH = "inbreast_ground_truth_cancer_bbox_rois.tsv"
SHA256 = {
    PREDICTIONS: "cfd7d7ba21652fc6a4b94b2b68a0e210afc17f12ef0d58307d32923ffb29c1fa",
    TRUTH: "cd599eab6632875d793c3dc82ece2e7d1079b6808dfcfddbf79807c78fb5f8b5",
}

_IMAGE = re.compile(
    r"^(?P<number>\d{8})_(?P<patient>[0-9a-f]{8,})_MG_(?P<side>[LR])_[A-Z]+_ANON$", re.I
)
_BOX = {"x0": "col_min", "x1": "col_max", "y0": "row_min", "y1": "row_max"}
_PIXELS, _SCORE = "[0-9]{1,6}", r"0(\.[0-9]+)?(e-[0-9]+)?|1(\.0+)?"
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
    return _read(path, "filename", "score")


def read_cancers(path: Path) -> pd.DataFrame:
    """Read the boxes of the cancers, chosen by the authors from INbreast's annotations.

    Returns
    -------
    DataFrame
        As `read_detections`, without the score.
    """
    return _read(path, "fn")


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


def _read(path: Path, image: str, *scores: str) -> pd.DataFrame:
    try:
        table = read_table(path, [image, *scores, *_BOX])
    except DatasetError as error:
        raise DatasetError(
            f"{error}; remove {path.parent} and run 'mammo fetch frcnn-cad-predictions'"
        ) from None
    if table.empty:
        raise DatasetError(f"{path} holds no row; fetch the file again")
    named = table[image].str.extract(_IMAGE)
    refuse_others(path, table[image], named["number"].notna(), "an image of INbreast")
    for name in scores:
        refuse_others(path, table[name], table[name].str.fullmatch(_SCORE), "a score from 0 to 1")
    for name in _BOX:
        is_number = table[name].str.fullmatch(_PIXELS)
        refuse_others(path, table[name], is_number, "a number of pixels in an image")
    box = table[list(_BOX)].map(int).rename(columns=_BOX)
    is_box = (box["row_min"] < box["row_max"]) & (box["col_min"] < box["col_max"])
    edges = table[list(_BOX)].agg(" ".join, axis=1).rename("box " + " ".join(_BOX))
    refuse_others(path, edges, is_box, "a box with an inside")
    facts = {"image_id": named["number"], "patient_id": named["patient"].str.lower()}
    facts |= {"laterality": named["side"].str.upper()}
    facts |= {name: table[name].map(float) for name in scores}
    return pd.DataFrame({**facts, **box}).reset_index(drop=True)
