"""What each reading of the paper's ±0.01 would give, computed from the sizes of its sets."""

import math

import pandas as pd

from mammo.datasets.roles import EXTERNAL, INTERNAL
from mammo.paper.plus_minus import (
    Assumed,
    Reading,
    expected_widths,
    ratio,
)
from mammo.paper.published import OURS, PRINTED_HALF_WIDTH, TABLE_3, dataset_title
from mammo.paper.sampling_error import Z_95

SMALLEST, LARGEST = PRINTED_HALF_WIDTH - 0.005, PRINTED_HALF_WIDTH + 0.005
"""What prints as ±0.01 with two decimals."""

ALLOWED = LARGEST / SMALLEST
"""Two numbers that both print as ±0.01 are less than this many times apart."""

RULED_OUT, POSSIBLE, PARTLY = "ruled out", "possible", "possible for some cells only"


def readings(intervals: pd.DataFrame) -> list[Reading]:
    """Every reading that was tried, those that are ruled out first.

    Parameters
    ----------
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`; so in all functions of this module.
    """
    return [
        _interval(intervals),
        _standard_error(intervals),
        _another_confidence(intervals),
        _error_of_the_bootstrap(intervals),
        _several_trainings(),
        _last_digit(),
    ]


def replicates_for_print(widths: pd.Series) -> pd.DataFrame:
    """Fewest and most bootstrap replicates that would give ±0.01 on each set.

    As the error of the mean of the replicates: 1.96 standard deviations over the root of their
    number.
    """
    return pd.DataFrame(
        {
            "fewest": (widths / LARGEST).pow(2).map(math.floor) + 1,
            "most": (widths / SMALLEST).pow(2).map(math.floor),
        }
    )


def _interval(intervals: pd.DataFrame) -> Reading:
    by_unit = _by_unit(intervals)
    return Reading(
        "the 95% interval of one test on each set, as the abstract calls it",
        _listed(by_unit["image"]),
        _verdict(any(_all_print(widths) for widths in by_unit.values())),
    )


def _standard_error(intervals: pd.DataFrame) -> Reading:
    by_unit = {unit: widths / Z_95 for unit, widths in _by_unit(intervals).items()}
    return Reading(
        "the standard error of one test on each set",
        _listed(by_unit["image"]),
        _verdict(any(_all_print(errors) for errors in by_unit.values())),
    )


def _another_confidence(intervals: pd.DataFrame) -> Reading:
    ratios = {unit: ratio(widths) for unit, widths in _by_unit(intervals).items()}
    return Reading(
        "an interval of one test at another confidence, or any other multiple of its error, the "
        "same for all sets",
        f"{ratios['image']:.1f} times as wide on one set as on another, by patient "
        f"{ratios['patient']:.1f} times; what prints alike differs less than {ALLOWED:.0f} times",
        _verdict(min(ratios.values()) < ALLOWED),
    )


def _error_of_the_bootstrap(intervals: pd.DataFrame) -> Reading:
    by_unit = {unit: replicates_for_print(w) for unit, w in _by_unit(intervals).items()}
    counts = by_unit["image"]
    serves = any(c["fewest"].max() <= c["most"].min() for c in by_unit.values())
    return Reading(
        "the error of the mean over bootstrap replicates, which shrinks with their number",
        f"±0.01 with at least {counts['fewest'].max()} replicates on "
        f"{_set_title(counts['fewest'].idxmax())}, and with at most {counts['most'].min()} on "
        f"{_set_title(counts['most'].idxmin())}; {'some' if serves else 'no'} number serves all",
        _verdict(serves),
    )


def _several_trainings() -> Reading:
    own = sum(cell.model in OURS for cell in TABLE_3)
    return Reading(
        "the spread over several trainings, or its error: the tables are headed 'mean auROC'",
        f"not tied to the size of a set, and perhaps not alike on all, for the {own} external "
        f"values of the models that the authors trained; the other {len(TABLE_3) - own} are of "
        "released weights, which nobody trained again",
        PARTLY,
    )


def _last_digit() -> Reading:
    return Reading(
        "the last printed digit, a convention and no estimate",
        f"the same for all {len(TABLE_3)} values",
        POSSIBLE,
    )


def _by_unit(intervals: pd.DataFrame) -> dict[Assumed, pd.Series]:
    assumed: tuple[Assumed, ...] = ("image", "patient", "one class")
    return {one: expected_widths(intervals, one) for one in assumed}


def _verdict(is_possible: bool) -> str:
    return POSSIBLE if is_possible else RULED_OUT


def _all_print(values: pd.Series) -> bool:
    return bool(((values >= SMALLEST) & (values < LARGEST)).all())


def _listed(values: pd.Series) -> str:
    whole = ", ".join(f"{dataset_title(name)} ±{values['Table 3', name]:.3f}" for name in EXTERNAL)
    fifth = values["Table 4"].drop(INTERNAL)
    return f"{whole}; of Table 4's fifths ±{fifth.min():.3f} to ±{fifth.max():.3f}"


def _set_title(key: tuple[str, str]) -> str:
    place, dataset = key
    is_part = place == "Table 4" and dataset != INTERNAL
    return f"a fifth of {dataset_title(dataset)}" if is_part else dataset_title(dataset)
