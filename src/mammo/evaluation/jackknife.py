"""Jackknife of the auROC, from one ranking, and what it corrects of a bootstrap interval (BCa)."""

import math
import warnings

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mammo.evaluation.auroc import placements


def jackknife_aurocs(
    labels: NDArray[np.bool_], scores: NDArray[np.float64], units: NDArray[np.intp]
) -> NDArray[np.float64]:
    """auROC of all images but those of one unit, for each unit.

    Parameters
    ----------
    labels, scores, units : (n,) arrays
        Units are numbered 0, 1, ..., none left out.

    Returns
    -------
    (units,) float64 array
        NaN where a class is absent.
    """
    n_units = int(units.max()) + 1
    n_positive = np.bincount(units[labels], minlength=n_units)
    n_negative = np.bincount(units[~labels], minlength=n_units)
    positives, negatives = n_positive.sum(), n_negative.sum()
    if not positives or not negatives:
        return np.full(n_units, np.nan)
    placed = placements(labels, scores)
    won_by = negatives * np.bincount(units[labels], placed[labels], n_units)
    won_over = positives * np.bincount(units[~labels], placed[~labels], n_units)
    wins = positives * negatives * placed[labels].mean()
    remaining = wins - won_by - won_over + _wins_within(labels, scores, units)
    pairs = (positives - n_positive) * (negatives - n_negative)
    return np.divide(remaining, pairs, out=np.full(n_units, np.nan), where=pairs > 0)


def bca_levels(
    value: float,
    replicates: NDArray[np.float64],
    jackknife: NDArray[np.float64],
    levels: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Correct the levels for bias and acceleration (Efron B. J Am Stat Assoc 1987;82:171-185)."""
    valid = replicates[np.isfinite(replicates)]
    deviations = jackknife.mean() - jackknife
    scale = np.sum(deviations**2) ** 1.5
    if not valid.size or not scale > 0:
        warnings.warn(
            "no BCa interval: the auROC is undefined, or the same, whichever unit is left out",
            UserWarning,
            stacklevel=3,
        )
        return np.full(2, math.nan)
    below = (np.mean(valid < value) + np.mean(valid <= value)) / 2
    bias = special.ndtri(below)
    acceleration = np.sum(deviations**3) / (6 * scale)
    shifted = bias + special.ndtri(levels)
    return special.ndtr(bias + shifted / (1 - acceleration * shifted))


def _wins_within(
    labels: NDArray[np.bool_], scores: NDArray[np.float64], units: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Wins of each unit's positive images over its own negative ones; a tie is half."""
    level = np.unique(scores, return_inverse=True)[1]
    n_levels = int(level.max()) + 1
    place = units * n_levels + level
    negatives = np.sort(place[~labels])
    ahead = np.searchsorted(negatives, units[labels] * n_levels, side="left")
    below = np.searchsorted(negatives, place[labels], side="left") - ahead
    up_to = np.searchsorted(negatives, place[labels], side="right") - ahead
    return np.bincount(units[labels], (below + up_to) / 2, int(units.max()) + 1)
