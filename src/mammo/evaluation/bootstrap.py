"""Bootstrap of the auROC, and of any other statistic, by patient or by image.

Several images of one patient are not independent, so that resampling images gives intervals that
are too narrow; the patient is the default unit (Rutter CM. Acad Radiol 2000;7:413-419).
"""

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mammo.errors import MammoError
from mammo.evaluation.auroc import auroc, rank
from mammo.evaluation.draws import Draws, in_threads, plan_draws
from mammo.evaluation.inputs import (
    Estimate,
    Images,
    Unit,
    check_fraction,
    check_images,
    check_models,
    group_index,
)
from mammo.evaluation.jackknife import bca_levels, jackknife_aurocs

Bounds = Literal["percentile", "bca"]
"""How an interval is read off the replicates: their percentiles, or those corrected for bias and
acceleration."""

Statistic = Callable[
    [NDArray[np.bool_], NDArray[np.float64], NDArray[np.integer]], NDArray[np.float64]
]
"""Labels (n,), scores (n,) and weights (replicates, n) to one value a replicate, NaN where it is
undefined."""

_TITLES = {"percentile": "percentile", "bca": "BCa"}


def auroc_interval(
    y_true: ArrayLike,
    y_score: ArrayLike,
    patient_id: Sequence[object],
    *,
    unit: Unit = "patient",
    bounds: Bounds = "percentile",
    stratified: bool = False,
    n_bootstrap: int = 10_000,
    confidence: float = 0.95,
    seed: int = 0,
    threads: int | None = None,
) -> Estimate:
    """auROC of the images with its bootstrap interval.

    The same seed gives every model scored on one set the same draws, whatever the number of threads
    and, by patient, the order of the rows, so that intervals on a set are paired between models.

    Parameters
    ----------
    y_true : (n,) array of 0 and 1
    y_score : (n,) array of float
        Finite; the higher, the more suspicious.
    patient_id : (n,) sequence
        Whose image it is; none may be missing.
    unit : {"patient", "image"}
        What is drawn with replacement: all images of a patient together, or single images.
    bounds : {"percentile", "bca"}
        Percentiles of the replicates, or bias-corrected and accelerated ones. The acceleration is
        that of leaving each unit out, stratified or not.
    stratified : bool
        Draw units with a malignant image apart from those without, as many of each as there are.
    n_bootstrap : int
        Replicates, at least 1.
    confidence : float
        Coverage aimed at, in (0, 1).
    seed : int
        From 0 to 2**64 - 1.
    threads : int, optional
        Threads to compute in; without it one a processor. The result does not depend on it.

    Returns
    -------
    Estimate
        NaN bounds, with a UserWarning, where one class is absent or there are fewer than two units
        to resample. A perfect separation gives an interval of no width by percentiles, and none by
        BCa: known limits of the bootstrap.

    Raises
    ------
    MammoError
        If an argument is not as described.

    References
    ----------
    Efron B, Tibshirani RJ. An Introduction to the Bootstrap, 1993, sections 13.3 (percentile) and
    14.3 (BCa).
    """
    if bounds not in get_args(Bounds):
        raise MammoError(f"bounds is {bounds!r}: choose 'percentile' or 'bca'")
    check_fraction(confidence, "confidence")
    images = check_images(y_true, y_score, patient_id, unit)
    labels, scores = images.labels, images.scores
    draws = plan_draws(images.units, n_bootstrap, seed, labels if stratified else None)
    replicates = _replicates(labels, [scores], draws, threads)[0]
    value = auroc(labels, scores)
    levels = tails(confidence)
    if bounds == "bca":
        jackknife = jackknife_aurocs(labels, scores, images.units)
        levels = bca_levels(value, replicates, jackknife, levels)
    method = f"{'stratified ' * stratified}{_TITLES[bounds]} bootstrap of {unit}s"
    return estimate_from(value, replicates, levels, images, method, confidence, seed)


def statistic_interval(
    statistic: Statistic,
    y_true: ArrayLike,
    y_score: ArrayLike,
    patient_id: Sequence[object],
    *,
    unit: Unit = "patient",
    n_bootstrap: int = 10_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """Any weighted statistic of the images with its percentile bootstrap interval.

    Parameters
    ----------
    statistic : callable
        See `Statistic`; a replicate's weights say how often each image was drawn.
    y_true, y_score, patient_id, unit, n_bootstrap, confidence, seed
        As for `auroc_interval`; the same seed draws the same patients.
    """
    (found,) = statistic_intervals(
        lambda *drawn: statistic(*drawn)[None],
        y_true,
        y_score,
        patient_id,
        unit=unit,
        n_bootstrap=n_bootstrap,
        confidence=confidence,
        seed=seed,
    )
    return found


def statistic_intervals(
    statistics: Statistic,
    y_true: ArrayLike,
    y_score: ArrayLike,
    patient_id: Sequence[object],
    *,
    unit: Unit = "patient",
    n_bootstrap: int = 10_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> list[Estimate]:
    """Several statistics that one function computes together, each as `statistic_interval`.

    Parameters
    ----------
    statistics : callable
        As `Statistic`, but that it returns (statistics, replicates) values.
    y_true, y_score, patient_id, unit, n_bootstrap, confidence, seed
        As for `statistic_interval`.
    """
    check_fraction(confidence, "confidence")
    images = check_images(y_true, y_score, patient_id, unit)
    labels, scores = images.labels, images.scores
    draws = plan_draws(images.units, n_bootstrap, seed)
    values = statistics(labels, scores, np.ones((1, len(labels)), dtype=np.uint16))[:, 0]
    replicates = np.empty((len(values), n_bootstrap))
    for block, counts in draws.blocks():
        replicates[:, block] = statistics(labels, scores, counts[:, draws.unit])
    if np.isnan(values).any():
        warnings.warn(
            f"the statistic is undefined on these {len(labels)} images, {int(labels.sum())} of "
            "them malignant",
            UserWarning,
            stacklevel=2,
        )
    method = f"percentile bootstrap of {unit}s"
    return [
        estimate_from(float(value), drawn, tails(confidence), images, method, confidence, seed)
        for value, drawn in zip(values, replicates, strict=True)
    ]


def bootstrap_aurocs(
    y_true: ArrayLike,
    scores: ArrayLike,
    groups: Sequence[object],
    n_bootstrap: int,
    seed: int,
    *,
    stratified: bool = False,
    threads: int | None = None,
) -> NDArray[np.float64]:
    """auROC of every model on every bootstrap replicate; all models share the draws.

    Parameters
    ----------
    y_true : (n,) array of 0 and 1
    scores : (n,) or (models, n) array of float
    groups : (n,) sequence
        The unit each image is drawn with (patient, or the image itself).
    n_bootstrap, seed : int
    stratified : bool
        See `auroc_interval`.
    threads : int, optional
        See `auroc_interval`.

    Returns
    -------
    (models, n_bootstrap) float64 array
        NaN where a replicate holds one class only.

    Notes
    -----
    A replicate is a vector of counts, how often each group was drawn. Each model's images are
    ranked once; a running count of negatives then gives each replicate's Mann-Whitney count in
    integers, so that it equals the auROC weighted by those counts, ties included. Memory beyond
    the result is some numbers an image, whatever the number of replicates.
    """
    labels, models = check_models(y_true, scores)
    group = group_index(groups, len(labels))
    draws = plan_draws(group, n_bootstrap, seed, labels if stratified else None)
    return _replicates(labels, models, draws, threads)


def tails(confidence: float) -> NDArray[np.float64]:
    """Return the two levels between which the confidence lies."""
    return np.array([(1 - confidence) / 2, (1 + confidence) / 2])


def quantiles(
    replicates: NDArray[np.float64], levels: NDArray[np.float64], n_units: int, unit: Unit
) -> tuple[float, float]:
    """Read an interval off the replicates that are defined; NaN, with a warning, without one."""
    valid = replicates[np.isfinite(replicates)]
    if n_units < 2:
        warnings.warn(f"no interval: all images are of one {unit}", UserWarning, stacklevel=4)
        return math.nan, math.nan
    if not valid.size or np.isnan(levels).any():
        return math.nan, math.nan
    lower, upper = np.quantile(valid, levels)
    return float(lower), float(upper)


def estimate_from(
    value: float,
    replicates: NDArray[np.float64],
    levels: NDArray[np.float64],
    images: Images,
    method: str,
    confidence: float,
    seed: int,
) -> Estimate:
    """Return an estimate with the interval between two levels of its replicates."""
    lower, upper = quantiles(replicates, levels, images.n_units, images.unit)
    n_valid = int(np.isfinite(replicates).sum())
    drawn = {"n_bootstrap": len(replicates), "n_valid": n_valid, "seed": seed}
    return images.estimate(value, lower, upper, confidence, method, **drawn)


def _replicates(
    labels: NDArray[np.bool_],
    models: list[NDArray[np.float64]],
    draws: Draws,
    threads: int | None,
) -> NDArray[np.float64]:
    from mammo.evaluation.kernels import replicate_aurocs

    ranked = [rank(labels, scores) for scores in models]
    negatives = np.stack([draws.unit[model.negatives] for model in ranked]).astype(np.uint32)
    positives = np.stack([draws.unit[model.positives] for model in ranked]).astype(np.uint32)
    below = np.stack([model.below for model in ranked]).astype(np.uint32)
    up_to = np.stack([model.up_to for model in ranked]).astype(np.uint32)
    aurocs = np.empty((len(models), draws.n_bootstrap))

    def fill(part: slice) -> None:
        replicate_aurocs(
            np.uint64(draws.seed), part.start, draws.sizes, negatives, positives, below, up_to,
            aurocs[:, part],
        )  # fmt: skip

    in_threads(fill, draws.n_bootstrap, draws.n_units + len(labels) * len(models), threads)
    return aurocs
