"""What a fourth site would find, from the paper's values on three."""

import pandas as pd

from mammo.evaluation.tables.next_site import summarised
from mammo.paper.published import EXTERNAL
from mammo.paper.sampling_error import Z_95

CONFIDENCE = 0.95


def published_next_sites(intervals: pd.DataFrame) -> pd.DataFrame:
    """Predict what each of the paper's models would score at another site.

    Parameters
    ----------
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`; the errors are those by formula.

    Returns
    -------
    DataFrame
        As `mammo.evaluation.tables.next_site.summarised`, one row a model with three external
        values.
    """
    results = {
        (row["place"], row["model"], row["dataset"]): (
            row["auroc"],
            row["hanley_mcneil"] / Z_95,
        )
        for _, row in intervals.iterrows()
    }
    rows = []
    for model in dict.fromkeys(intervals.loc[intervals["place"] == "Table 3", "model"]):
        external = {name: results.get(("Table 3", model, name)) for name in EXTERNAL}
        if None in external.values():
            continue
        internal = [one for key, one in results.items() if key[:2] == ("Table 2", model)]
        rows.append(summarised(model, external, internal[0], CONFIDENCE))
    return pd.DataFrame(rows)
