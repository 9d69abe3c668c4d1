"""The area under the receiver operating characteristic curve (auROC), exact under ties.

The bootstrap of unweighted images counts in integers (`mammo.evaluation.kernels`); in
`weighted_auroc` an image's weight is any number, and in `auroc_within_parts` pairs of images are
kept to those that one model has scored.
"""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mammo.evaluation.inputs import check_scores


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
    order = np.argsort(scores[positives])  # among sorted scores sorted ones are found far sooner
    below, up_to = np.empty((2, len(positives)), np.intp)
    for places, side in ((below, "left"), (up_to, "right")):
        places[order] = np.searchsorted(scores[negatives], scores[positives[order]], side=side)
    return RankedScores(negatives, positives, below, up_to)


def placements(labels: NDArray[np.bool_], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the other class that each image is on the right side of; a tie is half.

    Parameters
    ----------
    labels : (n,) bool array
        Both classes present.
    scores : (n,) float array

    Returns
    -------
    (n,) float64 array
        In [0, 1]. Their mean over the positive images, and over the negative ones, is the auROC.

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845 (structural components).
    """
    placed = np.empty(len(labels))
    for one_class, oriented in ((labels, scores), (~labels, -scores)):
        ranked = rank(one_class, oriented)
        wins = ranked.below + ranked.up_to
        placed[ranked.positives] = wins / (2 * len(ranked.negatives))
    return placed


def weighted_auroc(
    labels: NDArray[np.bool_], scores: NDArray[np.float64], weights: NDArray
) -> NDArray[np.float64]:
    """auROC in which an image counts with its weight.

    Parameters
    ----------
    labels, scores : (n,) arrays
    weights : (replicates, n) array
        Not negative.

    Returns
    -------
    (replicates,) float64 array
        NaN where a class has no weight.
    """
    concordant, pairs = _concordance(labels, scores, weights)
    return _share(concordant, pairs)


def auroc_within_parts(
    labels: NDArray[np.bool_],
    scores: NDArray[np.float64],
    part: NDArray[np.integer],
    weights: NDArray,
) -> NDArray[np.float64]:
    """auROC over the pairs of images of the same part, which one model has scored.

    In cross-validation each part has a model of its own. Scores of two models have no common
    scale, so that pairs across parts would tell the models apart and not the images.

    Parameters
    ----------
    labels, scores, part : (n,) arrays
    weights : (replicates, n) array
        Not negative.

    Returns
    -------
    (replicates,) float64 array
        NaN where no part has both classes.

    References
    ----------
    LeDell E, Petersen M, van der Laan M. Electron J Stat 2015;9:1583-1607 (which weighs parts
    alike; here a part counts by its pairs).
    """
    concordant, pairs = np.zeros(len(weights)), np.zeros(len(weights))
    for number in np.unique(part):
        own = part == number
        found = _concordance(labels[own], scores[own], weights[:, own])
        concordant, pairs = concordant + found[0], pairs + found[1]
    return _share(concordant, pairs)


def _concordance(
    labels: NDArray[np.bool_], scores: NDArray[np.float64], weights: NDArray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weight of the pairs in the right order, ties counted half, and of all pairs."""
    ranked = rank(labels, scores)
    running = np.zeros((len(weights), len(ranked.negatives) + 1))
    np.cumsum(weights[:, ranked.negatives], axis=1, out=running[:, 1:])
    positive = weights[:, ranked.positives]
    below, up_to = running[:, ranked.below], running[:, ranked.up_to]
    concordant = np.einsum("rp,rp->r", positive, below + up_to) / 2
    return concordant, positive.sum(axis=1) * running[:, -1]


def _share(concordant: NDArray[np.float64], pairs: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(concordant, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
