"""A study's results: scores of each model on each data set, and what is computed from them."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from mammo.errors import MammoError, ParameterError
from mammo.evaluation import auroc, holm, verdicts
from mammo.evaluation.inputs import Unit, check_images
from mammo.evaluation.tables.drops import drops_between_sets
from mammo.evaluation.tables.estimates import aurocs
from mammo.evaluation.tables.scores import KEY, Settings
from mammo.evaluation.tables.subgroups import FACTS
from mammo.evaluation.tables.trainings import gains
from mammo.models import MODELS
from mammo.study import Study, TrainingData
from mammo.study.families import family_of, repetitions
from mammo.study.families.family import ModelFamily


def settings(study: Study) -> Settings:
    """Return how a study's estimates are made."""
    p = study.parameters
    return Settings(p.unit, p.n_bootstrap, p.confidence, p.seed)


def predictions(study: Study, model: str, training: TrainingData = "ddsm") -> pd.DataFrame:
    """Return a model's scores for every image that it has not seen in training.

    Returns
    -------
    DataFrame
        `mammo.training.prediction.COLUMNS`.
    """
    return _predictions(study, family_of(study, model), model, training)


def scores(study: Study, model: str, dataset: str) -> pd.DataFrame:
    """Return a model's scores for the images of one data set that it has not seen in training.

    Returns
    -------
    DataFrame
        `mammo.training.prediction.COLUMNS`.

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
    family = family_of(study, model)
    if dataset in family.may_have_seen(model):
        raise MammoError(
            f"{model} was trained on {dataset}, or on a part of it that is not known, so that its "
            "scores there say nothing; choose another data set, or train the model here with "
            "published_weights 'train'"
        )
    return family.predictions(model, dataset)


def all_predictions(study: Study) -> pd.DataFrame:
    """Return the scores of all of the study's models, with the images' facts where known.

    Returns
    -------
    DataFrame
        `mammo.training.prediction.COLUMNS` and those of `mammo.evaluation.tables.subgroups.FACTS`.
    """
    scored = pd.concat(
        [predictions(study, model) for model in study.parameters.models], ignore_index=True
    )
    return with_facts(study, scored)


def with_facts(study: Study, scored: pd.DataFrame) -> pd.DataFrame:
    """Return a table of scores with the images' facts (`FACTS`) where the manifests state them."""
    facts = [name for name in FACTS if name not in scored]
    datasets = scored["dataset"].unique()
    manifests = pd.concat(
        [study.manifest(dataset)[["dataset", "image_id", *facts]] for dataset in datasets]
    )
    return scored.merge(manifests, on=["dataset", "image_id"], how="left", validate="m:1")


def estimates(
    study: Study,
    scored: pd.DataFrame,
    repeated: pd.DataFrame,
    training: TrainingData = "ddsm",
    unit: Unit | None = None,
) -> pd.DataFrame:
    """Return the auROC, with its interval, of each model and data set in a table of scores.

    Parameters
    ----------
    study : Study
    scored : DataFrame
        `mammo.training.prediction.COLUMNS`.
    repeated : DataFrame
        As `repeated_aurocs`, of the same images.
    training : {"ddsm", "mixed"}
    unit : {"patient", "image"}, optional
        What intervals take as independent, if not the study's unit.

    Returns
    -------
    DataFrame
        `mammo.report.estimates.ESTIMATE_COLUMNS`, one row a model and data set.
    """
    how = settings(study)
    found = aurocs(scored, replace(how, unit=unit or how.unit))
    named = found[["model", "dataset"]].itertuples(index=False, name=None)
    origins = [_origin(study, *key, training) for key in named]
    return pd.concat([found, pd.DataFrame(origins, found.index)], axis=1).merge(
        repeated, on=KEY, how="left"
    )


def comparison(study: Study, unit: Unit | None = None) -> pd.DataFrame:
    """Return the estimates of Tables 2 and 3: each model on every data set it can be scored on.

    Parameters
    ----------
    study : Study
    unit : {"patient", "image"}, optional
        What intervals take as independent, if not the study's unit.
    """
    repeated = repeated_aurocs(study, study.parameters.models)
    return estimates(study, all_predictions(study), repeated, unit=unit)


def drops(study: Study) -> pd.DataFrame:
    """Return each model's drop from DDSM's validation to each external set.

    Returns
    -------
    DataFrame
        As `mammo.evaluation.tables.drops.drops_between_sets`.
    """
    return drops_between_sets(all_predictions(study), settings(study), study.parameters.margin)


def mixed_comparison(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the estimates of Table 4, and those of the same backbone trained on DDSM alone.

    Both are of the same images: DDSM's validation patients and the part of each external set that
    the mixed training has not seen.
    """
    model = study.parameters.mixed_model
    after, before = _mixed_predictions(study, family_of(study, model))
    unseen = after[["dataset", "image_id"]]
    repeated = repeated_aurocs(study, [model], "mixed")
    alone = repeated_aurocs(study, [model], "ddsm", unseen)
    return estimates(study, after, repeated, "mixed"), estimates(study, before, alone)


def mixed_gains(study: Study) -> pd.DataFrame:
    """Return what mixed training gains over DDSM alone on the same images, over all trainings.

    Returns
    -------
    DataFrame
        One row a data set: ``dataset``, ``n_runs``, ``confidence``, ``unit``, the sizes of
        `mammo.evaluation.Estimate`, a row of `mammo.evaluation.tables.trainings.gains`, ``p_holm``
        over all rows, and the ``verdict`` of `mammo.evaluation.verdicts.gain`.
    """
    how, model = settings(study), study.parameters.mixed_model
    pairs = [_mixed_predictions(study, family) for family in repetitions(study, model)]
    after, before = (
        [pair[way].set_index("image_id")["y_score"] for pair in pairs] for way in (0, 1)
    )
    rows = []
    for dataset in dict.fromkeys(pairs[0][0]["dataset"]):
        images = pairs[0][0].set_index("dataset").loc[[dataset]]
        ids = images["image_id"]
        scores = np.array([[one[ids].to_numpy() for one in way] for way in (before, after)])
        given = images["y_true"].to_numpy(), images["patient_id"].to_numpy()
        rows.append(
            {
                "dataset": dataset,
                "n_runs": len(pairs),
                "confidence": how.confidence,
                "unit": how.unit,
                **check_images(given[0], scores[0, 0], given[1], how.unit).sizes,
                **gains(*given, scores, how).iloc[1],
            }
        )
    table = pd.DataFrame(rows)
    table["p_holm"] = holm(table["p_value"])
    table["verdict"] = [verdicts.gain(row) for row in table.to_dict("records")]
    return table


def repeated_aurocs(
    study: Study,
    models: Iterable[str],
    training: TrainingData = "ddsm",
    images: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return how much the auROC differs between trainings with other seeds.

    Parameters
    ----------
    study : Study
    models : iterable of str
    training : {"ddsm", "mixed"}
    images : DataFrame, optional
        ``dataset`` and ``image_id`` of the images that count; without it all that are scored.

    Returns
    -------
    DataFrame
        `mammo.evaluation.tables.scores.KEY`, ``n_runs``, ``run_sd`` (NaN for one run).
    """
    rows = []
    for model in models:
        for family in repetitions(study, model):
            scored = _predictions(study, family, model, training)
            if images is not None:
                scored = scored.merge(images, on=["dataset", "image_id"])
            rows += [
                {**dict(zip(KEY, key, strict=True)), "auroc": _auroc_or_nan(part)}
                for key, part in scored.groupby(KEY, sort=False)
            ]
    grouped = pd.DataFrame(rows).groupby(KEY, sort=False)["auroc"]
    return grouped.agg(n_runs="size", run_sd="std").reset_index()


def _mixed_predictions(study: Study, family: ModelFamily) -> tuple[pd.DataFrame, pd.DataFrame]:
    model = study.parameters.mixed_model
    after = _predictions(study, family, model, "mixed")
    before = _predictions(study, family, model, "ddsm")
    return after, before.merge(after[["dataset", "image_id"]], on=["dataset", "image_id"])


def _predictions(
    study: Study, family: ModelFamily, model: str, training: TrainingData
) -> pd.DataFrame:
    seen = family.may_have_seen(model)
    unseen = [name for name in study.datasets if name not in seen]
    tables = [family.predictions(model, name, training) for name in unseen]
    return pd.concat(tables, ignore_index=True)


def _origin(study: Study, model: str, dataset: str, training: TrainingData) -> dict[str, object]:
    family = family_of(study, model)
    return {
        "source": study.source(dataset),
        "weights": family.weights_in_words(model, training),
        "authors_weights": family.has_authors_weights(model),
        "may_have_seen": family.may_have_seen(model),
    }


def _auroc_or_nan(part: pd.DataFrame) -> float:
    if part["y_true"].nunique() < 2:
        return np.nan
    return auroc(part["y_true"], part["y_score"])
