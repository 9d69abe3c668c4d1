"""Which of the paper's differences are beyond chance, from its values and the sizes of its sets."""

from __future__ import annotations

import math

import pandas as pd

from mammo.evaluation import holm
from mammo.evaluation.inference import upper_tail
from mammo.evaluation.planning import smallest_detectable_drop
from mammo.paper.published import EXTERNAL, INTERNAL, TABLE_2
from mammo.paper.sampling_error import Z_95, class_sizes


def published_drops(intervals: pd.DataFrame) -> pd.DataFrame:
    """Which of the paper's drops are beyond what its sets' sizes leave to chance.

    Parameters
    ----------
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals` gives them.

    Returns
    -------
    DataFrame
        One row an external cell of Tables 3 and 4: ``place``, ``model``, ``dataset``,
        ``internal_dataset``, ``first`` (its validation), ``second``, ``difference``; ``p`` and
        ``p_holm`` with Hanley and McNeil's errors, ``p_by_patient`` and ``p_holm_by_patient`` with
        the simulated ones.
    """
    is_validation = intervals["split"] == "validation"
    home_of = {"Table 3": "Table 2", "Table 4": "Table 4"}
    homes = intervals[is_validation].set_index(["place", "model"], drop=False)
    return _compared(
        [
            (homes.loc[(home_of[cell["place"]], cell["model"])], cell)
            for _, cell in intervals[~is_validation].iterrows()
        ]
    )


def published_gains(intervals: pd.DataFrame) -> pd.DataFrame:
    """Which of the gains from mixed training data are beyond chance.

    Returns
    -------
    DataFrame
        One row an external cell of Table 4, as `published_drops`: ``first`` is Table 4's value,
        ``second`` that of the same model in Table 3, on the whole set; the two are taken as
        independent, though the fifth is a part of the whole.
    """
    before = intervals[intervals["place"] == "Table 3"].set_index(["model", "dataset"], drop=False)
    after = intervals[(intervals["place"] == "Table 4") & (intervals["split"] == "test")]
    return _compared(
        [(cell, before.loc[(cell["model"], cell["dataset"])]) for _, cell in after.iterrows()]
    )


def detectable_drops() -> pd.DataFrame:
    """Smallest drop that each external set shows with 80% power, from each internal auROC.

    Returns
    -------
    DataFrame
        ``internal`` (a value of Table 2), then a column for each external set.
    """
    values = sorted({cell.auroc for cell in TABLE_2 if cell.dataset == INTERNAL})
    home = class_sizes(INTERNAL)
    return pd.DataFrame(
        [
            {"internal": value}
            | {name: smallest_detectable_drop(value, home, class_sizes(name)) for name in EXTERNAL}
            for value in values
        ]
    )


def _compared(pairs: list[tuple[pd.Series, pd.Series]]) -> pd.DataFrame:
    rows = []
    for first, second in pairs:
        difference = first["auroc"] - second["auroc"]
        p_values = {
            name: _p_value(difference, first[width], second[width])
            for name, width in (("p", "hanley_mcneil"), ("p_by_patient", "simulated_by_patient"))
        }
        rows.append(
            {
                "place": second["place"] if first["split"] == "validation" else first["place"],
                "model": first["model"],
                "dataset": second["dataset"],
                "internal_dataset": first["dataset"],
                "first": first["auroc"],
                "second": second["auroc"],
                "difference": difference,
                **p_values,
            }
        )
    table = pd.DataFrame(rows)
    return table.assign(p_holm=holm(table["p"]), p_holm_by_patient=holm(table["p_by_patient"]))


def _p_value(drop: float, first_half_width: float, second_half_width: float) -> float:
    error = math.hypot(first_half_width, second_half_width) / Z_95
    return 2 * upper_tail(abs(drop) / error, math.inf)
