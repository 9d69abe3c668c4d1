"""INbreast.csv: one row per image, and the label rule on its BI-RADS categories."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mammo.datasets.exclusions import Exclusion, Kind
from mammo.datasets.original_tables import read_table, refuse_others
from mammo.datasets.rules import class_of, classes_of
from mammo.errors import DatasetError

TABLE_NAME = "INbreast.csv"
_COLUMNS = {
    "Laterality": "laterality",
    "View": "view",
    "Acquisition date": "date",
    "File Name": "number",
    "ACR": "density",
    "Bi-Rads": "birads",
}
_FORMS = {
    "File Name": (re.compile(r"[0-9]{8}"), "8 digits"),
    "Laterality": (re.compile("[LR]"), "L or R"),
    "View": (re.compile("[A-Z]{2,4}"), "a view such as CC or MLO"),
    "Acquisition date": (re.compile(r"[0-9]{6}"), "6 digits"),
}


def find_table(files: Sequence[Path], folder: Path) -> Path:
    """Pick INbreast.csv from the files below a folder; the least deep one wins.

    Raises
    ------
    DatasetError
        If it is not there.
    """
    found = [file for file in files if file.name.lower() == TABLE_NAME.lower()]
    if not found:
        raise DatasetError(
            f"{folder} lacks the table {TABLE_NAME}: unpack the whole release there, or remove the "
            "folder to use a synthetic set"
        )
    return min(found, key=lambda file: len(file.parts))


def read_cases(table: Path) -> pd.DataFrame:
    """Read INbreast.csv; no image is needed.

    Returns
    -------
    DataFrame
        One row per image: laterality, view (MLO, CC or FB), date (yyyymm), number (8 digits of the
        file name), density (ACR), birads, line (in the file).

    Raises
    ------
    DatasetError
        If the table is missing, lacks columns, has a row that is not as released, or names an
        image twice.
    """
    cases = read_table(table, list(_COLUMNS))
    if cases.empty:
        raise DatasetError(f"{table} holds no row; unpack the whole release")
    for name, (pattern, expected) in _FORMS.items():
        refuse_others(table, cases[name], cases[name].map(pattern.fullmatch).notna(), expected)
    cases = cases[list(_COLUMNS)].rename(columns=_COLUMNS)
    twice = cases[cases["number"].duplicated()]
    if len(twice):
        raise DatasetError(
            f"{table}, line {twice.index[0]}: image {twice['number'].iloc[0]} is listed "
            "twice; remove one of the lines"
        )
    return cases.assign(line=cases.index).reset_index(drop=True)


def label_cases(
    cases: pd.DataFrame,
    table: Path,
    *,
    positive: Sequence[str] = ("4", "5", "6"),
    negative: Sequence[str] = ("1", "2"),
    excluded: Sequence[str] = ("3",),
) -> list[dict]:
    """Give each image of the table its label, or the reason why it has none.

    Parameters
    ----------
    cases : DataFrame
        As `read_cases` gives it.
    table : Path
        Named in errors.
    positive, negative, excluded : sequence of str
        BI-RADS categories, without the letter of 4a, 4b and 4c. The defaults are the paper's rule;
        BI-RADS is a reader's assessment, not pathology.

    Raises
    ------
    DatasetError
        If a category is in none of the three.
    """
    classes = classes_of({"positive": positive, "negative": negative, "excluded": excluded})
    rows = []
    for case in cases.to_dict("records"):
        meaning = class_of(case["birads"][:1], classes, f"{table}, line {case['line']}")
        if meaning == "excluded":
            rows.append({**case, "excluded": Exclusion(Kind.BIRADS, case["birads"][:1])})
        else:
            rows.append({**case, "label": int(meaning == "positive")})
    return rows
