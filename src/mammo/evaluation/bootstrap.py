"""Percentile bootstrap of the auROC that resamples patients, or images, seeded.

Several images of one patient are not independent, so that resampling images gives intervals that
are too narrow; the patient is the default unit (Rutter CM. Acad Radiol 2000;7:413-419).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mammo.errors import MammoError
from mammo.evaluation.auroc import RankedScores, auroc, check_scores, rank

Unit = Literal["patient", "image"]

_BLOCK = 64  # replicates a block: the block's counts stay in the processor's cache

_MISSING = ["", "None", "nan", "NaN", "<NA>", "NaT"]  # how an absent identifier reads as text


@dataclass(frozen=True)
class Estimate:
    """One auROC with its interval and everything needed to judge it.

    ``lower`` and ``upper`` are NaN where no interval can be had; ``n_valid`` counts the replicates
    that held both classes, the only ones the interval is made of.
    """

    auroc: float
    lower: float
    upper: float
    confidence: float
    n_images: int
    n_patients: int
    n_malignant: int
    unit: Unit
    method: str
    n_bootstrap: int
    n_valid: int
    seed: int


def auroc_interval(
    y_true: ArrayLike,
    y_score: ArrayLike,
    patient_id: Sequence[object],
    *,
    unit: Unit = "patient",
    n_bootstrap: int = 2000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """auROC of the images with its percentile bootstrap interval.

    The same seed gives every model scored on one set the same draws, whatever the order of the
    rows, so that intervals on a set are paired between models.

    Parameters
    ----------
    y_true : (n,) array of 0 and 1
    y_score : (n,) array of float
        Finite; the higher, the more suspicious.
    patient_id : (n,) sequence
        Whose image it is; none may be missing.
    unit : {"patient", "image"}
        What is drawn with replacement: all images of a patient together, or single images.
    n_bootstrap : int
        Replicates, at least 1.
    confidence : float
        Coverage aimed at, in (0, 1).
    seed : int
        Not negative.

    Returns
    -------
    Estimate
        NaN bounds, with a UserWarning, where one class is absent or there are fewer than two units
        to resample. A perfect separation gives an interval of no width: a known limit of the
        percentile bootstrap.

    Raises
    ------
    MammoError
        If an argument is not as described.

    References
    ----------
    Efron B, Tibshirani RJ. An Introduction to the Bootstrap, 1993, section 13.3 (percentile).
    """
    if unit not in get_args(Unit):
        raise MammoError(f"unit is {unit!r}: choose 'patient' or 'image'")
    if not 0 < confidence < 1:
        raise MammoError(f"confidence is {confidence}: give a fraction between 0 and 1, as 0.95")
    labels, scores = check_scores(y_true, y_score)
    patients = group_index(patient_id, len(labels))
    units = patients if unit == "patient" else np.arange(len(labels))
    replicates = bootstrap_aurocs(labels, scores, units, n_bootstrap, seed)[0]
    valid = replicates[np.isfinite(replicates)]
    lower = upper = math.nan
    if units.max() == 0:
        warnings.warn(f"no interval: all images are of one {unit}", UserWarning, stacklevel=2)
    elif valid.size:
        tail = (1 - confidence) / 2
        lower, upper = (float(bound) for bound in np.quantile(valid, [tail, 1 - tail]))
    return Estimate(
        auroc=auroc(labels, scores),
        lower=lower,
        upper=upper,
        confidence=confidence,
        n_images=len(labels),
        n_patients=int(patients.max()) + 1,
        n_malignant=int(labels.sum()),
        unit=unit,
        method=f"percentile bootstrap of {unit}s",
        n_bootstrap=n_bootstrap,
        n_valid=int(valid.size),
        seed=seed,
    )


def bootstrap_aurocs(
    y_true: ArrayLike,
    scores: ArrayLike,
    groups: Sequence[object],
    n_bootstrap: int,
    seed: int,
) -> NDArray[np.float64]:
    """auROC of every model on every bootstrap replicate; all models share the draws.

    Parameters
    ----------
    y_true : (n,) array of 0 and 1
    scores : (n,) or (models, n) array of float
    groups : (n,) sequence
        The unit each image is drawn with (patient, or the image itself).
    n_bootstrap, seed : int

    Returns
    -------
    (models, n_bootstrap) float64 array
        NaN where a replicate holds one class only.

    Notes
    -----
    A replicate is a vector of counts, how often each group was drawn. Each model's images are
    ranked once; a running count of negatives then gives each replicate's Mann-Whitney count in
    integers, so that it equals the auROC weighted by those counts, ties included. Replicates are
    computed in blocks: memory is bounded by about 64 x n numbers whatever their number.
    """
    labels, ranked = _rank_models(y_true, scores)
    group = group_index(groups, len(labels))
    if n_bootstrap < 1:
        raise MammoError(f"n_bootstrap is {n_bootstrap}: at least 1 replicate is needed")
    if seed < 0:
        raise MammoError(f"seed is {seed}: give an integer that is not negative")
    generator = np.random.default_rng(seed)
    aurocs = np.empty((len(ranked), n_bootstrap))
    for start in range(0, n_bootstrap, _BLOCK):
        block = slice(start, min(start + _BLOCK, n_bootstrap))
        counts = _draw_counts(generator, block.stop - block.start, int(group.max()) + 1)
        image_counts = counts[:, group]
        for row, model in enumerate(ranked):
            aurocs[row, block] = _weighted_aurocs(image_counts, model)
    return aurocs


def group_index(groups: Sequence[object], n_images: int) -> NDArray[np.intp]:
    """Number the groups 0, 1, ... in the order of their names; a missing name is an error."""
    names = np.asarray(groups)
    if names.dtype.kind not in "iu":
        names = np.array([str(group).strip() for group in groups])
    if names.shape != (n_images,):
        raise MammoError(f"{len(names)} patient identifiers for {n_images} images: give one each")
    missing = np.flatnonzero(np.isin(names.astype(str), _MISSING))
    if missing.size:
        raise MammoError(
            f"the patient identifier at position {missing[0]} is missing ({missing.size} in all): "
            "give every image one; images of unknown patients cannot be taken as independent"
        )
    return np.unique(names, return_inverse=True)[1]


def _rank_models(
    y_true: ArrayLike, scores: ArrayLike
) -> tuple[NDArray[np.bool_], list[RankedScores]]:
    checked = [check_scores(y_true, model) for model in np.atleast_2d(np.asarray(scores))]
    if not checked:
        raise MammoError("scores hold no model: give an array of shape (images,) or (models, n)")
    return checked[0][0], [rank(labels, model) for labels, model in checked]


def _draw_counts(
    generator: np.random.Generator, n_replicates: int, n_groups: int
) -> NDArray[np.int64]:
    """How often each group is drawn in n_groups draws with replacement, a row a replicate.

    The draws are taken in order from one stream, which makes the replicates a function of the
    seed alone and not of the block size.
    """
    draws = generator.integers(0, n_groups, size=(n_replicates, n_groups), dtype=np.int64)
    draws += n_groups * np.arange(n_replicates)[:, None]
    counts = np.bincount(draws.ravel(), minlength=n_replicates * n_groups)
    return counts.reshape(n_replicates, n_groups)


def _weighted_aurocs(counts: NDArray[np.int64], ranked: RankedScores) -> NDArray[np.float64]:
    """auROC of each row of image counts, (replicates, n); NaN where a class was not drawn."""
    running = np.zeros((len(counts), len(ranked.negatives) + 1), dtype=np.int64)
    np.cumsum(counts[:, ranked.negatives], axis=1, out=running[:, 1:])
    positives = counts[:, ranked.positives]
    wins = np.einsum("ij,ij->i", positives, running[:, ranked.below] + running[:, ranked.up_to])
    pairs = 2 * positives.sum(axis=1) * running[:, -1]
    return np.divide(wins, pairs, out=np.full(len(counts), np.nan), where=pairs > 0)
