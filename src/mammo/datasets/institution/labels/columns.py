"""Which column of a hospital's table is which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from mammo.datasets.institution.labels.words import normalised
from mammo.errors import DatasetError

ALIASES: dict[str, tuple[str, ...]] = {
    "image": (
        *("image", "image id", "image file", "image name", "image file name", "image path"),
        *("image file path", "file", "file name", "file path", "path", "dicom", "dicom file"),
        *("sop instance uid", "bild", "bilddatei", "datei", "dateiname", "fichier", "archivo"),
    ),
    "patient_id": (
        *("patient", "patient id", "patient number", "patient no", "pid", "mrn", "subject"),
        *("subject id", "medical record number", "patienten id", "patientennummer"),
        *("id patient", "paciente", "id paciente", "paziente"),
    ),
    "study_id": (
        *("study", "study id", "study uid", "study instance uid", "exam", "exam id"),
        *("examination", "examination id", "untersuchung", "examen", "estudio"),
    ),
    "accession": ("accession", "accession number", "accession no", "accession id"),
    "laterality": (
        *("laterality", "image laterality", "side", "breast", "breast side", "breast laterality"),
        *("left or right breast", "left right", "seite", "côté", "lado", "lato", "zijde"),
    ),
    "view": ("view", "view position", "image view", "projection", "projektion", "incidence"),
    "label": (
        *("label", "class", "classification", "y_true", "target", "truth", "ground truth"),
        *("outcome", "cancer", "malignant", "malignancy", "krebs", "bösartig"),
    ),
    "pathology": (
        *("pathology", "pathology result", "histology", "histopathology", "diagnosis"),
        *("biopsy result", "pathologie", "histologie", "diagnose", "diagnostic", "diagnostico"),
        *("befund",),
    ),
    "birads": (
        *("bi-rads", "bi-rads category", "bi-rads assessment", "bi-rads score", "assessment"),
        *("breast bi-rads", "bi-rads kategorie"),
    ),
    "density": (
        *("density", "breast density", "acr", "acr density", "bi-rads density", "dichte"),
        *("brustdichte", "densité", "densidad", "densità"),
    ),
    "age": ("age", "patient age", "alter", "edad", "età", "leeftijd"),
}
"""Our name of a column to names it may have; case, accents, spaces, ``-`` and ``_`` do not matter.

``biopsy`` is none: it may say that one was made. ``id`` and ``case`` are none: of what?
"""

REQUIRED = (
    ("image", "patient_id", "study_id", "accession"),
    ("label", "pathology", "birads"),
)
"""A table has at least one column of each of these."""


def columns_of(path: Path, header: Sequence[str], chosen: Mapping[str, str]) -> dict[str, int]:
    """Find the columns of a table.

    Parameters
    ----------
    path : Path
        Named in errors.
    header : sequence of str
        The table's names.
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


def refuse_value(
    path: Path, table: pd.DataFrame, wrong: pd.Series, column: str, fault: str
) -> None:
    """Raise `DatasetError` naming the first line of a table whose value is wrong."""
    if wrong.any():
        line, text = table.loc[wrong, ["line", column]].iloc[0]
        raise DatasetError(f"{path}, line {line}: {column} {text[:100]!r} {fault}")
