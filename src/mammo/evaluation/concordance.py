"""The auROC of weighted images, and that of several models of one set of images.

The bootstrap of unweighted images counts in integers (`mammo.evaluation.kernels`); here an image's
weight is any number, and pairs of images can be kept to those that one model has scored.
"""

import numpy as np
from numpy.typing import NDArray

from mammo.evaluation.auroc import rank


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
