"""Tables of labels in the forms in which hospitals have them.

A table is made of rows (`of_images`, `of_breasts`, `of_studies`), perhaps spoilt (`unlabel`,
`orphan`, `contradict`), and written (`write_csv`, `write_german`, `write_excel`).
"""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pandas as pd

GERMAN = {
    "patient_id": "Patientennr.",
    "laterality": "Seite",
    "pathology": "Prüfergebnis Größe/Art",
    "birads": "BI-RADS-Einstufung",
    "label": "Krebs (0/1)",
    "comment": "Bemerkung für Ärzte",
}
ENGLISH = {
    "patient_id": "Patient No.",
    "accession": "Accession No.",
    "label": "Cancer",
    "birads": "Worst BI-RADS",
    "pathology": "Pathology",
    "comment": "Remarks",
}
_WORDS = {"malignant": "bösartig", "benign": "gutartig", "normal": "ohne Befund"}
_SEVERITY = ("1", "2", "3", "4c", "5")
_FINDINGS = ["label", "pathology", "birads", "comment"]


@dataclass(frozen=True)
class LabelTable:
    """A table that was written, and what a reader must be told of it.

    Parameters
    ----------
    path : Path
    level : str
        What a row is of: "image", "breast" or "study".
    columns : dict of str to str
        Meaning (image, patient_id, accession, laterality, view, label, pathology, birads) to the
        name of the column; free text has none.
    positive, negative : tuple of str
        Words of the pathology column.
    """

    path: Path
    level: str
    columns: dict[str, str]
    positive: tuple[str, ...] = ("malignant",)
    negative: tuple[str, ...] = ("benign", "normal")


def of_images(images: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each labelled image, named by its file name where that is unique."""
    places = images["path"].where(images["member"].isna(), images["member"])
    names = places.str.rpartition("/")[2]
    named = images.assign(image=names.where(~names.duplicated(keep=False), places))
    columns = ["image", "patient", "laterality", "view", *_FINDINGS]
    return _labelled(named)[columns].rename(columns={"patient": "patient_id"})


def of_breasts(images: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each breast with a labelled image."""
    sided = _labelled(images).dropna(subset=["laterality"])
    breasts = sided.drop_duplicates(["patient", "laterality"])
    columns = ["patient", "laterality", *_FINDINGS]
    return breasts[columns].rename(columns={"patient": "patient_id"})


def of_studies(images: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each study, of its worse breast."""
    worst_first = _labelled(images).sort_values(
        "birads", key=lambda grades: grades.map(_SEVERITY.index), ascending=False, kind="stable"
    )
    studies = worst_first.drop_duplicates("study").sort_index()
    columns = ["patient", "study", *_FINDINGS]
    return studies[columns].rename(columns={"patient": "patient_id", "study": "accession"})


def unlabel(table: pd.DataFrame, row: int = -1) -> pd.DataFrame:
    """Leave out a row: what it names is without a label."""
    return table.drop(index=table.index[row])


def orphan(table: pd.DataFrame, **values: str) -> pd.DataFrame:
    """Add a copy of the first row under other names: a label of what is not there."""
    return pd.concat([table, table.iloc[[0]].assign(**values)], ignore_index=True)


def contradict(table: pd.DataFrame) -> pd.DataFrame:
    """Turn the label of the first row round, so that the rows of its breast disagree."""
    spoilt = table.copy()
    first = spoilt.index[0]
    malignant = spoilt.loc[first, "label"] == 1
    spoilt.loc[first, ["label", "pathology", "birads"]] = (
        (0, "benign", "2") if malignant else (1, "malignant", "5")
    )
    return spoilt


def write_csv(table: pd.DataFrame, path: Path) -> LabelTable:
    """Write UTF-8 with commas, under the names of the meanings."""
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
    return LabelTable(path, _level(table), _meanings({name: name for name in table.columns}))


def write_german(table: pd.DataFrame, path: Path) -> LabelTable:
    """Write Windows-1252 with semicolons and CRLF, headers and words in German."""
    columns = {name: GERMAN[name] for name in table.columns}
    german = table.assign(pathology=table["pathology"].map(_WORDS)).rename(columns=columns)
    german.to_csv(path, sep=";", index=False, encoding="cp1252", lineterminator="\r\n")
    negative = (_WORDS["benign"], _WORDS["normal"])
    return LabelTable(path, _level(table), _meanings(columns), (_WORDS["malignant"],), negative)


def write_excel(table: pd.DataFrame, path: Path) -> LabelTable:
    """Write a workbook, for which openpyxl must be installed; it holds the time of writing."""
    columns = {name: ENGLISH[name] for name in table.columns}
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        table.rename(columns=columns).to_excel(book, sheet_name="Labels", index=False)
        for cell in chain.from_iterable(book.sheets["Labels"].iter_rows()):
            if cell.data_type == "f":  # text that begins with "=", as in a cell formatted as text
                cell.data_type = "s"
    return LabelTable(path, _level(table), _meanings(columns))


def _labelled(images: pd.DataFrame) -> pd.DataFrame:
    return images[images["label"].notna()]


def _meanings(columns: dict[str, str]) -> dict[str, str]:
    return {meaning: name for meaning, name in columns.items() if meaning != "comment"}


def _level(table: pd.DataFrame) -> str:
    if "image" in table:
        return "image"
    return "study" if "accession" in table else "breast"
