"""Readers' scores beside a model's in a table of scores: a column a reader."""

from collections.abc import Sequence
from dataclasses import asdict
from fnmatch import fnmatchcase

import pandas as pd

from mammo.errors import MammoError
from mammo.evaluation import readers_against_model, verdicts
from mammo.evaluation.inputs import check_images
from mammo.evaluation.tables.scores import Settings, insert_holm, parts
from mammo.evaluation.tables.worst_case import GIVEN


def as_columns(scored: pd.DataFrame, patterns: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return a table of scores in which models that are readers are columns of the others' rows.

    Parameters
    ----------
    scored : DataFrame
        A table of scores.
    patterns : sequence of str
        Names of models who are readers, or patterns of them as ``Reader*``.

    Returns
    -------
    scored : DataFrame
        The models' rows, with a column of scores a reader.
    readers : list of str
        Those columns.

    Raises
    ------
    MammoError
        If a pattern names nobody or everybody, or a reader has not scored an image.
    """
    models = list(dict.fromkeys(scored["model"]))
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in models):
            raise MammoError(
                f"no reader {pattern!r} among the scores, which are of {', '.join(models)[:300]}: "
                "name one in the column model, or several with *"
            )
    readers = [name for name in models if any(fnmatchcase(name, one) for one in patterns)]
    if len(readers) == len(models):
        raise MammoError(f"all of {', '.join(models)[:300]} are readers: a model is needed, too")
    is_reader = scored["model"].isin(readers)
    if not readers:
        return scored, []
    of_readers = scored[is_reader]
    if GIVEN in scored:
        of_readers = of_readers[of_readers[GIVEN] == "yes"]
    key = ["dataset", "image_id"]
    columns = of_readers.pivot(index=key, columns="model", values="y_score").reset_index()
    table = scored[~is_reader].merge(columns, on=key, how="left")
    missing = [name for name in readers if name not in table or table[name].isna().any()]
    if missing:
        raise MammoError(
            f"the reader {missing[0]} has not scored everything: every reader must have; leave "
            "out readers, or what they have not all scored"
        )
    return table, readers


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
        `mammo.evaluation.readers.ReadersComparison`, the model's auROC as ``model_auroc``,
        ``n_rarer_patients``, ``p_holm`` over all rows, and the ``verdict`` of
        `mammo.evaluation.verdicts.difference`.
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
        sizes = check_images(labels, model, patients, settings.unit).sizes
        n_rarer = {"n_rarer_patients": sizes["n_rarer_patients"]}
        rows[-1] |= {"model_auroc": found.pop("model"), **found, **n_rarer}
    table = pd.DataFrame(rows)
    insert_holm(table)
    table["verdict"] = [verdicts.difference(row) for row in table.to_dict("records")]
    return table
