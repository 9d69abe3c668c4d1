"""CMMD's clinical table: which breasts were biopsied, and what was found."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from mammo.datasets.original_tables import read_table
from mammo.datasets.rules import class_of, classes_of
from mammo.errors import DatasetError

TABLE_NAME = "CMMD_clinicaldata_revision.xlsx"

_TABLE = re.compile(r"CMMD_clinicaldata.*\.(xlsx|csv)", re.IGNORECASE)
_COLUMNS = {
    "id1": "patient_id",
    "leftright": "laterality",
    "number": "number",
    "abnormality": "lesion_type",
    "classification": "pathology",
}
_LESION_TYPES = {"both": "mass|calcification"}


def is_table(file: Path) -> bool:
    """Say whether a file is the clinical table, by its name."""
    return bool(_TABLE.fullmatch(file.name))


def find_table(files: Iterable[Path], folder: Path) -> Path:
    """Pick the clinical table below a folder, else beside or above it, as downloads have it.

    The least deep one wins; of several there the revision, and TCIA's workbook before a CSV file
    that was saved from it.

    Raises
    ------
    DatasetError
        If it is in none of these places.
    """
    places = (files, folder.parent.glob("*"), folder.parent.parent.glob("*"))
    for place in places:
        if tables := list(filter(is_table, place)):
            return min(tables, key=_preference)
    raise DatasetError(
        f"{folder} lacks the table {TABLE_NAME}: download it from "
        "https://www.cancerimagingarchive.net/collection/cmmd/ and put it there, or remove the "
        "folder to use a synthetic set"
    )


def _preference(table: Path) -> tuple[int, bool, bool, str]:
    is_first_version = "revision" not in table.name.lower()
    return len(table.parts), is_first_version, table.suffix.lower() != ".xlsx", table.name


def read_breasts(table: Path) -> pd.DataFrame:
    """Read the clinical table; no image is needed.

    Returns
    -------
    DataFrame
        Text, a row per lesion, the index the line in the file: patient_id (ID1), laterality ("L" or
        "R"), number (of images), lesion_type ("mass", "calcification" or "both"), pathology
        (classification).

    Raises
    ------
    DatasetError
        If it cannot be read, lacks columns, or has a row without a patient or a side.
    """
    rows = read_table(table, list(_COLUMNS), str.lower)[list(_COLUMNS)].rename(columns=_COLUMNS)
    rows["laterality"] = rows["laterality"].str.upper()
    for row in rows[(rows["patient_id"] == "") | ~rows["laterality"].isin(["L", "R"])].itertuples():
        raise DatasetError(
            f"{table}, line {row.Index}: ID1 {row.patient_id!r} and LeftRight {row.laterality!r} "
            f"name no breast; download the original {TABLE_NAME}"
        )
    return rows


def label_breasts(
    rows: pd.DataFrame,
    table: Path,
    *,
    positive: Sequence[str] = ("malignant",),
    negative: Sequence[str] = ("benign",),
) -> dict[tuple[str, str], dict]:
    """Give each breast its label: positive if any of its rows is.

    Parameters
    ----------
    rows : DataFrame
        As `read_breasts` gives them.
    table : Path
        Named in errors.
    positive, negative : sequence of str
        What the classification says for the two classes, in lower case.

    Returns
    -------
    dict
        (patient_id, laterality) to the breast's columns of a manifest: patient_id, laterality,
        label, pathology and lesion_type (those of several rows or lesions parted by "|"); and
        number, of the images that the table states.

    Raises
    ------
    DatasetError
        If a classification is in neither class, or a number is none.
    """
    classes = classes_of({"positive": positive, "negative": negative})
    by_breast: dict[tuple[str, str], list] = defaultdict(list)
    for row in rows.itertuples():
        where, kind = f"{table}, line {row.Index}", row.lesion_type.lower()
        stated = {
            "meaning": class_of(row.pathology.lower(), classes, where),
            "pathology": row.pathology.upper(),
            "lesion_type": _LESION_TYPES.get(kind, kind),
            "number": _number(row.number, where),
        }
        by_breast[row.patient_id, row.laterality].append(stated)
    return {
        (patient, side): {"patient_id": patient, "laterality": side, **_breast(lesions)}
        for (patient, side), lesions in by_breast.items()
    }


def _breast(stated: Sequence[Mapping]) -> dict:
    lesions = "|".join(row["lesion_type"] for row in stated).split("|")
    return {
        "label": int(any(row["meaning"] == "positive" for row in stated)),
        "pathology": "|".join(dict.fromkeys(row["pathology"] for row in stated)),
        "lesion_type": "|".join(dict.fromkeys(lesions)),
        "number": max(row["number"] for row in stated),
    }


def _number(text: str, where: str) -> int:
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not (number >= 0 and number.is_integer()):
        raise DatasetError(
            f"{where}: number {text!r} is no number of images; download the original {TABLE_NAME}"
        )
    return int(number)
