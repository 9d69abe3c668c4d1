"""Which of the paper's differences are beyond chance, from its values and the sizes of its sets.

Also what they hang on, and what a fourth site would find.
"""

import math

import numpy as np
import pandas as pd

from mammo.datasets.roles import EXTERNAL, INTERNAL
from mammo.evaluation import holm, smallest_detectable_difference
from mammo.evaluation.inference import upper_tail
from mammo.evaluation.planning import hanley_mcneil_standard_error, smallest_detectable_drop
from mammo.evaluation.tables.next_site import summarised
from mammo.paper.published import TABLE_2
from mammo.paper.sampling_error import Z_95, class_sizes

LEVEL, CONFIDENCE = 0.05, 0.95
SHARED = 1 / math.sqrt(5)
"""Correlation of the mean of a fifth with that of the whole that it is a part of."""

_WIDTHS = {
    "p": "hanley_mcneil",
    "p_by_patient": "simulated_by_patient",
    "p_one_class": "simulated_one_class",
}
"""The half-widths that each p-value is made of."""

_END2END = ("end2end_vgg16", "end2end_resnet50")


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
        ``internal_dataset``, ``first`` (its validation), ``second``, ``difference``; with Hanley
        and McNeil's errors its ``standard_error``, ``lower`` and ``upper`` (95%), ``detectable``
        (with 80% power), ``p`` and ``p_holm``; ``p_by_patient``, ``p_one_class`` and
        ``p_holm_by_patient``, ``p_holm_one_class`` with the simulated ones.
    """
    is_validation = intervals["split"] == "validation"
    validated_in = {"Table 3": "Table 2", "Table 4": "Table 4"}
    internal = intervals[is_validation].set_index(["place", "model"], drop=False)
    return _compared(
        [
            (internal.loc[(validated_in[cell["place"]], cell["model"])], cell)
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
        independent. The fifth is a part of the whole, so that they are correlated by as much as
        `SHARED` if the two trainings order the images alike: ``p_shared`` is for that.
    """
    before = intervals[intervals["place"] == "Table 3"].set_index(["model", "dataset"], drop=False)
    after = intervals[(intervals["place"] == "Table 4") & (intervals["split"] == "test")]
    pairs = [(cell, before.loc[(cell["model"], cell["dataset"])]) for _, cell in after.iterrows()]
    shared = [_p_value(*pair, "hanley_mcneil", SHARED) for pair in pairs]
    return _compared(pairs).assign(p_shared=shared)


def beyond_chance(differences: pd.DataFrame) -> pd.Series:
    """Whether each of `published_drops` or `published_gains` is, by all three errors: bool."""
    return _are_significant(differences).all(axis=1)


def verdicts(differences: pd.DataFrame) -> list[str]:
    """Say of each whether it is "significant": by all three errors; "in doubt": by some alone."""
    found = _are_significant(differences)
    words = {True: "in doubt", False: "not significant"}
    return [
        "significant" if by_all else words[by_any]
        for by_all, by_any in zip(found.all(axis=1), found.any(axis=1), strict=True)
    ]


def _are_significant(differences: pd.DataFrame) -> pd.DataFrame:
    return differences[[f"p_holm{name.removeprefix('p')}" for name in _WIDTHS]] < LEVEL


def detectable_drops() -> pd.DataFrame:
    """Smallest drop that each external set shows with 80% power, from each internal auROC.

    Returns
    -------
    DataFrame
        ``internal`` (a value of Table 2), then a column for each external set.
    """
    values = sorted({cell.auroc for cell in TABLE_2 if cell.dataset == INTERNAL})
    sizes = class_sizes(INTERNAL)
    return pd.DataFrame(
        [
            {"internal": value}
            | {name: smallest_detectable_drop(value, sizes, class_sizes(name)) for name in EXTERNAL}
            for value in values
        ]
    )


def _compared(pairs: list[tuple[pd.Series, pd.Series]]) -> pd.DataFrame:
    rows = []
    for first, second in pairs:
        difference = first["auroc"] - second["auroc"]
        error = _error(first, second, "hanley_mcneil")
        rows.append(
            {
                "place": second["place"] if first["split"] == "validation" else first["place"],
                "model": first["model"],
                "dataset": second["dataset"],
                "internal_dataset": first["dataset"],
                "first": first["auroc"],
                "second": second["auroc"],
                "difference": difference,
                "standard_error": error,
                "lower": difference - Z_95 * error,
                "upper": difference + Z_95 * error,
                "detectable": smallest_detectable_difference(error),
                **{name: _p_value(first, second, width) for name, width in _WIDTHS.items()},
            }
        )
    table = pd.DataFrame(rows)
    adjusted = {name.replace("p", "p_holm", 1): holm(table[name]) for name in _WIDTHS}
    return table.assign(**adjusted)


def _error(first: pd.Series, second: pd.Series, width: str, correlation: float = 0.0) -> float:
    """Standard error of a difference of two values, from their 95% half-widths."""
    one, other = first[width] / Z_95, second[width] / Z_95
    return math.sqrt(one**2 + other**2 - 2 * correlation * one * other)


def _p_value(first: pd.Series, second: pd.Series, width: str, correlation: float = 0.0) -> float:
    difference = abs(first["auroc"] - second["auroc"])
    return 2 * upper_tail(difference / _error(first, second, width, correlation), math.inf)


def drops_by_assumption(intervals: pd.DataFrame) -> pd.DataFrame:
    """Count the drops of models trained on DDSM alone that remain, assumption by assumption.

    Parameters
    ----------
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`.

    Returns
    -------
    DataFrame
        ``assumption``, ``n_drops``, ``n_remaining`` (significant after Holm over all drops, those
        after mixed training included) and ``lost``, the models and sets of the others.
    """
    rows = []
    for words, changed in _assumptions(intervals).items():
        drops = published_drops(changed)
        drops = drops[drops["place"] == "Table 3"]
        remains = (drops["p_holm"] < LEVEL) & (drops["difference"] > 0)
        lost = drops.loc[~remains, ["model", "dataset"]]
        rows.append(
            {
                "assumption": words,
                "n_drops": len(drops),
                "n_remaining": int(remains.sum()),
                "lost": list(lost.itertuples(index=False, name=None)),
            }
        )
    return pd.DataFrame(rows)


def _assumptions(intervals: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the intervals that follow from each assumption, by its words."""
    is_end2end = intervals["model"].isin(_END2END)
    errors = intervals.assign
    return {
        "the printed values, if images were independent": intervals,
        "a patient's images alike": errors(hanley_mcneil=intervals["simulated_by_patient"]),
        "so, and UKy's patients with images of one class alone": errors(
            hanley_mcneil=intervals["simulated_one_class"]
        ),
        "all variances twice as large": errors(
            hanley_mcneil=np.sqrt(2) * intervals["hanley_mcneil"]
        ),
        "end2end at 0.75 internally, as a user found for its VGG16": _with_internal(
            intervals, intervals["auroc"].mask(is_end2end, 0.75)
        ),
        "end2end at 0.69 internally, as the same user found for its ResNet50": _with_internal(
            intervals, intervals["auroc"].mask(is_end2end, 0.69)
        ),
        "every internal value too high by 0.05": _with_internal(
            intervals, intervals["auroc"] - 0.05
        ),
    }


def _with_internal(intervals: pd.DataFrame, aurocs: pd.Series) -> pd.DataFrame:
    """Return the intervals with other internal values, and the errors that go with those."""
    changed = intervals.copy()
    differs = (changed["split"] == "validation") & (aurocs != changed["auroc"])
    for place in changed.index[differs]:
        sizes = changed.loc[place, ["n_malignant", "n_benign"]]
        error = hanley_mcneil_standard_error(aurocs[place], *sizes)
        changed.loc[place, ["auroc", "hanley_mcneil"]] = [aurocs[place], Z_95 * error]
    return changed


def published_next_sites(intervals: pd.DataFrame) -> pd.DataFrame:
    """Predict what each of the paper's models would score at another site.

    Parameters
    ----------
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`; the errors are those by formula.

    Returns
    -------
    DataFrame
        As `mammo.evaluation.tables.next_site.summarised`, one row a model with three external
        values.
    """
    results = {
        (row["place"], row["model"], row["dataset"]): (
            row["auroc"],
            row["hanley_mcneil"] / Z_95,
        )
        for _, row in intervals.iterrows()
    }
    rows = []
    for model in dict.fromkeys(intervals.loc[intervals["place"] == "Table 3", "model"]):
        external = {name: results.get(("Table 3", model, name)) for name in EXTERNAL}
        if None in external.values():
            continue
        internal = [one for key, one in results.items() if key[:2] == ("Table 2", model)]
        rows.append(summarised(model, external, internal[0], CONFIDENCE))
    return pd.DataFrame(rows)
