"""How high and how low an auROC can be where scores, or labels, are not known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mammo.evaluation.auroc import auroc
from mammo.evaluation.inputs import check_scores


@dataclass(frozen=True)
class Bounds:
    """Lowest and highest auROC that unknown values allow, and how many are unknown."""

    lowest: float
    highest: float
    n_unknown: int


def bounds_of_missing_scores(
    y_true: ArrayLike, y_score: ArrayLike, is_missing: ArrayLike
) -> Bounds:
    """Bound an auROC over all values that missing scores could have had.

    Parameters
    ----------
    y_true, y_score : (n,) arrays
        Scores that are missing have any value.
    is_missing : (n,) bool array
    """
    labels, scores = check_scores(y_true, y_score)
    missing = np.asarray(is_missing, dtype=bool)
    low, high = scores.min() - 1, scores.max() + 1
    worst = np.where(missing, np.where(labels, low, high), scores)
    best = np.where(missing, np.where(labels, high, low), scores)
    return Bounds(auroc(labels, worst), auroc(labels, best), int(missing.sum()))


def bounds_of_unknown_labels(
    y_true: ArrayLike, y_score: ArrayLike, unknown_scores: ArrayLike
) -> Bounds:
    """Bound an auROC over all labels that images of no known label could have.

    Parameters
    ----------
    y_true, y_score : (n,) arrays
        Of the images whose label is known.
    unknown_scores : (m,) array
        Of the others, such as those rated BI-RADS 3.

    Notes
    -----
    For each number of malignant ones among them, the auROC is lowest if these have the lowest
    scores, and highest if they have the highest; all numbers are tried.
    """
    labels, scores = check_scores(y_true, y_score)
    ordered = np.sort(np.asarray(unknown_scores, dtype=np.float64))
    values = [
        [_auroc_with(labels, scores, one, number) for number in range(len(ordered) + 1)]
        for one in (ordered, ordered[::-1])
    ]
    return Bounds(min(values[0]), max(values[1]), len(ordered))


def _auroc_with(
    labels: NDArray[np.bool_], scores: NDArray[np.float64], unknown: NDArray, n_malignant: int
) -> float:
    """auROC if the first so many of the unknown are malignant."""
    more = np.arange(len(unknown)) < n_malignant
    return auroc(np.concatenate([labels, more]), np.concatenate([scores, unknown]))
