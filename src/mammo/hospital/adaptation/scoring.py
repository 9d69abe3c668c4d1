"""Scores of an institution's images after local training, harmonisation or recalibration.

`Runs` hold the scores of the images held aside and, where no local patient was learnt from, also
those of the other local images.
"""

import pandas as pd

from mammo.evaluation import calibration_line
from mammo.evaluation.tables.scores import Settings
from mammo.hospital.adaptation.harmonised import HarmonisedStudy
from mammo.hospital.adaptation.local_patients import Amount, LocalPatients, LocalStudy
from mammo.study import Study, TrainingData
from mammo.study.families.transfer import TransferFamily

AS_IT_IS = "as it is"
HARMONISED = "harmonised"
RECALIBRATED = "recalibrated"
BOTH = "harmonised and recalibrated"
"""What may be done for local patients without training: nothing, or what costs less."""

Runs = list[pd.Series]
"""The scores of each training of a model, by image."""


def scores_after_training(
    study: Study, model: str, patients: LocalPatients, amount: Amount, runs: int
) -> Runs:
    """Return the scores after trainings on DDSM and so many local patients, drawn for each."""
    training = "mixed" if amount.n_patients else "ddsm"
    chosen = [patients.chosen(amount, study.parameters.seed + run) for run in range(runs)]
    return [
        _scores(LocalStudy(study, some), model, run, training) for run, some in enumerate(chosen)
    ]


def scores_of_harmonised_images(study: Study, model: str, runs: int) -> Runs:
    """Return the scores of harmonised images by the models that learnt from DDSM alone."""
    alike = HarmonisedStudy(study)
    return [_scores(alike, model, run, "ddsm") for run in range(runs)]


def recalibrate(patients: LocalPatients, runs: Runs, settings: Settings) -> Runs:
    """Move scores along the lines that calibrate those of the patients who are not held aside.

    Raises
    ------
    MammoError
        If no line can be fitted.
    """
    pool = patients.pool
    how = {"unit": settings.unit, "confidence": settings.confidence}
    moved = []
    for scores in runs:
        fitted_on = scores[pool["image_id"]]
        line = calibration_line(pool["label"], fitted_on, pool["patient_id"], **how)
        moved.append(pd.Series(line.recalibrated(scores), scores.index))
    return moved


def are_reversed(before: pd.Series, after: pd.Series) -> bool:
    """Whether recalibration put scores in the opposite order."""
    return bool(after[before.idxmax()] < after[before.idxmin()])


def _scores(study: Study, model: str, run: int, training: TrainingData) -> pd.Series:
    return TransferFamily(study, run).scores(model, study.local, training)
