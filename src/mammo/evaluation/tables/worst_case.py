"""How far missing scores could move each auROC of a table of scores."""

from __future__ import annotations

import pandas as pd

from mammo.evaluation import auroc
from mammo.evaluation.tables.scores import parts
from mammo.evaluation.worst_case import bounds_of_missing_scores

GIVEN = "score_given"
"""Column of a table of scores in which some were missing: "yes", or "no" where one was taken."""


def missing_scores(scored: pd.DataFrame) -> pd.DataFrame:
    """Bound the auROC of each part in which scores are missing.

    Parameters
    ----------
    scored : DataFrame
        A table of scores, with the column `GIVEN` where scores were missing.

    Returns
    -------
    DataFrame
        ``model``, ``dataset``, ``split``, ``n_missing``, ``auroc`` with what was taken for them,
        ``lowest`` and ``highest``; empty where none is missing. A breast or patient counts as
        missing if any of its images does.
    """
    rows = []
    for part in parts(scored) if GIVEN in scored else ():
        is_missing = (part.rows[GIVEN] != "yes").to_numpy()
        if not is_missing.any() or part.rows["y_true"].nunique() < 2:
            continue
        labels, scores, _ = part.arrays
        found = bounds_of_missing_scores(labels, scores, is_missing)
        rows.append(
            {
                **part.key,
                "n_missing": found.n_unknown,
                "auroc": auroc(labels, scores),
                "lowest": found.lowest,
                "highest": found.highest,
            }
        )
    return pd.DataFrame(rows)
