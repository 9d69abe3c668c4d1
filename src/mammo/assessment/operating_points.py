"""Thresholds chosen on a model's internal set, and what they give there and elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd

from mammo.assessment.scores import EXTERNAL_SPLIT, INTERNAL_SPLIT, Part, Settings, parts
from mammo.errors import MammoError
from mammo.evaluation import (
    operating_point,
    threshold_for_sensitivity,
    threshold_for_specificity,
    youden_threshold,
)

MEASURES = {
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "ppv": "positive_predictive_value",
    "npv": "negative_predictive_value",
}
"""Column prefixes of what an operating point gives."""


@dataclass(frozen=True)
class Criterion:
    """A rule to choose a threshold by: its name, and the function that applies it."""

    name: str
    choose: Callable[..., float]


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
        return Criterion(f"threshold {number:g}", lambda y_true, y_score: number)
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
        ``n_patients``, ``n_malignant``. Models without an internal set of both classes are left
        out.
    """
    found = list(parts(scored))
    rows = []
    for internal in (part for part in found if part.split == INTERNAL_SPLIT):
        if internal.rows["y_true"].nunique() < 2:
            continue
        own = [p for p in found if p.model == internal.model and p.split == EXTERNAL_SPLIT]
        for rule in criteria:
            threshold = rule.choose(*internal.arrays[:2])
            rows += [_row(part, rule, threshold, settings) for part in (internal, *own)]
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
    shared = ("confidence", "unit", "method", "n_images", "n_patients", "n_malignant")
    return row | {name: getattr(point.sensitivity, name) for name in shared}
