"""What the next site would find, from the results at sites that were tried: random effects."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mammo.errors import MammoError
from mammo.evaluation.inference import t_quantile
from mammo.evaluation.inputs import check_fraction


@dataclass(frozen=True)
class NextSite:
    """Results at several sites as a sample of sites.

    Attributes
    ----------
    n_sites : int
    mean, standard_error : float
        Over sites, and the error that the next two intervals are made of.
    between : float
        Standard deviation of the true values between sites, as far as it can be told.
    lower, upper : float
        Interval of the mean; NaN with one site.
    prediction_lower, prediction_upper : float
        Interval of the true value at another site of this kind; NaN with one site.
    confidence : float
    """

    n_sites: int
    mean: float
    standard_error: float
    between: float
    lower: float
    upper: float
    prediction_lower: float
    prediction_upper: float
    confidence: float

    def drop_from(self, internal: float, internal_error: float) -> NextSite:
        """Return the same of the drop from an internal value that has an error of its own."""
        error = math.hypot(self.standard_error, internal_error)
        return _summary(
            self.n_sites, internal - self.mean, error, self.between, confidence=self.confidence
        )


def next_site(values: ArrayLike, standard_errors: ArrayLike, confidence: float = 0.95) -> NextSite:
    """Summarise results at several sites, and predict that at another.

    Parameters
    ----------
    values, standard_errors : (sites,) arrays
        Of independent results; errors above 0.
    confidence : float
        In (0, 1).

    Returns
    -------
    NextSite
        DerSimonian and Laird's variance between sites; Hartung, Knapp, Sidik and Jonkman's error,
        never below the plain one; Student's t with one degree of freedom less than sites.

    Notes
    -----
    With three sites whose true values differ, the prediction interval holds the next one in about
    90 of 100 simulated series, not in 95: the variance between three sites is hardly known. With
    one degree of freedom less still it would hold it in 98, and span more than there are values.

    References
    ----------
    DerSimonian R, Laird N. Control Clin Trials 1986;7:177-188. Hartung J, Knapp G. Stat Med
    2001;20:3875-3889. Sidik K, Jonkman JN. Stat Med 2002;21:3153-3159. Roever C, Knapp G, Friede T.
    BMC Med Res Methodol 2015;15:99 (never below the plain one). Higgins JPT, Thompson SG,
    Spiegelhalter DJ. J R Stat Soc A 2009;172:137-159 (prediction).
    """
    check_fraction(confidence, "confidence")
    y = np.asarray(values, dtype=np.float64)
    errors = np.asarray(standard_errors, dtype=np.float64)
    if y.ndim != 1 or not y.size or y.shape != errors.shape or not (errors > 0).all():
        raise MammoError(
            f"{y.size} results and {errors.size} standard errors, least "
            f"{errors.min() if errors.size else math.nan:g}: give one above 0 for each site"
        )
    variances = errors**2
    between = _variance_between(y, variances)
    weights = 1 / (variances + between)
    mean = float(np.sum(weights * y) / weights.sum())
    excess = np.sum(weights * (y - mean) ** 2) / max(len(y) - 1, 1)
    error = math.sqrt(max(1.0, excess) / weights.sum())
    return _summary(len(y), mean, error, math.sqrt(between), confidence=confidence)


def _variance_between(y: np.ndarray, variances: np.ndarray) -> float:
    weights = 1 / variances
    mean = np.sum(weights * y) / weights.sum()
    q = np.sum(weights * (y - mean) ** 2)
    scale = weights.sum() - np.sum(weights**2) / weights.sum()
    return max(float((q - (len(y) - 1)) / scale), 0.0) if len(y) > 1 else 0.0


def _summary(
    n_sites: int, mean: float, error: float, between: float, *, confidence: float
) -> NextSite:
    level = t_quantile((1 + confidence) / 2, n_sites - 1) if n_sites > 1 else math.nan
    reach, ahead = level * error, level * math.hypot(error, between)
    return NextSite(
        n_sites,
        mean,
        error,
        between if n_sites > 1 else math.nan,
        mean - reach,
        mean + reach,
        mean - ahead,
        mean + ahead,
        confidence,
    )
