"""Thresholds chosen on a model's internal set, and what they give on it and on others."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from mammo.datasets.splits import hold_out
from mammo.errors import MammoError
from mammo.evaluation import (
    operating_point,
    threshold_for_sensitivity,
    threshold_for_specificity,
    youden_threshold,
)
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT, INTERNAL_SPLIT, Part, Settings, parts

RECHOICE_FRACTION = 0.5
"""Share of an external set's patients that its own thresholds are chosen on."""

MEASURES = {
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "ppv": "positive_predictive_value",
    "npv": "negative_predictive_value",
}
"""Column prefixes of what an operating point gives."""
_SIZES = ("n_images", "n_patients", "n_malignant", "n_rarer_patients")
_SHARED = ("confidence", "unit", "method", *_SIZES)


@dataclass(frozen=True)
class Criterion:
    """A rule to choose a threshold by: its name, and the function that applies it.

    ``is_given`` says that the threshold does not depend on the scores.
    """

    name: str
    choose: Callable[..., float]
    is_given: bool = False


YOUDEN = Criterion("Youden", youden_threshold)
DEFAULTS = ("sensitivity=0.9", "specificity=0.9", "youden")


def criterion(text: str) -> Criterion:
    """Return the criterion that a text stands for.

    Parameters
    ----------
    text : str
        "youden", "sensitivity=0.9", "specificity=0.9" (any fraction), or "threshold=0.5", a
        threshold that is given.

    Raises
    ------
    MammoError
        If the text is none of these.
    """
    kind, _, value = text.partition("=")
    if text == "youden":
        return YOUDEN
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if kind == "threshold" and number == number:
        return Criterion(f"threshold {number:.15g}", lambda y_true, y_score: number, True)
    rules = {"sensitivity": threshold_for_sensitivity, "specificity": threshold_for_specificity}
    if kind not in rules or not 0 < number < 1:
        raise MammoError(
            f"operating point {text!r}: give youden, sensitivity=0.9, specificity=0.9 (or another "
            "fraction) or threshold=0.5 (or another number)"
        )
    return Criterion(f"{kind} {number:g}", partial(rules[kind], least=number))


def carried_over(
    scored: pd.DataFrame, criteria: list[Criterion], settings: Settings
) -> pd.DataFrame:
    """Choose thresholds on each model's internal set and apply them to all of its sets.

    Returns
    -------
    DataFrame
        ``model``, ``dataset``, ``split``, ``criterion``, ``threshold``, then for each of `MEASURES`
        its value, ``_lower`` and ``_upper``; ``confidence``, ``unit``, ``method``, ``n_images``,
        ``n_patients``, ``n_malignant``, ``n_rarer_patients``. Of a model without an internal set of
        both classes only thresholds that are given are there.
    """
    found = list(parts(scored))
    rows = []
    for model in dict.fromkeys(part.model for part in found):
        external = [p for p in found if p.model == model and p.split == EXTERNAL_SPLIT]
        internal = [p for p in found if p.model == model and can_choose(p)]
        for own in internal:
            for rule in criteria:
                threshold = rule.choose(*own.arrays[:2])
                rows += [_row(part, rule, threshold, settings) for part in (own, *external)]
        for rule in (rule for rule in criteria if rule.is_given and not internal):
            rows += [_row(p, rule, rule.choose(*p.arrays[:2]), settings) for p in external]
    return pd.DataFrame(rows)


def can_choose(part: Part) -> bool:
    """Whether thresholds can be chosen on a set: an internal one of both classes."""
    return part.split == INTERNAL_SPLIT and part.rows["y_true"].nunique() == 2


def rechosen(
    scored: pd.DataFrame,
    criteria: list[Criterion],
    settings: Settings,
    fraction: float = RECHOICE_FRACTION,
) -> pd.DataFrame:
    """Choose thresholds on some patients of each external set and apply them to its others.

    Parameters
    ----------
    scored : DataFrame
        A table of scores.
    criteria : list of Criterion
    settings : Settings
        Its seed chooses the patients: the same for every model.
    fraction : float
        Share of the patients that thresholds are chosen on, in (0, 1).

    Returns
    -------
    DataFrame
        As `carried_over`, of the patients that no threshold was chosen on. Sets whose choosing
        patients have one class are left out, and so are thresholds that are given.
    """
    rows = []
    for part in parts(scored):
        if part.split != EXTERNAL_SPLIT or part.rows["y_true"].nunique() < 2:
            continue
        labels, _, patients = part.arrays
        is_chosen_on = hold_out(labels.astype(int), patients, fraction, settings.seed)
        chosen_on = replace(part, rows=part.rows[is_chosen_on])
        if chosen_on.rows["y_true"].nunique() < 2:
            continue
        others = replace(part, rows=part.rows[~is_chosen_on])
        for rule in (rule for rule in criteria if not rule.is_given):
            threshold = rule.choose(*chosen_on.arrays[:2])
            rows.append(_row(others, rule, threshold, settings))
    return pd.DataFrame(rows)


def _row(part: Part, rule: Criterion, threshold: float, settings: Settings) -> dict[str, object]:
    point = operating_point(
        *part.arrays, threshold, unit=settings.unit, confidence=settings.confidence
    )
    row: dict[str, object] = {**part.key, "criterion": rule.name, "threshold": threshold}
    for prefix, name in MEASURES.items():
        estimate = getattr(point, name)
        bounds = {f"{prefix}_lower": estimate.lower, f"{prefix}_upper": estimate.upper}
        row |= {prefix: estimate.value, **bounds}
    return row | {name: getattr(point.sensitivity, name) for name in _SHARED}
