"""Which verdicts the numbers of a validation give on each model; `words` puts them in sentences.

The rules are those of `mammo.evaluation.verdicts`.
"""

import math
from typing import Literal

import numpy as np
import pandas as pd

from mammo.evaluation import auroc_covariance, smallest_detectable_difference, verdicts
from mammo.evaluation.tables.drops import POWER
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT, INTERNAL_SPLIT
from mammo.evaluation.verdicts import CLOSE, GUESSING, Claim, Drop, Rank, Row, Threshold
from mammo.hospital.validation.evidence import Evidence

DIFFERENT = 0.8
"""auROC of telling two sets apart above which they are called clearly different."""
Detectable = Literal["guesses internally", "none", "some"]
Size = Literal["more patients", "enough", "internal set too small"]


def rank_of(evidence: Evidence, model: str) -> Rank:
    """Judge a model's auROC on the hospital's images against guessing."""
    return verdicts.against_guessing(evidence.own.loc[model], internal_of(evidence, model))


def internal_of(evidence: Evidence, model: str) -> Row | None:
    """Return a model's internal result, where it has one."""
    return evidence.internal.loc[model] if model in evidence.internal.index else None


def drop_is_tested(evidence: Evidence, model: str) -> bool:
    """Say whether a model has an internal result to compare with."""
    return model in evidence.drops.index


def drop_of(evidence: Evidence, model: str) -> Drop | None:
    """Judge a model's drop; None where it has no internal result."""
    return verdicts.drop(evidence.drops.loc[model]) if drop_is_tested(evidence, model) else None


def detectable_of(evidence: Evidence, model: str) -> Detectable:
    """Say whether these data could show a drop that leaves the model better than guessing."""
    drop, internal = evidence.drops.loc[model], evidence.internal.loc[model]
    if verdicts.against_guessing(internal) != "better":
        return "guesses internally"
    return "none" if drop["smallest_detectable"] > internal["auroc"] - GUESSING else "some"


def size_of(evidence: Evidence, model: str) -> Size | None:
    """Say what would settle whether a model lost the margin or more; None where that is settled.

    Returns
    -------
    str or None
        "more patients" of the hospital's; "enough" if the loss would be found with these;
        "internal set too small" if no number of own patients would do.
    """
    if drop_of(evidence, model) not in ("open", "shown alone"):
        return None
    factor = times_as_many_patients(evidence, model)
    if math.isnan(factor):
        return None
    if math.isinf(factor):
        return "internal set too small"
    return "more patients" if factor > 1 else "enough"


def times_as_many_patients(evidence: Evidence, model: str) -> float:
    """Say by how much the hospital's patients would have to grow for the margin to be found.

    A drop of the margin is then found with the power of ``smallest_detectable`` of
    `mammo.evaluation.tables.drops`, if more patients are like these.

    Returns
    -------
    float
        Factor of the patients; infinite if the internal set alone leaves too much open, NaN if
        there is no standard error.
    """
    drop = evidence.drops.loc[model]
    wanted = (drop["standard_error"] * drop["margin"] / drop["smallest_detectable"]) ** 2
    internal = _variance(evidence, model, INTERNAL_SPLIT)
    own = drop["standard_error"] ** 2 - internal
    if math.isnan(own):
        return math.nan
    return own / (wanted - internal) if wanted > internal else math.inf


def patients_needed(evidence: Evidence) -> pd.DataFrame:
    """Plan how many patients with cancer would settle what is open, if they are like these.

    Returns
    -------
    DataFrame
        One row a model with an interval: ``model``, ``n_malignant_patients`` that there are,
        ``for_area`` to show an auROC at most `CLOSE` below the one found, and ``for_drop`` to
        exclude a drop of the margin if there is none, each with 80% power, from Obuchowski's
        variance by patient; infinite if no number would do, NaN without an internal set.
    """
    rows = []
    for model in evidence.models:
        for_area = cancers_to_show(evidence, model, CLOSE)
        if not for_area > 0:
            continue
        n = patients_with_cancer(evidence, model)
        is_compared = drop_is_tested(evidence, model)
        factor = times_as_many_patients(evidence, model) if is_compared else math.nan
        rows.append(
            {
                "model": model,
                "n_malignant_patients": n,
                "for_area": for_area,
                "for_drop": np.ceil(n * factor),
            }
        )
    return pd.DataFrame(rows)


def patients_with_cancer(evidence: Evidence, model: str) -> int:
    """Count the hospital's patients with a malignant image."""
    scored = _scores(evidence, model, EXTERNAL_SPLIT)
    return scored.loc[scored["y_true"] == 1, "patient_id"].nunique()


def cancers_to_show(evidence: Evidence, model: str, distance: float) -> float:
    """Plan how many patients with cancer would tell an auROC from one so far away.

    Returns
    -------
    float
        A whole number, infinite for no distance, NaN where the auROC has no variance: with so many
        patients like these the two are told apart with the power of
        `mammo.evaluation.tables.drops`, if the true auROC is the one found.
    """
    found = _variance(evidence, model, EXTERNAL_SPLIT)
    if not found > 0 or math.isnan(distance):
        return math.nan
    allowed = (distance / smallest_detectable_difference(1.0, power=POWER)) ** 2
    n = patients_with_cancer(evidence, model)
    return float(np.ceil(n * found / allowed)) if allowed > 0 else math.inf


def _variance(evidence: Evidence, model: str, split: str) -> float:
    """Return Obuchowski's variance of a model's auROC."""
    rows = _scores(evidence, model, split)
    by_patient = evidence.evaluation.settings.unit == "patient"
    groups = rows["patient_id"] if by_patient else rows["image_id"]
    _, covariance = auroc_covariance(rows["y_true"], rows["y_score"], groups.to_numpy())
    return float(covariance[0, 0])


def _scores(evidence: Evidence, model: str, split: str) -> pd.DataFrame:
    scored = evidence.evaluation.scored
    return scored[(scored["model"] == model) & (scored["split"] == split)]


def threshold_of(evidence: Evidence, model: str) -> Threshold | None:
    """Judge the thresholds of internal validation; None for a model without an internal set."""
    points = evidence.evaluation.operating_points
    points = points[points["model"] == model] if len(points) else pd.DataFrame({"split": []})
    if set(points["split"]) != {INTERNAL_SPLIT, EXTERNAL_SPLIT}:
        return None
    internal, own = (
        points[points["split"] == split].set_index("criterion").to_dict("index")
        for split in (INTERNAL_SPLIT, EXTERNAL_SPLIT)
    )
    return verdicts.threshold([(internal[name], own[name]) for name in internal])


def claim_of(evidence: Evidence, model: str) -> Claim | None:
    """Judge a claimed auROC by the interval found; None without either."""
    row, claimed = evidence.own.loc[model], evidence.weights[model].claimed
    if claimed is None or math.isnan(row["lower"]):
        return None
    return verdicts.claim(row, claimed.auroc)


def look_different(evidence: Evidence) -> bool:
    """Say whether the images are clearly unlike the training set's, both real or both synthetic."""
    shift = evidence.shift
    if shift is None or shift.sets["source"].nunique() > 1:
        return False
    return bool(shift.domain["auroc"].iloc[0] > DIFFERENT) and shift.is_distinguishable
