"""Variance of a mean over raters of the same cases: readers of images, or trainings of a model."""

import math

import numpy as np
from numpy.typing import NDArray


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
