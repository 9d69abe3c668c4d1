"""What a row of a hospital's table labels, and what holds where several rows label the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import pandas as pd

from mammo.errors import DatasetError

if TYPE_CHECKING:
    from pandas.api.typing import DataFrameGroupBy

Level = Literal["image", "breast", "study", "patient"]
LEVELS: tuple[Level, ...] = get_args(Level)

_STUDY = ("study_id", "accession")
_KEYS: dict[Level, tuple[str, ...]] = {
    "image": ("image",),
    "breast": ("patient_id", *_STUDY, "laterality"),
    "study": ("patient_id", *_STUDY),
    "patient": ("patient_id",),
}


def level_of(path: Path, rows: pd.DataFrame, wanted: Level | None) -> Level:
    """Say what each row labels: an image if it names one, else a breast, a study or a patient.

    Parameters
    ----------
    path : Path
        Named in errors.
    rows : DataFrame
        ``image``, ``patient_id``, ``study_id``, ``accession``, ``laterality``; missing is None.
    wanted : str or None
        One of `LEVELS` that the user has named.

    Raises
    ------
    DatasetError
        If the table does not name such units, or none at all.
    """
    can = levels_named(rows.notna().any())
    found = wanted or next(iter(can), None)
    if found not in can:
        raise DatasetError(
            f"{path} does not say which {found or 'image, breast, study or patient'} each row is "
            "about: name the columns (--column image THEIRS; or patient_id, study_id, laterality)"
        )
    return found


def levels_named(has: Mapping[str, bool]) -> list[Level]:
    """Return the levels whose units can be named by the columns that hold anything."""
    has_study = has["study_id"] or has["accession"]
    can = {
        "image": has["image"],
        "breast": has["laterality"] and (has["patient_id"] or has_study),
        "study": has_study,
        "patient": has["patient_id"],
    }
    return [level for level in LEVELS if can[level]]


def key_of(level: Level, rows: pd.DataFrame) -> list[str]:
    """Return the columns that together name a unit: those of the level that hold anything."""
    return [name for name in _KEYS[level] if rows[name].notna().any()]


def reconcile(rows: pd.DataFrame, level: Level) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give all rows of one image, breast, study or patient one label.

    The rows of an image must say the same, else it has no label. A breast (study, patient) is
    listed once a lesion, and is positive if any row is, negative only if all are.

    Parameters
    ----------
    rows : DataFrame
        Columns of `level_of`, and ``line``, ``label``, ``no_label``.
    level : str
        One of `LEVELS`.

    Returns
    -------
    rows : DataFrame
        The same with settled labels; a row that does not name its unit has none.
    contradictions : DataFrame
        One row a unit whose rows differ: ``lines`` (tuple of int), ``key`` (tuple of str: as in the
        table, not for publication), ``labels`` (tuple of 1, 0 or None), ``verdict`` (str).
    """
    rows, key = rows.copy(), key_of(level, rows)
    for name in reversed(key):
        nameless = rows[name].isna()
        rows.loc[nameless, "label"] = pd.NA
        rows.loc[nameless, "no_label"] = f"{name} is empty"
    shared = rows[rows[key].notna().all(axis=1) & rows.duplicated(key, keep=False)]
    units = shared.assign(said=shared["label"].fillna(-1)).groupby(key, sort=False)
    differs = units["said"].transform("nunique") > 1
    if level == "image":
        moves = _is_of_several(units)
        settled = shared[["label", "no_label"]].copy()
        settled.loc[differs, "no_label"] = "the image is listed with different labels"
        settled.loc[moves, "no_label"] = "the image is listed for several patients or sides"
        differs |= moves
        settled.loc[differs, "label"] = pd.NA
    else:
        settled = _of_lesions(units)
    for name in settled:
        rows.loc[shared.index, name] = settled[name]
    return rows, _contradictions(shared[differs], rows, key)


def _is_of_several(units: DataFrameGroupBy) -> pd.Series:
    """Say of each row whether its image is listed for several patients or sides."""
    return (units["patient_id"].transform("nunique") > 1) | (
        units["laterality"].transform("nunique") > 1
    )


def _of_lesions(units: DataFrameGroupBy) -> pd.DataFrame:
    is_positive = (units["label"].transform("max") == 1).fillna(False).astype(bool)
    reason = units["no_label"].transform("first")
    label = is_positive.astype("Int64").mask(~is_positive & reason.notna())
    return pd.DataFrame({"label": label, "no_label": reason.mask(is_positive, None)})


def _contradictions(shared: pd.DataFrame, settled: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    found = []
    for values, unit in shared.groupby(key, sort=False):
        labels = tuple(None if pd.isna(label) else int(label) for label in unit["label"])
        reason = settled.at[unit.index[0], "no_label"]
        verdict = "positive, since one of its rows is" if pd.isna(reason) else reason
        found.append((tuple(unit["line"]), values, labels, verdict))
    return pd.DataFrame(found, columns=["lines", "key", "labels", "verdict"])
