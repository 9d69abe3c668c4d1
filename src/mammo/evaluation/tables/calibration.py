"""Calibration of each model on each set, as it comes and after recalibration on a part of it."""

from collections.abc import Iterator
from dataclasses import asdict, replace

import pandas as pd

from mammo.datasets.splits import hold_out
from mammo.errors import MammoError
from mammo.evaluation import (
    brier,
    calibration_line,
    debiased_calibration_error,
    reliability_curve,
    statistic_interval,
    verdicts,
)
from mammo.evaluation.inputs import check_images
from mammo.evaluation.tables.estimates import are_probabilities
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT, Part, Settings, parts

RECALIBRATION_FRACTION = 0.5
"""Share of an external set's patients that its own recalibration is fitted on."""

_LEAST_IN_A_BIN, _MOST_BINS = 20, 10

AS_SCORED, RECALIBRATED = "as scored", "recalibrated"


def calibration(scored: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Measure the calibration of each part whose scores are in [0, 1].

    Returns
    -------
    DataFrame
        ``model``, ``dataset``, ``split``, ``scores`` ("as scored"), then ``ece`` (debiased,
        without an interval), ``brier``, ``intercept``, ``slope``, ``in_the_large``, each with
        ``_lower`` and ``_upper``; and ``n_clipped``, ``unit``, ``method``, ``n_images``,
        ``n_patients``, ``n_malignant``, ``n_rarer_patients`` and the ``verdict`` of
        `mammo.evaluation.verdicts.calibration`.
    """
    return pd.DataFrame([_row(part, AS_SCORED, settings) for part in _suited(scored)])


def recalibration(
    scored: pd.DataFrame, settings: Settings, fraction: float = RECALIBRATION_FRACTION
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Recalibrate each external set on some of its patients, and measure it on the others.

    Parameters
    ----------
    scored : DataFrame
        A table of scores.
    settings : Settings
        Its seed chooses the patients: the same for every model.
    fraction : float
        Share of the patients that intercept and slope are fitted on, in (0, 1).

    Returns
    -------
    measured : DataFrame
        As `calibration`, two rows a part: "as scored" and "recalibrated", on the same patients.
        Parts of one patient, whose fitting patients have one class, or whose scores part the
        classes, are left out.
    rescored : DataFrame
        The table of scores of these patients, recalibrated.
    """
    rows, tables = [], []
    for part in _suited(scored):
        if part.split != EXTERNAL_SPLIT or part.rows["y_true"].nunique() < 2:
            continue
        labels, _, patients = part.arrays
        is_fitted = hold_out(labels.astype(int), patients, fraction, settings.seed)
        if is_fitted.all() or not is_fitted.any():  # one patient has no halves
            continue
        line = calibration_line(*replace(part, rows=part.rows[is_fitted]).arrays)
        before = replace(part, rows=part.rows[~is_fitted])
        try:
            moved = line.recalibrated(before.rows["y_score"])
        except MammoError:
            continue
        after = replace(part, rows=before.rows.assign(y_score=moved))
        rows += [_row(before, AS_SCORED, settings), _row(after, RECALIBRATED, settings)]
        tables.append(after.rows)
    return pd.DataFrame(rows), pd.concat(tables) if tables else scored.iloc[:0]


def reliability(scored: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return the reliability curve of each part whose scores are in [0, 1].

    A curve has ten bins at most, and fewer where a bin would hold less than 20 images.

    Returns
    -------
    DataFrame
        ``model``, ``dataset``, ``split``, then the fields of
        `mammo.evaluation.calibration.ReliabilityBin`, one row a bin.
    """
    how = {"unit": settings.unit, "confidence": settings.confidence}
    rows = []
    for part in _suited(scored):
        n_bins = min(max(len(part.rows) // _LEAST_IN_A_BIN, 1), _MOST_BINS)
        found = reliability_curve(*part.arrays, n_bins=n_bins, **how)
        rows += [{**part.key, **asdict(one)} for one in found]
    return pd.DataFrame(rows)


def unsuited(scored: pd.DataFrame) -> list[str]:
    """Say of which parts the calibration is not measured, and why."""
    sentences = []
    for part in parts(scored):
        if not are_probabilities(part):
            scores = part.rows["y_score"]
            outside = scores[~scores.between(0, 1)]
            sentences.append(
                f"{part.model} on {part.dataset}: no calibration, since {len(outside)} of "
                f"{len(scores)} scores are outside [0, 1] (as {outside.iloc[0]:g}) and so are no "
                "probabilities; the auROC does not mind"
            )
    return sentences


def _suited(scored: pd.DataFrame) -> Iterator[Part]:
    return (part for part in parts(scored) if are_probabilities(part))


def _row(part: Part, kind: str, settings: Settings) -> dict[str, object]:
    line = calibration_line(*part.arrays, unit=settings.unit, confidence=settings.confidence)
    row: dict[str, object] = {**part.key, "scores": kind}
    found = statistic_interval(brier, *part.arrays, **asdict(settings))
    row |= {"brier": found.value, "brier_lower": found.lower, "brier_upper": found.upper}
    row["ece"] = debiased_calibration_error(*part.arrays, unit=settings.unit).value
    row |= asdict(line)
    row |= {
        "unit": settings.unit,
        "method": f"line: maximum likelihood, errors by {settings.unit}; Brier: percentile "
        "bootstrap; ECE: debiased, no interval",
        **check_images(*part.arrays, settings.unit).sizes,
    }
    return row | {"verdict": verdicts.calibration(row)}
