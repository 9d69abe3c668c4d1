"""Verdicts on each model from the numbers of a validation, which `words` puts into sentences."""

from __future__ import annotations

import math
from typing import Literal

import pandas as pd

from mammo.evaluation import auroc_covariance
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT, INTERNAL_SPLIT
from mammo.hospital.validation.evidence import Evidence

GUESSING = 0.5
DIFFERENT = 0.8
"""auROC of telling two sets apart above which they are called clearly different."""
CLOSE = 0.1
"""Loss of sensitivity or specificity at a carried threshold that is worth a warning."""
FEWEST = 10
"""Cases of either class below which nothing is concluded from an auROC."""

Rank = Literal["better", "worse", "open", "unknown"]
Drop = Literal["shown", "small", "shown alone", "none", "open", "unknown"]
Detectable = Literal["guesses at home", "none", "some"]
Size = Literal["more patients", "enough", "too few at home"]
Threshold = Literal["moved", "may have moved", "kept", "unknown"]
Claim = Literal["above", "within", "below"]


def against_guessing(row: pd.Series) -> Rank:
    """Say whether an auROC's interval excludes guessing; "unknown" without one, or of too few."""
    if math.isnan(row["lower"]) or are_too_few(row):
        return "unknown"
    if row["lower"] > GUESSING:
        return "better"
    return "worse" if row["upper"] < GUESSING else "open"


def rank_of(evidence: Evidence, model: str) -> Rank:
    """Return `against_guessing` of a model's auROC on the hospital's images."""
    return against_guessing(evidence.own.loc[model])


def are_too_few(row: pd.Series) -> bool:
    """Whether an auROC is of so few cases of one class that its interval may have no width."""
    return min(row["n_malignant"], row["n_images"] - row["n_malignant"]) < FEWEST


def drop_of(evidence: Evidence, model: str) -> Drop | None:
    """Say what is shown of a model's drop; None where it has no internal result.

    Returns
    -------
    str or None
        "none": a loss of the margin or more is excluded. "small": so it is, and yet a drop is
        shown. "shown": a drop is shown, also after Holm's adjustment for all models. "shown alone":
        before the adjustment only. "unknown": there is no interval, for want of patients.
    """
    if model not in evidence.drops.index:
        return None
    drop = evidence.drops.loc[model]
    if math.isnan(drop["lower"]):
        return "unknown"
    is_seen = drop["lower"] > 0
    if drop["non_inferior"]:
        return "small" if is_seen else "none"
    if not is_seen:
        return "open"
    return "shown" if drop["p_holm"] <= 1 - drop["confidence"] else "shown alone"


def detectable_of(evidence: Evidence, model: str) -> Detectable:
    """Say whether these data could show a drop that leaves the model better than guessing."""
    drop, internal = evidence.drops.loc[model], evidence.internal.loc[model]
    if against_guessing(internal) != "better":
        return "guesses at home"
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


def _variance_at_home(evidence: Evidence, model: str) -> float:
    """Return the variance of the internal auROC, as the test of the drop takes it."""
    scored = evidence.evaluation.scored
    rows = scored[(scored["model"] == model) & (scored["split"] == INTERNAL_SPLIT)]
    by_patient = evidence.evaluation.settings.unit == "patient"
    groups = rows["patient_id"] if by_patient else rows["image_id"]
    _, covariance = auroc_covariance(rows["y_true"], rows["y_score"], groups.to_numpy())
    return float(covariance[0, 0])


def threshold_of(evidence: Evidence, model: str) -> Threshold:
    """Say whether a threshold chosen at home loses more than `CLOSE` of a share here.

    "moved" takes intervals that do not overlap; "unknown" is a model without an internal set.
    """
    points = evidence.evaluation.operating_points
    points = points[points["model"] == model] if len(points) else pd.DataFrame({"split": []})
    if set(points["split"]) != {INTERNAL_SPLIT, EXTERNAL_SPLIT}:
        return "unknown"
    home, here = (
        points[points["split"] == split].set_index("criterion")
        for split in (INTERNAL_SPLIT, EXTERNAL_SPLIT)
    )
    shares = ("sensitivity", "specificity")
    lost = pd.DataFrame({name: home[name] - here[name] > CLOSE for name in shares})
    apart = pd.DataFrame({n: home[f"{n}_lower"] > here[f"{n}_upper"] for n in shares})
    if (lost & apart).to_numpy().any():
        return "moved"
    return "may have moved" if lost.to_numpy().any() else "kept"


def claim_of(evidence: Evidence, model: str) -> Claim | None:
    """Say where a claimed auROC lies, seen from the interval found here; None without either."""
    row, claimed = evidence.own.loc[model], evidence.weights[model].claimed
    if claimed is None or math.isnan(row["lower"]):
        return None
    if claimed.auroc > row["upper"]:
        return "above"
    return "below" if claimed.auroc < row["lower"] else "within"


def look_different(evidence: Evidence) -> bool:
    """Say whether the images are clearly unlike the training set's, both real or both synthetic."""
    shift = evidence.shift
    if shift is None or shift.sets["source"].nunique() > 1:
        return False
    return bool(shift.domain["auroc"].iloc[0] > DIFFERENT) and shift.is_distinguishable
