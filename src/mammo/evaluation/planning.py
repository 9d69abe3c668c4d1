"""What to expect of an auROC before anything is measured, from its value and the class sizes."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy import special

from mammo.evaluation.design_effect import drawn_to
from mammo.evaluation.difference_limits import Limits, NormalLimits, ScoreLimits, is_normal
from mammo.evaluation.inference import normal_quantile, smallest_detectable_difference
from mammo.evaluation.score_interval import AurocPrecision

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
    benign_beside : float
        Benign images that a patient with a malignant one has beside it, on average.
    """

    benign_per_malignant: float
    malignant_images: float = 1.0
    benign_images: float = 1.0
    icc: float = 0.5
    benign_beside: float = 0.0

    def effective_images(self, n_malignant: float) -> tuple[float, float]:
        """Independent images of each class that so many malignant patients are worth."""
        positive, negative = (
            sum(n * m / max(1 + (m - 1) * self.icc, 1) for n, m in kinds)
            for kinds in self._kinds(n_malignant)
        )
        return max(positive, 1.0), max(negative, 1.0)

    def precision(self, n_malignant: float, area: float) -> AurocPrecision:
        """Precision to expect of an auROC with so many malignant patients.

        Hanley and McNeil's variance at the effective images. That a patient with images of both
        classes is her own comparison makes the true variance smaller.

        References
        ----------
        Obuchowski NA. Biometrics 1997;53:567-578; Stat Methods Med Res 1998;7:371-392.
        """
        effective, sizes, patients = self.effective_images(n_malignant), [], []
        for kinds, worth in zip(self._kinds(n_malignant), effective, strict=True):
            images = sum(n * m for n, m in kinds)
            alike = max(sum(n * m**2 for n, m in kinds) / images, 1.0)
            patients.append(images / alike)
            sizes.append(images / drawn_to(alike, images / worth, patients[-1]))
        error = hanley_mcneil_standard_error(area, *effective)
        rarer = min(patients)
        return AurocPrecision(area, error**2, *sizes, max(rarer - 1, 1e-9), rarer)

    def _kinds(self, n_malignant: float) -> tuple[list[tuple[float, float]], ...]:
        """Of each class, the patients of a kind and the images that each of them has."""
        others = n_malignant * self.benign_per_malignant, self.benign_images
        beside = n_malignant, self.benign_beside
        return [(n_malignant, self.malignant_images)], [others, beside]


def patients_for_area(
    precision_with: Callable[[float], AurocPrecision],
    criterion: float,
    *,
    fewest: int = 1,
    confidence: float = 0.95,
    power: float = 0.8,
) -> float:
    """Malignant patients needed for the interval of an auROC to lie on its side of a criterion.

    Parameters
    ----------
    precision_with : callable
        Of so many malignant patients: the true auROC, with the precision that they would give it.
    criterion : float
        The auROC that the interval is to lie above, or below.
    fewest : int
        Patients that it takes in any case.
    confidence, power : float
        In (0, 1).

    Returns
    -------
    float
        A whole number; infinite if no number would do, NaN if the auROC has no variance.

    Notes
    -----
    With that many, the score interval that verdicts are made by (`AurocPrecision.bounds`) just
    reaches the criterion at the estimate that comes as near to it, or nearer, in 1 - ``power`` of
    all studies.
    """
    true, tail = precision_with(fewest), (1 - confidence) / 2
    if math.isnan(true.variance) or true.area == criterion:
        return math.nan if math.isnan(true.variance) else math.inf
    is_above = true.area > criterion
    nearer = -float(special.ndtri(power)) if is_above else float(special.ndtri(power))

    def is_enough(n: float) -> bool:
        found = precision_with(n)
        lower, upper = found.at(found.area + nearer * math.sqrt(found.variance)).bounds(tail)
        return lower >= criterion if is_above else upper <= criterion

    return _fewest(is_enough, fewest)


def patients_for_drop(
    internal: AurocPrecision,
    precision_with: Callable[[float], AurocPrecision],
    margin: float,
    *,
    fewest: int = 1,
    confidence: float = 0.95,
    power: float = 0.8,
) -> float:
    """Malignant patients needed to show that a drop is smaller than a margin, if there is none.

    Parameters
    ----------
    internal : AurocPrecision
        The internal auROC, which is the true one on both sets; its patients stay as they are.
    precision_with : callable
        Of so many malignant patients of the other set: the precision that they would give.
    margin : float
        Above 0.
    fewest, confidence, power
        As for `patients_for_area`.

    Returns
    -------
    float
        A whole number; infinite if the internal set alone leaves too much open, NaN if an auROC has
        no variance.

    Notes
    -----
    By the limits of a drop that verdicts are made by (`mammo.evaluation.compare_sets`), as
    `patients_for_area` is by those of an auROC.
    """
    if math.isnan(internal.variance + precision_with(fewest).variance):
        return math.nan
    z_power, tail = float(special.ndtri(power)), (1 - confidence) / 2

    def is_enough(n: float) -> bool:
        own = precision_with(n).at(internal.area)
        error = math.sqrt(internal.variance + own.variance)
        if is_normal(internal) and is_normal(own):
            limits: Limits = NormalLimits(z_power * error, error, math.inf)
        else:
            up, down = (z_power * one.variance / (error or 1) for one in (internal, own))
            limits = ScoreLimits(internal.at(internal.area + up), own.at(internal.area - down))
        return bool(limits.bounds(tail)[1] <= margin)

    return _fewest(is_enough, fewest)


def _fewest(is_enough: Callable[[float], bool], least: int) -> float:
    """Return the least whole number, from one on, that is enough, if all larger ones are."""
    low, high = least - 1, least
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


def smallest_detectable_drop(
    internal: float,
    n_internal: tuple[float, float],
    n_external: tuple[float, float],
    *,
    confidence: float = 0.95,
    power: float = 0.8,
) -> float:
    """Smallest drop from an internal auROC that a comparison of two sets finds.

    Parameters
    ----------
    internal : float
        The internal auROC, in (0.5, 1).
    n_internal, n_external : (float, float)
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
