"""What each model scores on each set: the auROC, its other intervals, further measures."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo.evaluation import (
    Estimate,
    auroc_interval,
    average_precision,
    brier,
    debiased_calibration_error,
    delong_interval,
    obuchowski_interval,
    partial_auroc,
    roc_curve,
    score_interval,
    sensitivity_at,
    statistic_interval,
)
from mammo.evaluation.bootstrap import statistic_intervals
from mammo.evaluation.curves import CurveStatistic
from mammo.evaluation.score_interval import AurocEstimate, headline_auroc
from mammo.evaluation.tables.scores import Part, Settings, parts

LEAST_SPECIFICITY = 0.9
"""Above it lies the partial area, and at it the sensitivity, that are always given."""

STATISTICS: dict[str, CurveStatistic] = {
    f"partial auROC, specificity {LEAST_SPECIFICITY:g} to 1": partial_auroc(
        specificity=LEAST_SPECIFICITY
    ),
    f"sensitivity at specificity {LEAST_SPECIFICITY:g}": sensitivity_at(LEAST_SPECIFICITY),
    "average precision": average_precision,
}
"""Measures beside the auROC, of scores on any scale; all are read off one curve."""

CALIBRATION_ERROR = "expected calibration error, 10 bins, debiased"


def aurocs(scored: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return the auROC of each model on each set with the headline interval.

    Returns
    -------
    DataFrame
        ``model``, ``dataset``, ``split``, ``auroc``, then the fields of
        `mammo.evaluation.score_interval.AurocEstimate` but ``value``. All models on a set share the
        draws of the percentile interval.
    """
    rows = [_row(part, "auROC", headline(part, settings)) for part in parts(scored)]
    return pd.DataFrame(rows).drop(columns="statistic").rename(columns={"value": "auroc"})


def headline(part: Part, settings: Settings) -> AurocEstimate:
    """Return a part's auROC with its score interval, and the percentile one beside it."""
    return headline_auroc(*part.arrays, **asdict(settings))


def intervals(settings: Settings) -> dict[str, Callable[..., Estimate]]:
    """Return every way to an interval of the auROC, by its name."""
    drawn = asdict(settings)
    del drawn["unit"]
    level = {"confidence": settings.confidence}
    return {
        "score, by patient": partial(score_interval, **level),
        "score, by image": partial(score_interval, unit="image", **level),
        "percentile, by patient": partial(auroc_interval, **drawn),
        "percentile, by image": partial(auroc_interval, unit="image", **drawn),
        "BCa, by patient": partial(auroc_interval, bounds="bca", **drawn),
        "percentile, by patient, stratified": partial(auroc_interval, stratified=True, **drawn),
        "Obuchowski, by patient": partial(obuchowski_interval, **level),
        "DeLong, by image": partial(delong_interval, **level),
    }


def every_estimate(scored: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return each measure of each model on each set, the auROC with every interval.

    Returns
    -------
    DataFrame
        ``model``, ``dataset``, ``split``, ``statistic``, then `mammo.evaluation.Estimate`'s fields.
        Measures of probabilities only where all of a part's scores are in [0, 1].
    """
    rows = []
    for part in parts(scored):
        for interval in intervals(settings).values():
            rows.append(_row(part, "auROC", interval(*part.arrays)))
        read_off = statistic_intervals(_read_off, *part.arrays, **asdict(settings))
        rows += map(partial(_row, part), STATISTICS, read_off)
        if are_probabilities(part):
            found = statistic_interval(brier, *part.arrays, **asdict(settings))
            rows.append(_row(part, "Brier score", found))
            how = {"unit": settings.unit, "confidence": settings.confidence}
            found = debiased_calibration_error(*part.arrays, **how)
            rows.append(_row(part, CALIBRATION_ERROR, found))
    return pd.DataFrame(rows)


def _read_off(labels: NDArray, scores: NDArray, weights: NDArray) -> NDArray[np.float64]:
    curve = roc_curve(labels, scores, weights)
    return np.stack([statistic.of(curve) for statistic in STATISTICS.values()])


def are_probabilities(part: Part) -> bool:
    """Whether all of a part's scores are in [0, 1]."""
    return bool(part.rows["y_score"].between(0, 1).all())


def _row(part: Part, statistic: str, estimate: Estimate) -> dict[str, object]:
    return {**part.key, "statistic": statistic, **asdict(estimate)}
