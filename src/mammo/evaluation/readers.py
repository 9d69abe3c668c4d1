"""Readers against a model on the same cases: readers and cases are samples, the model is fixed.

What holds of readers holds of several trainings of a model: both are raters of the same cases.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mammo.errors import MammoError
from mammo.evaluation.clustered import auroc_covariance
from mammo.evaluation.inference import t_quantile, upper_tail
from mammo.evaluation.inputs import check_fraction, check_scores, group_index

MANY_POSITIVE_CLUSTERS = 30
"""Clusters with a positive case from which on the cases' own degrees of freedom do not matter."""


def variance_of_mean(
    values: NDArray[np.float64], covariance: NDArray[np.float64], case_df: float = math.inf
) -> tuple[float, float]:
    """Return the variance of the raters' mean over other raters and other cases, and its df.

    Parameters
    ----------
    values : (raters,) array
        An auROC a rater, or its difference from another on the same cases.
    covariance : (raters, raters) array
        Of the values, as it comes from the choice of cases.
    case_df : float
        Degrees of freedom of the covariance; infinite where cases are many.

    Returns
    -------
    variance, df : float
        With one rater, the variance over other cases alone.

    Notes
    -----
    The mean square among the raters over their number, and the mean covariance of two raters, where
    that is above 0. The degrees of freedom are Hillis', and Satterthwaite's of both parts where
    ``case_df`` is finite.

    References
    ----------
    Obuchowski NA, Rockette HE. Commun Stat Simul Comput 1995;24:285-308. Hillis SL. Stat Med
    2007;26:596-619.
    """
    n = len(values)
    if n == 1:
        return float(covariance[0, 0]), case_df
    of_raters = float(values.var(ddof=1)) / n
    of_cases = max(float(covariance[~np.eye(n, dtype=bool)].mean()), 0)
    variance = of_raters + of_cases
    df = (n - 1) * (variance / of_raters) ** 2 if of_raters > 0 else math.inf
    if math.isfinite(case_df) and variance > 0:
        df = 1 / (1 / df + (of_cases / variance) ** 2 / case_df)
    return variance, df


@dataclass(frozen=True)
class MeanReader:
    """The readers' mean auROC.

    Attributes
    ----------
    value : float
    standard_error, degrees_of_freedom, lower, upper : float
        Over other readers and other clusters; over other clusters alone where there is one reader.
        NaN where there is no variance.
    confidence : float
        Of the interval from ``lower`` to ``upper``, cut at 0 and 1.
    n_readers, n_clusters, n_positive_clusters : int
        Clusters, and those among them with a positive case.
    """

    value: float
    standard_error: float
    degrees_of_freedom: float
    lower: float
    upper: float
    confidence: float
    n_readers: int
    n_clusters: int
    n_positive_clusters: int


@dataclass(frozen=True)
class ReadersComparison:
    """Readers' mean auROC less a model's.

    Attributes
    ----------
    mean_reader, model, difference : float
        The readers' mean auROC, the model's, and the first less the second.
    standard_error, degrees_of_freedom, lower, upper, p_value : float
        Of the difference, over other readers and other clusters with this very model; over other
        clusters alone where there is one reader. ``p_value`` is two-sided. NaN where there is no
        variance.
    confidence : float
        Of the interval from ``lower`` to ``upper``.
    n_readers, n_clusters, n_positive_clusters : int
        Clusters, and those among them with a positive case.
    """

    mean_reader: float
    model: float
    difference: float
    standard_error: float
    degrees_of_freedom: float
    lower: float
    upper: float
    p_value: float
    confidence: float
    n_readers: int
    n_clusters: int
    n_positive_clusters: int


def mean_reader(
    y_true: ArrayLike,
    readers: ArrayLike,
    clusters: Sequence[object],
    confidence: float = 0.95,
) -> MeanReader:
    """Return the mean auROC of readers who all scored the same cases.

    Parameters
    ----------
    y_true, readers, clusters, confidence
        As for `readers_against_model`.
    """
    check_fraction(confidence, "confidence")
    labels, scores = _check(y_true, readers)
    aurocs, covariance = auroc_covariance(labels, scores, clusters)
    sizes = _sizes(labels, clusters)
    error, df = _error(aurocs, covariance, sizes["n_positive_clusters"])
    value = float(aurocs.mean())
    reach = t_quantile((1 + confidence) / 2, df) * error
    lower, upper = np.clip([value - reach, value + reach], 0, 1)
    return MeanReader(
        value, error, df, float(lower), float(upper), confidence, len(scores), **sizes
    )


def readers_against_model(
    y_true: ArrayLike,
    readers: ArrayLike,
    model: ArrayLike,
    clusters: Sequence[object],
    confidence: float = 0.95,
) -> ReadersComparison:
    """Compare the readers' mean auROC with a model's on the same cases.

    Parameters
    ----------
    y_true : (n,) array of 0 and 1
        One value a case: a breast or an image.
    readers : (n, J) or (n,) array of float
        A column a reader, each of whom scored every case; the higher, the more suspicious, each on
        a scale of their own. A tie of two cases counts half.
    model : (n,) array of float
    clusters : (n,) sequence
        What is independent: the exam, or patient, of each case.
    confidence : float
        In (0, 1).

    Returns
    -------
    ReadersComparison
        Readers are random, the model is fixed. All NaN, with a UserWarning, where a class is
        absent; without interval, with one, where fewer than two clusters hold a class.

    Raises
    ------
    MammoError
        If a reader or the model has no score of a case, or the arrays do not match.

    References
    ----------
    Obuchowski NA, Rockette HE. Commun Stat Simul Comput 1995;24:285-308 (variance). Hillis SL. Stat
    Med 2007;26:596-619 (degrees of freedom). Obuchowski NA. Biometrics 1997;53:567-578 (covariances
    of clustered cases). With fewer than thirty clusters that hold a positive case, these clusters
    less one count as the covariances' degrees of freedom.
    """
    check_fraction(confidence, "confidence")
    labels, scores = _check(y_true, readers)
    fixed = check_scores(labels, model)[1]
    aurocs, among = auroc_covariance(labels, [*scores, fixed], clusters)
    differences = aurocs[:-1] - aurocs[-1]
    shared = among[:-1, -1]
    covariance = among[:-1, :-1] - shared[:, None] - shared[None, :] + among[-1, -1]
    sizes = _sizes(labels, clusters)
    error, df = _error(differences, covariance, sizes["n_positive_clusters"])
    difference = float(differences.mean())
    reach = t_quantile((1 + confidence) / 2, df) * error
    return ReadersComparison(
        mean_reader=float(aurocs[:-1].mean()),
        model=float(aurocs[-1]),
        difference=difference,
        standard_error=error,
        degrees_of_freedom=df,
        lower=difference - reach,
        upper=difference + reach,
        p_value=2 * upper_tail(abs(difference) / error, df),
        confidence=confidence,
        n_readers=len(scores),
        **sizes,
    )


def _check(
    y_true: ArrayLike, readers: ArrayLike
) -> tuple[NDArray[np.bool_], list[NDArray[np.float64]]]:
    """Return labels, and one array of scores a reader."""
    columns = np.asarray(readers, dtype=np.float64)
    columns = columns[:, None] if columns.ndim == 1 else columns
    if columns.ndim != 2 or not columns.shape[1]:
        raise MammoError(
            f"readers has shape {columns.shape}: give (cases, readers), with one reader at least"
        )
    missing = np.argwhere(~np.isfinite(columns))
    if len(missing):
        case, reader = missing[0]
        raise MammoError(
            f"reader {reader + 1} has no score of case {case + 1} ({len(missing)} such in all): "
            "every reader must have scored every case; leave out readers, or cases for all of them"
        )
    checked = [check_scores(y_true, column) for column in columns.T]
    return checked[0][0], [scores for _, scores in checked]


def _sizes(labels: NDArray[np.bool_], clusters: Sequence[object]) -> dict[str, int]:
    cluster = group_index(clusters, len(labels))
    return {
        "n_clusters": int(cluster.max()) + 1,
        "n_positive_clusters": len(np.unique(cluster[labels])),
    }


def _error(
    values: NDArray[np.float64], covariance: NDArray[np.float64], n_positive_clusters: int
) -> tuple[float, float]:
    """Return the standard error of the readers' mean, and its degrees of freedom."""
    is_many = n_positive_clusters >= MANY_POSITIVE_CLUSTERS
    case_df = math.inf if is_many else max(n_positive_clusters - 1, 1)
    variance, df = variance_of_mean(values, covariance, case_df)
    return math.sqrt(variance) if variance > 0 else math.nan, df
