"""Every verdict on results, each by the rule that `rules` states; the words are the report's.

A row is a mapping from names to values, as the rows of `mammo.evaluation.tables` are.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

GUESSING = 0.5
FEWEST = 10
"""Patients of the rarer class below whom nothing is concluded."""
CLOSE = 0.1
"""Loss of sensitivity or specificity at a carried threshold that is worth a warning."""
FEWEST_DF = 4
"""Degrees of freedom below which a standard error is too uncertain to say what it could show."""

Row = Mapping[str, Any]
Rank = Literal["better", "worse", "open", "guesses internally", "too few", "unknown"]
Drop = Literal["shown", "small", "shown alone", "none", "open", "too few", "unknown"]
PartedDrop = Literal["shown", "open", "guesses internally", "too few"]
NonInferiority = Literal["shown", "not shown", "guesses internally", "too few", "unknown"]
Difference = Literal["shown", "open", "too few", "unknown"]
Gain = Literal["gained", "lost", "open", "one training", "too few", "unknown"]
Threshold = Literal["moved", "may have moved", "kept", "too few"]
Calibration = Literal["off", "not shown off", "too few", "unknown"]
Claim = Literal["above", "within", "below", "too few"]
Acceptance = Literal["met", "not met", "undecided", "too few", "unknown"]

_CONSTANTS = {"GUESSING": GUESSING, "FEWEST": FEWEST, "CLOSE": CLOSE, "FEWEST_DF": FEWEST_DF}


@cache
def rules() -> Mapping[str, str]:
    """Return the rule of each verdict, in words."""
    stated = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return {verdict: rule.format(**_CONSTANTS) for verdict, rule in stated.items()}


def are_too_few(row: Row) -> bool:
    """Whether fewer than `FEWEST` patients have an image of the rarer class, in any set."""
    return min(row["n_rarer_patients"], row.get("second_n_rarer_patients", math.inf)) < FEWEST


def against_guessing(row: Row, internal: Row | None = None) -> Rank:
    """Judge an auROC with its interval, beside that of the same model in internal validation."""
    if math.isnan(row["auroc"]):
        return "unknown"
    if are_too_few(row):
        return "too few"
    if math.isnan(row["lower"]):
        return "unknown"
    if row["upper"] < GUESSING:
        return "worse"
    if internal is not None and against_guessing(internal) != "better":
        return "guesses internally"
    return "better" if row["lower"] > GUESSING else "open"


def drop(row: Row) -> Drop:
    """Judge a row of `mammo.evaluation.tables.drops.drops_between_sets`.

    Returns
    -------
    str
        "none": a loss of the margin or more is excluded. "small": so it is, and yet a drop is
        shown. "shown alone": before the adjustment for other drops only.
    """
    if are_too_few(row):
        return "too few"
    if math.isnan(row["lower"]):
        return "unknown"
    is_shown = row["difference"] > 0 and row["p_holm"] <= 1 - row["confidence"]
    if non_inferiority(row) == "shown":
        return "small" if is_shown else "none"
    if is_shown:
        return "shown"
    return "shown alone" if row["lower"] > 0 else "open"


def parted_drop(row: Row) -> PartedDrop:
    """Judge whether a drop's parts are read: ``drop``, ``drop_p_holm``, ``internal_lower``."""
    if are_too_few(row):
        return "too few"
    if not row["internal_lower"] > GUESSING:
        return "guesses internally"
    return "shown" if row["drop"] > 0 and is_shown(row, "drop") else "open"


def is_shown(row: Row, name: str = "") -> bool:
    """Whether the adjusted p-value of a named part or share, ``NAME_p_holm``, is low enough."""
    return bool(row[f"{name}_p_holm" if name else "p_holm"] <= 1 - row["confidence"])


def non_inferiority(row: Row) -> NonInferiority:
    """Judge whether a loss of the margin or more is excluded; the row is that of a drop."""
    if are_too_few(row):
        return "too few"
    if math.isnan(row["p_non_inferior_holm"]):
        return "unknown"
    if not row["first_above_guessing"]:
        return "guesses internally"
    level = (1 - row["confidence"]) / 2
    return "shown" if row["p_non_inferior_holm"] <= level else "not shown"


def difference(row: Row) -> Difference:
    """Judge a two-sided comparison that was adjusted for others: of models, or with readers."""
    if are_too_few(row):
        return "too few"
    if math.isnan(row["p_holm"]):
        return "unknown"
    return "shown" if row["p_holm"] <= 1 - row["confidence"] else "open"


def gain(row: Row) -> Gain:
    """Judge a row of `mammo.evaluation.tables.trainings.gains`, with its ``p_holm``."""
    found = difference(row)
    if found != "too few" and row["n_runs"] < 2:
        return "one training"
    if found != "shown":
        return found
    return "gained" if row["difference"] > 0 else "lost"


def threshold(points: Sequence[tuple[Row, Row]]) -> Threshold:
    """Judge thresholds by what each gives in internal validation and on the other set."""
    if any(are_too_few(row) for pair in points for row in pair):
        return "too few"
    shares = [(name, *pair) for pair in points for name in ("sensitivity", "specificity")]
    lost = [one for one in shares if one[1][one[0]] - one[2][one[0]] > CLOSE]
    if any(own[f"{name}_lower"] > other[f"{name}_upper"] for name, own, other in lost):
        return "moved"
    return "may have moved" if lost else "kept"


def calibration(row: Row) -> Calibration:
    """Judge a row of `mammo.evaluation.tables.calibration.calibration`."""
    if are_too_few(row):
        return "too few"
    aims = {"in_the_large": 0, "slope": 1}
    bounds = [(row[f"{name}_lower"], aim, row[f"{name}_upper"]) for name, aim in aims.items()]
    if any(math.isnan(low) or math.isnan(high) for low, _, high in bounds):
        return "unknown"
    return "not shown off" if all(low <= aim <= high for low, aim, high in bounds) else "off"


def claim(row: Row, claimed: float) -> Claim:
    """Say where a claimed auROC lies, seen from the interval that was found."""
    if are_too_few(row):
        return "too few"
    if claimed > row["upper"]:
        return "above"
    return "below" if claimed < row["lower"] else "within"


def acceptable(row: Row, least: float) -> Acceptance:
    """Judge an auROC by the one that was called acceptable beforehand."""
    if are_too_few(row):
        return "too few"
    if math.isnan(row["lower"]):
        return "unknown"
    if row["lower"] >= least:
        return "met"
    return "not met" if row["upper"] < least else "undecided"


def no_worse(row: Row) -> Acceptance:
    """Judge a drop by the margin that was fixed beforehand."""
    found = non_inferiority(row)
    if found in ("too few", "unknown"):
        return found
    if found == "shown":
        return "met"
    return "not met" if row["lower"] > row["margin"] else "undecided"
