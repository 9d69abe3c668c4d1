"""Reading of anybody's table of scores; faults are named by their line."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import pandas as pd

from mammo.datasets.institution.labels.classes import counts_otherwise
from mammo.datasets.institution.labels.columns import ALIASES, places_of
from mammo.datasets.institution.labels.facts import sides_and_views
from mammo.datasets.institution.labels.words import VIEWS
from mammo.errors import MammoError, ParameterError
from mammo.evaluation.tables.score_sheet import OF_SCORES, ScoreSheet, is_empty
from mammo.evaluation.tables.scores import COLUMNS, EXTERNAL_SPLIT, INTERNAL_SPLIT
from mammo.evaluation.tables.worst_case import GIVEN
from mammo.files.spreadsheet import Sheet, read_sheet
from mammo.files.spreadsheet.numbers import numbers

REQUIRED = ("dataset", "model", "patient_id", "image_id", "y_true", "y_score")
_KNOWN = (*COLUMNS, "laterality", "view")
_USUAL = {
    **OF_SCORES,
    "dataset": ("data set", "dataset name"),
    "patient_id": ALIASES["patient_id"],
    "image_id": ALIASES["image"],
    "y_true": ALIASES["label"],
    "laterality": ALIASES["laterality"],
    "view": ALIASES["view"],
}
"""Names that a column may have where none has ours."""

_UNSCORED = (
    "y_score is {}; an image without a score is not left out, since that would flatter the model: "
    "say what it stands for (--missing 0)"
)


@dataclass(frozen=True)
class Layout:
    """How a file's columns are to be read.

    Attributes
    ----------
    names : mapping
        Column of a table of scores to the file's name for it, where they differ.
    constants : mapping
        Column that the file lacks to the one value that holds for all rows.
    internal : str or None
        The data set that the models were made with; without it a column ``split`` may say.
    missing_score : float or None
        What an empty score stands for; None if an empty score is a fault.
    readers : sequence of str
        Columns of readers' scores by the file's names, or patterns of them as ``Reader*``.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    internal: str | None = None
    missing_score: float | None = None
    readers: Sequence[str] = ()


def read_scores(path: Path, layout: Layout | None = None) -> pd.DataFrame:
    """Read a table of scores.

    Parameters
    ----------
    path : Path
        CSV or Excel with one header line, as `mammo.files.spreadsheet.read_sheet` reads them.
    layout : Layout, optional
        Without it the columns have the names of a table of scores.

    Returns
    -------
    DataFrame
        A table of scores (`mammo.evaluation.tables.scores`) with all further columns as text, but
        those of readers as numbers.

    Raises
    ------
    MammoError
        If the file cannot be read, lacks a column, or holds a row that is no score; the message
        names the line and what was expected there.
    """
    layout = layout or Layout()
    _check(layout)
    sheet = read_sheet(path)
    rows = ScoreSheet(sheet)
    places = _places(sheet, layout)
    table = rows.columns(places).assign(**layout.constants)
    if "y_true" in places:
        _refuse_otherwise_counted(path, sheet.header[places["y_true"]])
    _check_text(table, rows)
    table["y_true"] = _labels(table["y_true"], rows)
    texts, found = table["y_score"], rows.scores(table["y_score"])
    is_missing = found.isna()
    if layout.missing_score is None:
        rows.refuse(is_missing, _UNSCORED, texts)
    table["y_score"] = found.fillna(layout.missing_score or 0.0)
    if is_missing.any():
        table[GIVEN] = is_missing.map({True: "no", False: "yes"})
    for name in reader_columns(path, table, layout.readers):
        table[name] = _readers(table[name], name, rows)
    table["split"] = _splits(path, table, layout, rows)
    _respell_sides(path, table, sheet)
    _check_rows(table, rows)
    return table[[*COLUMNS, *(name for name in table if name not in COLUMNS)]]


def reader_columns(path: Path, table: pd.DataFrame, patterns: Sequence[str]) -> list[str]:
    """Return the columns of a table that readers' patterns name, in the table's order.

    Raises
    ------
    MammoError
        If a pattern names none, or a column that is no reader's.
    """
    further = [name for name in table if name not in _KNOWN]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in further):
            raise MammoError(
                f"{path}, line 1: no column of readers {pattern!r}; the columns are "
                f"{', '.join(further)[:300] or 'none but those of a table of scores'}: name one, "
                "or several with * (--readers 'Reader*')"
            )
    return [name for name in further if any(fnmatchcase(name, one) for one in patterns)]


def check_missing(score: float | None) -> None:
    """Check that the score which stands for a missing one is finite."""
    if score is not None and not math.isfinite(score):
        raise ParameterError(f"a missing score counts as {score}: give a finite number")


def _check(layout: Layout) -> None:
    for name in (*layout.names, *layout.constants):
        if name not in _KNOWN:
            raise MammoError(
                f"no column {name!r} in a table of scores; it has {', '.join(COLUMNS)}"
            )
    check_missing(layout.missing_score)


def _places(sheet: Sheet, layout: Layout) -> dict[str, int]:
    """Return where each column of the table stands in the file."""
    path, header = sheet.path, sheet.header
    hidden = next((name for name in header if not name.isprintable()), None)
    if hidden is not None:
        raise MammoError(
            f"{path}, line 1: the column {hidden!r} holds characters that do not print; rename it"
        )
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise MammoError(f"{path}, line 1: the column {twice!r} occurs twice; rename one")
    renamed = {theirs: ours for ours, theirs in layout.names.items()}
    absent = [theirs for theirs in renamed if theirs not in header]
    columns = {renamed.get(name, name): place for place, name in enumerate(header)}
    for ours, usual in _USUAL.items():
        if ours not in columns and ours not in layout.constants:
            for place in places_of(path, header, ours, (ours, *usual)):
                columns = {ours: place, **{n: p for n, p in columns.items() if p != place}}
    absent += [n for n in REQUIRED if n not in columns and n not in layout.constants]
    if absent:
        raise MammoError(
            f"{path}, line 1: no column {absent[0]!r}; the columns are {', '.join(header)[:300]}: "
            f"name the one that is meant (--column {absent[0]} THEIRS), or give one value for all "
            f"rows (--constant {absent[0]} VALUE)"
        )
    return columns


def _check_text(table: pd.DataFrame, rows: ScoreSheet) -> None:
    for name in table.columns.drop(["y_true", "y_score"]):
        if "".join(table[name].tolist()).isprintable():
            continue
        if name not in _KNOWN:
            table[name] = table[name].map(_printable)
            continue
        hidden = ~table[name].map(str.isprintable)
        what = f"{name} is {{}}, which holds characters that do not print"
        rows.refuse(hidden, what, table[name])
    for name in ("dataset", "model", "patient_id", "image_id"):
        rows.refuse(is_empty(table[name]), f"{name} is {{}}, expected a name", table[name])


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _labels(texts: pd.Series, rows: ScoreSheet) -> pd.Series:
    found, _ = numbers(texts)
    what = "y_true is {}, expected 0 (benign) or 1 (malignant)"
    rows.refuse(~found.isin([0, 1]), what, texts)
    return found.astype("int64")


def _refuse_otherwise_counted(path: Path, title: str) -> None:
    if reason := counts_otherwise(title):
        raise MammoError(
            f"{path}, line 1: the column {title!r} counts otherwise than y_true, where 1 is "
            f"malignant ({reason}): add a column with 1 for malignant and 0 for benign"
        )


def _readers(texts: pd.Series, name: str, rows: ScoreSheet) -> pd.Series:
    found = rows.scores(texts, name)
    what = "{} is {{}}; every reader must have scored every row: leave out readers, or rows for all"
    rows.refuse(found.isna(), what.format(name), texts)
    return found


def _splits(path: Path, table: pd.DataFrame, layout: Layout, rows: ScoreSheet) -> pd.Series:
    if layout.internal is not None:
        is_internal = table["dataset"] == layout.internal
        if not is_internal.any():
            known = ", ".join(dict.fromkeys(table["dataset"]))
            raise MammoError(
                f"{path}: no row of the internal data set {layout.internal!r}; there are {known}"
            )
        return is_internal.map({True: INTERNAL_SPLIT, False: EXTERNAL_SPLIT})
    if "split" not in table:
        return pd.Series(EXTERNAL_SPLIT, table.index)
    rows.refuse(
        ~table["split"].isin([INTERNAL_SPLIT, EXTERNAL_SPLIT]),
        f"split is {{}}, expected {INTERNAL_SPLIT!r} (internal) or {EXTERNAL_SPLIT!r} (external); "
        "leave out what a model was trained on",
        table["split"],
    )
    return table["split"]


def _respell_sides(path: Path, table: pd.DataFrame, sheet: Sheet) -> None:
    """Give sides and views the words that they have everywhere here."""
    given = [name for name in ("laterality", "view") if name in table]
    if all(set(table[name].tolist()) <= {"", "L", "R", *VIEWS} for name in given):
        return
    found, _ = sides_and_views(path, table[given].assign(line=sheet.lines))
    if found["laterality"].notna().any():
        table["laterality"] = found["laterality"].fillna("")
    if "view" in table:
        table["view"] = found["view"].fillna(table["view"])


def _check_rows(table: pd.DataFrame, rows: ScoreSheet) -> None:
    images = table["image_id"]
    named = ["dataset", "image_id"]
    again = table.duplicated(named)
    if not again.any():
        return
    twice = table.duplicated([*named, "model"])
    rows.refuse(twice, "image_id is {}, which this model has scored in a line above", images)
    for name in ("y_true", "patient_id"):
        first = table.groupby(named, sort=False)[name].transform("first")
        what = f"{name} of image {{}} is not that of the line above"
        rows.refuse(table[name] != first, what, images)
