"""A hospital's table of labels, in its own words: a row an image, breast, study or patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from mammo.datasets.institution.labels.classes import classify
from mammo.datasets.institution.labels.columns import columns_of, unused
from mammo.datasets.institution.labels.facts import IDENTIFIERS, facts, identifiers, sides_and_views
from mammo.datasets.institution.labels.units import LEVELS, Level, key_of, level_of, reconcile
from mammo.datasets.institution.labels.words import CLASSES, normalised
from mammo.datasets.rules import require_choice
from mammo.errors import DatasetError
from mammo.files import spreadsheet
from mammo.files.spreadsheet import Sheet

COLUMNS = {
    "line": "int64",
    **dict.fromkeys((*IDENTIFIERS, "laterality", "view"), "object"),
    "label": "Int64",
    **dict.fromkeys(("no_label", "pathology", "birads", "density"), "object"),
    "age": "Int64",
}
"""Columns of `Labels.rows` and their dtypes; text is str or None."""

LETTERS_OF_BIRADS = {"asses": dict(zip("ANBPSMK", "0123456", strict=True))}
"""Columns whose letters are BI-RADS: EMBED's (github.com/Emory-HITI/EMBED_Open_Data, VI)."""


@dataclass(frozen=True)
class LabelLayout:
    """What a table of labels does not say by itself.

    Attributes
    ----------
    columns : mapping of str to str
        Our name of a column (`mammo.datasets.institution.labels.columns.ALIASES`) to the table's.
    positive, negative, excluded : sequence of str
        What the label column says for the two classes and for neither, beside the built-in words
        (`mammo.datasets.institution.labels.words.CLASSES`); case, spaces, hyphens do not matter.
    level : {"image", "breast", "study", "patient"}, optional
        What a row labels; without it the columns tell.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    positive: Sequence[str] = ()
    negative: Sequence[str] = ()
    excluded: Sequence[str] = ()
    level: Level | None = None


@dataclass(frozen=True)
class Labels:
    """A table of labels, read.

    Attributes
    ----------
    level : {"image", "breast", "study", "patient"}
        What a row labels.
    rows : DataFrame
        `COLUMNS`, in the order of the table; a row for both breasts is there twice. ``line`` is
        that of the file. ``image`` (folders parted by ``/``), ``patient_id``, ``study_id`` and
        ``accession`` are as the table has them and not for publication. ``laterality`` is L or R,
        and missing where studies or patients are labelled; ``view`` is in capitals. ``label`` is 1
        or 0, the same in all rows of a unit, or missing with a reason in ``no_label``.
        ``pathology``, ``birads``, ``density`` and ``age`` are as `labels.facts.facts` gives them.
    contradictions : DataFrame
        Units whose rows differ, as `mammo.datasets.institution.labels.units.reconcile` gives them.
    notes : tuple of str
        Sentences on what was assumed; nothing in them comes from below the header.
    meaning : str
        Which words were taken for which class, and how often; known words alone.
    """

    level: Level
    rows: pd.DataFrame
    contradictions: pd.DataFrame
    notes: tuple[str, ...]
    meaning: str = ""


def read_labels(path: Path, layout: LabelLayout | None = None) -> Labels:
    """Read a hospital's table of labels from CSV or Excel.

    Parameters
    ----------
    path : Path
        A file that `mammo.files.spreadsheet.read_sheet` reads.
    layout : LabelLayout, optional
        Without it columns and words are the usual ones.

    Raises
    ------
    DatasetError
        If it is no table, a column is absent or in doubt, or a label or side is not known; the
        message names the line and the option that helps.
    ParameterError
        If the layout gives one word to two classes, or an unknown level.
    """
    return labels_of(spreadsheet.read_sheet(path), layout or LabelLayout())


def labels_of(sheet: Sheet, layout: LabelLayout) -> Labels:
    """Read labels from a sheet, as `read_labels` does."""
    path = sheet.path
    require_choice("level", layout.level, (None, *LEVELS))
    if not sheet.lines:
        raise DatasetError(f"{path} holds no row of labels below its header")
    places = columns_of(sheet, layout.columns)
    titles = {name: sheet.header[place] for name, place in places.items()}
    table = pd.DataFrame({"line": sheet.lines})
    for name, place in places.items():
        table[name] = pd.Series(sheet.columns[place], dtype="object")
    if normalised(titles.get("birads", "")) in LETTERS_OF_BIRADS:
        letters = LETTERS_OF_BIRADS[normalised(titles["birads"])]
        table["birads"] = table["birads"].map(lambda text: letters.get(text.upper(), text))
    words = {name: getattr(layout, name) for name in CLASSES}
    labels, class_notes, meaning = classify(path, table, words, titles)
    sides, side_notes = sides_and_views(path, table)
    known, fact_notes = facts(table)
    rows = pd.concat([table[["line"]], identifiers(table), sides, labels, known], axis=1)
    level = level_of(path, rows, layout.level)
    n_without_side = int(_are_benign_without_side(rows).sum()) if level == "breast" else 0
    rows, contradictions = reconcile(_by_side(rows, level), level)
    notes = [*_table_notes(sheet, places), *class_notes, *side_notes, *fact_notes]
    if n_without_side:
        notes.append(f"benign rows without a side label both breasts: {n_without_side:,}")
    notes += _level_notes(rows, level)
    return Labels(level, _typed(rows), contradictions, tuple(notes), meaning)


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows[list(COLUMNS)].astype(COLUMNS)
    texts = [name for name, dtype in COLUMNS.items() if dtype == "object"]
    rows[texts] = rows[texts].where(rows[texts].notna(), None)
    return rows


def _by_side(rows: pd.DataFrame, level: Level) -> pd.DataFrame:
    """Give a row for both breasts to each of them; sides say nothing of studies and patients.

    A benign row without a side is one for both: where nothing was found, tables name none.
    """
    if level == "breast":
        is_both = rows["laterality"].eq("both") | _are_benign_without_side(rows)
        sides = rows["laterality"].where(~is_both, pd.Series([["L", "R"]] * len(rows), rows.index))
        return rows.assign(laterality=sides).explode("laterality", ignore_index=True)
    one_sided = rows["laterality"].isin(["L", "R"]) & (level == "image")
    return rows.assign(laterality=rows["laterality"].where(one_sided, None))


def _are_benign_without_side(rows: pd.DataFrame) -> pd.Series:
    return rows["laterality"].isna() & rows["label"].eq(0).fillna(False).astype(bool)


def _table_notes(sheet: Sheet, places: Mapping[str, int]) -> list[str]:
    renamed = [
        f"{name} from {sheet.header[place]!r}"
        for name, place in places.items()
        if normalised(sheet.header[place]) != normalised(name)
    ]
    notes = [f"columns taken: {', '.join(renamed)}"] if renamed else []
    notes += unused(sheet, places)
    if sheet.encoding == "Windows-1252":
        notes.append(
            "the table is not in UTF-8 and was read as Windows-1252; where letters with accents "
            "look wrong, save it as CSV in UTF-8"
        )
    return notes


def _level_notes(rows: pd.DataFrame, level: Level) -> list[str]:
    key = key_of(level, rows)
    named = rows[rows[key].notna().all(axis=1)]
    several = len(named[named.duplicated(key, keep=False)].drop_duplicates(key))
    notes = []
    if several and level == "image":
        notes.append(
            f"images that are listed more than once: {several}; with different labels an image has "
            "none (where the rows are lesions, choose --per breast)"
        )
    elif several:
        notes.append(
            f"several rows for one {level}: {several} times; it is positive if any of them is, "
            "negative only if all are"
        )
    if level in ("study", "patient"):
        notes.append(
            f"a label holds for a whole {level}: all images of both breasts carry it; read the "
            f"auROC of scores aggregated to one a {level}"
        )
    if level in ("breast", "patient") and not {"study_id", "accession"} & set(key):
        notes.append("no study is named: all examinations of a patient share their labels")
    if level == "breast" and named["line"].duplicated().any():
        notes.append("a row for both sides labels both breasts")
    return notes
