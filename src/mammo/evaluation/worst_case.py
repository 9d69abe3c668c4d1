"""How high and how low an auROC can be where scores, or labels, are not known."""

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
        Of the images whose label is known, both classes present.
    unknown_scores : (m,) array
        Of the others, such as those rated BI-RADS 3.

    Notes
    -----
    For each number of malignant ones among them, the auROC is lowest if these have the lowest
    scores, and highest if they have the highest; all numbers are tried.
    """
    labels, scores = check_scores(y_true, y_score)
    ordered = np.sort(np.asarray(unknown_scores, dtype=np.float64))
    known = labels, scores
    lowest = _aurocs_with(*known, ordered).min()
    highest = 1 - _aurocs_with(*known[:1], -known[1], -ordered[::-1]).min()
    return Bounds(float(lowest), float(highest), len(ordered))


def _aurocs_with(
    labels: NDArray[np.bool_], scores: NDArray[np.float64], unknown: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the auROC if none, the first, the first two ... of the unknown are malignant.

    ``unknown`` rises, so that a malignant one beats no benign one of them and ties at most.
    """
    positive, negative = (np.sort(scores[one]) for one in (labels, ~labels))
    numbers = np.arange(len(unknown) + 1)
    wins = _wins(positive, negative).sum()
    as_malignant = np.append(0, np.cumsum(_wins(unknown, negative)))
    over_each = len(positive) - _wins(unknown, positive)
    over_benign = over_each.sum() - np.append(0, np.cumsum(over_each))
    edge = np.append(unknown, np.inf)
    first, last = (np.searchsorted(unknown, edge, side) for side in ("left", "right"))
    ties = (numbers - first) * (last - numbers) / 2
    n_pairs = (len(positive) + numbers) * (len(negative) + len(unknown) - numbers)
    return (wins + as_malignant + over_benign + ties) / n_pairs


def _wins(values: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many of others, sorted, each value is above; a tie is half."""
    sides = (np.searchsorted(others, values, side) for side in ("left", "right"))
    return sum(sides) / 2
