"""Which row of the table of labels belongs to which image."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mammo.datasets.institution.survey import NO_IMAGE
from mammo.errors import DatasetError

if TYPE_CHECKING:
    from mammo.datasets.institution.labels import Labels

NO_ROW = "no row in the table of labels"
FROM_TABLE = ("label", "no_label", "pathology", "birads", "density")
_SEPARATORS = re.compile(r"[\s_\-.]+")
_SIDES = {"l": "L", "left": "L", "r": "R", "right": "R"}
_VIEWS = ("CC", "MLO", "ML", "LM", "XCCL", "XCCM")


def add_names(files: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Fill in the side and the view that the header leaves open where the file's name says it.

    Parameters
    ----------
    files : DataFrame
        `mammo.datasets.institution.survey.COLUMNS`.
    folder : Path
        That the files lie in.

    Returns
    -------
    DataFrame
        With ``named_laterality`` and ``named_view``, None where the name does not say.
    """
    names = [_side_and_view(place.relative_to(folder)) for place in files["place"]]
    named = pd.DataFrame(names, files.index, ["named_laterality", "named_view"], dtype="object")
    filled = {
        column: files[column].where(files[column].notna(), named[f"named_{column}"])
        for column in ("laterality", "view")
    }
    return files.assign(**filled, **named)


def match(
    files: pd.DataFrame, labels: Labels | None, folder: Path
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give every image the row of the table that speaks of it.

    Rows of images name them by their place in the folder, by their name with or without suffix, or
    by their SOP Instance UID. Rows of breasts, studies and patients name a Patient ID, Study
    Instance UID or Accession Number; an image whose file states none of these may lie in a folder
    of that name, or have a name that begins with it.

    Parameters
    ----------
    files : DataFrame
        As `add_names` returns.
    labels : Labels or None
        Without it no image has a row.
    folder : Path

    Returns
    -------
    matched : DataFrame
        The files with ``line`` (of the table), `FROM_TABLE`, patient, study, side and view as the
        table states them, where it does, and ``header_laterality``.
    absent : DataFrame
        Rows of the table without an image.

    Raises
    ------
    DatasetError
        If a row of images may speak of several, or two rows speak of one image.
    """
    if labels is None:
        nothing = dict.fromkeys(("line", *FROM_TABLE))
        return files.assign(**nothing, header_laterality=files["laterality"]), pd.DataFrame()
    images = files[~files["format"].isin(NO_IMAGE)]
    by_row = (_images if labels.level == "image" else _groups)(images, labels, folder)
    by_file: dict[int, int] = {}
    for number, places in by_row.items():
        for place in places:
            _refuse_another_label(labels, by_file.setdefault(place, number), number)
    told = labels.rows.astype(object).reindex([by_file.get(place) for place in files.index])
    told = told.set_axis(files.index).where(lambda frame: frame.notna(), None)
    return _merged(files, told), labels.rows.drop(index=list(by_row))


def _refuse_another_label(labels: Labels, first: int, second: int) -> None:
    """Refuse two rows that name one image in two ways and label it in two ways."""
    lines = labels.rows.loc[[first, second]]
    if lines["label"].nunique(dropna=False) > 1:
        raise DatasetError(
            f"the table of labels: lines {lines['line'].iloc[0]} and {lines['line'].iloc[1]} speak "
            "of the same image and label it in two ways; keep one"
        )


def _merged(files: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Let the table's word stand before the header's, and keep the header's side to compare."""
    stated = {
        ours: told[theirs].where(told[theirs].notna(), files[ours])
        for ours, theirs in (
            ("patient", "patient_id"),
            ("study", "study_id"),
            ("laterality", "laterality"),
            ("view", "view"),
        )
    }
    facts = {column: told[column] for column in ("line", *FROM_TABLE)}
    return files.assign(header_laterality=files["laterality"], **facts, **stated)


def _groups(images: pd.DataFrame, labels: Labels, folder: Path) -> dict[int, list[int]]:
    """Return the images of each breast, study or patient of the table that has some."""
    has_side = labels.level == "breast"
    owners = owner_of(labels.rows)
    known = set(owners.dropna())
    places: dict[tuple[str, str | None], list[int]] = {}
    for row in images.itertuples():
        for owner in _owners(row, folder, known):
            key = (owner, row.laterality if has_side else None)
            places.setdefault(key, []).append(row.Index)
    sides = labels.rows["laterality"] if has_side else [None] * len(owners)
    keys = zip(owners.index, owners, sides, strict=True)
    found = {number: places.get((owner, side)) for number, owner, side in keys}
    return {number: images for number, images in found.items() if images}


def owner_of(rows: pd.DataFrame) -> pd.Series:
    """Return what each row of a table names: a study, an accession, else a patient."""
    by = ("accession", "patient_id")
    owner = rows["study_id"]
    for name in by:
        owner = owner.where(owner.notna(), rows[name])
    return owner


def _owners(row, folder: Path, known: set[str]) -> set[str]:
    """Return which of the table's patients and studies a file says that it belongs to."""
    stated = {row.patient, row.study, row.accession} - {None}
    if stated:
        return stated & known
    place = row.place.relative_to(folder)
    beginnings = {place.stem[: gap.start()] for gap in _SEPARATORS.finditer(place.stem)}
    return (set(place.parts[:-1]) | beginnings | {place.stem}) & known


def _images(images: pd.DataFrame, labels: Labels, folder: Path) -> dict[int, list[int]]:
    names: dict[str, list[int]] = {}
    for row in images.itertuples():
        place = row.place.relative_to(folder)
        for name in {place.as_posix(), place.name, place.stem, row.instance} - {None}:
            names.setdefault(name, []).append(row.Index)
    found = {}
    for row in labels.rows.itertuples():
        written = row.image.replace("\\", "/").removeprefix("./")
        places = names.get(written) or names.get(written.rpartition("/")[2], [])
        if len(places) > 1:
            raise DatasetError(
                f"the table of labels, line {row.line}: the image may be any of {len(places)} "
                f"files; write its place below {folder}"
            )
        if places:
            found[row.Index] = places
    return found


def _side_and_view(place: Path) -> tuple[str | None, str | None]:
    """Read a side and a view from a name such as ``17_L_CC``, ``rmlo`` or ``LEFT-MLO``."""
    sides, views = set(), set()
    for piece in _SEPARATORS.split(place.stem):
        joined = re.fullmatch(r"([lr])(cc|mlo|ml|lm|xccl|xccm)", piece.lower())
        side, view = joined.groups() if joined else (piece.lower(), piece.lower())
        sides |= {_SIDES[side]} if side in _SIDES else set()
        views |= {view.upper()} if view.upper() in _VIEWS else set()
    return _only(sides), _only(views)


def _only(found: set[str]) -> str | None:
    return next(iter(found)) if len(found) == 1 else None
