"""Which row of the table of labels belongs to which image."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mammo.datasets.institution.inspection import SEPARATORS
from mammo.errors import DatasetError
from mammo.files.identifiers import loosely, pairs, pairs_by_ends
from mammo.images import NO_IMAGE

if TYPE_CHECKING:
    from mammo.datasets.institution.labels import Labels
    from mammo.datasets.institution.labels.units import Level

FROM_TABLE = ("label", "no_label", "pathology", "birads", "density")
Owner = tuple[str, str]
"""What owns images, "patient" or "study", and its name."""
_WHOLE, _END, _WHOLE_STEM, _END_STEM, _INSTANCE = range(5)


def match(
    files: pd.DataFrame, labels: Labels | None, folder: Path
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Give every image the row of the table that speaks of it.

    Rows of images name them by their place in the folder, by the end or the beginning of that, by
    their name with or without suffix, or by their SOP Instance UID. Rows of breasts, studies and
    patients name a Patient ID, Study Instance UID or Accession Number; an image whose file states
    none of these may lie in a folder of that name, or have a name that begins with it. What does
    not match as it is written is compared loosely (`mammo.files.identifiers.loosely`), row by row,
    unless that makes two names one; an image's name may then also be the beginning or the end of
    the row's, or the other way round.

    Parameters
    ----------
    files : DataFrame
        With `mammo.datasets.institution.inspection.COLUMNS`.
    labels : Labels or None
        Without it no image has a row.
    folder : Path

    Returns
    -------
    files : DataFrame
        With ``line`` (of the table), `FROM_TABLE`, patient, study, side and view as the table
        states them, where it does, and ``header_patient``.
    absent : DataFrame
        Lines of the table without an image.
    notes : tuple of str
        Sentences on what was assumed.

    Raises
    ------
    DatasetError
        If a row of images may speak of several, or two rows speak of one image.
    """
    if labels is None:
        nothing = dict.fromkeys(("line", *FROM_TABLE))
        return files.assign(header_patient=files["patient"], **nothing), pd.DataFrame(), ()
    images = files[~files["format"].isin(NO_IMAGE)]
    find = _images if labels.level == "image" else _groups
    by_row, notes = find(images, labels.rows, folder, labels.level)
    by_file: dict[int, int] = {}
    for number, places in by_row.items():
        for place in places:
            _refuse_another(labels, by_file.setdefault(place, number), number)
    rows = labels.rows.astype(object).reindex([by_file.get(place) for place in files.index])
    rows = rows.set_axis(files.index).where(lambda frame: frame.notna(), None)
    absent = _absent(labels.rows, list(by_row))
    return _merged(files, rows, labels.level), absent, tuple(notes)


def _absent(rows: pd.DataFrame, found: list[int]) -> pd.DataFrame:
    """Return the lines of the table without any image; one for both sides stands there twice."""
    return rows[~rows["line"].isin(rows.loc[found, "line"])].drop_duplicates("line")


def unit_named(rows: pd.DataFrame) -> pd.Series:
    """Return what each row of a table names: a study, an accession, else a patient."""
    studies = rows["study_id"].where(rows["study_id"].notna(), rows["accession"])
    return studies.where(studies.notna(), rows["patient_id"])


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
    images: pd.DataFrame, rows: pd.DataFrame, folder: Path, _: Level
) -> tuple[dict[int, list[int]], list[str]]:
    """Return the image that each row of the table names, if it is there."""
    named = rows["image"].dropna()
    names = ImageNames(images, folder, str)
    found = {row: names.find(name, rows.at[row, "line"]) for row, name in named.items()}
    found = {row: places for row, places in found.items() if places}
    n_exact = len(found)
    for find in (_loosely_named, _named_in_part):
        taken = {place for places in found.values() for place in places}
        rest = named[~named.index.isin(list(found))]
        if len(rest):
            found |= find(images[~images.index.isin(taken)], rest, folder)
    return found, _loose_notes(len(found) - n_exact)


def _loosely_named(images: pd.DataFrame, named: pd.Series, folder: Path) -> dict[int, list[int]]:
    names, alike = ImageNames(images, folder, loosely), Counter(map(loosely, set(named)))
    found = {row: names.find_only(name) for row, name in named.items() if alike[loosely(name)] == 1}
    return {row: places for row, places in found.items() if places}


def _named_in_part(images: pd.DataFrame, named: pd.Series, folder: Path) -> dict[int, list[int]]:
    places = {place.relative_to(folder).as_posix(): n for n, place in images["place"].items()}
    found = pairs_by_ends(set(named), places)
    return {row: [places[found[name]]] for row, name in named.items() if name in found}


def _loose_notes(count: int) -> list[str]:
    if not count:
        return []
    rows = "1 row of the table names" if count == 1 else f"{count:,} rows of the table name"
    return [
        f"{rows} images otherwise than they are written; they were matched without regard to "
        "capitals, blanks, '.0' and zeros at the beginning of numbers, or by a part of the name"
    ]


def _groups(
    images: pd.DataFrame, rows: pd.DataFrame, folder: Path, level: Level
) -> tuple[dict[int, list[int]], list[str]]:
    """Return the images of each breast, study or patient of the table that has some."""
    owners = dict(_owners_of_rows(rows))
    by_owner, count = _by_owner(
        {image.Index: _owners_of_image(image, folder) for image in images.itertuples()}, owners
    )
    sides = images["laterality"] if level == "breast" else None
    found = {}
    for row, owner in owners.items():
        side = rows.at[row, "laterality"]
        found[row] = [n for n in by_owner.get(owner, ()) if sides is None or sides[n] == side]
    return {row: places for row, places in found.items() if places}, _loose_notes(count)


def _by_owner(
    of_images: Mapping[int, set[Owner]], of_rows: Mapping[int, Owner]
) -> tuple[dict[Owner, list[int]], int]:
    """Return the images of each owner that rows name, and how many rows spell it otherwise."""
    found: dict[Owner, list[int]] = defaultdict(list)
    n_loose = 0
    for kind in ("patient", "study"):
        stated = {name for owners in of_images.values() for of, name in owners if of == kind}
        named = Counter(name for of, name in of_rows.values() if of == kind)
        meant = pairs(stated, named, loosely)
        n_loose += sum(named[theirs] for ours, theirs in meant.items() if ours != theirs)
        for image, owners in of_images.items():
            for theirs in {meant[name] for of, name in owners if of == kind and name in meant}:
                found[kind, theirs].append(image)
    return found, n_loose


def _owners_of_rows(rows: pd.DataFrame) -> Iterator[tuple[int, Owner]]:
    by_study = rows["study_id"].notna() | rows["accession"].notna()
    for number, owner in unit_named(rows).dropna().items():
        yield number, ("study" if by_study[number] else "patient", owner)


def _owners_of_image(image, folder: Path) -> set[Owner]:
    """Return the patient and the studies that a file says it belongs to, else its place says."""
    stated = {("patient", image.patient), ("study", image.study), ("study", image.accession)}
    stated = {(kind, name) for kind, name in stated if name}
    if stated:
        return stated
    place = image.place.relative_to(folder)
    beginnings = {place.stem[: gap.start()] for gap in SEPARATORS.finditer(place.stem)}
    names = {*place.parts[:-1], *beginnings, place.stem} - {""}
    return {(kind, name) for kind in ("patient", "study") for name in names}


class ImageNames:
    """An index of images by their names.

    A table calls an image by its place in the folder; by the end of that, such as the file's name
    alone; by either without suffix; by its SOP Instance UID; or by a longer path that ends in its
    place, since tables are written where folders have other names. What comes first here is taken.

    Parameters
    ----------
    images : DataFrame
        ``place``, ``instance`` and ``excluded`` of `mammo.datasets.institution.inspection.COLUMNS`.
    folder : Path
        That the images lie in.
    spelt : callable
        How names are compared.
    """

    def __init__(self, images: pd.DataFrame, folder: Path, spelt: Callable[[str], str]) -> None:
        self._folder, self._spelt = folder, spelt
        self._instance, self._excluded = images["instance"], images["excluded"]
        self._named: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for image in images.itertuples():
            parts = image.place.relative_to(folder).parts
            for rank, name in _names(parts, image.place.stem, image.instance):
                self._named[self._respelt(name)][rank].append(image.Index)

    def find(self, written: str, line: int) -> list[int]:
        """Return the image that a line of the table names: several if they are copies of one.

        Raises
        ------
        DatasetError
            If it may be any of several.
        """
        found = self._candidates(written)
        if self._are_several(found):
            raise DatasetError(
                f"the table of labels, line {line}: the image may be any of {len(found)} files; "
                f"write its place below {self._folder}"
            )
        return found

    def find_only(self, written: str) -> list[int]:
        """Return the image that a name is of, as `find`; none where it may be any of several."""
        found = self._candidates(written)
        return [] if self._are_several(found) else found

    def _candidates(self, written: str) -> list[int]:
        found = self._best(written)
        return [number for number in found if self._excluded[number] is None] or list(found)

    def _are_several(self, found: Sequence[int]) -> bool:
        copies = {self._instance[number] for number in found}
        return len(found) > 1 and (len(copies) > 1 or None in copies)

    def _best(self, written: str) -> Sequence[int]:
        parts = [part for part in written.split("/") if part not in ("", ".")]
        if ranks := self._named.get(self._respelt("/".join(parts))):
            return ranks[min(ranks)]
        for start in range(1, len(parts)):
            ranks = self._named.get(self._respelt("/".join(parts[start:])), {})
            if whole := ranks.get(_WHOLE) or ranks.get(_WHOLE_STEM):
                return whole
        return []

    def _respelt(self, name: str) -> str:
        return "/".join(map(self._spelt, name.split("/")))


def _names(parts: Sequence[str], stem: str, instance: str | None) -> Iterator[tuple[int, str]]:
    for last, whole, end in ((parts[-1], _WHOLE, _END), (stem, _WHOLE_STEM, _END_STEM)):
        renamed = (*parts[:-1], last)
        yield whole, "/".join(renamed)
        yield from ((end, "/".join(renamed[start:])) for start in range(1, len(parts)))
    if instance:
        yield _INSTANCE, instance
