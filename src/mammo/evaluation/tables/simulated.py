"""Kept results of simulations in which the truth is known: how often intervals hold it."""

from pathlib import Path
from typing import Literal

import pandas as pd

COMMAND = "python benchmarks/interval_coverage.py"
_FOLDER = Path(__file__).parents[1] / "simulated"


def kept(name: Literal["aurocs", "differences", "pairs", "proportions"]) -> pd.DataFrame:
    """Return the results of one kind, a row a design and method, as `COMMAND` wrote them.

    Returns
    -------
    DataFrame
        The design, ``method``, ``n_simulations``; then ``n_covered`` and the mean ``width`` of an
        interval, or, of a difference, how often its bounds were below (``n_no_worse``) and above
        the truth (``n_worse``).
    """
    return pd.read_csv(_FOLDER / f"{name}.csv")
