"""The expected calibration error, as it is defined and less what chance adds to it."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mammo.evaluation.bootstrap import Statistic
from mammo.evaluation.design_effect import design_effect
from mammo.evaluation.inputs import (
    Estimate,
    Unit,
    check_fraction,
    check_images,
    check_probabilities,
)


def expected_calibration_error(n_bins: int = 10) -> Statistic:
    """Mean distance of score and share of malignant images over bins of equal width.

    Parameters
    ----------
    n_bins : int
        Bins between 0 and 1; a score of 1 belongs to the last.

    Returns
    -------
    callable
        For `mammo.evaluation.value_of`. It is above 0 by chance alone, the more so the fewer the
        images, and so are all bootstrap replicates of it: `debiased_calibration_error` is for
        tables.

    References
    ----------
    Naeini MP, Cooper GF, Hauskrecht M. AAAI 2015:2901-2907.
    """

    def statistic(labels: NDArray, scores: NDArray, weights: NDArray) -> NDArray[np.float64]:
        check_probabilities(scores)
        place = _bins(scores, n_bins)
        order = np.argsort(place, kind="stable")
        starts = np.unique(place[order], return_index=True)[1]
        off = np.add.reduceat(weights[:, order] * (scores - labels)[order], starts, axis=1)
        return np.abs(off).sum(axis=1) / weights.sum(axis=1, dtype=np.int64)

    return statistic


def debiased_calibration_error(
    y_true: ArrayLike,
    y_score: ArrayLike,
    patient_id: Sequence[object],
    *,
    n_bins: int = 10,
    unit: Unit = "patient",
    confidence: float = 0.95,
) -> Estimate:
    """Expected calibration error less what chance adds to it; without an interval.

    Parameters
    ----------
    y_true, y_score, patient_id : (n,) arrays
        Scores in [0, 1].
    n_bins : int
        As for `expected_calibration_error`.
    unit : {"patient", "image"}
        What is taken as independent.
    confidence : float
        Only recorded: no interval of it is known that holds.

    Returns
    -------
    Estimate
        At least 0. What is taken off is what normal errors of the bins' shares would add to the
        error found. That is too little where scores are calibrated: of the error that chance gives
        to single images it leaves six tenths.

    References
    ----------
    Kumar A, Liang P, Ma T. Verified uncertainty calibration. NeurIPS 2019, appendix E.
    """
    check_fraction(confidence, "confidence")
    images = check_images(y_true, y_score, patient_id, unit)
    check_probabilities(images.scores)
    labels, scores = images.labels, images.scores
    place = np.unique(_bins(scores, n_bins), return_inverse=True)[1]
    in_bin = np.bincount(place)
    gaps = np.bincount(place, scores - labels) / in_bin
    worth = in_bin**2 / design_effect(labels - scores + gaps[place], images.units)
    errors = np.sqrt(np.bincount(place, scores * (1 - scores)) / worth)
    gaps = np.abs(gaps)
    ratio = np.divide(gaps, errors, out=np.zeros(len(gaps)), where=errors > 0)
    folded = errors * math.sqrt(2 / math.pi) * np.exp(-(ratio**2) / 2)
    added = np.where(errors > 0, folded - 2 * gaps * special.ndtr(-ratio), 0)
    value = np.sum(in_bin * (gaps - added)) / len(labels)
    how = f"debiased by {unit}, no interval"
    return images.estimate(max(float(value), 0.0), math.nan, math.nan, confidence, how)


def _bins(scores: NDArray[np.float64], n_bins: int) -> NDArray[np.intp]:
    return np.minimum((scores * n_bins).astype(int), n_bins - 1)
