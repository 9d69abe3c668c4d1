"""Which verdicts the numbers of a validation give on each model; `words` puts them in sentences.

The rules are those of `mammo.evaluation.verdicts`.
"""

from __future__ import annotations

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
Size = Literal["more patients", "enough", "too few at home"]


def rank_of(evidence: Evidence, model: str) -> Rank:
    """Judge a model's auROC on the hospital's images against guessing."""
    return verdicts.against_guessing(evidence.own.loc[model], home_of(evidence, model))


def home_of(evidence: Evidence, model: str) -> Row | None:
    """Return a model's internal result, where it has one."""
    return evidence.internal.loc[model] if model in evidence.internal.index else None


def drop_of(evidence: Evidence, model: str) -> Drop | None:
    """Judge a model's drop; None where it has no internal result."""
    found = evidence.drops
    return verdicts.drop(found.loc[model]) if model in found.index else None


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
        "more patients" of the hospital's; "enough" if the loss would be found with those that are
        there; "too few at home" if no number of own patients would do.
    """
    if drop_of(evidence, model) not in ("open", "shown alone"):
        return None
    factor = times_as_many_patients(evidence, model)
    if math.isnan(factor):
        return None
    if math.isinf(factor):
        return "too few at home"
    return "more patients" if factor > 1 else "enough"


def times_as_many_patients(evidence: Evidence, model: str) -> float:
    """Say by how much the hospital's patients would have to grow for the margin to be found.

    A drop of the margin is then found with the power of ``smallest_detectable`` of
    `mammo.evaluation.tables.drops`, if more patients are like those that are there.

    Returns
    -------
    float
        Factor of the patients; infinite if the internal set alone leaves too much open, NaN if
        there is no standard error.
    """
    drop = evidence.drops.loc[model]
    wanted = (drop["standard_error"] * drop["margin"] / drop["smallest_detectable"]) ** 2
    at_home = _variance_at_home(evidence, model)
    here = drop["standard_error"] ** 2 - at_home
    if math.isnan(here):
        return math.nan
    return here / (wanted - at_home) if wanted > at_home else math.inf


def patients_needed(evidence: Evidence) -> pd.DataFrame:
    """Plan how many patients with cancer would settle what is open, if they are like these.

    Returns
    -------
    DataFrame
        One row a model with an interval here: ``model``, ``n_malignant_patients`` here,
        ``for_area`` to show an auROC at most `CLOSE` below the one found, and ``for_drop`` to
        exclude a drop of the margin if there is none, each with 80% power, from Obuchowski's
        variance by patient; infinite if no number would do, NaN without an internal set.
    """
    rows = []
    for model in evidence.models:
        found = _variance(evidence, model, EXTERNAL_SPLIT)
        if not found > 0:
            continue
        scored = _scores(evidence, model, EXTERNAL_SPLIT)
        n = scored.loc[scored["y_true"] == 1, "patient_id"].nunique()
        allowed = (CLOSE / smallest_detectable_difference(1.0, power=POWER)) ** 2
        is_compared = model in evidence.drops.index
        factor = times_as_many_patients(evidence, model) if is_compared else math.nan
        rows.append(
            {
                "model": model,
                "n_malignant_patients": n,
                "for_area": np.ceil(n * found / allowed),
                "for_drop": np.ceil(n * factor),
            }
        )
    return pd.DataFrame(rows)


def _variance_at_home(evidence: Evidence, model: str) -> float:
    """Return the variance of the internal auROC, as the test of the drop takes it."""
    return _variance(evidence, model, INTERNAL_SPLIT)


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
    """Judge the thresholds that were chosen at home; None for a model without an internal set."""
    points = evidence.evaluation.operating_points
    points = points[points["model"] == model] if len(points) else pd.DataFrame({"split": []})
    if set(points["split"]) != {INTERNAL_SPLIT, EXTERNAL_SPLIT}:
        return None
    home, here = (
        points[points["split"] == split].set_index("criterion").to_dict("index")
        for split in (INTERNAL_SPLIT, EXTERNAL_SPLIT)
    )
    return verdicts.threshold([(home[name], here[name]) for name in home])


def claim_of(evidence: Evidence, model: str) -> Claim | None:
    """Judge a claimed auROC by the interval found here; None without either."""
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
