"""The images that a model gets most wrong."""

from typing import Literal

import pandas as pd

from mammo.evaluation.tables.scores import Part

Kind = Literal["false negative", "false positive"]


def worst(part: Part, kind: Kind, n: int) -> pd.DataFrame:
    """Return the images of one class whose scores lie farthest on the other's side.

    Parameters
    ----------
    part : Part
        One model's scores on one set.
    kind : {"false negative", "false positive"}
        Malignant images with the lowest scores, or benign ones with the highest; no threshold is
        applied, so that the list does not depend on one.
    n : int
        How many at most, each of another patient.

    Returns
    -------
    DataFrame
        The part's rows, the worst first, with ``percentile``: the share in per cent of the part's
        images that score lower.
    """
    is_missed = kind == "false negative"
    ranks = part.rows["y_score"].rank(method="min") - 1
    rows = part.rows.assign(percentile=100 * ranks / max(len(part.rows) - 1, 1))
    rows = rows[rows["y_true"] == int(is_missed)]
    ordered = rows.sort_values(["y_score", "image_id"], ascending=[is_missed, True])
    return ordered.drop_duplicates("patient_id").head(n)
