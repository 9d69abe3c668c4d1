"""What the paper's ±0.01 can be, and what it cannot, from the sizes of its sets."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import pandas as pd

from mammo.report.display import Table
from mammo.report.published import (
    EXTERNAL,
    OURS,
    PRINTED_HALF_WIDTH,
    TABLE_3,
    dataset_title,
)
from mammo.report.sampling_error import Z_95, expected_half_widths

SMALLEST, LARGEST = PRINTED_HALF_WIDTH - 0.005, PRINTED_HALF_WIDTH + 0.005
"""What prints as ±0.01 with two decimals."""

RULED_OUT, POSSIBLE, PARTLY = "ruled out", "possible", "possible for some cells only"


@dataclass(frozen=True)
class Reading:
    """A way to understand ±0.01, what it would give, and whether that is what is printed."""

    reading: str
    gives: str
    verdict: str


def readings() -> list[Reading]:
    """Every reading that was tried, those that are ruled out first."""
    return [
        _interval_by_image(),
        _standard_error(),
        _another_confidence(),
        _error_of_the_bootstrap(),
        _several_trainings(),
        _last_digit(),
    ]


def readings_table() -> Table:
    """Return `readings` as a table to be shown."""
    data = pd.DataFrame([asdict(reading) for reading in readings()])
    return Table(data.set_axis(["±0.01 as", "would be", "Verdict"], axis=1), data)


def common_factor() -> tuple[float, float]:
    """Ratio of the widest to the narrowest set's expected interval, and the most allowed.

    Whatever multiple of the sampling error is printed, the ratio between two sets stays the same;
    two numbers that both print as 0.01 differ by less than the second.
    """
    widths = expected_half_widths().values()
    return max(widths) / min(widths), LARGEST / SMALLEST


def replicates_for_print() -> dict[str, tuple[int, int]]:
    """For each external set the numbers of bootstrap replicates that would give ±0.01.

    As the error of the mean of the replicates: 1.96 standard deviations over the root of their
    number, from the fewest to the most.
    """
    return {
        name: (math.floor((width / LARGEST) ** 2) + 1, math.floor((width / SMALLEST) ** 2))
        for name, width in expected_half_widths().items()
    }


def _interval_by_image() -> Reading:
    widths = expected_half_widths()
    return Reading(
        "the 95% interval of one test on each set, as the abstract calls it",
        _listed(widths),
        RULED_OUT if not _all_print(widths) else POSSIBLE,
    )


def _standard_error() -> Reading:
    errors = {name: width / Z_95 for name, width in expected_half_widths().items()}
    return Reading(
        "the standard error of one test on each set",
        _listed(errors),
        RULED_OUT if not _all_print(errors) else POSSIBLE,
    )


def _another_confidence() -> Reading:
    ratio, allowed = common_factor()
    return Reading(
        "an interval of one test at another confidence, or any other multiple of its error, the "
        "same for all sets",
        f"{ratio:.1f} times as wide on one set as on another; what prints alike differs less than "
        f"{allowed:.0f} times",
        RULED_OUT if ratio >= allowed else POSSIBLE,
    )


def _error_of_the_bootstrap() -> Reading:
    counts = replicates_for_print()
    fewest = max(low for low, _ in counts.values())
    most = min(high for _, high in counts.values())
    listed = ", ".join(
        f"{dataset_title(name)} {low} to {high}" for name, (low, high) in counts.items()
    )
    return Reading(
        "the error of the mean over bootstrap replicates, which shrinks with their number",
        f"±0.01 with these numbers of replicates: {listed}; none serves all",
        RULED_OUT if fewest > most else POSSIBLE,
    )


def _several_trainings() -> Reading:
    own = sum(cell.model in OURS for cell in TABLE_3)
    return Reading(
        "the spread over several trainings, or its error: the tables are headed 'mean auROC'",
        f"alike on all sets whatever their size, for the {own} external values of the models that "
        f"the authors trained; the other {len(TABLE_3) - own} are of released weights, which "
        "nobody trained again",
        PARTLY,
    )


def _last_digit() -> Reading:
    return Reading(
        "the last printed digit, a convention and no estimate",
        f"the same for all {len(TABLE_3)} values",
        POSSIBLE,
    )


def _all_print(values: dict[str, float]) -> bool:
    return all(SMALLEST <= value < LARGEST for value in values.values())


def _listed(values: dict[str, float]) -> str:
    return ", ".join(f"{dataset_title(name)} ±{values[name]:.3f}" for name in EXTERNAL)
