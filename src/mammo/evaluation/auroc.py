"""The area under the receiver operating characteristic curve (auROC), exact under ties."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mammo.errors import MammoError


@dataclass(frozen=True)
class RankedScores:
    """Where each positive image's score falls among the sorted scores of the negative images.

    Attributes
    ----------
    negatives, positives : (n0,) and (n1,) int arrays
        Positions in the input of the negative images, sorted by score, and of the positive ones.
    below, up_to : (n1,) int arrays
        For each positive image, how many negative scores lie below it, and how many lie below or
        are tied with it.

    Notes
    -----
    A win counts 2, a tie 1 and a loss 0, so that ``below + up_to`` is twice the Mann-Whitney
    count: an integer, free of rounding however many ties there are.
    """

    negatives: NDArray[np.intp]
    positives: NDArray[np.intp]
    below: NDArray[np.intp]
    up_to: NDArray[np.intp]


def auroc(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Probability that a random positive image scores above a random negative one; a tie is half.

    Parameters
    ----------
    y_true : (n,) array of 0 and 1
        1 = malignant (positive), 0 = benign (negative).
    y_score : (n,) array of float
        Finite; the higher, the more suspicious. Any monotone scale gives the same value.

    Returns
    -------
    float
        In [0, 1]; NaN, with a UserWarning, where only one class is present.

    Raises
    ------
    MammoError
        If the arrays differ in length, are empty, hold a label other than 0 and 1, or a score
        that is not finite.

    References
    ----------
    Hanley JA, McNeil BJ. Radiology 1982;143:29-36 (the area is the Mann-Whitney statistic).
    """
    labels, scores = check_scores(y_true, y_score)
    ranked = rank(labels, scores)
    n_pairs = len(ranked.positives) * len(ranked.negatives)
    if n_pairs == 0:
        warnings.warn(
            f"auROC is undefined: all {len(labels)} images are of one class (label {labels[0]:d})",
            UserWarning,
            stacklevel=2,
        )
        return math.nan
    return int(ranked.below.sum() + ranked.up_to.sum()) / (2 * n_pairs)


def rank(labels: NDArray[np.bool_], scores: NDArray[np.float64]) -> RankedScores:
    """Sort the negative scores once and place each positive score among them."""
    negatives = np.flatnonzero(~labels)
    negatives = negatives[np.argsort(scores[negatives], kind="stable")]
    positives = np.flatnonzero(labels)
    below = np.searchsorted(scores[negatives], scores[positives], side="left")
    up_to = np.searchsorted(scores[negatives], scores[positives], side="right")
    return RankedScores(negatives, positives, below, up_to)


def check_scores(
    y_true: ArrayLike, y_score: ArrayLike
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return labels as bool and scores as float64, or say in one sentence what is wrong."""
    labels = _as_numbers(y_true, "y_true")
    scores = _as_numbers(y_score, "y_score")
    if labels.ndim != 1 or scores.shape != labels.shape:
        raise MammoError(
            f"y_true has shape {labels.shape} and y_score {scores.shape}: give two lists of equal "
            "length, one value an image"
        )
    if labels.size == 0:
        raise MammoError("y_true is empty: an auROC needs at least one image of each class")
    wrong = np.flatnonzero((labels != 0) & (labels != 1))
    if wrong.size:
        raise MammoError(
            f"y_true holds {labels[wrong[0]]:g} at position {wrong[0]} ({wrong.size} such in all): "
            "labels must be 0 (benign) or 1 (malignant)"
        )
    wrong = np.flatnonzero(~np.isfinite(scores))
    if wrong.size:
        raise MammoError(
            f"y_score holds {scores[wrong[0]]:g} at position {wrong[0]} ({wrong.size} such in "
            "all): every image needs a finite score; exclude images without one, with the reason"
        )
    return labels.astype(bool), scores


def hanley_mcneil_standard_error(area: float, n_positive: int, n_negative: int) -> float:
    """Standard error to be expected of an auROC, from its value and the class sizes alone.

    Parameters
    ----------
    area : float
        The auROC, in [0, 1].
    n_positive, n_negative : int
        Numbers of independent images of each class, at least 1.

    References
    ----------
    Hanley JA, McNeil BJ. Radiology 1982;143:29-36, equations 1 and 2 (negative exponential model).
    """
    q1 = area / (2 - area)
    q2 = 2 * area**2 / (1 + area)
    variance = area * (1 - area)
    variance += (n_positive - 1) * (q1 - area**2) + (n_negative - 1) * (q2 - area**2)
    return math.sqrt(variance / (n_positive * n_negative))


def _as_numbers(values: ArrayLike, name: str) -> NDArray[np.float64]:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MammoError(
            f"{name} holds values that are not numbers ({error}): give one number an image"
        ) from error
