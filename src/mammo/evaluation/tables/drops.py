"""Differences: each model's drop from its internal set, and models against each other."""

from dataclasses import asdict
from itertools import combinations

import pandas as pd

from mammo.evaluation import (
    Comparison,
    Scored,
    compare_models,
    compare_sets,
    holm,
    non_inferiority,
    score_interval,
    smallest_detectable_difference,
    verdicts,
)
from mammo.evaluation.tables.scores import (
    EXTERNAL_SPLIT,
    INTERNAL_SPLIT,
    Part,
    Settings,
    insert_holm,
    parts,
)

MARGIN = 0.05
"""Loss of auROC up to which an external result counts as no worse, unless another is given."""

POWER = 0.8


def drops_between_sets(
    scored: pd.DataFrame, settings: Settings, margin: float = MARGIN
) -> pd.DataFrame:
    """Compare each model's internal auROC with each of its external ones, unpaired, by patient.

    Parameters
    ----------
    scored : DataFrame
        A table of scores.
    settings : Settings
    margin : float
        Of non-inferiority, above 0.

    Returns
    -------
    DataFrame
        One row a model, internal and external set: ``comparison`` ("drop"), ``model``,
        ``second_model``, ``dataset``, ``second_dataset``, the fields of
        `mammo.evaluation.Comparison`, ``p_holm`` over all rows, ``margin``, ``p_non_inferior``
        (one-sided), ``smallest_detectable`` (with 80% power, at the standard error found),
        ``first_above_guessing`` (whether the first auROC is better than guessing),
        ``p_non_inferior_holm`` over all rows, ``non_inferior`` and ``verdict``: those of
        `mammo.evaluation.verdicts`. Empty where no model has both kinds of sets.
    """
    found = list(parts(scored))
    rows = []
    for internal in (part for part in found if part.split == INTERNAL_SPLIT):
        is_sensitive = _is_above_guessing(internal, settings)
        for external in found:
            if external.model != internal.model or external.split != EXTERNAL_SPLIT:
                continue
            compared = compare_sets(
                Scored(*internal.arrays), Scored(*external.arrays), **asdict(settings)
            )
            rows.append(_row("drop", internal, external, compared, margin, is_sensitive))
    return _family(rows)


def model_pairs(scored: pd.DataFrame, settings: Settings, margin: float = MARGIN) -> pd.DataFrame:
    """Compare every two models on each set, paired, on the images that both have scored.

    Returns
    -------
    DataFrame
        As `drops_between_sets`, with ``comparison`` "models".
    """
    rows = []
    found = list(parts(scored))
    sensitive = [_is_above_guessing(part, settings) for part in found]
    for (first, is_sensitive), (second, _) in combinations(zip(found, sensitive, strict=True), 2):
        if (first.dataset, first.split) != (second.dataset, second.split):
            continue
        both = first.rows.merge(
            second.rows[["image_id", "y_score"]], on="image_id", suffixes=("", "_second")
        )
        if both.empty:
            continue
        compared = compare_models(
            both["y_true"].to_numpy(),
            both["y_score"].to_numpy(),
            both["y_score_second"].to_numpy(),
            both["patient_id"].to_numpy(),
            **asdict(settings),
        )
        rows.append(_row("models", first, second, compared, margin, is_sensitive))
    return _family(rows)


def _is_above_guessing(part: Part, settings: Settings) -> bool:
    how = {"unit": settings.unit, "confidence": settings.confidence}
    estimate = asdict(score_interval(*part.arrays, **how))
    return verdicts.against_guessing({"auroc": estimate["value"], **estimate}) == "better"


def _row(
    kind: str,
    first: Part,
    second: Part,
    compared: Comparison,
    margin: float,
    is_sensitive: bool,
) -> dict[str, object]:
    return {
        "comparison": kind,
        "model": first.model,
        "second_model": second.model,
        "dataset": first.dataset,
        "second_dataset": second.dataset,
        **compared.numbers,
        "margin": margin,
        "p_non_inferior": non_inferiority(compared, margin).p_value,
        "smallest_detectable": smallest_detectable_difference(
            compared.standard_error, confidence=compared.confidence, power=POWER
        ),
        "first_above_guessing": is_sensitive,
    }


def _family(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Adjust the p-values of rows that were asked for together, one-sided ones too; judge each."""
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    insert_holm(table)
    table["p_non_inferior_holm"] = holm(table["p_non_inferior"])
    judged = table.to_dict("records")
    table["non_inferior"] = [verdicts.non_inferiority(row) == "shown" for row in judged]
    judge = {"drop": verdicts.drop, "models": verdicts.difference}
    table["verdict"] = [judge[row["comparison"]](row) for row in judged]
    return table
