"""Interval of an auROC that holds where cancers are few: a score test inverted, by patient.

`headline_auroc` is what tables show: this interval, and beside it the one that papers print.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mammo.evaluation.auroc import auroc, placements
from mammo.evaluation.bootstrap import bootstrap_aurocs, quantiles, tails
from mammo.evaluation.clustered import variance_parts
from mammo.evaluation.design_effect import design_effect, effective_patients
from mammo.evaluation.inputs import Estimate, Images, Unit, check_fraction, check_images

Number = float | NDArray[np.float64]
_FEWEST = 1 + 1e-9
"""Effective patients that leave a variance a degree of freedom, be it nearly none."""


@dataclass(frozen=True)
class AurocPrecision:
    """An auROC and what its interval follows from; numbers, or arrays of several sets.

    Attributes
    ----------
    area : float
    variance : float
        Obuchowski's, or DeLong's where the unit is the image.
    n_positive, n_negative : float
        Images of each class over their design effect.
    df : float
        Degrees of freedom of the variance, from the effective patients of each class.
    n_rarer : float
        Effective patients of the rarer class.
    """

    area: Number
    variance: Number
    n_positive: Number
    n_negative: Number
    df: Number
    n_rarer: Number

    def variance_at(self, area: Number) -> Number:
        """Variance of the estimate if the auROC were this one, by Newcombe's method 5."""
        more = (self.n_positive + self.n_negative) / 2 - 1
        spread = (1 - area) / (2 - area) + area / (1 + area)
        return area * (1 - area) * (1 + more * spread) / (self.n_positive * self.n_negative)

    @cached_property
    def _excess(self) -> Number:
        """Standard error over that of Newcombe's; 0 at an auROC of 0 and 1."""
        expected = np.asarray(self.variance_at(self.area))
        zero = np.zeros_like(expected)
        return np.sqrt(np.divide(self.variance, expected, out=zero, where=expected > 0))

    def at(self, area: float) -> "AurocPrecision":
        """Return the precision that the same patients would have given with another auROC."""
        within, excess = min(max(area, 0.0), 1.0), float(self._excess) or 1.0
        variance = float(excess**2 * self.variance_at(within))
        return replace(self, area=within, variance=variance)

    def bounds(self, tail: float) -> tuple[Number, Number]:
        """Return the one-sided bounds that each leave out a probability.

        They hold the auROCs from which the estimate differs by no more than the normal quantile
        times the root of `variance_at`. Where Obuchowski's variance says more, with its t
        quantile, that factor widens them.
        """
        from mammo.evaluation.kernels import score_bounds

        student = np.where(self._excess > 0, -special.stdtrit(self.df, tail), 0) * self._excess
        quantile = np.maximum(-special.ndtri(tail), student)
        given = np.array([self.area, quantile, self.n_positive, self.n_negative], dtype=np.float64)
        bounds = np.empty((given[0].size, 2))
        score_bounds(*given.reshape(4, -1), bounds)
        if not np.ndim(self.area):
            return (math.nan, math.nan) if math.isnan(self.variance) else tuple(bounds[0].tolist())
        bounds[np.isnan(self.variance)] = math.nan
        return bounds[:, 0], bounds[:, 1]


def precision_of(
    images: Images, *models: NDArray[np.float64], times: float = 1.0
) -> AurocPrecision:
    """Return the auROC of a model, or the mean of several on the same images, with its precision.

    ``times`` gives the precision that so many times these patients would have. NaN where a class is
    absent; the variance is NaN where fewer than two units hold one.
    """
    labels, units = images.labels, images.units
    if labels.all() or not labels.any():
        return AurocPrecision(*[math.nan] * 6)
    placed = np.mean([placements(labels, scores) for scores in models], axis=0)
    area = placed[labels].mean()
    parts = variance_parts(labels, (placed - area)[None], units)
    positive, negative, _ = (float(part[0, 0]) for part in parts)
    variance = float(np.maximum(sum(part[0, 0] for part in parts), 0)) / times
    patients, sizes = [], []
    for of_class in (labels, ~labels):
        effect = design_effect(placed[of_class] - area, units[of_class], times)
        patients.append(max(effective_patients(units[of_class]) * times, _FEWEST))
        sizes.append(int(of_class.sum()) * times / effect)
    df = min(patients) - 1
    if positive + negative > 0:
        lost = positive**2 / (patients[0] - 1) + negative**2 / (patients[1] - 1)
        df = (positive + negative) ** 2 / lost
    return AurocPrecision(float(area), variance, *sizes, df, min(patients))


def score_interval(
    y_true: ArrayLike,
    y_score: ArrayLike,
    patient_id: Sequence[object],
    *,
    unit: Unit = "patient",
    confidence: float = 0.95,
) -> Estimate:
    """auROC with the interval that holds from five cancers on; the headline of all tables.

    Parameters
    ----------
    y_true : (n,) array of 0 and 1
    y_score : (n,) or (models, n) array of float
        Of several models, as trainings with other seeds: the mean of their auROCs, for other
        patients and these very models.
    patient_id, unit, confidence
        As for `mammo.evaluation.auroc_interval`.

    Returns
    -------
    Estimate
        Defined at an auROC of 0 and 1, too; NaN bounds, with a UserWarning, where a class is absent
        or fewer than two units hold one.

    References
    ----------
    Newcombe RG. Stat Med 2006;25:559-573 (method 5); Obuchowski NA. Biometrics 1997;53:567-578.
    """
    check_fraction(confidence, "confidence")
    models = [np.asarray(one) for one in np.atleast_2d(np.asarray(y_score))]
    checked = [check_images(y_true, model, patient_id, unit) for model in models]
    images = checked[0]
    precision = precision_of(images, *(one.scores for one in checked))
    lower, upper = precision.bounds((1 - confidence) / 2)
    value = float(np.mean([auroc(one.labels, one.scores) for one in checked]))
    return images.estimate(value, lower, upper, confidence, method_by(unit))


def method_by(unit: Unit) -> str:
    """Say in words how the interval is made."""
    return f"score interval (Newcombe's method 5) by {unit}"


@dataclass(frozen=True)
class AurocEstimate(Estimate):
    """An auROC with its score interval, and the percentile bootstrap interval beside it.

    Attributes
    ----------
    percentile_lower, percentile_upper : float
        Too narrow where cancers are few or the auROC is high, and what most papers give;
        ``n_bootstrap``, ``n_valid`` and ``seed`` belong to it.
    """

    percentile_lower: float = float("nan")
    percentile_upper: float = float("nan")


def headline_auroc(
    y_true: ArrayLike,
    y_score: ArrayLike,
    patient_id: Sequence[object],
    *,
    unit: Unit = "patient",
    n_bootstrap: int = 10_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> AurocEstimate:
    """auROC of a model, or mean of several, with both intervals.

    Parameters
    ----------
    y_true, patient_id, unit, n_bootstrap, confidence, seed
        As for `mammo.evaluation.auroc_interval`.
    y_score : (n,) or (models, n) array of float
        As for `mammo.evaluation.score_interval`.
    """
    found = score_interval(y_true, y_score, patient_id, unit=unit, confidence=confidence)
    models = np.atleast_2d(np.asarray(y_score))
    images = check_images(y_true, models[0], patient_id, unit)
    drawn = bootstrap_aurocs(images.labels, models, images.units, n_bootstrap, seed).mean(axis=0)
    lower, upper = quantiles(drawn, tails(confidence), images.n_units, unit)
    beside = {"n_bootstrap": n_bootstrap, "n_valid": int(np.isfinite(drawn).sum()), "seed": seed}
    return AurocEstimate(**(asdict(found) | beside), percentile_lower=lower, percentile_upper=upper)
