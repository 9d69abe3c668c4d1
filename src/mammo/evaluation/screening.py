"""What a sensitivity and a specificity mean among a thousand women of a stated prevalence."""

from __future__ import annotations

from typing import NamedTuple

from mammo.evaluation.inputs import check_fraction
from mammo.evaluation.operating_points import OperatingPoint


class Count(NamedTuple):
    """Women of a thousand, with an interval."""

    value: float
    lower: float
    upper: float


class Screened(NamedTuple):
    """Of a thousand women: those recalled, and the cancers that are found and missed."""

    recalled: Count
    found: Count
    missed: Count


def per_thousand(point: OperatingPoint, prevalence: float) -> Screened:
    """Return what an operating point means among a thousand women.

    The prevalence is taken as known. The interval of those recalled takes the bounds of
    sensitivity and specificity together, whatever the two have to do with each other: images of one
    patient are in both. It is rather too wide than too narrow.

    Parameters
    ----------
    point : OperatingPoint
        The share of positive results among the women is taken to be that among its images.
    prevalence : float
        Share of the women who have cancer, in (0, 1).
    """
    check_fraction(prevalence, "prevalence")
    cancers, others = 1000 * prevalence, 1000 * (1 - prevalence)
    found, kept = point.sensitivity, point.specificity
    return Screened(
        recalled=Count(
            cancers * found.value + others * (1 - kept.value),
            cancers * found.lower + others * (1 - kept.upper),
            cancers * found.upper + others * (1 - kept.lower),
        ),
        found=Count(cancers * found.value, cancers * found.lower, cancers * found.upper),
        missed=Count(
            cancers * (1 - found.value), cancers * (1 - found.upper), cancers * (1 - found.lower)
        ),
    )
