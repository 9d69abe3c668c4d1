"""Tables of comparisons: drops, models and readers, thresholds, calibration, subgroups."""

from collections.abc import Mapping

import pandas as pd

from mammo.datasets.check_report import counted
from mammo.evaluation.inputs import Unit
from mammo.evaluation.readers import MANY_POSITIVE_CLUSTERS
from mammo.evaluation.tables.calibration import RECALIBRATED
from mammo.evaluation.tables.operating_points import SHARES
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT
from mammo.paper.published import model_title, short_title
from mammo.report.page.blocks import Table
from mammo.report.tables import verdicts
from mammo.report.tables.captions import captioned, nothing
from mammo.report.tables.formats import (
    bounds,
    counts,
    drop_or_gain,
    estimates,
    interval_heading,
    number,
    numbers,
    set_name,
    thresholds,
)

MOST_CLIPPED = 0.1
"""Share of scores of (nearly) 0 or 1 beyond which a line hangs on where their logit is set."""

_FACTS = {
    "laterality": "Side",
    "view": "View",
    "density": "Density",
    "lesion_type": "Lesion",
    "birads": "BI-RADS",
    "manufacturer": "Manufacturer",
    "acquisition_year": "Year",
}


def drop_table(drops: pd.DataFrame, sources: Mapping[str, str]) -> Table:
    """Each model's drop with its interval and adjusted p-value.

    Parameters
    ----------
    drops : DataFrame
        As `mammo.evaluation.tables.drops.drops_between_sets`.
    sources : mapping
        Data set to "real" or "synthetic"; one that is not there is named without.
    """
    if drops.empty:
        return nothing("drops", "no model has both an internal and an external result")
    shown = pd.DataFrame(
        {
            "Model": [model_title(name) for name in drops["model"]],
            "External set": [set_name(name, sources) for name in drops["second_dataset"]],
            "Internal": numbers(drops["first"]),
            "External": numbers(drops["second"]),
            "Drop": drops["difference"].map(drop_or_gain),
            interval_heading(drops): bounds(drops["lower"], drops["upper"]),
            "p, Holm": verdicts.p_values(drops),
            f"No worse by {drops['margin'].iloc[0]:g}": verdicts.no_worse(drops),
            "Smallest detectable drop": numbers(drops["smallest_detectable"]),
        }
    )
    return captioned(
        "drops",
        shown,
        drops,
        methods=_methods(drops),
        comparisons=counted(len(drops), "comparison"),
        margin=drops["margin"].iloc[0],
    )


def pair_table(pairs: pd.DataFrame, sources: Mapping[str, str]) -> Table:
    """Every two models on each set, the greatest differences first.

    Parameters
    ----------
    pairs : DataFrame
        As `mammo.evaluation.tables.drops.model_pairs`.
    sources : mapping
        See `drop_table`.
    """
    if pairs.empty:
        return nothing("pairs", "fewer than two models were scored on one set")
    ordered = pairs.sort_values("p_value", kind="stable")
    shown = pd.DataFrame(
        {
            "Data set": [set_name(name, sources) for name in ordered["dataset"]],
            "First": [short_title(name) for name in ordered["model"]],
            "Second": [short_title(name) for name in ordered["second_model"]],
            "auROCs": numbers(ordered["first"]) + "; " + numbers(ordered["second"]),
            "Difference": numbers(ordered["difference"], 2, "+"),
            interval_heading(ordered): bounds(ordered["lower"], ordered["upper"]),
            "p": verdicts.p_values(ordered, "p_value"),
            "p, Holm": verdicts.p_values(ordered),
        }
    )
    return captioned(
        "pairs",
        shown,
        ordered,
        methods=_methods(ordered).replace("paired, ", ""),
        comparisons=counted(len(ordered), "comparison"),
    )


def operating_point_table(points: pd.DataFrame, sources: Mapping[str, str]) -> Table:
    """What thresholds chosen on the internal set give on every set.

    Parameters
    ----------
    points : DataFrame
        As `mammo.evaluation.tables.operating_points.carried_over`.
    sources : mapping
        See `drop_table`.
    """
    if points.empty:
        why = "no model has an internal set to choose a threshold on"
        return nothing("operating-points", why)
    columns = {
        "Model": [short_title(name) for name in points["model"]],
        "Chosen for": points["criterion"],
        "Threshold": thresholds(points["threshold"]),
        "Data set": [set_name(name, sources) for name in points["dataset"]],
    }
    columns |= {name.capitalize(): estimates(points, name) for name in SHARES}
    columns["Malignant"] = (points["n_malignant"] / points["n_images"]).map("{:.0%}".format)
    predictive = zip(estimates(points, "ppv"), estimates(points, "npv"), strict=True)
    columns["PPV; NPV"] = ["; ".join(pair) for pair in predictive]
    shown, note = pd.DataFrame(columns), predictive_note(points)
    return captioned("operating-points", shown, points, predictive=note)


def predictive_note(points: pd.DataFrame) -> str:
    """Say what the intervals of operating points are, and for whom predictive values hold."""
    return (
        f"In brackets: {interval_heading(points)}s, "
        f"{points['method'].iloc[0]}. PPV, NPV: predictive values at the share of malignant images "
        "in the column before, which is not that of screening; at another share they are others."
    )


def calibration_table(data: pd.DataFrame, sources: Mapping[str, str]) -> Table:
    """Calibration as scored on all patients, then before and after recalibration.

    Parameters
    ----------
    data : DataFrame
        As `mammo.evaluation.tables.evaluation.Evaluation.calibration`.
    sources : mapping
        See `drop_table`.
    """
    if data.empty:
        return nothing("calibration", "no scores in [0, 1]")
    shown = pd.DataFrame(
        {
            "Model": [short_title(name) for name in data["model"]],
            "Data set": [set_name(name, sources) for name in data["dataset"]],
            "Scores": data["scores"],
            "Patients": data["patients"],
            "Brier": numbers(data["brier"]),
            "ECE": numbers(data["ece"]),
            "In the large": _where_measurable(data, "in_the_large"),
            "Slope": _where_measurable(data, "slope"),
            "Verdict": data["verdict"].map(verdicts.CALIBRATIONS),
        }
    )
    return captioned("calibration", shown, data, not_recalibrated=_not_recalibrated(data, sources))


def subgroup_table(subgroups: pd.DataFrame, sources: Mapping[str, str]) -> Table:
    """The auROC within subgroups; those too small for a claim are marked.

    Parameters
    ----------
    subgroups : DataFrame
        As `mammo.evaluation.tables.subgroups.subgroup_aurocs`.
    sources : mapping
        See `drop_table`.
    """
    if subgroups.empty:
        return nothing("subgroups", "no manifest has a column to divide by")
    small = subgroups["too_small"].map({True: " (too few)", False: ""})
    found = subgroups["auroc"].map(lambda value: "undefined" if pd.isna(value) else number(value))
    shown = pd.DataFrame(
        {
            "Model": [short_title(name) for name in subgroups["model"]],
            "Data set": [set_name(name, sources) for name in subgroups["dataset"]],
            "By": [_FACTS.get(name, name) for name in subgroups["subgroup"]],
            "Level": subgroups["level"].astype(str).str.replace("_", " "),
            "auROC": found + small,
            interval_heading(subgroups): bounds(subgroups["lower"], subgroups["upper"]),
            "Images; malignant": counts(subgroups["n_images"])
            + "; "
            + counts(subgroups["n_malignant"]),
        }
    )
    return captioned("subgroups", shown, subgroups)


def subgroup_test_table(tests: pd.DataFrame, sources: Mapping[str, str]) -> Table:
    """Whether the auROC differs between subgroups of one set, after adjustment.

    Parameters
    ----------
    tests : DataFrame
        As `mammo.evaluation.tables.subgroups.subgroup_tests`.
    sources : mapping
        See `drop_table`.
    """
    if tests.empty:
        return nothing("subgroup-tests", "no two levels of a column have enough patients")
    shown = pd.DataFrame(
        {
            "Model": [short_title(name) for name in tests["model"]],
            "Data set": [set_name(name, sources) for name in tests["dataset"]],
            "By": [_FACTS.get(name, name) for name in tests["subgroup"]],
            "Levels": tests["levels"].str.replace("_", " "),
            "auROCs": numbers(tests["lowest"]) + " to " + numbers(tests["highest"]),
            "p": verdicts.p_values(tests, "p_value"),
            "p, Holm": verdicts.p_values(tests),
        }
    )
    return captioned("subgroup-tests", shown, tests, comparisons=counted(len(tests), "comparison"))


def _where_measurable(data: pd.DataFrame, name: str) -> pd.Series:
    """Return values with bounds, but where scores of (nearly) 0 or 1, whose logit is set, rule."""
    clipped = data["n_clipped"] / data["n_images"]
    instead = clipped.map("not measurable: {:.0%} of scores are 0 or 1".format)
    return pd.Series(estimates(data, name), data.index).mask(clipped > MOST_CLIPPED, instead)


def _not_recalibrated(data: pd.DataFrame, sources: Mapping[str, str]) -> str:
    """Say which external sets could not be recalibrated; nothing of none."""
    keys = ["model", "dataset"]
    external = data[data["split"] == EXTERNAL_SPLIT]
    moved = external.loc[external["scores"] == RECALIBRATED, keys].apply(tuple, axis=1)
    without = external.loc[~external[keys].apply(tuple, axis=1).isin(set(moved)), keys]
    if without.empty:
        return ""
    listed = ", ".join(
        f"{short_title(model)} on {set_name(name, sources)}"
        for model, name in without.drop_duplicates().itertuples(index=False)
    )
    return (
        " Not recalibrated, since no line can be fitted to scores that are all alike or part the "
        f"classes, or to one class: {listed}."
    )


def _methods(rows: pd.DataFrame) -> str:
    return "; or, by the precision of both auROCs, ".join(dict.fromkeys(rows["method"]))


def readers_table(rows: pd.DataFrame, unit: Unit) -> Table:
    """The readers' mean auROC beside each model's, on the same cases.

    Parameters
    ----------
    rows : DataFrame
        As `mammo.evaluation.tables.readers.readers_against_models`, with one row at least.
    unit : {"patient", "image"}
        What was taken as independent.
    """
    shown = pd.DataFrame(
        {
            "Model": rows["model"].map(short_title),
            "Readers": rows["n_readers"],
            "Mean reader": numbers(rows["mean_reader"]),
            "Model's auROC": numbers(rows["model_auroc"]),
            "Readers less model": numbers(rows["difference"], 2, "+"),
            interval_heading(rows): bounds(rows["lower"], rows["upper"]),
            "p, Holm": verdicts.p_values(rows),
            "Verdict": rows["verdict"].map(verdicts.DIFFERENCES),
            f"{unit}s with cancer".capitalize(): rows["n_positive_clusters"],
        }
    )
    others = f"other readers and other {unit}s" if rows["n_readers"].max() > 1 else f"other {unit}s"
    return captioned(
        "readers",
        shown,
        rows,
        others=others,
        unit=unit,
        many=MANY_POSITIVE_CLUSTERS,
    )
