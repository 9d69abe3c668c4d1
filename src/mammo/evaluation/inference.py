"""Quantiles, p-values and what follows from them alone."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mammo.evaluation.inputs import check_fraction


def normal_quantile(confidence: float) -> float:
    """Half of a two-sided interval of the normal distribution, in standard errors."""
    return float(special.ndtri((1 + confidence) / 2))


def t_quantile(level: float, df: float) -> float:
    """Quantile of Student's t; of the normal distribution for infinite degrees of freedom."""
    return float(special.ndtri(level) if math.isinf(df) else special.stdtrit(df, level))


def upper_tail(statistic: float, df: float) -> float:
    """Probability of a greater value of Student's t, normal for infinite degrees of freedom."""
    return float(special.ndtr(-statistic) if math.isinf(df) else special.stdtr(df, -statistic))


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values for their number; a family's error rate stays below the level.

    Parameters
    ----------
    p_values : (m,) array
        NaN where there was no test; it stays NaN and is not counted.

    Returns
    -------
    (m,) float64 array
        In the order given, each at most 1.

    References
    ----------
    Holm S. Scand J Stat 1979;6:65-70.
    """
    p = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(p.shape, math.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def smallest_detectable_difference(
    standard_error: float, *, confidence: float = 0.95, power: float = 0.8
) -> float:
    """Smallest true difference that a two-sided test finds with the power asked for.

    Parameters
    ----------
    standard_error : float
        Of the difference.
    confidence, power : float
        In (0, 1); the test's level is 1 - confidence.
    """
    check_fraction(confidence, "confidence")
    check_fraction(power, "power")
    return (normal_quantile(confidence) + float(special.ndtri(power))) * standard_error
