"""Variance of the auROC without resampling: DeLong for images, Obuchowski for patients.

Also of the auROCs of parts of one set, which may have patients in common.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mammo.evaluation.auroc import placements
from mammo.evaluation.inference import normal_quantile
from mammo.evaluation.inputs import (
    Estimate,
    check_fraction,
    check_images,
    check_models,
    check_scores,
    group_index,
)


def auroc_covariance(
    y_true: ArrayLike, scores: ArrayLike, groups: Sequence[object]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """auROCs of models on one set, and their covariance when groups of images are independent.

    Parameters
    ----------
    y_true : (n,) array of 0 and 1
    scores : (n,) or (models, n) array of float
    groups : (n,) sequence
        Patient of each image. With a group of its own for each image this is DeLong's covariance.

    Returns
    -------
    aurocs : (models,) float64 array
    covariance : (models, models) float64 array
        Both NaN, with a UserWarning, if a class is absent; the covariance is NaN with one if fewer
        than two groups hold a class.

    References
    ----------
    Obuchowski NA. Nonparametric analysis of clustered ROC curve data. Biometrics 1997;53:567-578.
    DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845.
    Sun X, Xu W. IEEE Signal Process Lett 2014;21:1389-1393 (by ranks, in n log n).
    """
    labels, models = check_models(y_true, scores)
    group = group_index(groups, len(labels))
    n_models = len(models)
    if labels.all() or not labels.any():
        _warn(f"auROC is undefined: all {len(labels)} images are of one class")
        return np.full(n_models, math.nan), np.full((n_models, n_models), math.nan)
    placed = np.stack([placements(labels, model) for model in models])
    aurocs = placed[:, labels].mean(axis=1)
    covariance = sum(variance_parts(labels, placed - aurocs[:, None], group))
    return aurocs, covariance


def variance_parts(
    labels: NDArray[np.bool_], off: NDArray[np.float64], group: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Parts of the auROCs' covariance: of the positive images, the negative ones, and of both.

    Parameters
    ----------
    labels : (n,) bool array
        Both classes present.
    off : (models, n) float array
        `mammo.evaluation.auroc.placements` less their mean.
    group : (n,) int array

    Returns
    -------
    three (models, models) float64 arrays
        NaN, with a UserWarning, if fewer than two groups hold a class.
    """
    n_groups = int(group.max()) + 1
    n_positive, n_negative = int(labels.sum()), int((~labels).sum())
    positive = np.stack([np.bincount(group[labels], row[labels], n_groups) for row in off])
    negative = np.stack([np.bincount(group[~labels], row[~labels], n_groups) for row in off])
    with_positive = len(np.unique(group[labels]))
    with_negative = len(np.unique(group[~labels]))
    if min(with_positive, with_negative) < 2:
        _warn("no variance: fewer than two patients have an image of one class")
        undefined = np.full((len(off), len(off)), math.nan)
        return undefined, undefined, undefined
    crossed = positive @ negative.T
    return (
        _correction(with_positive) * (positive @ positive.T) / n_positive**2,
        _correction(with_negative) * (negative @ negative.T) / n_negative**2,
        _correction(n_groups) * (crossed + crossed.T) / (n_positive * n_negative),
    )


def delong_interval(
    y_true: ArrayLike,
    y_score: ArrayLike,
    patient_id: Sequence[object],
    *,
    confidence: float = 0.95,
) -> Estimate:
    """auROC with DeLong's interval, which takes images as independent.

    Parameters
    ----------
    y_true, y_score, patient_id
        As for `mammo.evaluation.auroc_interval`; the patients are only counted.
    confidence : float
        In (0, 1).

    Returns
    -------
    Estimate
        Normal on the scale of the auROC, cut at 0 and 1, as R's pROC has it. An interval of no
        width at a perfect separation is a known limit of it.
    """
    check_fraction(confidence, "confidence")
    images = check_images(y_true, y_score, patient_id, "image")
    aurocs, covariance = auroc_covariance(images.labels, images.scores, images.units)
    value = float(aurocs[0])
    reach = normal_quantile(confidence) * math.sqrt(covariance[0, 0])
    lower, upper = np.clip([value - reach, value + reach], 0, 1).tolist()
    return images.estimate(value, lower, upper, confidence, "DeLong")


def obuchowski_interval(
    y_true: ArrayLike,
    y_score: ArrayLike,
    patient_id: Sequence[object],
    *,
    confidence: float = 0.95,
) -> Estimate:
    """auROC with the interval of Obuchowski's variance for clustered data, on the logit scale.

    Parameters
    ----------
    y_true, y_score, patient_id
        As for `mammo.evaluation.auroc_interval`.
    confidence : float
        In (0, 1).

    Returns
    -------
    Estimate
        Within (0, 1); NaN bounds, with a UserWarning, at an auROC of exactly 0 or 1.

    References
    ----------
    Obuchowski NA. Biometrics 1997;53:567-578 (variance); Pepe MS. The Statistical Evaluation of
    Medical Tests, 2003, section 5.2 (interval on the logit scale).
    """
    check_fraction(confidence, "confidence")
    images = check_images(y_true, y_score, patient_id, "patient")
    aurocs, covariance = auroc_covariance(images.labels, images.scores, images.units)
    value = float(aurocs[0])
    lower = upper = math.nan
    if value in (0, 1):
        _warn(f"no interval: an auROC of {value:g} has no logit")
    elif covariance[0, 0] >= 0:
        reach = normal_quantile(confidence) * math.sqrt(covariance[0, 0]) / (value * (1 - value))
        lower, upper = special.expit(special.logit(value) + np.array([-reach, reach]))
    method = "Obuchowski's variance, logit"
    return images.estimate(value, float(lower), float(upper), confidence, method)


@dataclass(frozen=True)
class Heterogeneity:
    """Whether the auROCs of strata differ: a chi-squared statistic, its df and its p-value."""

    statistic: float
    df: int
    p_value: float


def strata_covariance(
    y_true: ArrayLike, y_score: ArrayLike, strata: Sequence[object], groups: Sequence[object]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """auROC within each stratum, and their covariance when groups of images are independent.

    Parameters
    ----------
    y_true, y_score : (n,) arrays
    strata : (n,) sequence
        What each image belongs to, such as its view; each with both classes.
    groups : (n,) sequence
        Patient of each image, who may have images in several strata.

    Returns
    -------
    aurocs : (strata,) float64 array
        In the order of the strata's names.
    covariance : (strata, strata) float64 array
        On its diagonal that of `mammo.evaluation.auroc_covariance` of the stratum alone; NaN where
        fewer than two groups hold a class of it.

    References
    ----------
    Obuchowski NA. Biometrics 1997;53:567-578.
    """
    labels, scores = check_scores(y_true, y_score)
    stratum, group = (group_index(one, len(labels)) for one in (strata, groups))
    n_strata, n_groups = int(stratum.max()) + 1, int(group.max()) + 1
    aurocs = np.empty(n_strata)
    sums = np.zeros((2, n_strata, n_groups))
    scales = np.empty((3, n_strata))
    for number in range(n_strata):
        inside = stratum == number
        of_stratum, owners = labels[inside], group[inside]
        placed = placements(of_stratum, scores[inside])
        aurocs[number] = placed[of_stratum].mean()
        for row, rows in enumerate((of_stratum, ~of_stratum)):
            off = (placed[rows] - aurocs[number]) / rows.sum()
            sums[row, number] = np.bincount(owners[rows], off, n_groups)
        counted = [np.unique(owners[rows]) for rows in (of_stratum, ~of_stratum)]
        scales[:, number] = [
            math.sqrt(_correction(len(one))) for one in (*counted, np.unique(owners))
        ]
    positive, negative = sums
    crossed = positive @ negative.T
    parts = zip(
        scales,
        (positive @ positive.T, negative @ negative.T, crossed + crossed.T),
        strict=True,
    )
    return aurocs, sum(np.outer(scale, scale) * part for scale, part in parts)


def heterogeneity(aurocs: NDArray[np.float64], covariance: NDArray[np.float64]) -> Heterogeneity:
    """Test whether auROCs with a covariance are all the same, two-sided.

    Parameters
    ----------
    aurocs : (k,) array
    covariance : (k, k) array

    Returns
    -------
    Heterogeneity
        Wald's; NaN where the differences have no covariance.
    """
    differ = np.eye(len(aurocs))[1:] - np.eye(len(aurocs))[0]
    off, among = differ @ aurocs, differ @ covariance @ differ.T
    df = len(off)
    if not df or not np.isfinite(among).all() or np.linalg.matrix_rank(among) < df:
        return Heterogeneity(math.nan, df, math.nan)
    statistic = float(off @ np.linalg.solve(among, off))
    return Heterogeneity(statistic, df, float(special.chdtrc(df, statistic)))


def _correction(n: int) -> float:
    """Correct a sum of n squares about their own mean for the degree of freedom lost."""
    return n / (n - 1) if n > 1 else math.nan


def _warn(words: str) -> None:
    warnings.warn(words, UserWarning, stacklevel=3)
