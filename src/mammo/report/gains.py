"""What training on mixed data gains, in words and as a table."""

from collections.abc import Mapping

import pandas as pd

from mammo.datasets.check_report import counted
from mammo.datasets.roles import INTERNAL
from mammo.report.page.blocks import Table
from mammo.report.tables.captions import captioned
from mammo.report.tables.formats import bounds, interval_heading, numbers, set_name, span
from mammo.report.tables.verdicts import GAINS, left_out, p_values

NO_GAINS = "This build has no external result both with and without mixed data."


def gains_in_words(gains: pd.DataFrame) -> str:
    """Count the external sets on which training with mixed data raised the auROC.

    Parameters
    ----------
    gains : DataFrame
        As `mammo.study.results.mixed_gains`.
    """
    external = _external(gains)
    if external.empty:
        return NO_GAINS
    change, n_runs = external["difference"], external["n_runs"].iloc[0]
    found = (
        f"In this build, training on mixed data changed the auROC by "
        f"{span(change.min(), change.max(), sign='+')} on {counted(len(change), 'external set')}"
    )
    if n_runs < 2:
        return (
            f"{found} (one training each). How much another training would differ is not known, "
            "so that no gain is concluded."
        )
    found = f"{found} (means over {n_runs} trainings)"
    judged = external[external["verdict"] != "too few"]
    without = left_out(len(external) - len(judged))
    if judged.empty:
        return f"{found}; whether that is a gain cannot be told.{without}"
    clear = int((judged["verdict"] == "gained").sum())
    level = 1 - external["confidence"].iloc[0]
    return (
        f"{found}; it gained significantly on {clear} of {len(judged)} that can be judged (p at "
        f"most {level:.2g} after Holm's adjustment, for other patients and other trainings; "
        f"paired, the same images).{_bounds_of_gains(judged)}{without}"
    )


def gains_in_brief(gains: pd.DataFrame) -> str:
    """Say on how many external sets training with mixed data gained; as `gains_in_words`."""
    external = _external(gains)
    if external.empty:
        return NO_GAINS
    judged = external[external["verdict"] != "too few"]
    without = left_out(len(external) - len(judged))
    if judged.empty:
        return f"Whether training on mixed data gains cannot be told.{without}"
    clear = int((judged["verdict"] == "gained").sum())
    return (
        f"Training on mixed data gained significantly on {clear} of "
        f"{counted(len(judged), 'external set')} that can be judged.{without}"
    )


def _external(gains: pd.DataFrame) -> pd.DataFrame:
    if gains.empty:
        return gains
    return gains[(gains["dataset"] != INTERNAL) & gains["difference"].notna()]


def _bounds_of_gains(judged: pd.DataFrame) -> str:
    """Say which gains are excluded where none is shown."""
    still = judged[judged["verdict"] == "open"]
    highest = still["difference_upper"].dropna()
    if highest.empty:
        return ""
    reach = span(highest.min(), highest.max(), sign="+")
    return f" Where none is shown, the upper bounds of the gain are {reach}."


def gains_table(gains: pd.DataFrame, sources: Mapping[str, str]) -> Table:
    """What mixed training gains on each set, the mean over trainings.

    Parameters
    ----------
    gains : DataFrame
        As `mammo.study.results.mixed_gains`.
    sources : mapping
        Data set to "real" or "synthetic".
    """
    shown = pd.DataFrame(
        {
            "Data set": [set_name(name, sources) for name in gains["dataset"]],
            "Change": numbers(gains["difference"], 2, "+"),
            interval_heading(gains): bounds(gains["difference_lower"], gains["difference_upper"]),
            "p, Holm": p_values(gains),
            "Verdict": gains["verdict"].map(GAINS),
            "Smallest detectable gain": numbers(gains["smallest_detectable"]),
            "Trainings": gains["n_runs"],
        }
    )
    return captioned("mixed-gains", shown, gains)
