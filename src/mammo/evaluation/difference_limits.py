"""Limits of a difference of two auROCs at any probability, and the probability at any limit."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special

from mammo.evaluation.inference import t_quantile, upper_tail
from mammo.evaluation.score_interval import AurocPrecision, Number

FEWEST_MISRANKED = 20
"""Effective patients of the rarer class, times the share of pairs that are ranked wrongly (or
rightly, below .5), from which on the difference may be taken as normal."""

_FARTHEST = 38.0  # standard errors; the normal tail beyond is not a number above 0


class Limits(Protocol):
    """What gives both the interval and the p-value, so that they cannot contradict each other."""

    def bounds(self, tail: float) -> tuple[Number, Number]:
        """Return the one-sided bounds that each leave out a probability."""
        ...

    def tail(self, value: float) -> float:
        """Return the probability at which the bound on a value's side is that value."""
        ...


@dataclass(frozen=True)
class NormalLimits:
    """Difference plus and minus its standard error times a quantile of Student's t."""

    difference: float
    standard_error: float
    df: float

    def bounds(self, tail: float) -> tuple[float, float]:
        """See `Limits`."""
        reach = t_quantile(1 - tail, self.df) * self.standard_error
        return self.difference - reach, self.difference + reach

    def tail(self, value: float) -> float:
        """See `Limits`."""
        return upper_tail(abs(self.difference - value) / self.standard_error, self.df)


@dataclass(frozen=True)
class ScoreLimits:
    """The bounds of two auROCs put together by the method of variance estimates recovery (MOVER).

    ``correlation`` is that of the two estimates: 0 for sets of different patients.

    References
    ----------
    Newcombe RG. Stat Med 1998;17:873-890 (method 10). Zou GY, Donner A. Stat Med
    2008;27:1693-1702.
    """

    first: AurocPrecision
    second: AurocPrecision
    correlation: Number = 0.0

    def bounds(self, tail: float) -> tuple[Number, Number]:
        """See `Limits`."""
        (low, high), (other_low, other_high) = self.first.bounds(tail), self.second.bounds(tail)
        difference = self.first.area - self.second.area
        below = self._reach(self.first.area - low, other_high - self.second.area)
        above = self._reach(high - self.first.area, self.second.area - other_low)
        return difference - below, difference + above

    def tail(self, value: float) -> float:
        """See `Limits`; found by halving."""
        difference = self.first.area - self.second.area
        if math.isnan(sum(self.bounds(0.25))):
            return math.nan
        near, far = 0.0, _FARTHEST
        for _ in range(40):
            middle = (near + far) / 2
            lower, upper = self.bounds(float(special.ndtr(-middle)))
            reaches = upper >= value if difference < value else lower <= value
            near, far = (near, middle) if reaches else (middle, far)
        return float(special.ndtr(-near))

    def _reach(self, one: Number, other: Number) -> Number:
        squared = one**2 - 2 * self.correlation * one * other + other**2
        return np.sqrt(np.maximum(squared, 0))


def is_normal(precision: AurocPrecision) -> bool:
    """Whether an auROC may be taken as normal on its own scale (`FEWEST_MISRANKED`)."""
    rarer_share = np.minimum(precision.area, 1 - precision.area)
    return precision.n_rarer * rarer_share >= FEWEST_MISRANKED
