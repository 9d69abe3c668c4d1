"""The auROCs that tables, figures and sentences take: their columns, and what follows from them."""

import math

import pandas as pd

from mammo.errors import MammoError

ESTIMATE_COLUMNS = (
    *("model", "dataset", "split", "source", "weights", "authors_weights", "may_have_seen"),
    *("auroc", "lower", "upper", "percentile_lower", "percentile_upper"),
    *("confidence", "unit", "method"),
    *("n_images", "n_patients", "n_malignant", "n_rarer_patients"),
    *("n_bootstrap", "n_valid", "seed", "n_runs", "run_sd"),
)
"""One row an auROC with its score interval and, beside it, the percentile one: ``split`` is
"validation" or "test", ``source`` "real" or "synthetic",
``weights`` says in words where the model's values come from, ``authors_weights`` whether they are
its authors' own (None where nobody knows), ``may_have_seen`` is the tuple of the data sets that
cannot be scored because of it; ``run_sd`` is the standard deviation of the auROC over ``n_runs``
trainings with other seeds, NaN for one; ``percentile_lower`` and
``percentile_upper`` as in `mammo.evaluation.score_interval.AurocEstimate`, the rest as in
`mammo.evaluation.Estimate`."""


def check_estimates(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the estimates unchanged if they keep their contract (`ESTIMATE_COLUMNS`).

    Raises
    ------
    MammoError
        If a column is missing, a source is neither real, synthetic nor unknown (None), or an auROC
        occurs twice.
    """
    missing = [name for name in ESTIMATE_COLUMNS if name not in estimates]
    if missing:
        raise MammoError(f"the estimates lack the columns {missing}; compute them again")
    unknown = set(estimates["source"].dropna()) - {"real", "synthetic"}
    if unknown:
        raise MammoError(f"the estimates have the source {unknown}: use 'real' or 'synthetic'")
    key = ["model", "dataset", "split"]
    twice = estimates[estimates.duplicated(key)]
    if len(twice):
        raise MammoError(
            f"the estimates hold {', '.join(twice.iloc[0][key])} twice: keep one row of each"
        )
    return estimates


def intervals_in_words(estimates: pd.DataFrame) -> str:
    """Say how the intervals were made, and what stands beside them; nothing without estimates."""
    if estimates.empty:
        return ""
    said = []
    how = ["confidence", "unit", "method", "n_bootstrap", "seed"]
    for (confidence, unit, method, n_bootstrap, seed), rows in estimates.groupby(how):
        said.append(
            f"{100 * confidence:g}%, {method}; beside them in the CSV, as papers give them, those "
            f"of a percentile bootstrap of {unit}s, {n_bootstrap:,} replicates (at least "
            f"{rows['n_valid'].min():,} held both classes), seed {seed}"
        )
    return f"Intervals: {'; '.join(said)}."


def seen_by(estimates: pd.DataFrame, model: str) -> set[str]:
    """Return the data sets that a model of the estimates cannot be scored on."""
    return set().union(*estimates.loc[estimates["model"] == model, "may_have_seen"])


def of_anybody(aurocs: pd.DataFrame) -> pd.DataFrame:
    """Return aurocs of scores from a file as estimates: who made them, on what, is not known.

    Parameters
    ----------
    aurocs : DataFrame
        As `mammo.evaluation.tables.estimates.aurocs`.
    """
    nobody_knows = dict.fromkeys(("source", "weights", "authors_weights"))
    seen = [()] * len(aurocs)
    return aurocs.assign(**nobody_knows, may_have_seen=seen, n_runs=1, run_sd=math.nan)
