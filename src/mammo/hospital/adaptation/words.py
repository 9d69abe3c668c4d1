"""Tables and sentences on what an institution's own data would bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mammo.evaluation.tables.drops import POWER
from mammo.evaluation.verdicts import FEWEST
from mammo.hospital.adaptation.scoring import HARMONISED, RECALIBRATED
from mammo.paper.published import short_title
from mammo.report.page.blocks import Table
from mammo.report.sentences import made_of
from mammo.report.tables.formats import (
    NOTHING,
    bounds,
    counts,
    interval_heading,
    numbers,
    p_value,
)
from mammo.report.tables.verdicts import GAINS

if TYPE_CHECKING:
    from mammo.hospital.adaptation.result import Adaptation


_CHANGES = {
    "gained": "a significant change",
    "lost": "a significant change",
    "open": "no significant change",
    "one training": "one training, from which nothing is concluded",
    "too few": f"fewer than {FEWEST} patients of one class, who settle nothing",
    "unknown": "no test",
}


def curve_table(result: Adaptation) -> Table:
    """The auROC after training with so many local patients, and the gain over none.

    Parameters
    ----------
    result : Adaptation
        So in all functions of this module.
    """
    rows = result.summary
    shown = pd.DataFrame(
        {
            "Local patients": _amounts(rows),
            "With a malignant image": counts(rows["n_local_malignant"]),
            **_auroc_columns(rows),
            f"Smallest detectable gain ({POWER:.0%} power)": numbers(rows["smallest_detectable"]),
            "Verdict": rows["verdict"].map(GAINS).where(rows.index > 0, NOTHING),
        }
    )
    caption = "auROC on the patients held aside, by the number of local patients in the training"
    return Table(shown, caption, _note(rows), data=rows, name="learning-curve")


def alternatives_table(result: Adaptation) -> Table:
    """What harmonisation and recalibration bring, beside the model as it is."""
    rows = result.alternatives
    shown = pd.DataFrame(
        {
            short_title(result.model): rows["alternative"],
            "Local patients": counts(rows["n_local_patients"]),
            "Labels": rows["needs_labels"].map({True: "needed", False: "not needed"}),
            **_auroc_columns(rows),
            "Brier": numbers(rows["brier"]),
            "ECE": numbers(rows["ece"]),
            "In the large": _signed(rows["in_the_large"]),
            "Slope": numbers(rows["slope"]),
        }
    )
    note = (
        "Harmonised: one monotone mapping of grey levels, from those of the local patients who are "
        "not held aside to those of DDSM's training patients. Recalibrated: intercept and slope "
        "fitted on the former. Brier score, expected calibration error, calibration in the large "
        "(0 is right; below, the scores are too high) and slope (1 is right) are of the first "
        "training; their intervals are in the CSV."
    )
    caption = "What needs no training: harmonised grey levels and recalibration"
    return Table(shown, caption, note, data=rows, name="alternatives")


def sentences(result: Adaptation) -> list[str]:
    """What the numbers say, each clause chosen by them, and what they were computed on."""
    made = pd.DataFrame([{"source": result.source, "weights": result.weights}])
    found = [training(result), harmonising(result), recalibrating(result), left_out(result)]
    return [sentence for sentence in (*found, made_of(made)) if sentence]


def training(result: Adaptation) -> str:
    """Say how many local patients it took for a gain that shows, or what could have shown."""
    tried = result.summary.iloc[1:]
    if tried.empty:
        return "No amount of local patients could be tried."
    gained, lost = (tried[tried["verdict"] == verdict] for verdict in ("gained", "lost"))
    said = [_first_gain(tried, gained) if len(gained) else _no_gain(tried)]
    if len(lost):
        numbers = ", ".join(lost["n_local_patients"].map("{:,}".format))
        said.append(f"With {numbers} local patients the auROC fell, and significantly.")
    return " ".join(said)


def harmonising(result: Adaptation) -> str:
    """Say what harmonised grey levels changed."""
    row = result.alternative(HARMONISED)
    return (
        "Harmonised grey levels, which cost neither labels nor training, give an auROC of "
        f"{row['auroc']:.2f}, {_change(row)}: {_CHANGES[row['verdict']]}."
    )


def recalibrating(result: Adaptation) -> str:
    """Say what recalibration mends, and what it leaves of the order of the scores."""
    if RECALIBRATED not in set(result.alternatives["alternative"]):
        return ""
    before, after = result.alternatives.iloc[0], result.alternative(RECALIBRATED)
    if after["n_reversed"]:
        return (
            f"Recalibration turned the order of the scores round in {after['n_reversed']} of "
            f"{after['n_runs']} trainings: among the local patients that it was fitted on, higher "
            "scores were less often malignant. It mends no scores that do not tell the classes "
            "apart."
        )
    return (
        f"Recalibration on the labels of {after['n_local_patients']:,} local patients keeps the "
        "order of the scores, but for those within a millionth of 0 or 1, which become ties: the "
        f"auROC is {after['auroc']:.2f} ({before['auroc']:.2f} before). It moves the calibration "
        f"in the large from {before['in_the_large']:+.2f} to {after['in_the_large']:+.2f} (0 is "
        f"right), and the Brier score from {before['brier']:.2f} to {after['brier']:.2f}, at this "
        "site's share of malignant images; where cancers are rarer, so they are at each score."
    )


def left_out(result: Adaptation) -> str:
    """Say what could not be had."""
    rows = result.skipped.itertuples()
    return " ".join(f"Left out: {row.what}, since {row.reason.rstrip('.')}." for row in rows)


def _first_gain(tried: pd.DataFrame, gained: pd.DataFrame) -> str:
    first = gained.iloc[0]
    larger = tried[tried["n_local_patients"] > first["n_local_patients"]]
    too = int(larger.index.isin(gained.index).sum())
    further = {0: "none did", len(larger): "all did"}.get(too, f"{too} did")
    return (
        f"{first['n_local_patients']:,} local patients are the smallest of these amounts to "
        f"show a gain: the auROC is {first['auroc']:.2f}, {_change(first)}."
        + (f" Of {len(larger)} larger amounts, {further}." if len(larger) else "")
    )


def _no_gain(tried: pd.DataFrame) -> str:
    numbers = tried["n_local_patients"].map("{:,}".format)
    row = tried.iloc[0]
    if row["verdict"] in ("one training", "too few"):
        return f"No gain is concluded: {_CHANGES[row['verdict']]}."
    least = tried["smallest_detectable"].dropna().sort_values().map("{:.2f}".format)
    most = tried["difference_upper"].dropna().sort_values().map("{:+.2f}".format)
    could = "they are too few to say what they could have shown"
    if len(least):
        could = (
            f"a true gain of {_span(least)} would have shown with {POWER:.0%} power, and a smaller "
            "one cannot be excluded"
        )
    elif len(most):
        could = (
            "the trainings are too few to say what would have shown, and the upper bounds of the "
            f"gain are {_span(most)}"
        )
    return (
        f"None of these amounts ({_span(numbers)} local patients) showed a gain. "
        f"With the {row['n_patients']:,} patients held aside ({row['n_images']:,} images, "
        f"{row['n_malignant']:,} malignant), {could}."
    )


def _span(rising: pd.Series) -> str:
    first, last = rising.iloc[0], rising.iloc[-1]
    return first if first == last else f"{first} to {last}"


def _change(row: pd.Series) -> str:
    if pd.isna(row["difference_lower"]):
        return (
            f"which is {row['difference']:+.2f} against the model as it is, on too few patients "
            "for an interval"
        )
    p, level = p_value(row["p_holm"]), f"{100 * row['confidence']:g}%"
    return (
        f"which is {row['difference']:+.2f} against the model as it is ({level} interval "
        f"{row['difference_lower']:+.2f} to {row['difference_upper']:+.2f}, p "
        f"{p if p.startswith('<') else f'= {p}'} after Holm's adjustment, paired)"
    )


def _amounts(rows: pd.DataFrame) -> list[str]:
    return [
        f"{number:,} ({100 * fraction:.3g}%)"
        for number, fraction in zip(rows["n_local_patients"], rows["fraction"], strict=True)
    ]


def _auroc_columns(rows: pd.DataFrame) -> dict[str, object]:
    interval = interval_heading(rows)
    columns = {
        "auROC": numbers(rows["auroc"]),
        interval: bounds(rows["lower"], rows["upper"]),
    }
    if rows["run_sd"].notna().any():
        columns["SD over trainings"] = rows["run_sd"].map("{:.3f}".format)
    return columns | {
        "Gain": _signed(rows["difference"].where(rows.index > 0)),
        f"{interval} of the gain": bounds(rows["difference_lower"], rows["difference_upper"]),
        "p, Holm": rows["p_holm"].map(p_value),
    }


def _note(rows: pd.DataFrame) -> str:
    row = rows.iloc[0]
    several = row["n_runs"] > 1
    trainings = (
        f"auROC: mean over {row['n_runs']} trainings, which differ in their seed and in the local "
        "patients drawn. "
        if several
        else ""
    )
    drawn = (
        "other patients and other trainings (Obuchowski and Rockette; Hillis)"
        if several
        else "other patients; how much another training differs is not known from one"
    )
    return (
        f"{trainings}Always tested on the same {row['n_patients']:,} patients held aside "
        f"({row['n_images']:,} images, {row['n_malignant']:,} malignant). Interval of the auROC: "
        f"{row['method']}, for these very trainings. Gain: paired, over the model as it is; its "
        f"interval and p are for {drawn}; Holm over all amounts and harmonisation."
    )


def _signed(values: pd.Series) -> pd.Series:
    return values.map(lambda value: NOTHING if pd.isna(value) else f"{value:+.2f}")
