"""A proportion among images of which each patient has several."""

import math

import numpy as np
from numpy.typing import NDArray

from mammo.evaluation.design_effect import design_effect
from mammo.evaluation.inference import normal_quantile


def clustered_proportion(
    hits: NDArray[np.bool_], units: NDArray[np.intp], confidence: float
) -> tuple[float, float, float]:
    """Share of images that are hits, with Wilson's interval at their effective number.

    Images of one patient agree with each other, so that n of them are worth fewer independent
    ones: n over `mammo.evaluation.design_effect.design_effect`. Images that are patients of their
    own have Wilson's interval.

    Parameters
    ----------
    hits : (n,) bool array
    units : (n,) int array
        What is independent: the patient of each image, or the image itself.
    confidence : float
        In (0, 1).

    Returns
    -------
    value, lower, upper : float
        NaN without images.

    References
    ----------
    Rao JNK, Scott AJ. Biometrics 1992;48:577-585 (design effect). Korn EL, Graubard BI. Surv
    Methodol 1998;24:193-201 (effective size in an exact interval; here in Wilson's). Wilson EB. J
    Am Stat Assoc 1927;22:209-212.
    """
    n = len(hits)
    if not n:
        return math.nan, math.nan, math.nan
    value = float(np.mean(hits))
    effective = n / design_effect(hits - value, units)
    return value, *_wilson(value, effective, normal_quantile(confidence))


def _wilson(value: float, n: float, z: float) -> tuple[float, float]:
    middle = value + z**2 / (2 * n)
    reach = z * math.sqrt(value * (1 - value) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    lower, upper = (middle - reach) / scale, (middle + reach) / scale
    return min(max(lower, 0.0), value), max(min(upper, 1.0), value)
