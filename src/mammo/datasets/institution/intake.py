"""An institution's folder and table of labels taken together: what can be used and what cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mammo.datasets.folders import source_of
from mammo.datasets.institution import dicomdir, duplicates, labels, matching
from mammo.datasets.institution.inspection import NO_IMAGE
from mammo.datasets.institution.labels import LabelLayout, Labels
from mammo.datasets.institution.names import add_names
from mammo.datasets.institution.survey import Survey, survey
from mammo.errors import DatasetError
from mammo.files.pseudonyms import key_of, pseudonym

TABLE_NAMES = ("labels.csv", "labels.xlsx")


@dataclass(frozen=True)
class Intake:
    """What was found.

    Attributes
    ----------
    folder : Path
    source : {"real", "synthetic"}
    files : DataFrame
        One row a file: `inspection.COLUMNS`, what `names.add_names` and `matching.match` add, and
        ``image_id``, ``patient_id``, ``study_id`` (pseudonyms) and ``excluded`` (why it is not
        used, or None).
    absent : DataFrame
        Rows of the table of labels without an image.
    labels : Labels or None
        None without a table: then no image has a label.
    notes : tuple of str
        Sentences on how table and images were matched.
    surveyed : Survey
        What else was found in the folder.
    """

    folder: Path
    source: str
    files: pd.DataFrame
    absent: pd.DataFrame
    labels: Labels | None
    notes: Sequence[str]
    surveyed: Survey

    @property
    def images(self) -> pd.DataFrame:
        """The files that are images of some kind."""
        return self.files[~self.files["format"].isin(NO_IMAGE)]

    @property
    def used(self) -> pd.DataFrame:
        """The files that a model can be tested on."""
        return self.files[self.files["excluded"].isna()]


def take_in(
    folder: Path,
    table: Path | None = None,
    layout: LabelLayout | None = None,
    *,
    source: str = "real",
    workers: int = 1,
) -> Intake:
    """Survey a folder and match its images with the table of labels.

    Parameters
    ----------
    folder : Path
        Folder, zip archive or DICOMDIR.
    table : Path, optional
        Without it ``labels.csv`` or ``labels.xlsx`` in the folder, if it is there.
    layout : LabelLayout, optional
        How the table is to be read.
    source : {"real", "synthetic"}
        What the images are, unless the folder is marked as synthetic.
    workers : int
        Processes that read headers.

    Raises
    ------
    DatasetError
        If there is no such folder, or the table cannot be understood.
    """
    folder = opened(folder)
    table = table or next(filter(Path.is_file, (folder / name for name in TABLE_NAMES)), None)
    read = labels.read_labels(table, layout) if table else None
    source = source_of(folder, (), source)
    surveyed = survey(folder, [table] if table else [], workers)
    matched = matching.match(add_names(surveyed.files, folder), read, folder)
    files = _named(matched.files, folder, key_of(source))
    files = files.assign(excluded=_reasons(files, read))
    return Intake(folder, source, files, matched.absent, read, matched.notes, surveyed)


def opened(folder: Path) -> Path:
    """Return the folder that is meant; a DICOMDIR means its own.

    Raises
    ------
    DatasetError
        If there is none.
    """
    if dicomdir.is_directory(folder) and folder.is_file():
        folder = folder.parent
    if not folder.exists():
        raise DatasetError(f"{folder} does not exist: give the folder that holds the images")
    return folder.resolve()


def image_id(place: Path, folder: Path, key: bytes) -> str:
    """Return the pseudonym of an image, which follows from its place in the folder."""
    return pseudonym(key, "image", place.relative_to(folder).as_posix())


def _named(files: pd.DataFrame, folder: Path, key: bytes) -> pd.DataFrame:
    """Give pseudonyms to images, patients and studies; an unnamed study is its patient's only."""

    def names(kind: str, column: str) -> pd.Series:
        return files[column].map(lambda text: pseudonym(key, kind, text) if text else None)

    patients = names("patient", "patient")
    studies = names("study", "study")
    return files.assign(
        image_id=[image_id(place, folder, key) for place in files["place"]],
        patient_id=patients,
        study_id=studies.where(studies.notna(), patients),
    )


def _reasons(files: pd.DataFrame, read: Labels | None) -> pd.Series:
    """Return why each file is not used: the first reason that holds, or None."""
    reasons = files["excluded"].copy()
    for find, copy in (
        (duplicates.same_instance, "a copy of image {} (same SOP instance)"),
        (duplicates.same_pixels, "the same pixels as image {}"),
    ):
        # Of copies the first that has a label is kept.
        fit = files[reasons.isna()].sort_values("label", key=pd.isna, kind="stable")
        first = find(fit)
        copies = first[first != first.index]
        reasons[copies.index] = files.loc[copies, "image_id"].map(copy.format).to_numpy()
        is_doubtful = fit["label"].groupby(first).transform("nunique") > 1
        reasons[fit.index[is_doubtful]] = "there is a copy of it with another label"
    for wrong, reason in _faults(files, read):
        reasons = reasons.where(reasons.notna() | ~wrong, reason)
    return reasons.where(reasons.notna(), None)


def _faults(files: pd.DataFrame, read: Labels | None) -> list[tuple[pd.Series, str | pd.Series]]:
    unknown = files["line"].isna()
    by_breast = read is not None and read.level == "breast"
    return [
        (files["is_contradictory"].eq(True), "its header names both sides"),
        (
            unknown & files["laterality"].isna() & by_breast,
            "the side is unknown, and the labels are by breast",
        ),
        (unknown, matching.NO_ROW if read else "no table of labels"),
        (files["label"].isna(), files["no_label"].where(files["no_label"].notna(), "no label")),
        (files["patient_id"].isna(), "no patient known: neither table nor header name one"),
    ]
