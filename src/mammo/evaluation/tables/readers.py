"""Readers' scores beside a model's in a table of scores: a column a reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from mammo.evaluation import holm, readers_against_model
from mammo.evaluation.tables.scores import Settings, parts


def readers_against_models(
    scored: pd.DataFrame, readers: Sequence[str], settings: Settings
) -> pd.DataFrame:
    """Compare the readers with each model on each set.

    Parameters
    ----------
    scored : DataFrame
        A table of scores.
    readers : sequence of str
        Its columns of readers' scores, as numbers; with none there is nothing to compare.
    settings : Settings
        Its unit says what is independent: the patient, or exam, or each row.

    Returns
    -------
    DataFrame
        ``model``, ``dataset``, ``split``, then the fields of
        `mammo.evaluation.readers.ReadersComparison`, the model's auROC as ``model_auroc``, and
        ``p_holm`` over all rows.
    """
    if not readers:
        return pd.DataFrame()
    rows = []
    for part in parts(scored):
        labels, model, patients = part.arrays
        clusters = patients if settings.unit == "patient" else part.rows["image_id"].to_numpy()
        found = asdict(
            readers_against_model(
                labels, part.rows[list(readers)].to_numpy(), model, clusters, settings.confidence
            )
        )
        rows.append({**part.key, "mean_reader": found.pop("mean_reader")})
        rows[-1] |= {"model_auroc": found.pop("model"), **found}
    table = pd.DataFrame(rows)
    table.insert(table.columns.get_loc("p_value") + 1, "p_holm", holm(table["p_value"]))
    return table
