"""What images of one patient are worth, and a proportion among them.

They are worth fewer independent images; how many fewer is estimated.
"""

import math

import numpy as np
from numpy.typing import NDArray

from mammo.evaluation.inference import normal_quantile

PRIOR_PATIENTS = 20
"""Patients that the assumption that a patient's images are all alike is worth. With fewer than 50
unequal clusters the data alone show too small a design effect too often."""


def effective_patients(units: NDArray[np.intp]) -> float:
    """Patients of equal size that are worth those at hand, each counting by its images.

    References
    ----------
    Kish L. Survey Sampling, 1965, section 8.2.
    """
    sizes = np.bincount(units)
    return float(sizes.sum() ** 2 / np.sum(sizes**2))


def design_effect(
    deviations: NDArray[np.float64], units: NDArray[np.intp], times: float = 1.0
) -> float:
    """By what factor the images' number exceeds that of independent images.

    The variance of their mean by patient over that by image, at least 1, is drawn towards the
    largest it can be, images over `effective_patients`, the more so the fewer patients there are.

    Parameters
    ----------
    deviations : (n,) float array
        Of the images from their mean.
    units : (n,) int array
        What is independent: the patient of each image, or the image itself.
    times : float
        For so many times these patients, who count for more against the assumption.

    References
    ----------
    Rao JNK, Scott AJ. Biometrics 1992;48:577-585 (design effect).
    """
    n, patients = len(deviations), effective_patients(units)
    greatest = n / patients
    n_units = int(np.count_nonzero(np.bincount(units)))
    if n_units < 2 or np.ptp(deviations) == 0:
        return greatest
    by_unit = np.sum(np.bincount(units, deviations) ** 2) * n_units / (n_units - 1)
    by_image = np.sum(deviations**2) * n / (n - 1)
    seen = max(float(by_unit / by_image), 1.0)
    return drawn_to(greatest, seen, patients * times)


def drawn_to(greatest: float, seen: float, patients: float) -> float:
    """Draw a design effect seen in so many patients towards the greatest that there can be."""
    return (PRIOR_PATIENTS * greatest + patients * seen) / (PRIOR_PATIENTS + patients)


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
