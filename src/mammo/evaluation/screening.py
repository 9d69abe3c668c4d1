"""What a sensitivity and a specificity mean among a thousand women of a stated prevalence."""

import math
from typing import NamedTuple

from mammo.evaluation.inputs import Estimate, check_fraction


class Bounded(NamedTuple):
    """A number with an interval."""

    value: float
    lower: float
    upper: float


class Screened(NamedTuple):
    """Of a thousand women: those recalled, and the cancers that are found and missed.

    The predictive values are shares: of those recalled who have cancer, and of the others who have
    none; NaN where there is nobody to take a share of.
    """

    recalled: Bounded
    found: Bounded
    missed: Bounded
    positive_predictive_value: Bounded
    negative_predictive_value: Bounded


def per_thousand(
    sensitivity: Estimate | Bounded, specificity: Estimate | Bounded, prevalence: float
) -> Screened:
    """Return what an operating point means among a thousand women.

    The prevalence is taken as known. The intervals of those recalled and of the predictive values
    take the bounds of sensitivity and specificity together, whatever the two have to do with each
    other: images of one patient are in both. They are rather too wide than too narrow.

    Parameters
    ----------
    sensitivity, specificity : Estimate or Bounded
        The share of positive results among the women is taken to be that among those measured.
    prevalence : float
        Share of the women who have cancer, in (0, 1).
    """
    check_fraction(prevalence, "prevalence")
    cancers, others = 1000 * prevalence, 1000 * (1 - prevalence)
    found, missed = _of(cancers, sensitivity)
    cleared, alarmed = _of(others, specificity)
    return Screened(
        recalled=Bounded(
            found.value + alarmed.value, found.lower + alarmed.lower, found.upper + alarmed.upper
        ),
        found=found,
        missed=missed,
        positive_predictive_value=_share(found, alarmed),
        negative_predictive_value=_share(cleared, missed),
    )


def _of(women: float, share: Estimate | Bounded) -> tuple[Bounded, Bounded]:
    """Return how many women are in a share, and how many are not."""
    return (
        Bounded(women * share.value, women * share.lower, women * share.upper),
        Bounded(women * (1 - share.value), women * (1 - share.upper), women * (1 - share.lower)),
    )


def _share(right: Bounded, wrong: Bounded) -> Bounded:
    """Return the share that is right of a result that some have rightly and some wrongly."""
    pairs = zip(right, (wrong.value, wrong.upper, wrong.lower), strict=True)
    return Bounded(*(yes / (yes + no) if yes + no > 0 else math.nan for yes, no in pairs))
