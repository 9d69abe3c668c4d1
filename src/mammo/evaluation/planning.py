"""What to expect of an auROC before anything is measured, from its value and the class sizes."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy import special

from mammo.evaluation.inference import normal_quantile, smallest_detectable_difference

_MOST_PATIENTS = 10_000_000


@dataclass(frozen=True)
class Population:
    """Patients that a study would take in.

    Attributes
    ----------
    benign_per_malignant : float
        Patients without a malignant image for each one with.
    malignant_images, benign_images : float
        Images of her class that a patient of either kind has, on average.
    icc : float
        Share of the variance that a patient's images have in common, in [0, 1]: at 1 all of them
        tell the same.
    """

    benign_per_malignant: float
    malignant_images: float = 1.0
    benign_images: float = 1.0
    icc: float = 0.5

    def effective_images(self, n_malignant: float) -> tuple[float, float]:
        """Independent images of each class that so many malignant patients are worth."""
        n_benign = n_malignant * self.benign_per_malignant
        pairs = (n_malignant, self.malignant_images), (n_benign, self.benign_images)
        positive, negative = (n * m / (1 + (m - 1) * self.icc) for n, m in pairs)
        return max(positive, 1.0), max(negative, 1.0)


def patients_for_area(
    area: float,
    least: float,
    population: Population,
    *,
    confidence: float = 0.95,
    power: float = 0.8,
) -> float:
    """Malignant patients needed to show that an auROC is at least so large.

    Parameters
    ----------
    area : float
        The true auROC.
    least : float
        The auROC that the interval is to lie above; below ``area``.
    population : Population
    confidence, power : float
        In (0, 1).

    Returns
    -------
    float
        A whole number; infinite if ``area`` is not above ``least``.

    Notes
    -----
    Hanley and McNeil's variance at the number of images that is left after the design effect of a
    patient's images (Obuchowski). That a patient with images of both classes is her own comparison
    makes the true variance smaller.

    References
    ----------
    Obuchowski NA. Biometrics 1997;53:567-578; Stat Methods Med Res 1998;7:371-392.
    """
    z, z_power = normal_quantile(confidence), float(special.ndtri(power))

    def is_enough(n: float) -> bool:
        sizes = population.effective_images(n)
        if_least, if_true = (hanley_mcneil_standard_error(a, *sizes) for a in (least, area))
        return area - least >= z * if_least + z_power * if_true

    return _fewest(is_enough) if area > least else math.inf


def patients_for_drop(
    area: float,
    most: float,
    internal_standard_error: float,
    population: Population,
    *,
    confidence: float = 0.95,
    power: float = 0.8,
) -> float:
    """Malignant patients needed to show that a drop is smaller than a margin, if there is none.

    Parameters
    ----------
    area : float
        The true auROC, on both sets.
    most : float
        The margin, above 0.
    internal_standard_error : float
        Of the auROC on the internal set, which stays as it is.
    population, confidence, power
        As for `patients_for_area`.

    Returns
    -------
    float
        A whole number; infinite if the internal set alone leaves too much open.
    """
    wanted = most / (normal_quantile(confidence) + float(special.ndtri(power)))

    def is_enough(n: float) -> bool:
        error = hanley_mcneil_standard_error(area, *population.effective_images(n))
        return math.hypot(error, internal_standard_error) <= wanted

    return _fewest(is_enough) if internal_standard_error < wanted else math.inf


def _fewest(is_enough: Callable[[float], bool]) -> float:
    """Return the least whole number that is enough, if all larger ones are."""
    low, high = 0, 1
    while not is_enough(high):
        low, high = high, 2 * high
        if high > _MOST_PATIENTS:
            return math.inf
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def hanley_mcneil_standard_error(area: float, n_positive: float, n_negative: float) -> float:
    """Standard error to be expected of an auROC, from its value and the class sizes alone.

    Parameters
    ----------
    area : float
        The auROC, in [0, 1].
    n_positive, n_negative : float
        Numbers of independent images of each class, at least 1.

    References
    ----------
    Hanley JA, McNeil BJ. Radiology 1982;143:29-36, equations 1 and 2 (negative exponential model).
    """
    q1 = area / (2 - area)
    q2 = 2 * area**2 / (1 + area)
    variance = area * (1 - area)
    variance += (n_positive - 1) * (q1 - area**2) + (n_negative - 1) * (q2 - area**2)
    return math.sqrt(variance / (n_positive * n_negative))


def binormal_standard_error(a: float, b: float, n_positive: int, n_negative: int) -> float:
    """Standard error to be expected of the area under a binormal ROC curve.

    Parameters
    ----------
    a, b : float
        Intercept and slope of the curve on normal axes: the distance of the classes' means, and
        the standard deviation of the negative class, in those of the positive one.
    n_positive, n_negative : int
        Numbers of independent images of each class, at least 1.

    Notes
    -----
    As R's pROC has it, without the covariance of intercept and slope, which makes it too large by
    some tenths at high areas.

    References
    ----------
    Obuchowski NA, McClish DK. Stat Med 1997;16:1529-1542.
    """
    ratio = n_negative / n_positive
    spread = 1 + b**2
    density = math.exp(-(a**2) / (2 * spread)) / math.sqrt(2 * math.pi)
    by_a = density / math.sqrt(spread)
    by_b = -density * a * b / spread**1.5
    variance = by_a**2 * (1 + b**2 / ratio + a**2 / 2)
    variance += by_b**2 * b**2 * (1 + ratio) / (2 * ratio)
    return math.sqrt(variance / n_positive)


def smallest_detectable_drop(
    internal: float,
    n_internal: tuple[int, int],
    n_external: tuple[int, int],
    *,
    confidence: float = 0.95,
    power: float = 0.8,
) -> float:
    """Smallest drop from an internal auROC that a comparison of two sets finds.

    Parameters
    ----------
    internal : float
        The internal auROC, in (0.5, 1).
    n_internal, n_external : (int, int)
        Positive and negative images of each set, taken as independent.
    confidence, power : float
        In (0, 1).

    Returns
    -------
    float
        With Hanley and McNeil's errors, the external one at the auROC after the drop; NaN if no
        drop to an auROC of 0 is large enough.
    """
    first = hanley_mcneil_standard_error(internal, *n_internal)

    def excess(drop: float) -> float:
        second = hanley_mcneil_standard_error(internal - drop, *n_external)
        error = math.hypot(first, second)
        return drop - smallest_detectable_difference(error, confidence=confidence, power=power)

    low, high = 0.0, internal
    if excess(high) < 0:
        return math.nan
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    return high


def expected_half_width(
    area: float, n_positive: int, n_negative: int, confidence: float = 0.95
) -> float:
    """Half-width of the interval to be expected of an auROC, by Hanley and McNeil's error."""
    error = hanley_mcneil_standard_error(area, n_positive, n_negative)
    return normal_quantile(confidence) * error
