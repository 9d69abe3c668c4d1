"""Which verdicts the numbers of a validation give on each model; `words` puts them in sentences.

The rules are those of `mammo.evaluation.verdicts`.
"""

import math
from collections.abc import Callable
from typing import Literal

import pandas as pd

from mammo.evaluation import verdicts
from mammo.evaluation.inputs import Images, check_images
from mammo.evaluation.planning import patients_for_area, patients_for_drop
from mammo.evaluation.score_interval import AurocPrecision, precision_of
from mammo.evaluation.tables.drops import POWER
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT, INTERNAL_SPLIT
from mammo.evaluation.verdicts import CLOSE, FEWEST, GUESSING, Claim, Drop, Rank, Row, Threshold
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
    """Say by how much the hospital's patients would have to grow to exclude a drop of the margin.

    It is then excluded with the power of `mammo.evaluation.tables.drops`, if there is no drop and
    more patients are like these.

    Returns
    -------
    float
        Factor of the patients; infinite if the internal set alone leaves too much open, NaN if
        there is no standard error.
    """
    return cancers_to_exclude_drop(evidence, model) / patients_with_cancer(evidence, model)


def patients_needed(evidence: Evidence) -> pd.DataFrame:
    """Plan how many patients with cancer would settle what is open, if they are like these.

    Returns
    -------
    DataFrame
        One row a model with an interval: ``model``, ``n_malignant_patients`` that there are,
        ``for_area`` to show an auROC at most `CLOSE` below the one found, and ``for_drop`` to
        exclude a drop of the margin if there is none, each with 80% power, by the intervals that
        decide (`mammo.evaluation.planning`); infinite if no number would do, NaN without an
        internal set.
    """
    rows = []
    for model in evidence.models:
        for_area = cancers_to_tell(evidence, model, evidence.own.loc[model, "auroc"] - CLOSE)
        if not for_area > 0:
            continue
        is_compared = drop_is_tested(evidence, model)
        rows.append(
            {
                "model": model,
                "n_malignant_patients": patients_with_cancer(evidence, model),
                "for_area": for_area,
                "for_drop": cancers_to_exclude_drop(evidence, model) if is_compared else math.nan,
            }
        )
    return pd.DataFrame(rows)


def patients_with_cancer(evidence: Evidence, model: str) -> int:
    """Count the hospital's patients with a malignant image."""
    scored = _scores(evidence, model, EXTERNAL_SPLIT)
    return scored.loc[scored["y_true"] == 1, "patient_id"].nunique()


def cancers_to_tell(evidence: Evidence, model: str, criterion: float) -> float:
    """Plan how many patients with cancer would tell an auROC from a criterion, if it is true.

    Returns
    -------
    float
        As `mammo.evaluation.planning.patients_for_area`, with the power of
        `mammo.evaluation.tables.drops` and patients like these.
    """
    precision_with, fewest = _site(evidence, model)
    return patients_for_area(
        precision_with, criterion, fewest=fewest, confidence=_confidence(evidence), power=POWER
    )


def cancers_to_exclude_drop(evidence: Evidence, model: str) -> float:
    """Plan how many patients with cancer would exclude a drop of the margin, if nothing is lost.

    Returns
    -------
    float
        As `mammo.evaluation.planning.patients_for_drop`, as `cancers_to_tell`.
    """
    precision_with, fewest = _site(evidence, model)
    internal = _images(evidence, model, INTERNAL_SPLIT)
    return patients_for_drop(
        precision_of(internal, internal.scores),
        precision_with,
        evidence.drops.loc[model, "margin"],
        fewest=fewest,
        confidence=_confidence(evidence),
        power=POWER,
    )


def _site(evidence: Evidence, model: str) -> tuple[Callable[[float], AurocPrecision], int]:
    """Return the precision by the number of patients with cancer, and the fewest of them.

    With fewer than those, the rarer class would have fewer patients than anything is concluded of.
    """
    images = _images(evidence, model, EXTERNAL_SPLIT)
    n = max(patients_with_cancer(evidence, model), 1)
    fewest = math.ceil(FEWEST * n / max(images.sizes["n_rarer_patients"], 1))
    return lambda cancers: precision_of(images, images.scores, times=cancers / n), fewest


def _images(evidence: Evidence, model: str, split: str) -> Images:
    rows, unit = _scores(evidence, model, split), evidence.evaluation.settings.unit
    return check_images(rows["y_true"], rows["y_score"], rows["patient_id"].to_numpy(), unit)


def _confidence(evidence: Evidence) -> float:
    return evidence.evaluation.settings.confidence


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
