"""What the paper's ±0.01 can be, and what it cannot, from the sizes of its sets."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd

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


@cache
def _found() -> dict[str, Any]:
    """Return what is on file; a test computes each number and verdict anew."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def readings(intervals: pd.DataFrame) -> list[Reading]:
    """Return every reading that was tried, with what was simulated, by patient.

    Parameters
    ----------
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`; so in all functions of this module.
    """
    by_patient = ratio(expected_widths(intervals, "patient"))
    tried = [Reading(**one) for one in _found()["reading"]]
    return [one._replace(gives=one.gives.format(by_patient=by_patient)) for one in tried]


def in_words(**ratios: list[float]) -> str:
    """Say what follows from the `ratio` of widths by each assumption.

    Parameters
    ----------
    **ratios : list of float
        ``all_sets``, and ``table_3`` of Table 3's alone.
    """
    return _found()["in_words"].format(**ratios)


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
    both print as ±0.01 are less than 3 times apart.
    """
    return float(widths.max() / widths.min())
