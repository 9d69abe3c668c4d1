"""The auROC within subgroups of the images; too small a subgroup is marked, not hidden."""

import warnings
from collections.abc import Iterable
from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from mammo.errors import MammoError
from mammo.evaluation import Estimate, verdicts
from mammo.evaluation.clustered import heterogeneity, strata_covariance
from mammo.evaluation.inputs import check_images
from mammo.evaluation.tables.estimates import headline
from mammo.evaluation.tables.scores import Part, Settings, insert_holm, parts

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
        than `mammo.evaluation.verdicts.FEWEST` patients with an image of one class), then
        `mammo.evaluation.Estimate`'s fields but ``value``. Empty cells are the level "not stated";
        a column that is empty for a whole part is left out there.

    Raises
    ------
    MammoError
        If a column is absent or has more than `_MOST_LEVELS` levels.
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


def subgroup_tests(
    scored: pd.DataFrame, columns: Iterable[str], settings: Settings
) -> pd.DataFrame:
    """Test whether the auROC differs between the levels of each column, within each set.

    Parameters
    ----------
    scored, columns, settings
        As for `subgroup_aurocs`.

    Returns
    -------
    DataFrame
        One row a part and column with two levels or more that are stated and not too small:
        ``model``, ``dataset``, ``split``, ``subgroup``, ``levels``, ``lowest``, ``highest`` (their
        auROCs), ``statistic``, ``df``, ``p_value``, ``p_holm`` over all rows, ``confidence``,
        ``n_rarer_patients`` (the fewest of a level), and the ``verdict`` of
        `mammo.evaluation.verdicts.difference`.
    """
    rows = []
    for part in parts(scored):
        for name in columns:
            row = _test(part, _levels(part.rows[name]), settings)
            if row is not None:
                rows.append({**part.key, "subgroup": name, **row})
    table = pd.DataFrame(rows)
    if len(table):
        insert_holm(table)
        table["verdict"] = [verdicts.difference(row) for row in table.to_dict("records")]
    return table


def _test(part: Part, levels: pd.Series, settings: Settings) -> dict[str, object] | None:
    """Test the levels of a part that are stated and have enough patients, if there are two."""
    sizes = {
        level: check_images(*replace(part, rows=images).arrays, settings.unit).sizes
        for level, images in part.rows.groupby(levels, sort=True)
        if level != UNKNOWN
    }
    kept = {level: found for level, found in sizes.items() if not verdicts.are_too_few(found)}
    if len(kept) < 2:
        return None
    is_kept = levels.isin(kept)
    labels, scores, patients = replace(part, rows=part.rows[is_kept]).arrays
    groups = patients if settings.unit == "patient" else np.arange(len(patients))
    aurocs, covariance = strata_covariance(labels, scores, levels[is_kept].tolist(), groups)
    found = heterogeneity(aurocs, covariance)
    return {
        "levels": ", ".join(kept),
        "lowest": aurocs.min(),
        "highest": aurocs.max(),
        **asdict(found),
        "confidence": settings.confidence,
        "n_rarer_patients": min(one["n_rarer_patients"] for one in kept.values()),
    }


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
