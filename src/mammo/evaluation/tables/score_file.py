"""Anybody's scores, from a table that is not trusted: what is wrong is named by its line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from mammo.errors import MammoError
from mammo.evaluation.tables.scores import COLUMNS, EXTERNAL_SPLIT, INTERNAL_SPLIT
from mammo.files.spreadsheet import Sheet, read_sheet

REQUIRED = ("dataset", "model", "patient_id", "image_id", "y_true", "y_score")
_KNOWN = (*COLUMNS, "laterality", "view")
_SHOWN_LINES = 5
_ABSENT = ("", "na", "nan", "none", "null")


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
    """

    names: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    internal: str | None = None
    missing_score: float | None = None


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
        A table of scores (`mammo.evaluation.tables.scores`) with all further columns as text.

    Raises
    ------
    MammoError
        If the file cannot be read, lacks a column, or holds a row that is no score; the message
        names the line and what was expected there.
    """
    layout = layout or Layout()
    _check_names(layout)
    sheet = read_sheet(path)
    if not sheet.rows:
        raise MammoError(f"{path} holds no row of scores below its header")
    columns = _columns(sheet, layout)
    table = pd.DataFrame(
        {name: [row[place] for row in sheet.rows] for name, place in columns.items()},
        dtype="object",
    )
    for name, value in layout.constants.items():
        table[name] = value
    faults = _Faults(path, sheet.lines)
    _check_text(table, faults)
    table["y_true"] = _labels(table["y_true"], faults)
    table["y_score"] = _scores(table["y_score"], layout.missing_score, faults)
    table["split"] = _splits(path, table, layout, faults)
    _check_rows(table, faults)
    return table[[*COLUMNS, *(name for name in table if name not in COLUMNS)]]


class _Faults:
    """Ends the reading with a sentence that names the lines at fault, if there are any."""

    def __init__(self, path: Path, lines: Sequence[int]) -> None:
        self.path = path
        self.lines = lines

    def refuse(self, wrong: Sequence[bool], what: str, values: Sequence[object]) -> None:
        places = [place for place, is_wrong in enumerate(wrong) if is_wrong]
        if not places:
            return
        named = ", ".join(str(self.lines[place]) for place in places[:_SHOWN_LINES])
        more = f" and {len(places) - _SHOWN_LINES} more" if len(places) > _SHOWN_LINES else ""
        noun = "line" if len(places) == 1 else "lines"
        raise MammoError(
            f"{self.path}, {noun} {named}{more}: {what.format(repr(values[places[0]]))}"
        )


def _check_names(layout: Layout) -> None:
    for name in (*layout.names, *layout.constants):
        if name not in (*COLUMNS, "laterality", "view"):
            raise MammoError(
                f"no column {name!r} in a table of scores; it has {', '.join(COLUMNS)}"
            )


def _columns(sheet: Sheet, layout: Layout) -> dict[str, int]:
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
    absent += [n for n in REQUIRED if n not in columns and n not in layout.constants]
    if absent:
        raise MammoError(
            f"{path}, line 1: no column {absent[0]!r}; the columns are {', '.join(header)[:300]}: "
            f"name the one that is meant (--column {absent[0]} THEIRS), or give one value for all "
            f"rows (--constant {absent[0]} VALUE)"
        )
    return columns


def _check_text(table: pd.DataFrame, faults: _Faults) -> None:
    for name in table:
        values = table[name].tolist()
        if name not in _KNOWN:
            table[name] = [_printable(value) for value in values]
            continue
        hidden = [not value.isprintable() for value in values]
        faults.refuse(hidden, f"{name} is {{}}, which holds characters that do not print", values)
    for name in ("dataset", "model", "patient_id", "image_id"):
        values = table[name].tolist()
        empty = [value.lower() in _ABSENT for value in values]
        faults.refuse(empty, f"{name} is {{}}, expected a name", values)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _labels(values: pd.Series, faults: _Faults) -> list[int]:
    numbers = list(_numbers(values))
    wrong = [number not in (0, 1) for number in numbers]
    faults.refuse(wrong, "y_true is {}, expected 0 (benign) or 1 (malignant)", values.tolist())
    return [int(number) for number in numbers]


def _scores(values: pd.Series, missing: float | None, faults: _Faults) -> list[float]:
    empty = [value.lower() in _ABSENT for value in values]
    if missing is None:
        faults.refuse(
            empty,
            "y_score is {}; an image without a score is not left out, since that would flatter the "
            "model: say what it stands for (--missing 0)",
            values.tolist(),
        )
    numbers = [
        missing if is_empty else number
        for is_empty, number in zip(empty, _numbers(values), strict=True)
    ]
    wrong = [not math.isfinite(number) for number in numbers]
    faults.refuse(wrong, "y_score is {}, expected a finite number", values.tolist())
    return numbers


def _numbers(values: pd.Series) -> Iterator[float]:
    for value in values:
        try:
            yield float(value) if "_" not in value else math.nan
        except ValueError:
            yield math.nan


def _splits(path: Path, table: pd.DataFrame, layout: Layout, faults: _Faults) -> pd.Series:
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
    known = [value in (INTERNAL_SPLIT, EXTERNAL_SPLIT) for value in table["split"]]
    faults.refuse(
        [not is_known for is_known in known],
        f"split is {{}}, expected {INTERNAL_SPLIT!r} (internal) or {EXTERNAL_SPLIT!r} (external); "
        "leave out what a model was trained on",
        table["split"].tolist(),
    )
    return table["split"]


def _check_rows(table: pd.DataFrame, faults: _Faults) -> None:
    images = table["image_id"].tolist()
    twice = table.duplicated(["dataset", "model", "image_id"]).tolist()
    faults.refuse(twice, "image_id is {}, which this model has scored in a line above", images)
    first = table.groupby(["dataset", "image_id"], sort=False)["y_true"].transform("first")
    other = (table["y_true"] != first).tolist()
    faults.refuse(other, "y_true of image {} is not that of the line above", images)
    owner = table.groupby(["dataset", "image_id"], sort=False)["patient_id"].transform("first")
    other = (table["patient_id"] != owner).tolist()
    faults.refuse(other, "patient_id of image {} is not that of the line above", images)
