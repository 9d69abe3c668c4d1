"""How much an institution's own data would help: a learning curve, and what costs less."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from mammo.errors import MammoError
from mammo.evaluation import auroc, holm, verdicts
from mammo.evaluation.tables.calibration import calibration
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT, Settings
from mammo.evaluation.tables.trainings import gains, mean_aurocs
from mammo.hospital.adaptation import scoring
from mammo.hospital.adaptation import words as report
from mammo.hospital.adaptation.local_patients import Amount, LocalPatients, LocalStudy
from mammo.hospital.adaptation.result import Adaptation
from mammo.hospital.adaptation.scoring import AS_IT_IS, BOTH, HARMONISED, RECALIBRATED, Runs
from mammo.hospital.validation.evidence import OWN
from mammo.report.results import write_results
from mammo.study import Study, results
from mammo.study.families.transfer import TransferFamily

SIMULATED = "Synthetic images are simulated: they say nothing about patients or radiologists."
_FROM = {RECALIBRATED: AS_IT_IS, BOTH: HARMONISED}
"""The scores that each recalibration, which needs labels, starts from."""
_MEASURES = ("brier", "in_the_large", "intercept", "slope")


def adapt(study: Study) -> Adaptation:
    """Train with more and more local patients, and try what needs no training.

    A training is on DDSM's training patients and some local ones, as the paper's mixed data are for
    all sets at once. Each is an artifact of its own, so that an interrupted call goes on.

    Parameters
    ----------
    study : Study
        Its parameters ``adapt_model``, ``adapt_fractions`` and ``adapt_runs`` say what is trained.

    Raises
    ------
    DatasetError
        If the images held aside are of one class.
    """
    model, runs = study.parameters.adapt_model, study.parameters.adapt_runs
    study = LocalStudy(study)
    settings, patients = results.settings(study), LocalPatients(study)
    amounts, skipped = patients.amounts(study.parameters.adapt_fractions)
    trained = {
        _name(amount): scoring.scores_after_training(study, model, patients, amount, runs)
        for amount in amounts
    }
    alternatives = {
        AS_IT_IS: trained[AS_IT_IS],
        HARMONISED: scoring.scores_of_harmonised_images(study, model, runs),
    }
    moved, impossible = _recalibrate(patients, alternatives, settings)
    alternatives |= moved
    assessed = _assess(patients, {**trained, **alternatives}, settings)
    known = pd.DataFrame([_facts(amount) for amount in amounts], index=list(trained))
    return Adaptation(
        model,
        OWN if patients.dataset == "institution" else patients.dataset,
        study.source(patients.dataset),
        TransferFamily(study).weights_in_words(model, "mixed"),
        _curve(patients, zip(amounts, trained.values(), strict=True)),
        pd.concat([known, assessed.loc[list(trained)]], axis=1).reset_index(drop=True),
        _alternatives(patients, assessed, alternatives, settings),
        pd.DataFrame([*skipped, *impossible], columns=["what", "reason"]),
    )


def text(result: Adaptation) -> str:
    """Return the learning curve, the alternatives and what follows from them as text."""
    tables = (report.curve_table(result), report.alternatives_table(result))
    parts = [f"{table.shown.to_string(index=False)}\n\n{table.note}" for table in tables]
    caution = [SIMULATED] if result.source == "synthetic" else []
    return "\n\n".join([*parts, *report.sentences(result), *caution])


def write(result: Adaptation, folder: Path) -> list[Path]:
    """Write every table of a result, none of a single patient, and the learning curve.

    Parameters
    ----------
    result : Adaptation
    folder : Path
        Made where it is absent; files of the same names are replaced, each whole or not at all.

    Returns
    -------
    list of Path
        What was written.
    """
    from mammo.hospital.adaptation.learning_curve import learning_curve

    tables = {
        "learning_curve_runs": result.curve,
        "learning_curve": result.summary,
        "alternatives": result.alternatives,
        "skipped": result.skipped,
    }
    return write_results(folder, tables, {"learning_curve.svg": learning_curve(result).render()})


def _recalibrate(
    patients: LocalPatients, ways: Mapping[str, Runs], settings: Settings
) -> tuple[dict[str, Runs], list[tuple[str, str]]]:
    """Return what is recalibrated, and what cannot be, with the reason."""
    found, impossible = {}, []
    for name, source in _FROM.items():
        try:
            found[name] = scoring.recalibrate(patients, ways[source], settings)
        except MammoError as error:
            impossible.append((name, str(error)))
    return found, impossible


def _assess(patients: LocalPatients, ways: Mapping[str, Runs], settings: Settings) -> pd.DataFrame:
    """Return mean auROCs and gains over the first way; p-values are adjusted once, for all."""
    held = patients.held_aside
    scores = np.stack([_held_aside(patients, runs) for runs in ways.values()])
    given = (held["label"], held["patient_id"], scores, settings)
    table = pd.concat([mean_aurocs(*given), gains(*given)], axis=1).set_index(pd.Index(ways))
    is_tested = [name not in (AS_IT_IS, *_FROM) for name in ways]
    table.loc[is_tested, "p_holm"] = holm(table.loc[is_tested, "p_value"])
    table["verdict"] = [verdicts.gain(row) for row in table.to_dict("records")]
    return table


def _held_aside(patients: LocalPatients, runs: Runs) -> np.ndarray:
    return np.stack([scores[patients.held_aside["image_id"]] for scores in runs])


def _curve(patients: LocalPatients, trained: Iterable[tuple[Amount, Runs]]) -> pd.DataFrame:
    labels = patients.held_aside["label"]
    return pd.DataFrame(
        {**_facts(amount), "run": run, "auroc": auroc(labels, scores)}
        for amount, runs in trained
        for run, scores in enumerate(_held_aside(patients, runs))
    )


def _alternatives(
    patients: LocalPatients,
    assessed: pd.DataFrame,
    ways: Mapping[str, Runs],
    settings: Settings,
) -> pd.DataFrame:
    n_pool = patients.pool["patient_id"].nunique()
    known = pd.DataFrame(
        {
            "alternative": name,
            "needs_labels": name in _FROM,
            "n_local_patients": 0 if name == AS_IT_IS else n_pool,
            "n_reversed": sum(map(scoring.are_reversed, ways[_FROM.get(name, name)], runs)),
        }
        for name, runs in ways.items()
    ).set_index(pd.Index(ways))
    measured = calibration(_table_of_scores(patients, ways), settings).set_index("model")
    columns = [f"{name}{end}" for name in _MEASURES for end in ("", "_lower", "_upper")]
    tables = [known, assessed.loc[list(ways)], measured[["ece", *columns]]]
    return pd.concat(tables, axis=1).reset_index(drop=True)


def _table_of_scores(patients: LocalPatients, ways: Mapping[str, Runs]) -> pd.DataFrame:
    """Return the first training's scores of the images held aside, as evaluations take them."""
    held = patients.held_aside
    rows = held[["patient_id", "image_id"]].assign(
        dataset=patients.dataset, split=EXTERNAL_SPLIT, y_true=held["label"].astype(int)
    )
    return pd.concat(
        [
            rows.assign(model=name, y_score=runs[0][held["image_id"]].to_numpy())
            for name, runs in ways.items()
        ]
    )


def _name(amount: Amount) -> str:
    return amount.percent if amount.n_patients else AS_IT_IS


def _facts(amount: Amount) -> dict[str, float]:
    return {
        "fraction": amount.fraction,
        "n_local_patients": amount.n_patients,
        "n_local_malignant": amount.n_malignant,
    }
