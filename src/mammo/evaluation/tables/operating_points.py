"""Thresholds and what they give on all of a model's sets: chosen internally, or a fine grid."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from mammo.datasets.splits import hold_out
from mammo.errors import MammoError
from mammo.evaluation import (
    operating_points,
    threshold_for_sensitivity,
    threshold_for_specificity,
    youden_threshold,
)
from mammo.evaluation.tables.scores import (
    EXTERNAL_SPLIT,
    INTERNAL_SPLIT,
    KEY,
    Part,
    Settings,
    parts,
)

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
STEPS = 60
"""Thresholds that a set's own scores give to the grid: one each sixtieth of its images."""
SHARES = ("sensitivity", "specificity")
"""What a threshold gives, each with its interval."""
_OF_GRID = [
    *(*KEY, "threshold", "criterion"),
    *(f"{name}{end}" for name in SHARES for end in ("", "_lower", "_upper")),
    *("confidence", "unit", "n_images", "n_patients", "n_malignant"),
]
_DIGITS = 4


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
                for part in (own, *external):
                    rows += _rows(part, [(rule.name, threshold)], settings)
        for rule in (rule for rule in criteria if rule.is_given and not internal):
            for part in external:
                rows += _rows(part, [(rule.name, rule.choose(*part.arrays[:2]))], settings)
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
            rows += _rows(others, [(rule.name, threshold)], settings)
    return pd.DataFrame(rows)


def _rows(
    part: Part, chosen: Sequence[tuple[str, float]], settings: Settings
) -> list[dict[str, object]]:
    """Return what thresholds give on a part, each with the name of what chose it."""
    points = operating_points(
        *part.arrays,
        [threshold for _, threshold in chosen],
        unit=settings.unit,
        confidence=settings.confidence,
    )
    rows = []
    for point, (criterion, threshold) in zip(points, chosen, strict=True):
        row: dict[str, object] = {**part.key, "criterion": criterion, "threshold": threshold}
        for prefix, name in MEASURES.items():
            estimate = getattr(point, name)
            bounds = {f"{prefix}_lower": estimate.lower, f"{prefix}_upper": estimate.upper}
            row |= {prefix: estimate.value, **bounds}
        rows.append(row | {name: getattr(point.sensitivity, name) for name in _SHARED})
    return rows


def threshold_grid(
    scored: pd.DataFrame, criteria: Sequence[Criterion], settings: Settings
) -> pd.DataFrame:
    """Apply thresholds across the range of a model's scores to each of its sets.

    A threshold of the grid has four significant digits, so that it is no image's score and can be
    typed; those that the criteria choose on the internal set are there as they are.

    Parameters
    ----------
    scored : DataFrame
        A table of scores.
    criteria : sequence of Criterion
        Thresholds to choose on each model's internal set.
    settings : Settings

    Returns
    -------
    DataFrame
        ``model``, ``dataset``, ``split``, ``threshold`` (rising), ``criterion`` ("" for the grid),
        ``sensitivity`` and ``specificity``, each with ``_lower`` and ``_upper``; ``confidence``,
        ``unit``, ``n_images``, ``n_patients``, ``n_malignant``. Sets of one class are left out.
    """
    found = [part for part in parts(scored) if part.rows["y_true"].nunique() == 2]
    rows = []
    for model in dict.fromkeys(part.model for part in found):
        of_model = [part for part in found if part.model == model]
        thresholds = _thresholds(of_model, criteria)
        for part in of_model:
            rows += _rows(part, [(name, at) for at, name in thresholds.items()], settings)
    return pd.DataFrame(rows, columns=_OF_GRID)


def _thresholds(of_model: list[Part], criteria: Sequence[Criterion]) -> dict[float, str]:
    """Return the thresholds in rising order, each with the criterion that chose it, or ""."""
    shares = np.linspace(0, 1, STEPS + 1)
    grid = np.concatenate([np.quantile(part.arrays[1], shares) for part in of_model])
    found = {float(f"{value:.{_DIGITS}g}"): "" for value in grid}
    for internal in filter(can_choose, of_model):
        for rule in criteria:
            threshold = rule.choose(*internal.arrays[:2])
            if np.isfinite(threshold):
                found[threshold] = rule.name
    return dict(sorted(found.items()))
