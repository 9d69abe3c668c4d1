"""What the paper's ±0.01 can be, and what it cannot, from the sizes of its sets."""

from typing import Literal, NamedTuple

import pandas as pd

from mammo.paper.published import PRINTED_HALF_WIDTH

SMALLEST, LARGEST = PRINTED_HALF_WIDTH - 0.005, PRINTED_HALF_WIDTH + 0.005
"""What prints as ±0.01 with two decimals."""

ALLOWED = LARGEST / SMALLEST
"""Two numbers that both print as ±0.01 are less than this many times apart."""

Assumed = Literal["image", "patient", "one class"]
"""Images are independent; a patient's are alike; so, and those of UKy's patients of one class."""

_ERRORS: dict[Assumed, str] = {
    "image": "hanley_mcneil",
    "patient": "simulated_by_patient",
    "one class": "simulated_one_class",
}


class Reading(NamedTuple):
    """A way to understand ±0.01, what it would give, and whether that is what is printed."""

    reading: str
    gives: str
    verdict: str


RULED_OUT, POSSIBLE, PARTLY = "ruled out", "possible", "possible for some cells only"
READINGS = (
    Reading(
        "the 95% interval of one test on each set, as the abstract calls it",
        "MIAS ±0.086, INbreast ±0.066, Institution (UKy) ±0.026; of Table 4's fifths ±0.056 to "
        "±0.200",
        RULED_OUT,
    ),
    Reading(
        "the standard error of one test on each set",
        "MIAS ±0.044, INbreast ±0.034, Institution (UKy) ±0.013; of Table 4's fifths ±0.029 to "
        "±0.102",
        RULED_OUT,
    ),
    Reading(
        "an interval of one test at another confidence, or any other multiple of its error, the "
        "same for all sets",
        "7.6 times as wide on one set as on another, by patient {by_patient:.1f} times; what "
        "prints alike differs less than 3 times",
        RULED_OUT,
    ),
    Reading(
        "the error of the mean over bootstrap replicates, which shrinks with their number",
        "±0.01 with at least 179 replicates on a fifth of MIAS, and with at most 27 on "
        "Institution (UKy); no number serves all",
        RULED_OUT,
    ),
    Reading(
        "the spread over several trainings, or its error: the tables are headed 'mean auROC'",
        "not tied to the size of a set, and perhaps not alike on all, for the 9 external values of "
        "the models that the authors trained; the other 7 are of released weights, which nobody "
        "trained again",
        PARTLY,
    ),
    Reading(
        "the last printed digit, a convention and no estimate",
        "the same for all 16 values",
        POSSIBLE,
    ),
)
"""Every reading that was tried. A test computes each number and verdict anew."""


def readings(intervals: pd.DataFrame) -> list[Reading]:
    """Return `READINGS` with what was simulated, by patient.

    Parameters
    ----------
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`; so in all functions of this module.
    """
    by_patient = ratio(expected_widths(intervals, "patient"))
    return [one._replace(gives=one.gives.format(by_patient=by_patient)) for one in READINGS]


def expected_widths(intervals: pd.DataFrame, assumed: Assumed, place: str = "Table") -> pd.Series:
    """Mean half-width to be expected of the values printed with ±0.01, by table and data set.

    Parameters
    ----------
    intervals : DataFrame
    assumed : {"image", "patient", "one class"}
        By formula for independent images, or simulated with a patient's images alike.
    place : str
        How the names of the tables begin that count.

    Returns
    -------
    Series
        Index ``place`` and ``dataset``. Table 4's external sets are a fifth of Table 3's.
    """
    printed = intervals[intervals["printed_half_width"].notna()]
    printed = printed[printed["place"].str.startswith(place)]
    return printed.groupby(["place", "dataset"], sort=False)[_ERRORS[assumed]].mean()


def ratio(widths: pd.Series) -> float:
    """How many times the widest interval is as wide as the narrowest.

    Whatever multiple of the sampling error is printed, this stays the same, and two numbers that
    both print as 0.01 differ by less than `ALLOWED`.
    """
    return float(widths.max() / widths.min())
