"""Three of the paper's models, and 14 radiologists, on the same 720 exams in New York."""

import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from mammo.datasets import reader_study as released
from mammo.evaluation import (
    auroc_covariance,
    auroc_interval,
    holm,
    obuchowski_interval,
    sensitivity_at,
    value_of,
)
from mammo.evaluation.inference import upper_tail
from mammo.evaluation.readers import mean_reader, readers_against_model
from mammo.evaluation.tables.operating_points import SHARES, threshold_grid
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT, Settings
from mammo.evidence.recorded import CONFIDENCE, N_BOOTSTRAP, SEED, Computed, computed_once
from mammo.files.disk import write_csv
from mammo.paper.sampling_error import Z_95
from mammo.study import Study

NAME = "reader-study"
ESTIMATES, AGAINST_READERS, CURVES = "estimates", "against-readers", "curves"
THRESHOLDS = "thresholds"
DATASET = "NYU reader study"

PAPERS_MODELS = {
    "frcnn_cad": ("frcnn_cad",),
    "end2end_ddsm": ("end2end_vgg16", "end2end_resnet50"),
    "end2end_inbreast": (),
}
"""The models of the study that the paper has, and the paper's names of what they can be: which of
end2end's files for DDSM was run is not in the table; those tuned on INbreast the paper does not
have."""


RADIOLOGIST, PAPER, MADE_AT_NYU = "radiologist", "paper", "made at NYU"
"""Kinds of scorers; for models of New York University these exams are internal."""

TITLES = {
    "frcnn_cad": "frcnn_cad",
    "end2end_ddsm": "end2end, DDSM",
    "end2end_inbreast": "end2end, INbreast",
    "gmic_top1": "GMIC top 1",
    "gmic_top5": "GMIC top 5",
    "glam": "GLAM",
    "dmv_cnn": "DMV-CNN",
}
"""The models' names for display."""

MEAN_READER = "mean reader"
UKY = "institution"
_GRID = np.linspace(0, 1, 101)
_CURVE_DIGITS = 2
_SHARE_DIGITS = 6


def compute(study: Study) -> Computed | None:
    """Evaluate every model and radiologist of the study.

    Parameters
    ----------
    study : Study
        Its data root holds ``nyu_reader_study/results.pkl``.

    Returns
    -------
    Computed or None
        `ESTIMATES`: one row a model or radiologist, ``scorer`` and ``kind``, with its auROC by
        breast, the percentile interval of a bootstrap of exams, and Obuchowski's error and
        interval. `AGAINST_READERS`: one row a model of the paper, with the readers' mean less it;
        readers and exams are samples. `CURVES`: sensitivity of each, and of the mean reader, at
        `_GRID`'s values of 1 - specificity, two decimals. `THRESHOLDS`: what thresholds of the
        paper's models give on these exams. None where the file is absent.

    Raises
    ------
    DatasetError
        If the file is not the published one.
    """
    path = released.find(study.locations.data_root)
    if path is None:
        return None

    def tables() -> dict[str, pd.DataFrame]:
        scores = _scores(study, path)
        return {
            ESTIMATES: estimates(scores),
            AGAINST_READERS: against_readers(scores),
            CURVES: curves(scores),
            THRESHOLDS: thresholds(scores),
        }

    files = {released.FILE: released.SHA256}
    return Computed(computed_once(study.artifacts, NAME, files, tables), files)


def estimates(scores: pd.DataFrame) -> pd.DataFrame:
    """Return `ESTIMATES` of scores as `mammo.datasets.reader_study.read` gives them."""
    labels, exams = scores["malignant"].to_numpy(), scores["exam"].to_numpy(str)
    scorers = [*released.MODELS.values(), *released.READERS]
    arrays = [scores[name].to_numpy() for name in scorers]
    errors = np.sqrt(np.diag(auroc_covariance(labels, arrays, exams)[1]))
    rows = []
    for scorer, array, error in zip(scorers, arrays, errors, strict=True):
        drawn = auroc_interval(
            labels, array, exams, n_bootstrap=N_BOOTSTRAP, confidence=CONFIDENCE, seed=SEED
        )
        formula = obuchowski_interval(labels, array, exams, confidence=CONFIDENCE)
        rows.append(
            {
                "scorer": scorer,
                "kind": _kind(scorer),
                "auroc": drawn.value,
                "lower": drawn.lower,
                "upper": drawn.upper,
                "standard_error": error,
                "obuchowski_lower": formula.lower,
                "obuchowski_upper": formula.upper,
                "confidence": CONFIDENCE,
                "n_breasts": drawn.n_images,
                "n_exams": drawn.n_patients,
                "n_malignant": drawn.n_malignant,
                "n_malignant_exams": scores.loc[labels == 1, "exam"].nunique(),
                "n_bootstrap": drawn.n_bootstrap,
                "n_valid": drawn.n_valid,
                "seed": SEED,
            }
        )
    return pd.DataFrame(rows)


def against_readers(scores: pd.DataFrame) -> pd.DataFrame:
    """Return `AGAINST_READERS`; the first row is the mean reader alone."""
    labels, exams = scores["malignant"].to_numpy(), scores["exam"].to_numpy(str)
    readers = scores[list(released.READERS)].to_numpy()
    alone = asdict(mean_reader(labels, readers, exams, CONFIDENCE))
    rows = [{"scorer": MEAN_READER, "mean_reader": alone.pop("value"), **alone}]
    for model in PAPERS_MODELS:
        found = readers_against_model(labels, readers, scores[model].to_numpy(), exams, CONFIDENCE)
        rows.append({"scorer": model, **asdict(found)})
    return pd.DataFrame(rows)


def curves(scores: pd.DataFrame) -> pd.DataFrame:
    """Return `CURVES`: a column a model or radiologist, and one of the mean reader.

    The mean reader's sensitivity is the mean of the radiologists' at the same specificity, so that
    the area under its curve is the mean of theirs.
    """
    labels = scores["malignant"].to_numpy()
    inner = [sensitivity_at(1 - x) for x in _GRID[1:-1]]
    table = {
        name: np.array([0.0, *(value_of(at, labels, scores[name].to_numpy()) for at in inner), 1.0])
        for name in (*released.MODELS.values(), *released.READERS)
    }
    table[MEAN_READER] = np.mean([table[name] for name in released.READERS], axis=0)
    return pd.DataFrame({"false_positive_rate": _GRID, **table}).round(_CURVE_DIGITS)


def thresholds(scores: pd.DataFrame) -> pd.DataFrame:
    """Return `THRESHOLDS`: `threshold_grid` of the paper's models, by exam: its higher breast.

    The lowest and the highest threshold are left out, since they are one exam's score, rounded.
    """
    exams = scores.groupby("exam", sort=False)[["malignant", *PAPERS_MODELS]].max().reset_index()
    rows = pd.concat(
        pd.DataFrame(
            {
                "dataset": DATASET,
                "model": model,
                "split": EXTERNAL_SPLIT,
                "patient_id": exams["exam"],
                "image_id": exams["exam"],
                "y_true": exams["malignant"],
                "y_score": exams[model],
            }
        )
        for model in PAPERS_MODELS
    )
    grid = threshold_grid(rows, [], Settings(confidence=CONFIDENCE)).drop(columns="criterion")
    ends = grid.groupby("model")["threshold"].transform
    is_within = (grid["threshold"] > ends("min")) & (grid["threshold"] < ends("max"))
    shares = [f"{name}{end}" for name in SHARES for end in ("", "_lower", "_upper")]
    return grid[is_within].round(dict.fromkeys(shares, _SHARE_DIGITS)).reset_index(drop=True)


def tests(
    estimates: pd.DataFrame, against_readers: pd.DataFrame, intervals: pd.DataFrame
) -> pd.DataFrame:
    """Test the paper's models against guessing, the paper's value on UKy, and the readers.

    Parameters
    ----------
    estimates, against_readers : DataFrame
        Tables of `compute`.
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`: the error that each published value
        should have had.

    Returns
    -------
    DataFrame
        One row a test: ``scorer``, ``against`` ("guessing", "paper", "readers"), ``reference``
        (a model of the paper, else None), ``auroc``, ``other``, ``difference`` (the first less the
        second), ``lower``, ``upper``, ``p`` and ``p_holm``, adjusted over all rows.
    """
    rows = []
    external = intervals[(intervals["place"] == "Table 3") & (intervals["dataset"] == UKY)]
    published = external.set_index("model")
    for model, names in PAPERS_MODELS.items():
        own = row_of(estimates, model)
        error = own["standard_error"]
        rows.append(_normal_test(own, "guessing", None, 0.5, error))
        for name in names:
            cell = published.loc[name]
            both = math.hypot(error, cell["simulated_by_patient"] / Z_95)
            rows.append(_normal_test(own, "paper", name, cell["auroc"], both))
        read = row_of(against_readers, model)
        rows.append(
            {
                "scorer": model,
                "against": "readers",
                "reference": None,
                "auroc": read["model"],
                "other": read["mean_reader"],
                "difference": -read["difference"],
                "lower": -read["upper"],
                "upper": -read["lower"],
                "p": read["p_value"],
            }
        )
    table = pd.DataFrame(rows)
    return table.assign(p_holm=holm(table["p"]))


def row_of(table: pd.DataFrame, scorer: str) -> pd.Series:
    """Return the row of a model, a radiologist or the mean reader."""
    return table[table["scorer"] == scorer].iloc[0]


def _kind(scorer: str) -> str:
    if scorer in released.READERS:
        return RADIOLOGIST
    return PAPER if scorer in PAPERS_MODELS else MADE_AT_NYU


def _normal_test(
    own: pd.Series, against: str, reference: str | None, other: float, error: float
) -> dict[str, object]:
    difference = own["auroc"] - other
    return {
        "scorer": own["scorer"],
        "against": against,
        "reference": reference,
        "auroc": own["auroc"],
        "other": other,
        "difference": difference,
        "lower": difference - Z_95 * error,
        "upper": difference + Z_95 * error,
        "p": 2 * upper_tail(abs(difference) / error, math.inf),
    }


def _scores(study: Study, path: Path) -> pd.DataFrame:
    """Return the scores; the pickle is read once, and kept as CSV among the artifacts."""

    def make(folder: Path) -> None:
        write_csv(folder / "scores.csv", released.read(path))

    folder = study.artifacts.build("reader-study", {"sha256": released.SHA256}, make)
    return pd.read_csv(folder / "scores.csv", dtype={"exam": str})
