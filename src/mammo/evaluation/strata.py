"""auROCs of parts of one set, which may have patients in common, and whether they differ."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mammo.evaluation.auroc import placements
from mammo.evaluation.inputs import check_scores, group_index


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
        scales[:, number] = [_scale(len(one)) for one in (*counted, np.unique(owners))]
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


def _scale(n: int) -> float:
    """Root of the correction of a sum of n squares about their own mean."""
    return math.sqrt(n / (n - 1)) if n > 1 else math.nan
