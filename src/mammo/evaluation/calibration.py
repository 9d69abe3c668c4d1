"""Calibration: whether a score of 0.3 means that three in ten are malignant."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mammo.errors import MammoError
from mammo.evaluation.design_effect import clustered_proportion
from mammo.evaluation.inference import normal_quantile
from mammo.evaluation.inputs import Unit, check_fraction, check_images, check_probabilities

_NEAREST = 1e-6  # scores nearer to 0 or 1 have their logit taken here
_MOST_STEPS = 100
_MOST_CONDITION = 1e12  # of the curvature; beyond it a step is rounding, as where classes part


@dataclass(frozen=True)
class CalibrationLine:
    """The logit of the risk as a straight line in the logit of the score.

    Attributes
    ----------
    intercept, slope : float
        0 and 1 where the scores are calibrated; a slope below 1 means that they are too extreme.
    intercept_lower, intercept_upper, slope_lower, slope_upper : float
        Intervals that take units as independent.
    in_the_large, in_the_large_lower, in_the_large_upper : float
        Intercept with the slope held at 1: below 0, the scores are too high on the whole.
    confidence : float
    n_clipped : int
        Scores of (nearly) 0 or 1, whose logit is taken at 1e-6 from it.
    """

    intercept: float
    intercept_lower: float
    intercept_upper: float
    slope: float
    slope_lower: float
    slope_upper: float
    in_the_large: float
    in_the_large_lower: float
    in_the_large_upper: float
    confidence: float
    n_clipped: int

    def recalibrated(self, y_score: ArrayLike) -> NDArray[np.float64]:
        """Return scores moved along the line, in (0, 1): logistic recalibration.

        Raises
        ------
        MammoError
            If no line could be fitted.
        """
        if math.isnan(self.slope):
            raise MammoError(
                "recalibration needs images of both classes whose scores overlap; give more of them"
            )
        logits, _ = _logits(np.asarray(y_score, dtype=np.float64))
        return special.expit(self.intercept + self.slope * logits)


@dataclass(frozen=True)
class ReliabilityBin:
    """Mean score, and share of malignant images with interval, of images of like scores."""

    mean_score: float
    share_malignant: float
    lower: float
    upper: float
    n_images: int
    n_malignant: int


def brier(
    labels: NDArray[np.bool_], scores: NDArray[np.float64], weights: NDArray
) -> NDArray[np.float64]:
    """Mean squared distance of score and label; a statistic for `statistic_interval`.

    References
    ----------
    Brier GW. Mon Weather Rev 1950;78:1-3.
    """
    check_probabilities(scores)
    distance = (scores - labels) ** 2
    return np.sum(weights * distance, axis=1) / weights.sum(axis=1, dtype=np.int64)


def reliability_curve(
    y_true: ArrayLike,
    y_score: ArrayLike,
    patient_id: Sequence[object],
    *,
    n_bins: int = 10,
    unit: Unit = "patient",
    confidence: float = 0.95,
) -> list[ReliabilityBin]:
    """Share of malignant images among images of like scores, equally many in each bin.

    Parameters
    ----------
    y_true, y_score, patient_id : (n,) arrays
        Scores in [0, 1].
    n_bins : int
        At most; equal scores are never parted, so that ties may leave fewer.
    unit : {"patient", "image"}
        What is taken as independent.
    confidence : float
        In (0, 1).

    Returns
    -------
    list of ReliabilityBin
        By rising score.
    """
    check_fraction(confidence, "confidence")
    if n_bins < 1:
        raise MammoError(f"n_bins is {n_bins}: give at least 1")
    images = check_images(y_true, y_score, patient_id, unit)
    check_probabilities(images.scores)
    labels, scores, units = images.labels, images.scores, images.units
    edges = np.unique(np.quantile(scores, np.linspace(0, 1, n_bins + 1)[1:-1], method="lower"))
    place = np.searchsorted(edges, scores, side="left")
    bins = []
    for number in np.unique(place):
        inside = place == number
        share = clustered_proportion(labels[inside], units[inside], confidence)
        counts = (int(inside.sum()), int(labels[inside].sum()))
        bins.append(ReliabilityBin(float(scores[inside].mean()), *share, *counts))
    return bins


def calibration_line(
    y_true: ArrayLike,
    y_score: ArrayLike,
    patient_id: Sequence[object],
    *,
    unit: Unit = "patient",
    confidence: float = 0.95,
) -> CalibrationLine:
    """Fit intercept and slope of the calibration by maximum likelihood.

    Parameters
    ----------
    y_true, y_score, patient_id : (n,) arrays
        Scores in [0, 1].
    unit : {"patient", "image"}
        What is taken as independent; the likelihood's curvature is corrected for it.
    confidence : float
        In (0, 1).

    Returns
    -------
    CalibrationLine
        NaN, with a UserWarning, where a class is absent; intercept and slope also where the scores
        part the classes or are all the same.

    References
    ----------
    Cox DR. Biometrika 1958;45:562-565. Van Calster B, et al. J Clin Epidemiol 2016;74:167-176.
    White H. Econometrica 1982;50:1-25 (variance under correlation, summed by patient).
    """
    check_fraction(confidence, "confidence")
    images = check_images(y_true, y_score, patient_id, unit)
    check_probabilities(images.scores)
    logits, n_clipped = _logits(images.scores)
    reach = normal_quantile(confidence)
    columns = np.column_stack([np.ones(len(logits)), logits])
    line = _logistic(columns, np.zeros(len(logits)), images.labels, images.units)
    shift = _logistic(columns[:, :1], logits, images.labels, images.units)
    return CalibrationLine(
        *(
            bound
            for value, error in (*line, *shift)
            for bound in (value, value - reach * error, value + reach * error)
        ),
        confidence=confidence,
        n_clipped=n_clipped,
    )


def _logits(scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    inside = np.clip(scores, _NEAREST, 1 - _NEAREST)
    return special.logit(inside), int(np.sum(inside != scores))


def _logistic(
    columns: NDArray[np.float64],
    offset: NDArray[np.float64],
    labels: NDArray[np.bool_],
    units: NDArray[np.intp],
) -> list[tuple[float, float]]:
    """Coefficients of a logistic regression by Newton's method, each with its robust error."""
    n_columns = columns.shape[1]
    undefined = [(math.nan, math.nan)] * n_columns
    if labels.all() or not labels.any():
        warnings.warn("no calibration line: one class only", UserWarning, stacklevel=3)
        return undefined
    found = np.zeros(n_columns)
    sides = np.where(labels, -1.0, 1.0)
    basis, triangle = np.linalg.qr(columns)  # scores that are nearly the same would lose digits

    def cost(coefficients: NDArray[np.float64]) -> float:
        return float(np.logaddexp(0, sides * (offset + basis @ coefficients)).sum())

    for _ in range(_MOST_STEPS if np.linalg.matrix_rank(columns) == n_columns else 0):
        risk = special.expit(offset + basis @ found)
        curvature = (basis * (risk * (1 - risk))[:, None]).T @ basis
        if np.linalg.cond(curvature) > _MOST_CONDITION:
            break
        step = np.linalg.solve(curvature, basis.T @ (labels - risk))
        if np.abs(step).max() < 1e-10:
            back = np.linalg.inv(triangle)
            inverse = back @ np.linalg.inv(curvature)
            errors = _robust_errors(basis, labels - risk, inverse, units)
            return list(zip((back @ found).tolist(), errors, strict=True))
        while cost(found + step) > cost(found) * (1 + 1e-12):  # it went too far
            step = step / 2
        found = found + step
    warnings.warn(
        "no calibration line: the scores part the classes, or are all the same",
        UserWarning,
        stacklevel=3,
    )
    return undefined


def _robust_errors(
    columns: NDArray[np.float64],
    residuals: NDArray[np.float64],
    inverse: NDArray[np.float64],
    units: NDArray[np.intp],
) -> list[float]:
    pulls = columns * residuals[:, None]
    summed = np.stack([np.bincount(units, pull) for pull in pulls.T])
    n = summed.shape[1]
    if n < 2:
        return [math.nan] * columns.shape[1]
    variance = inverse @ (summed @ summed.T * (n / (n - 1))) @ inverse.T
    return np.sqrt(np.diag(variance)).tolist()
