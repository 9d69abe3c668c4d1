"""What training on mixed data gains, in words."""

from __future__ import annotations

import pandas as pd

from mammo.paper.published import INTERNAL
from mammo.report.tables.formats import counted
from mammo.report.tables.verdicts import left_out


def gains_in_words(gains: pd.DataFrame) -> str:
    """Count the external sets on which training with mixed data raised the auROC.

    Parameters
    ----------
    gains : DataFrame
        As `mammo.study.results.mixed_gains`.
    """
    external = gains[gains["dataset"] != INTERNAL] if len(gains) else gains
    external = external[external["difference"].notna()] if len(external) else external
    if external.empty:
        return "This build has no external result both with and without mixed data."
    change, n_runs = external["difference"], external["n_runs"].iloc[0]
    found = (
        f"Here training on mixed data raised the auROC on {int((change > 0).sum())} of "
        f"{counted(len(change), 'external set')} (change {change.min():+.2f} to "
        f"{change.max():+.2f}"
    )
    if n_runs < 2:
        return (
            f"{found}, one training each). How much another training would differ is not known, "
            "so that no gain is concluded."
        )
    level = 1 - external["confidence"].iloc[0]
    judged = external[external["verdict"] != "too few"]
    clear = int((judged["verdict"] == "gained").sum())
    return (
        f"{found}, means over {n_runs} trainings), on {clear} significantly (p at most "
        f"{level:.2g} after Holm's adjustment, for other patients and other trainings; paired, the "
        f"same images).{_bounds_of_gains(judged)}{left_out(len(external) - len(judged))}"
    )


def _bounds_of_gains(judged: pd.DataFrame) -> str:
    """Say which gains are excluded where none is shown."""
    still = judged[judged["verdict"] == "open"]
    bounds = still["difference_upper"].dropna()
    if bounds.empty:
        return ""
    return (
        f" Where none is shown, the upper bounds of the gain are {bounds.min():+.2f} to "
        f"{bounds.max():+.2f}."
    )
