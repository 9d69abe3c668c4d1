"""What the paper's ±0.01 can be, and what it cannot, from the sizes of its sets."""

import tomllib
from pathlib import Path
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
_FILE = Path(__file__).with_suffix(".toml")
_FOUND = tomllib.loads(_FILE.read_text("utf-8"))
READINGS = tuple(Reading(**one) for one in _FOUND["reading"])
"""Every reading that was tried. A test computes each number and verdict anew."""
IN_WORDS: str = _FOUND["in_words"]
"""What follows, with the `ratio` of widths by each assumption: of all sets, and of Table 3's."""


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
