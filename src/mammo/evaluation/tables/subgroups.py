"""The auROC within subgroups of the images; too small a subgroup is marked, not hidden."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import asdict, replace

import pandas as pd

from mammo.errors import MammoError
from mammo.evaluation import Estimate, verdicts
from mammo.evaluation.tables.estimates import headline
from mammo.evaluation.tables.scores import Part, Settings, parts

FACTS = (
    "laterality",
    "view",
    "density",
    "lesion_type",
    "birads",
    "manufacturer",
    "acquisition_year",
)
"""Columns of a manifest that divide images into subgroups wherever they are there."""

UNKNOWN = "not stated"
_MOST_LEVELS = 30


def subgroup_aurocs(
    scored: pd.DataFrame, columns: Iterable[str], settings: Settings
) -> pd.DataFrame:
    """Return the auROC of each model on each level of each column.

    Parameters
    ----------
    scored : DataFrame
        A table of scores.
    columns : iterable of str
        Facts about images, such as view, density or manufacturer.
    settings : Settings

    Returns
    -------
    DataFrame
        ``model``, ``dataset``, ``split``, ``subgroup``, ``level``, ``auroc``, ``too_small`` (fewer
        than 10 patients with an image of one class), then `mammo.evaluation.Estimate`'s fields but
        ``value``. Empty cells are the level "not stated"; a column that is empty for a whole part
        is left out there.

    Raises
    ------
    MammoError
        If a column is absent or has more than 30 levels.
    """
    columns = list(columns)
    check_columns(scored, columns)
    rows = []
    for part in parts(scored):
        for name in columns:
            levels = _levels(part.rows[name])
            if (levels == UNKNOWN).all():
                continue
            for level, images in part.rows.groupby(levels, sort=True):
                estimate = asdict(_estimate(replace(part, rows=images), settings))
                found = {"subgroup": name, "level": level, "auroc": estimate.pop("value")}
                found["too_small"] = verdicts.are_too_few(estimate)
                rows.append({**part.key, **found, **estimate})
    return pd.DataFrame(rows)


def _estimate(part: Part, settings: Settings) -> Estimate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # NaN, and marked too small
        return headline(part, settings)


def _levels(values: pd.Series) -> pd.Series:
    text = values.astype("object").where(values.notna(), UNKNOWN).astype(str).str.strip()
    return text.replace("", UNKNOWN)


def check_columns(scored: pd.DataFrame, columns: Iterable[str]) -> None:
    """Raise MammoError if a column is absent, or has more levels than make subgroups."""
    for name in columns:
        if name not in scored:
            raise MammoError(f"no column {name!r} to divide by; there are {', '.join(scored)}")
        n_levels = scored[name].nunique()
        if n_levels > _MOST_LEVELS:
            raise MammoError(
                f"column {name!r} has {n_levels:,} levels, {_MOST_LEVELS} at most make subgroups: "
                "put its values into a few ranges first"
            )


def facts_of(scored: pd.DataFrame) -> list[str]:
    """Return those of `FACTS` that divide a table; one of too many levels is noted and left out."""
    present = [name for name in FACTS if name in scored]
    found = [name for name in present if scored[name].nunique() <= _MOST_LEVELS]
    if several := [name for name in present if name not in found]:
        warnings.warn(
            f"no subgroups by {', '.join(several)}: more than {_MOST_LEVELS} levels",
            UserWarning,
            stacklevel=2,
        )
    return found
