"""A study's results: scores and auROC of each model on each data set, the tables' contents."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from mammo.errors import MammoError, ParameterError
from mammo.evaluation import auroc_interval
from mammo.models import MODELS
from mammo.study import Study, TrainingData


def predictions(study: Study, model: str, training: TrainingData = "ddsm") -> pd.DataFrame:
    """Return a model's scores for every image that it has not seen in training.

    Returns
    -------
    DataFrame
        `mammo.prediction.COLUMNS`.
    """
    seen = study.learning(model).may_have_seen(model)
    unseen = [name for name in study.datasets if name not in seen]
    return pd.concat([_scores(study, model, name, training) for name in unseen], ignore_index=True)


def scores(study: Study, model: str, dataset: str) -> pd.DataFrame:
    """Return a model's scores for the images of one data set that it has not seen in training.

    Returns
    -------
    DataFrame
        `mammo.prediction.COLUMNS`.

    Raises
    ------
    ParameterError
        If there is no such model or data set.
    MammoError
        If the model's weights may have seen the data set.
    """
    for name, known in ((model, MODELS), (dataset, study.datasets)):
        if name not in known:
            raise ParameterError(f"'{name}': expected one of {', '.join(known)}")
    if dataset in study.learning(model).may_have_seen(model):
        raise MammoError(
            f"{model} was trained on {dataset}, or on a part of it that is not known, so that its "
            "scores there say nothing; choose another data set, or train the model here with "
            "published_weights 'train'"
        )
    return _scores(study, model, dataset)


def _scores(
    study: Study, model: str, dataset: str, training: TrainingData = "ddsm"
) -> pd.DataFrame:
    folder = study.learning(model).predictions_folder(model, dataset, training)
    texts = dict.fromkeys(("patient_id", "image_id", "laterality", "view"), str)
    return pd.read_csv(folder / "predictions.csv", dtype=texts)


def estimates(
    study: Study, scored: pd.DataFrame, model: str, training: TrainingData = "ddsm"
) -> pd.DataFrame:
    """Return the auROC, with its interval, of each data set in a model's predictions.

    Returns
    -------
    DataFrame
        `mammo.report.tables.ESTIMATE_COLUMNS`, one row a data set.
    """
    p = study.parameters
    learning = study.learning(model)
    made = {
        "weights": learning.weights_in_words(model, training),
        "may_have_seen": " ".join(learning.may_have_seen(model)),
    }
    rows = []
    for (dataset, split), images in scored.groupby(["dataset", "split"], sort=False):
        estimate = auroc_interval(
            images["y_true"].to_numpy(),
            images["y_score"].to_numpy(),
            images["patient_id"].to_numpy(),
            unit=p.unit,
            n_bootstrap=p.n_bootstrap,
            confidence=p.confidence,
            seed=p.seed,
        )
        where = {"model": model, "dataset": dataset, "split": split}
        source = study.source(dataset)
        found = {"auroc": estimate.value, **asdict(estimate)}
        rows.append({**where, "source": source, **made, **found})
    return pd.DataFrame(rows)


def comparison(study: Study) -> pd.DataFrame:
    """Return the estimates of Tables 2 and 3: each model on every data set it can be scored on."""
    models = study.parameters.models
    tables = [estimates(study, predictions(study, model), model) for model in models]
    return pd.concat(tables, ignore_index=True)


def mixed_comparison(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the estimates of Table 4, and those of the same backbone trained on DDSM alone.

    Both are of the same images: DDSM's validation patients and the part of each external set that
    the mixed training has not seen.
    """
    model = study.parameters.mixed_model
    after = predictions(study, model, "mixed")
    unseen = after[["dataset", "image_id"]]
    before = predictions(study, model).merge(unseen, on=["dataset", "image_id"])
    return estimates(study, after, model, "mixed"), estimates(study, before, model)
