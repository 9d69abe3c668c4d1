"""What each threshold of a fine grid gives on all of a model's sets."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mammo.evaluation import operating_points
from mammo.evaluation.tables.operating_points import Criterion, can_choose
from mammo.evaluation.tables.scores import Part, Settings, parts

STEPS = 60
"""Thresholds that a set's own scores give to the grid: one each sixtieth of its images."""
SHARES = ("sensitivity", "specificity")
"""What a threshold gives, each with its interval."""
_DIGITS = 4


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
            rows += _rows(part, thresholds, settings)
    return pd.DataFrame(rows)


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


def _rows(part: Part, thresholds: dict[float, str], settings: Settings) -> list[dict[str, object]]:
    points = operating_points(
        *part.arrays, list(thresholds), unit=settings.unit, confidence=settings.confidence
    )
    rows = []
    for point, criterion in zip(points, thresholds.values(), strict=True):
        row: dict[str, object] = {**part.key, "threshold": point.threshold, "criterion": criterion}
        for name in SHARES:
            estimate = getattr(point, name)
            bounds = {f"{name}_lower": estimate.lower, f"{name}_upper": estimate.upper}
            row |= {name: estimate.value, **bounds}
        shared = ("confidence", "unit", "n_images", "n_patients", "n_malignant")
        rows.append(row | {name: getattr(point.sensitivity, name) for name in shared})
    return rows
