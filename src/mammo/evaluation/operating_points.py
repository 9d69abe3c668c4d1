"""Operating points: a threshold chosen on one set, and what it gives on another."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mammo.errors import MammoError
from mammo.evaluation.curves import RocCurve, roc_curve
from mammo.evaluation.design_effect import clustered_proportion
from mammo.evaluation.inputs import (
    Estimate,
    Images,
    Unit,
    check_fraction,
    check_images,
    check_scores,
)


@dataclass(frozen=True)
class OperatingPoint:
    """What a threshold gives: an image is called positive if its score is at least it.

    The predictive values are those at the prevalence of the images at hand.
    """

    threshold: float
    sensitivity: Estimate
    specificity: Estimate
    positive_predictive_value: Estimate
    negative_predictive_value: Estimate


def youden_threshold(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Threshold at which sensitivity + specificity is greatest; of several, the highest.

    References
    ----------
    Youden WJ. Cancer 1950;3:32-35.
    """
    curve = _curve(y_true, y_score)
    x, y = (rate[0] for rate in curve.rates)
    return _threshold(curve, int(np.argmax(np.round(y - x, 12))))


def threshold_for_sensitivity(y_true: ArrayLike, y_score: ArrayLike, least: float) -> float:
    """Highest threshold with at least the sensitivity asked for.

    Parameters
    ----------
    y_true, y_score : (n,) arrays
        Of the set that the threshold is chosen on; both classes present.
    least : float
        In (0, 1).
    """
    check_fraction(least, "sensitivity")
    curve = _curve(y_true, y_score)
    reached = curve.rates[1][0] >= least - 1e-12
    return _threshold(curve, int(np.argmax(reached)))


def threshold_for_specificity(y_true: ArrayLike, y_score: ArrayLike, least: float) -> float:
    """Lowest threshold, of those that are scores, with at least the specificity asked for.

    Infinite, so that nothing is positive, where even the highest score loses more.
    """
    check_fraction(least, "specificity")
    curve = _curve(y_true, y_score)
    kept = 1 - curve.rates[0][0] >= least - 1e-12
    return _threshold(curve, int(np.flatnonzero(kept)[-1]))


def operating_point(
    y_true: ArrayLike,
    y_score: ArrayLike,
    patient_id: Sequence[object],
    threshold: float,
    *,
    unit: Unit = "patient",
    confidence: float = 0.95,
) -> OperatingPoint:
    """Sensitivity, specificity and predictive values at a threshold that is given.

    Parameters
    ----------
    y_true, y_score : (n,) arrays
    patient_id : (n,) sequence
    threshold : float
        Chosen beforehand, on other images; the intervals do not hold the uncertainty of its choice.
    unit : {"patient", "image"}
        What is taken as independent.
    confidence : float
        In (0, 1).

    Returns
    -------
    OperatingPoint
        NaN where there is no image to take a share of.
    """
    (point,) = operating_points(
        y_true, y_score, patient_id, [threshold], unit=unit, confidence=confidence
    )
    return point


def operating_points(
    y_true: ArrayLike,
    y_score: ArrayLike,
    patient_id: Sequence[object],
    thresholds: Sequence[float],
    *,
    unit: Unit = "patient",
    confidence: float = 0.95,
) -> list[OperatingPoint]:
    """Sensitivity, specificity and predictive values at each of several thresholds.

    As `operating_point`, with the labels and scores checked once.
    """
    check_fraction(confidence, "confidence")
    if any(map(math.isnan, thresholds)):
        raise MammoError("the threshold is NaN: give a number, from which on a score is positive")
    images = check_images(y_true, y_score, patient_id, unit)
    return [_point(images, threshold, confidence) for threshold in thresholds]


def _point(images: Images, threshold: float, confidence: float) -> OperatingPoint:
    labels, called = images.labels, images.scores >= threshold
    method = "Wilson, effective number of patients" if images.unit == "patient" else "Wilson"

    def share(hits: NDArray[np.bool_], among: NDArray[np.bool_]) -> Estimate:
        found = clustered_proportion(hits[among], images.units[among], confidence)
        return images.estimate(*found, confidence, method)

    return OperatingPoint(
        threshold,
        sensitivity=share(called, labels),
        specificity=share(~called, ~labels),
        positive_predictive_value=share(labels, called),
        negative_predictive_value=share(~labels, ~called),
    )


def _curve(y_true: ArrayLike, y_score: ArrayLike) -> RocCurve:
    labels, scores = check_scores(y_true, y_score)
    if labels.all() or not labels.any():
        raise MammoError(
            f"no threshold can be chosen: all {len(labels)} images are of one class "
            f"(label {labels[0]:d}); give images of both"
        )
    return roc_curve(labels, scores)


def _threshold(curve: RocCurve, place: int) -> float:
    return float(curve.thresholds[place]) if place else math.inf
