"""Which row of the table of labels belongs to which image."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from mammo.datasets.institution.image_names import ImageNames
from mammo.datasets.institution.inspection import NO_IMAGE
from mammo.datasets.institution.names import SEPARATORS
from mammo.errors import DatasetError

if TYPE_CHECKING:
    from mammo.datasets.institution.labels import Labels
    from mammo.datasets.institution.labels.units import Level

FROM_TABLE = ("label", "no_label", "pathology", "birads", "density")
_LOOSE = (
    "no name in the table is written as in the images; they were matched without regard to capitals"
    " and to zeros at the beginning of numbers, which Excel drops"
)
Spelling = Callable[[str], str]
"""How a name is compared."""


class Match(NamedTuple):
    """What belongs together.

    Attributes
    ----------
    files : DataFrame
        With ``line`` (of the table), `FROM_TABLE`, patient, study, side and view as the table
        states them, where it does, and ``header_patient``.
    absent : DataFrame
        Lines of the table without an image.
    notes : tuple of str
        Sentences on what was assumed.
    """

    files: pd.DataFrame
    absent: pd.DataFrame
    notes: tuple[str, ...]


def match(files: pd.DataFrame, labels: Labels | None, folder: Path) -> Match:
    """Give every image the row of the table that speaks of it.

    Rows of images name them by their place in the folder, by the end or the beginning of that, by
    their name with or without suffix, or by their SOP Instance UID. Rows of breasts, studies and
    patients name a Patient ID, Study Instance UID or Accession Number; an image whose file states
    none of these may lie in a folder of that name, or have a name that begins with it. If nothing
    matches as it is written, names are compared without regard to capitals and leading zeros,
    unless that makes two of them one.

    Parameters
    ----------
    files : DataFrame
        As `mammo.datasets.institution.names.add_names` returns.
    labels : Labels or None
        Without it no image has a row.
    folder : Path

    Raises
    ------
    DatasetError
        If a row of images may speak of several, or two rows speak of one image.
    """
    if labels is None:
        nothing = dict.fromkeys(("line", *FROM_TABLE))
        return Match(files.assign(header_patient=files["patient"], **nothing), pd.DataFrame(), ())
    images = files[~files["format"].isin(NO_IMAGE)]
    find = _images if labels.level == "image" else _groups
    by_row, notes = find(images, labels, folder, str), ()
    if not by_row:
        by_row = find(images, labels, folder, _loosely)
        notes = (_LOOSE,) if by_row else ()
    by_file: dict[int, int] = {}
    for number, places in by_row.items():
        for place in places:
            _refuse_another(labels, by_file.setdefault(place, number), number)
    rows = labels.rows.astype(object).reindex([by_file.get(place) for place in files.index])
    rows = rows.set_axis(files.index).where(lambda frame: frame.notna(), None)
    return Match(_merged(files, rows, labels.level), _absent(labels.rows, list(by_row)), notes)


def _absent(rows: pd.DataFrame, found: list[int]) -> pd.DataFrame:
    """Return the lines of the table without any image; one for both sides stands there twice."""
    return rows[~rows["line"].isin(rows.loc[found, "line"])].drop_duplicates("line")


def unit_named(rows: pd.DataFrame) -> pd.Series:
    """Return what each row of a table names: a study, an accession, else a patient."""
    studies = rows["study_id"].where(rows["study_id"].notna(), rows["accession"])
    return studies.where(studies.notna(), rows["patient_id"])


def _loosely(text: str) -> str:
    folded = unicodedata.normalize("NFC", text).casefold()
    return folded.lstrip("0") or "0" if folded.isdecimal() else folded


def _refuse_another(labels: Labels, first: int, second: int) -> None:
    """Refuse two rows that name one image in two ways and say two things of it."""
    lines = labels.rows.loc[[first, second]]
    if lines["label"].nunique(dropna=False) > 1 or lines["patient_id"].nunique() > 1:
        raise DatasetError(
            f"the table of labels: lines {lines['line'].iloc[0]} and {lines['line'].iloc[1]} speak "
            "of the same image and give it two labels or two patients; keep one"
        )


def _merged(files: pd.DataFrame, rows: pd.DataFrame, level: Level) -> pd.DataFrame:
    """Complete each file with its row of the table, whose word stands before the header's."""
    merged = {
        ours: rows[theirs].where(rows[theirs].notna(), files[ours])
        for ours, theirs in (
            *(("patient", "patient_id"), ("study", "study_id")),
            *(("laterality", "laterality"), ("view", "view")),
        )
    }
    # The row of a breast was found by the header's side, and cannot say which side is right.
    is_corrected = rows["laterality"].notna() & (level == "image")
    is_contradictory = files["is_contradictory"].eq(True) & ~is_corrected
    return files.assign(
        is_contradictory=is_contradictory,
        header_patient=files["patient"],
        **rows[["line", *FROM_TABLE]],
        **merged,
    )


def _images(
    images: pd.DataFrame, labels: Labels, folder: Path, spelt: Spelling
) -> dict[int, list[int]]:
    """Return the image that each row of the table names, if it is there."""
    names = ImageNames(images, folder, spelt)
    named = labels.rows.dropna(subset=["image"])
    found = {row.Index: names.find(row.image, row.line) for row in named.itertuples()}
    return {number: places for number, places in found.items() if places}


def _groups(
    images: pd.DataFrame, labels: Labels, folder: Path, spelt: Spelling
) -> dict[int, list[int]]:
    """Return the images of each breast, study or patient of the table that has some."""
    has_side = labels.level == "breast"
    owners = dict(_owners_of_rows(labels.rows))
    known = {(kind, spelt(name)) for kind, name in owners.values()}
    places: dict[tuple, list[int]] = defaultdict(list)
    spellings: dict[tuple, set[str]] = defaultdict(set)
    for kind, name in owners.values():
        spellings["row", kind, spelt(name)].add(name)
    for image in images.itertuples():
        for kind, name in _owners_of_image(image, folder):
            if (kind, spelt(name)) in known:
                spellings["image", kind, spelt(name)].add(name)
                side = image.laterality if has_side else None
                places[kind, spelt(name), side].append(image.Index)
    if any(len(alike) > 1 for alike in spellings.values()):
        return {}
    found = {
        number: places.get((kind, spelt(name), labels.rows.at[number, "laterality"]))
        for number, (kind, name) in owners.items()
    }
    return {number: images for number, images in found.items() if images}


def _owners_of_rows(rows: pd.DataFrame) -> Iterator[tuple[int, tuple[str, str]]]:
    by_study = rows["study_id"].notna() | rows["accession"].notna()
    for number, owner in unit_named(rows).dropna().items():
        yield number, ("study" if by_study[number] else "patient", owner)


def _owners_of_image(image, folder: Path) -> set[tuple[str, str]]:
    """Return the patient and the studies that a file says it belongs to, else its place says."""
    stated = {("patient", image.patient), ("study", image.study), ("study", image.accession)}
    stated = {(kind, name) for kind, name in stated if name}
    if stated:
        return stated
    place = image.place.relative_to(folder)
    beginnings = {place.stem[: gap.start()] for gap in SEPARATORS.finditer(place.stem)}
    names = {*place.parts[:-1], *beginnings, place.stem} - {""}
    return {(kind, name) for kind in ("patient", "study") for name in names}
