"""How far missing scores and unverified labels could move each auROC of a table of scores."""

import pandas as pd

from mammo.evaluation import auroc
from mammo.evaluation.tables.scores import Part, parts
from mammo.evaluation.worst_case import (
    Bounds,
    bounds_of_missing_scores,
    bounds_of_unknown_labels,
)

GIVEN = "score_given"
"""Column of a table of scores in which some were missing: "yes", or "no" where one was taken."""


_BIRADS_3 = r"^\s*(?:bi-?rads\s*)?3(?:\.0)?\s*$"


def unverified_labels(scored: pd.DataFrame) -> pd.DataFrame:
    """Bound the auROC of each part over all labels of its images rated BI-RADS 3.

    Such findings are followed and seldom biopsied, so that their labels may be a guess.

    Parameters
    ----------
    scored : DataFrame
        A table of scores, with a column ``birads`` where ratings are known.

    Returns
    -------
    DataFrame
        ``model``, ``dataset``, ``split``, ``n_unverified``, ``auroc`` with their labels as they
        are, ``lowest`` and ``highest``; empty where none is rated so.
    """
    rows = []
    for part in parts(scored) if "birads" in scored else ():
        texts = part.rows["birads"].astype("string").fillna("")
        is_open = texts.str.contains(_BIRADS_3, case=False, regex=True).to_numpy(bool)
        labels, scores, _ = part.arrays
        if not is_open.any() or len(set(labels[~is_open])) < 2:
            continue
        found = bounds_of_unknown_labels(labels[~is_open], scores[~is_open], scores[is_open])
        rows.append(_row(part, "n_unverified", found))
    return pd.DataFrame(rows)


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
        found = bounds_of_missing_scores(*part.arrays[:2], is_missing)
        rows.append(_row(part, "n_missing", found))
    return pd.DataFrame(rows)


def _row(part: Part, name: str, found: Bounds) -> dict[str, object]:
    return {
        **part.key,
        name: found.n_unknown,
        "auroc": auroc(*part.arrays[:2]),
        "lowest": found.lowest,
        "highest": found.highest,
    }
