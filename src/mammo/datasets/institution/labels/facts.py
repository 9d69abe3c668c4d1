"""What a hospital's table says beside the label: whose image it is, which side and view, facts."""

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from mammo.datasets.institution.labels import words as label_words
from mammo.datasets.institution.labels.columns import refuse_value
from mammo.datasets.institution.labels.words import Vocabulary, is_empty, normalised

_DIGIT = re.compile(r"\d")

IDENTIFIERS = ("image", "patient_id", "study_id", "accession")
_NOBODY = {
    *("removed", "anonymous", "anonymized", "anonymised", "anonym", "anon", "deidentified"),
    *("redacted", "unknown", "hidden", "xxx", "anonyme", "anonimo", "anonimizado"),
}
"""What de-identified tables, such as INbreast's, write in the place of a name."""


def identifiers(table: pd.DataFrame) -> pd.DataFrame:
    """Return `IDENTIFIERS` as the table has them, None where it has none or has taken it out.

    Parameters
    ----------
    table : DataFrame
        Our names of the columns; text.
    """
    parsers = {**dict.fromkeys(IDENTIFIERS, _named), "image": _named_in_posix}
    return pd.DataFrame({name: _parsed(table, name, parse) for name, parse in parsers.items()})


def sides_and_views(path: Path, table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return each row's side and view, and what was assumed.

    Parameters
    ----------
    path : Path
        Named in errors.
    table : DataFrame
        ``line`` and our names of the columns; text.

    Returns
    -------
    found : DataFrame
        ``laterality`` (L, R, both or None; also from a view such as ``RCC``) and ``view``
        (capitals or None).
    notes : list of str
        What was assumed.

    Raises
    ------
    DatasetError
        If a side is not known, or is not that of the view.
    """
    stated = _parsed(table, "laterality", label_words.side)
    refuse_value(path, table, stated.isna(), "laterality", "is not known; write L, R or both")
    in_view = _parsed(table, "view", lambda text: label_words.side_and_view(text)[0])
    differs = (in_view != "") & stated.isin(["L", "R"]) & (in_view != stated)
    refuse_value(path, table, differs, "view", "is of the other side than the laterality says")
    sides = in_view.where(in_view != "", stated)
    views = _parsed(table, "view", lambda text: label_words.side_and_view(text)[1])
    found = pd.DataFrame({"laterality": sides.where(sides != "", None), "view": views})
    letters = {normalised(text) for text in set(table.get("laterality", ()))} & {"g", "d"}
    notes = ["the sides G and D are read as left and right (gauche, droite)"] if letters else []
    return found.astype("object"), notes


def facts(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return what is known of each row beside its label; nothing of it is free text.

    Parameters
    ----------
    table : DataFrame
        Our names of the columns; text.

    Returns
    -------
    found : DataFrame
        ``pathology`` (a built-in word), ``birads`` (0 to 6, 4a to 4c), ``density`` (1 to 4, a to d;
        none at all if the column has other values, for its scale is another), ``age`` (years, 90
        for 90 and more); else None.
    notes : list of str
        How many values were not understood.
    """
    parsers = {
        "pathology": Vocabulary("pathology", {}).spelling,
        "birads": label_words.birads,
        "density": label_words.density,
        "age": label_words.age,
    }
    found = pd.DataFrame({name: _parsed(table, name, parse) for name, parse in parsers.items()})
    notes = []
    for name in parsers:
        lost = found[name].isna() & _parsed(table, name, _stated_fact).notna()
        if lost.any():
            notes.append(
                f"subgroups by {name}: values not understood, left out there: {lost.sum():,}"
            )
            if name == "density":
                found[name] = None
    return found, notes


def _parsed(table: pd.DataFrame, name: str, parse: Callable[[str], object]) -> pd.Series:
    if name not in table:
        return pd.Series(parse(""), table.index, dtype="object")
    texts = table[name].tolist()
    values = {text: parse(text) for text in set(texts)}
    return pd.Series(list(map(values.__getitem__, texts)), table.index, dtype="object")


def _stated(text: str) -> str | None:
    return None if is_empty(text) else text


def _stated_fact(text: str) -> str | None:
    return _stated(text.strip("-_–—"))


def _named(text: str) -> str | None:
    if _DIGIT.search(text):
        return text
    return None if normalised(text) in _NOBODY else _stated(text)


def _named_in_posix(path: str) -> str | None:
    return _named(path.replace("\\", "/").removeprefix("./"))
