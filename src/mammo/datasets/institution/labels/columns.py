"""Which column of a hospital's table is which."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from mammo.datasets.institution.labels.words import (
    CLASSES,
    VIEWS,
    is_empty,
    normalised,
    side,
    side_and_view,
)
from mammo.errors import DatasetError
from mammo.files.spreadsheet import Sheet

ALIASES: dict[str, tuple[str, ...]] = {
    "image": (
        *("image", "image id", "image file", "image name", "image file name", "image path"),
        *("image file path", "file", "file name", "file path", "path", "dicom", "dicom file"),
        *("anon dicom path", "png filename", "sop instance uid"),
        *("bild", "bilddatei", "datei", "dateiname", "fichier", "archivo"),
    ),
    "patient_id": (
        *("patient", "patient id", "patient number", "patient no", "pid", "mrn", "subject"),
        *("subject id", "medical record number", "patienten id", "patientennummer"),
        *("id patient", "paciente", "id paciente", "paziente", "client id", "empi", "empi anon"),
        "id1",
    ),
    "study_id": (
        *("study", "study id", "study uid", "study instance uid", "exam", "exam id"),
        *("examination", "examination id", "untersuchung", "examen", "estudio"),
    ),
    "accession": (
        *("accession", "accession number", "accession no", "accession id", "acc anon"),
        "access number",
    ),
    "laterality": (
        *("laterality", "image laterality", "side", "breast", "breast side", "breast laterality"),
        *("left or right breast", "left right", "image laterality final"),
        *("seite", "côté", "lado", "lato", "zijde"),
    ),
    "view": ("view", "view position", "image view", "projection", "projektion", "incidence"),
    "label": (
        *("label", "class", "classification", "y_true", "target", "truth", "ground truth"),
        *("outcome", "cancer", "malignant", "malignancy", "krebs", "bösartig"),
    ),
    "pathology": (
        *("pathology", "pathology result", "histology", "histopathology", "diagnosis"),
        *("biopsy result", "pathologie", "histologie", "diagnose", "diagnostic", "diagnostico"),
        *("befund", "pathology classification/ follow up"),
    ),
    "birads": (
        *("bi-rads", "bi-rads category", "bi-rads assessment", "bi-rads score", "assessment"),
        *("breast bi-rads", "bi-rads kategorie", "asses"),
    ),
    "density": (
        *("density", "breast density", "acr", "acr density", "bi-rads density", "dichte"),
        *("brustdichte", "densité", "densidad", "densità", "tissueden", "breast density (acr)"),
    ),
    "age": ("age", "patient age", "age at study", "alter", "edad", "età", "leeftijd"),
}
"""Our name of a column to names it may have; case, accents, spaces, ``-`` and ``_`` do not matter.

``biopsy`` is none: it may say that one was made. ``id`` and ``case`` are none: of what?
"""

_LISTED = 12
_NUMBER = re.compile(r".*(nr|no|num|nummer|number|numero|id|code|pseudonym)")
_NO_NAME = re.compile(r".*(date|datum|fecha|data|series|serie|machine|device|site|index|version)")
_SHORTEST = 5  # letters of a name that says something within another
_WORDS = {normalised(word) for words in CLASSES.values() for word in words}

REQUIRED = (
    ("image", "patient_id", "study_id", "accession"),
    ("label", "pathology", "birads"),
)
"""A table has at least one column of each of these."""


def columns_of(sheet: Sheet, chosen: Mapping[str, str]) -> dict[str, int]:
    """Find the columns of a table.

    Parameters
    ----------
    sheet : Sheet
    chosen : mapping of str to str
        Our name to the table's, where the user has said so.

    Returns
    -------
    dict of str to int
        Keys of `ALIASES` that the table has, in their order, to their places.

    Raises
    ------
    DatasetError
        If a chosen or `REQUIRED` column is absent, or two columns may be the same one of ours.
    """
    path, header = sheet.path, sheet.header
    unknown = [name for name in chosen if name not in ALIASES]
    if unknown:
        raise DatasetError(
            f"no column {unknown[0]!r} in a table of labels; it has {', '.join(ALIASES)}"
        )
    named = {name: _chosen(header, theirs) for name, theirs in chosen.items()}
    absent = [chosen[name] for name, places in named.items() if not places]
    if absent:
        raise DatasetError(
            f"{path} has no column {absent[0]!r}; its columns are {', '.join(header)[:300]!r}"
        )
    taken = {place for places in named.values() for place in places}
    for name, aliases in ALIASES.items():
        if name not in named:
            named[name] = [place for place in _places(header, aliases) if place not in taken]
    found = {
        name: place for name in ALIASES for place in _one_at_most(path, header, name, named[name])
    }
    for names in REQUIRED:
        if not found.keys() & set(names):
            raise DatasetError(
                f"{path} has no column {' or '.join(names)}; its columns are "
                f"{', '.join(header)[:300]!r}: say which one it is (--column {names[0]} THEIRS)"
                f"{_perhaps(sheet, found, names)}"
            )
    return found


def _chosen(header: Sequence[str], name: str) -> list[int]:
    exact = [place for place, title in enumerate(header) if title == name.strip()]
    return exact or _places(header, [name])


def _places(header: Sequence[str], names: Sequence[str]) -> list[int]:
    wanted = {normalised(name) for name in names}
    return [place for place, title in enumerate(header) if normalised(title) in wanted]


def places_of(path: Path, header: Sequence[str], name: str, usual: Sequence[str]) -> list[int]:
    """Return the one place of a column that has one of its usual names, or no place.

    Raises
    ------
    DatasetError
        If several columns have.
    """
    return _one_at_most(path, header, name, _places(header, usual))


def _one_at_most(path: Path, header: Sequence[str], name: str, places: list[int]) -> list[int]:
    if len(places) > 1:
        titles = " and ".join(repr(header[place]) for place in places)
        raise DatasetError(
            f"{path}: the columns {titles} may each be {name}; say which one is meant (--column "
            f"{name} {header[places[0]]!r}), or rename one"
        )
    return places


def _perhaps(sheet: Sheet, found: Mapping[str, int], wanted: Sequence[str]) -> str:
    guesses = _guesses(sheet, found)
    options = [_option(sheet.header[n], name) for n, name in guesses.items() if name in wanted]
    return f"; perhaps {' or '.join(options)}" if options else ""


def unused(sheet: Sheet, found: Mapping[str, int]) -> list[str]:
    """Name the columns that were not taken, and what they may be."""
    guesses = _guesses(sheet, found)
    rest = [n for n, title in enumerate(sheet.header) if title and n not in found.values()]
    rest.sort(key=lambda place: place not in guesses)
    words = [
        f"{sheet.header[n]!r}"
        + (f" (is it {guesses[n]}? {_option(sheet.header[n], guesses[n])})" if n in guesses else "")
        for n in rest[:_LISTED]
    ]
    more = f" and {len(rest) - _LISTED} more" if len(rest) > _LISTED else ""
    return [f"columns not used: {', '.join(words)}{more}"] if rest else []


def _option(title: str, name: str) -> str:
    return f"--column {name} {title!r}" if " " in title else f"--column {name} {title}"


def refuse_value(
    path: Path, table: pd.DataFrame, wrong: pd.Series, column: str, fault: str
) -> None:
    """Raise `DatasetError` naming all values of a table that are wrong, and their lines."""
    if not wrong.any():
        return
    lines = [str(line) for line in table.loc[wrong, "line"]]
    counts = table.loc[wrong, column].value_counts()
    if len(lines) == 1:
        raise DatasetError(f"{path}, line {lines[0]}: {column} {counts.index[0][:100]!r} {fault}")
    words = [f"{text[:100]!r} ({count:,})" for text, count in counts.head(_LISTED).items()]
    more = f" and {len(counts) - _LISTED} others" if len(counts) > _LISTED else ""
    shown = f"{', '.join(lines[:5])}{f' and {len(lines) - 5:,} more' if len(lines) > 5 else ''}"
    raise DatasetError(f"{path}, lines {shown}: {column} {', '.join(words)}{more} {fault}")


def _guesses(sheet: Sheet, found: Mapping[str, int]) -> dict[int, str]:
    """Guess what columns are of which nothing is known, by what they hold, then by their names.

    Parameters
    ----------
    sheet : Sheet
    found : mapping
        Our names of columns to the places that they were found in.

    Returns
    -------
    dict
        Places to names of ours that were not found, each at most once.
    """
    has_label = not found.keys().isdisjoint(REQUIRED[1])
    missing = [
        name for name in ALIASES if name not in found and not (name == "label" and has_label)
    ]
    guessed: dict[int, str] = {}
    for guess in (_by_content, _by_name):
        for place, title in enumerate(sheet.header):
            if place in found.values() or place in guessed or not title:
                continue
            name = guess(title, sheet.columns[place])
            if name in missing:
                guessed[place] = name
                missing.remove(name)
    return guessed


def _by_content(_: str, texts: Sequence[str]) -> str | None:
    words = {text for text in set(texts) if not is_empty(text)}
    if not words or len(words) > len(_WORDS):
        return None
    if all(side(word) for word in words) and len({side(word) for word in words}) > 1:
        return "laterality"
    if all(side_and_view(word)[1] in VIEWS for word in words):
        return "view"
    return "label" if len(words) > 1 and {normalised(word) for word in words} <= _WORDS else None


def _by_name(title: str, texts: Sequence[str]) -> str | None:
    word = normalised(title)
    if _NO_NAME.match(word):
        return None
    for name, usual in ALIASES.items():
        if name == "image" and 2 * len(set(texts)) < len(texts):
            continue  # path1 may be pathology
        known = [normalised(one) for one in usual]
        if any(len(one) >= _SHORTEST and one in word for one in known):
            return name
        if get_close_matches(word, known, 1, 0.85):
            return name
    return "patient_id" if _NUMBER.fullmatch(word) else None
