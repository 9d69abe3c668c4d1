"""Differences between auROCs: of models on one set, and of one model between sets."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mammo.errors import MammoError
from mammo.evaluation.bootstrap import bootstrap_aurocs, quantiles, tails
from mammo.evaluation.clustered import auroc_covariance
from mammo.evaluation.difference_limits import (
    Limits,
    NormalLimits,
    ScoreLimits,
    is_normal,
)
from mammo.evaluation.draws import MOST_SEED
from mammo.evaluation.inputs import Images, Unit, check_fraction, check_images, check_scores
from mammo.evaluation.score_interval import AurocPrecision, method_by, precision_of


@dataclass(frozen=True)
class Scored:
    """Images of one set with a model's scores: (n,) labels, scores and patients."""

    y_true: ArrayLike
    y_score: ArrayLike
    patient_id: Sequence[object]


@dataclass(frozen=True)
class Comparison:
    """A difference of two auROCs, the first less the second.

    Attributes
    ----------
    first, second, difference : float
        The auROCs and their difference.
    standard_error, statistic, df : float
        Of the difference, from `mammo.evaluation.auroc_covariance`; ``df`` is infinite where the
        statistic is normal.
    p_value : float
        Two-sided, against no difference; that of the statistic where ``method`` says so.
    lower, upper, confidence : float
        Interval that goes with the p-value: it excludes 0 where p is below 1 - confidence.
    bootstrap_lower, bootstrap_upper : float
        Percentile bootstrap interval of the difference, beside it.
    n_images, n_patients, n_malignant, n_rarer_patients : int
        Of the first set; of both in a paired comparison.
    second_n_images, second_n_patients, second_n_malignant, second_n_rarer_patients : int
        Of the second set.
    unit : {"patient", "image"}
        What is taken as independent.
    method : str
        In words.
    n_bootstrap, n_valid, seed : int
        Replicates asked for, those where both auROCs were defined, seed.
    limits : Limits
        What ``p_value``, ``lower`` and ``upper`` are of; gives any other bound.
    """

    first: float
    second: float
    difference: float
    standard_error: float
    statistic: float
    df: float
    p_value: float
    lower: float
    upper: float
    confidence: float
    bootstrap_lower: float
    bootstrap_upper: float
    n_images: int
    n_patients: int
    n_malignant: int
    n_rarer_patients: int
    second_n_images: int
    second_n_patients: int
    second_n_malignant: int
    second_n_rarer_patients: int
    unit: Unit
    method: str
    n_bootstrap: int
    n_valid: int
    seed: int
    limits: Limits

    @property
    def numbers(self) -> dict[str, object]:
        """The fields that are a cell of a table."""
        return {name: value for name, value in vars(self).items() if name != "limits"}


@dataclass(frozen=True)
class NonInferiority:
    """Whether the second auROC of a comparison is at most ``margin`` below the first.

    ``bound`` is the upper one-sided bound of the loss at level (1 + confidence) / 2, ``p_value``
    one-sided against a loss of the margin or more; ``holds`` says whether the bound is below it.
    """

    margin: float
    bound: float
    p_value: float
    holds: bool


def compare_models(
    y_true: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    patient_id: Sequence[object],
    *,
    unit: Unit = "patient",
    n_bootstrap: int = 10_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Compare two models on the same images, paired.

    Parameters
    ----------
    y_true : (n,) array of 0 and 1
    first, second : (n,) arrays of float
        The models' scores of the same images in the same order.
    patient_id, unit, n_bootstrap, confidence, seed
        As for `mammo.evaluation.auroc_interval`; the draws are those of the models' intervals.

    Returns
    -------
    Comparison
        Statistic with Obuchowski's covariance (DeLong's where the unit is the image): normal from
        `FEWEST_MISRANKED` on, below it by score intervals put together.
    """
    check_fraction(confidence, "confidence")
    images = check_images(y_true, first, patient_id, unit)
    both = np.stack([images.scores, check_scores(y_true, second)[1]])
    aurocs, covariance = auroc_covariance(images.labels, both, images.units)
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    replicates = bootstrap_aurocs(images.labels, both, images.units, n_bootstrap, seed)
    precisions = [precision_of(images, scores) for scores in both]
    spread = math.sqrt(precisions[0].variance * precisions[1].variance)
    correlation = float(np.clip(covariance[0, 1] / spread, -1, 1)) if spread > 0 else 0.0
    return _comparison(
        aurocs,
        variance,
        math.inf,
        replicates,
        (images, images),
        ScoreLimits(*precisions, correlation),
        design="paired",
        confidence=confidence,
        seed=seed,
    )


def compare_sets(
    first: Scored,
    second: Scored,
    *,
    unit: Unit = "patient",
    n_bootstrap: int = 10_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Compare one model's auROC on two sets of different patients, unpaired.

    Parameters
    ----------
    first, second : Scored
        For a drop: the internal set, then the external one. No patient may be in both, which is
        for the caller to see to: identifiers of two sets may be the same by chance.
    unit, n_bootstrap, confidence, seed
        As for `mammo.evaluation.auroc_interval`. The second set is drawn with seed + 1, so that
        the two are independent.

    Returns
    -------
    Comparison
        t statistic with Satterthwaite's degrees of freedom over the units, as R's pROC has it for
        images, from `FEWEST_MISRANKED` on; below it by score intervals put together.

    References
    ----------
    Robin X, et al. BMC Bioinformatics 2011;12:77 (unpaired DeLong test); Obuchowski NA. Biometrics
    1997;53:567-578 (variances by patient).
    """
    check_fraction(confidence, "confidence")
    aurocs, variances, replicates, sets = [], [], [], []
    for scored, own_seed in ((first, seed), (second, (seed + 1) % (MOST_SEED + 1))):
        images = check_images(scored.y_true, scored.y_score, scored.patient_id, unit)
        arrays = (images.labels, images.scores, images.units)
        value, covariance = auroc_covariance(*arrays)
        aurocs.append(value[0])
        variances.append(covariance[0, 0])
        replicates.append(bootstrap_aurocs(*arrays, n_bootstrap, own_seed)[0])
        sets.append(images)
    total = sum(variances)
    precisions = [precision_of(images, images.scores) for images in sets]
    degrees = [images.n_units - 1 for images in sets]
    lost = sum(v**2 / df for v, df in zip(variances, degrees, strict=True) if df)
    return _comparison(
        aurocs,
        total,
        total**2 / lost if lost > 0 else math.nan,
        replicates,
        sets,
        ScoreLimits(*precisions),
        design="unpaired",
        confidence=confidence,
        seed=seed,
    )


def non_inferiority(comparison: Comparison, margin: float) -> NonInferiority:
    """Say whether the second auROC is at most ``margin`` below the first.

    Parameters
    ----------
    comparison : Comparison
        Its first is the reference.
    margin : float
        Largest loss of auROC that is accepted, above 0; to be chosen before the data are seen.
    """
    if not margin > 0:
        raise MammoError(f"margin is {margin}: give the largest loss of auROC that is accepted")
    tail = comparison.limits.tail(margin)
    return NonInferiority(
        margin,
        comparison.upper,
        tail if comparison.difference < margin else 1 - tail,
        bool(comparison.upper < margin),
    )


def _comparison(
    aurocs: Sequence[float],
    variance: float,
    df: float,
    replicates: Sequence[NDArray[np.float64]],
    sets: Sequence[Images],
    by_score: ScoreLimits,
    *,
    design: str,
    confidence: float,
    seed: int,
) -> Comparison:
    difference = float(aurocs[0] - aurocs[1])
    error = math.sqrt(variance) if variance > 0 else math.nan
    unit = sets[0].unit
    limits, method = _limits(by_score, NormalLimits(difference, error, df), unit)
    lower, upper = limits.bounds((1 - confidence) / 2)
    differences = replicates[0] - replicates[1]
    n_units = min(images.n_units for images in sets)
    bootstrap_lower, bootstrap_upper = quantiles(differences, tails(confidence), n_units, unit)
    return Comparison(
        first=float(aurocs[0]),
        second=float(aurocs[1]),
        difference=difference,
        standard_error=error,
        statistic=difference / error,
        df=df,
        p_value=min(2 * limits.tail(0), 1.0),
        lower=float(lower),
        upper=float(upper),
        confidence=confidence,
        bootstrap_lower=bootstrap_lower,
        bootstrap_upper=bootstrap_upper,
        **sets[0].sizes,
        **{f"second_{name}": count for name, count in sets[1].sizes.items()},
        unit=unit,
        method=f"{design}, {method}",
        n_bootstrap=len(differences),
        n_valid=int(np.isfinite(differences).sum()),
        seed=seed,
        limits=limits,
    )


def _limits(by_score: ScoreLimits, normal: NormalLimits, unit: Unit) -> tuple[Limits, str]:
    """Choose by the precision of both auROCs, and say in words what was chosen."""
    both: tuple[AurocPrecision, ...] = (by_score.first, by_score.second)
    are_same = math.isnan(normal.standard_error) and both[0].variance > 0
    if are_same or all(is_normal(one) for one in both):
        quantile = "normal" if math.isinf(normal.df) else "t"
        variance = "Obuchowski's variance by patient" if unit == "patient" else "DeLong's variance"
        return normal, f"{variance}, {quantile}"
    return by_score, f"{method_by(unit)}, put together by MOVER"
