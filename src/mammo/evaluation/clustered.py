"""Variance of the auROC without resampling: DeLong for images, Obuchowski for patients."""

import math
import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mammo.evaluation.auroc import placements
from mammo.evaluation.estimate import Estimate
from mammo.evaluation.inference import normal_quantile
from mammo.evaluation.inputs import check_fraction, check_images, check_models, group_index


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
    return Estimate(
        value=value,
        lower=float(np.clip(value - reach, 0, 1)),
        upper=float(np.clip(value + reach, 0, 1)),
        confidence=confidence,
        **images.sizes,
        unit="image",
        method="DeLong",
    )


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
    return Estimate(
        value=value,
        lower=float(lower),
        upper=float(upper),
        confidence=confidence,
        **images.sizes,
        unit="patient",
        method="Obuchowski's variance, logit",
    )


def _correction(n: int) -> float:
    """Correct a sum of n squares about their own mean for the degree of freedom lost."""
    return n / (n - 1)


def _warn(words: str) -> None:
    warnings.warn(words, UserWarning, stacklevel=3)
