"""An institution's folder and table of labels taken together: what can be used and what cannot."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mammo.datasets.exclusions import Exclusion, Kind
from mammo.datasets.folders import source_of
from mammo.datasets.institution import duplicates, labels, matching
from mammo.datasets.institution.labels import LabelLayout, Labels
from mammo.datasets.institution.survey import Survey, is_directory_of_disc, survey_folder
from mammo.errors import DatasetError
from mammo.files.pseudonyms import key_of, pseudonym
from mammo.images import NO_IMAGE

TABLE_NAMES = ("labels.csv", "labels.xlsx")


@dataclass(frozen=True)
class Intake:
    """What was found.

    Attributes
    ----------
    folder : Path
    source : {"real", "synthetic"}
    files : DataFrame
        One row a file: `inspection.COLUMNS`, what `matching.match` adds, and
        ``image_id``, ``patient_id``, ``study_id`` (pseudonyms) and ``excluded`` (the `Exclusion`
        of a file that is not used, or None).
    absent : DataFrame
        Rows of the table of labels without an image.
    labels : Labels or None
        None without a table: then no image has a label.
    notes : tuple of str
        Sentences on how table and images were matched.
    survey : Survey
        What else was found in the folder.
    """

    folder: Path
    source: str
    files: pd.DataFrame
    absent: pd.DataFrame
    labels: Labels | None
    notes: Sequence[str]
    survey: Survey

    @property
    def images(self) -> pd.DataFrame:
        """The files that are images of some kind."""
        return self.files[~self.files["format"].isin(NO_IMAGE)]

    @property
    def used(self) -> pd.DataFrame:
        """The files that a model can be tested on."""
        return self.files[self.files["excluded"].isna()]

    def counts(self) -> pd.DataFrame:
        """Count files, images, breasts and patients: all that were found, and those that are used.

        Returns
        -------
        DataFrame
            Columns found and usable; counts that make no sense before the labels are empty.
        """
        used = self.used
        malignant, benign = used[used["label"] == 1], used[used["label"] == 0]
        both = (self.images, used)
        rows = {
            "files": (len(self.files), None),
            "images": tuple(map(len, both)),
            "breasts": tuple(map(_count_breasts, both)),
            "patients": tuple(files["patient_id"].nunique() for files in both),
            "malignant images": (None, len(malignant)),
            "benign images": (None, len(benign)),
            "patients with a malignant image": (None, malignant["patient_id"].nunique()),
        }
        return pd.DataFrame(rows, index=["found", "usable"]).T.astype("Int64")

    def losses(self) -> pd.DataFrame:
        """List every file, and every row of the table, that is not used.

        Returns
        -------
        DataFrame
            ``image`` (pseudonym; empty for a row without an image), ``line`` (of the table of
            labels, where it has one), ``format``, ``reason``.
        """
        lost = self.files[self.files["excluded"].notna()]
        files = pd.DataFrame({"image": lost["image_id"], "line": lost["line"].astype("Int64")})
        files = files.assign(format=lost["format"], reason=lost["excluded"].map(str))
        if self.absent.empty:
            return files
        lines = self.absent["line"]
        reasons = [str(Exclusion(Kind.LINE_NOT_FOUND, line)) for line in lines]
        absent = pd.DataFrame({"line": lines, "reason": reasons})
        return pd.concat([files, absent], ignore_index=True).reindex(columns=files.columns)


def _count_breasts(files: pd.DataFrame) -> int:
    return len(files[["patient_id", "laterality"]].dropna().drop_duplicates())


def read_intake(
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
    folder = image_folder(folder)
    table = table or next(filter(Path.is_file, (folder / name for name in TABLE_NAMES)), None)
    read = labels.read_labels(table, layout) if table else None
    source = source_of(folder, (), source)
    survey = survey_folder(folder, [table] if table else [], workers)
    files, absent, notes = matching.match(survey.files, read, folder)
    files = _named(files, folder, key_of(source))
    files = files.assign(excluded=_exclusions(files, read))
    return Intake(folder, source, files, absent, read, notes, survey)


def image_folder(folder: Path) -> Path:
    """Return the folder that is meant; a DICOMDIR means its own.

    Raises
    ------
    DatasetError
        If there is none.
    """
    if is_directory_of_disc(folder) and folder.is_file():
        folder = folder.parent
    if not folder.exists():
        raise DatasetError(f"{folder} does not exist: give the folder that holds the images")
    return folder.resolve()


def image_pseudonym(place: Path, folder: Path, key: bytes) -> str:
    """Return the pseudonym of an image, which follows from its place in the folder."""
    return pseudonym(key, "image", place.relative_to(folder).as_posix())


def _named(files: pd.DataFrame, folder: Path, key: bytes) -> pd.DataFrame:
    """Give pseudonyms to images, patients and studies.

    An unnamed study is its patient's only one; a study stands for a patient without a name. One
    that several patients share is a study of each.
    """

    def names(kind: str, named: pd.Series) -> pd.Series:
        return named.map(lambda text: pseudonym(key, kind, text) if text else None)

    of_each = files["study"].where(~is_shared(files), files["study"] + " " + files["patient"])
    patients, studies = names("patient", files["patient"]), names("study", of_each)
    return files.assign(
        image_id=[image_pseudonym(place, folder, key) for place in files["place"]],
        patient_id=patients.where(patients.notna(), studies),
        study_id=studies.where(studies.notna(), patients),
    )


def is_shared(files: pd.DataFrame) -> pd.Series:
    """Say of each file whether its study is also another patient's, as anonymisers make it."""
    return files.groupby("study")["patient"].transform("nunique").gt(1).reindex(files.index) & (
        files["patient"].notna()
    )


def _exclusions(files: pd.DataFrame, read: Labels | None) -> pd.Series:
    """Return why each file is not used: the first reason that holds, or None."""
    found = files["excluded"].copy()
    for first_of_each, kind in (
        (duplicates.same_instance, Kind.SAME_INSTANCE),
        (duplicates.same_pixels, Kind.SAME_PIXELS),
    ):
        # Of copies the first that has a label is kept.
        fit = files[found.isna()].sort_values("label", key=pd.isna, kind="stable")
        first = first_of_each(fit)
        for copy, kept in first[first != first.index].items():
            found[copy] = Exclusion(kind, files.at[kept, "image_id"])
        is_doubtful = fit["label"].groupby(first).transform("nunique") > 1
        for copy in fit.index[is_doubtful]:
            found[copy] = Exclusion(Kind.OTHER_LABEL)
    for file in files[found.isna()].itertuples():
        found[file.Index] = _fault(file, read)
    return found


def _fault(file, read: Labels | None) -> Exclusion | None:
    """Return what the labels of a file that is a mammogram lack."""
    if file.is_contradictory:
        return Exclusion(Kind.TWO_SIDES)
    if pd.isna(file.line):
        by_breast = read is not None and read.level == "breast"
        unplaced = Kind.NO_SIDE if by_breast and pd.isna(file.laterality) else Kind.NO_ROW_OF_LABELS
        return Exclusion(unplaced if read else Kind.NO_TABLE)
    if pd.isna(file.label):
        return Exclusion(Kind.NO_LABEL, file.no_label)
    return Exclusion(Kind.NO_PATIENT) if pd.isna(file.patient_id) else None
