"""Tables of comparisons: drops, models and readers, thresholds, calibration, subgroups."""

import math
from collections.abc import Mapping

import pandas as pd

from mammo.evaluation.inputs import Unit
from mammo.evaluation.readers import MANY_POSITIVE_CLUSTERS
from mammo.evaluation.tables.operating_points import MEASURES
from mammo.evaluation.verdicts import FEWEST, RULES
from mammo.paper.published import model_title, short_title
from mammo.report.page.blocks import Table
from mammo.report.tables import verdicts
from mammo.report.tables.formats import (
    bounds,
    drop_or_gain,
    estimates,
    interval_heading,
    number,
    numbers,
    set_name,
)
from mammo.report.tables.verdicts import DIFFERENCES, p_values

_CAPTIONS = {
    "drops": "Drop from internal validation to each external test",
    "pairs": "Differences between every two models on each set, paired",
    "operating-points": "Thresholds chosen in internal validation, and what they give on every set",
    "calibration": "Calibration of each model, as scored and after recalibration",
    "subgroups": "Subgroups: the auROC in each",
    "subgroup-tests": "Subgroups: whether the auROC differs between them",
}
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
        return _nothing("drops", "no model has both an internal and an external result")
    shown = pd.DataFrame(
        {
            "Model": [model_title(name) for name in drops["model"]],
            "External set": [set_name(name, sources) for name in drops["second_dataset"]],
            "Internal": numbers(drops["first"]),
            "External": numbers(drops["second"]),
            "Drop": drops["difference"].map(drop_or_gain),
            interval_heading(drops): bounds(drops["lower"], drops["upper"]),
            "p, Holm": verdicts.p_values(drops),
            _no_worse(drops): verdicts.no_worse(drops),
            "Smallest detectable drop": numbers(drops["smallest_detectable"]),
        }
    )
    return _table("drops", shown, drops, _drop_note(drops))


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
        return _nothing("pairs", "fewer than two models were scored on one set")
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
    note = f"Paired: the same images, {_methods(ordered).replace('paired, ', '')}."
    return _table("pairs", shown, ordered, f"{note} Holm over {_comparisons(len(ordered))}.")


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
        return _nothing("operating-points", why)
    columns = {
        "Model": [short_title(name) for name in points["model"]],
        "Chosen for": points["criterion"],
        "Threshold": points["threshold"].map(lambda t: "none" if math.isinf(t) else f"{t:.2f}"),
        "Data set": [set_name(name, sources) for name in points["dataset"]],
    }
    for name in ("sensitivity", "specificity"):
        columns[name.capitalize()] = estimates(points, name)
    columns["PPV; NPV"] = numbers(points["ppv"]) + "; " + numbers(points["npv"])
    note = (
        "Thresholds are chosen on DDSM's validation patients and kept; the rows of DDSM, on the "
        "patients that chose them, are therefore somewhat flattering. In brackets: "
        f"{100 * points['confidence'].iloc[0]:g}% intervals, {points['method'].iloc[0]}. "
        f"{', '.join(name.upper() for name in list(MEASURES)[2:])}: predictive values at each "
        "set's own share of malignant images, which is not that of screening."
    )
    return _table("operating-points", pd.DataFrame(columns), points, note)


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
        return _nothing("calibration", "no scores in [0, 1]")
    shown = pd.DataFrame(
        {
            "Model": [short_title(name) for name in data["model"]],
            "Data set": [set_name(name, sources) for name in data["dataset"]],
            "Scores": data["scores"],
            "Patients": data["patients"],
            "Brier": numbers(data["brier"]),
            "ECE": numbers(data["ece"]),
            "In the large": estimates(data, "in_the_large"),
            "Slope": estimates(data, "slope"),
            "Verdict": data["verdict"].map(verdicts.CALIBRATIONS),
        }
    )
    note = (
        "Brier: mean squared error of the score, lower is better. ECE: mean distance of score and "
        "share malignant over ten bins. In the large: 0 if the scores are right on average, below "
        "if too high (logit units). Slope: 1 if as spread as they should be, below if too "
        "extreme. Rows of patients held aside: the other patients of the set served to "
        f"recalibrate, these to measure. Verdict: {RULES['calibration']}"
    )
    return _table("calibration", shown, data, note)


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
        return _nothing("subgroups", "no manifest has a column to divide by")
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
            "Images; malignant": subgroups["n_images"].map("{:,}".format)
            + "; "
            + subgroups["n_malignant"].map("{:,}".format),
        }
    )
    note = (
        f"Too few: fewer than {FEWEST} patients have an image of one of the classes, and no claim "
        "is made. Intervals are each for itself: two of them are not compared by looking at both."
    )
    return _table("subgroups", shown, subgroups, note)


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
        return _nothing("subgroup-tests", "no two levels of a column have enough patients")
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
    note = (
        "Whether the auROCs of the levels are the same: Wald's test with Obuchowski's covariance, "
        "in which levels have patients in common; levels that are not stated, or have fewer than "
        f"{FEWEST} patients of a class, are left out. Holm over {_comparisons(len(tests))}."
    )
    return _table("subgroup-tests", shown, tests, note)


def _drop_note(drops: pd.DataFrame) -> str:
    first = drops.iloc[0]
    return (
        "Drop: the auROC of internal validation (DDSM's validation patients) less that of the "
        f"external test, below 0 a gain. Interval and p are of one test: {_methods(drops)}; Holm "
        f"over {_comparisons(len(drops))}. No worse by {first['margin']:g}: {RULES['no worse']} "
        f"{RULES['any']} Smallest detectable drop: the true drop that a comparison of this "
        "precision finds four times in five (80% power). The CSV has bootstrap intervals of the "
        "drops beside these."
    )


def _methods(rows: pd.DataFrame) -> str:
    return "; or, by the precision of both auROCs, ".join(dict.fromkeys(rows["method"]))


def _no_worse(drops: pd.DataFrame) -> str:
    return f"No worse by {drops['margin'].iloc[0]:g}"


def _table(name: str, shown: pd.DataFrame, data: pd.DataFrame, note: str) -> Table:
    return Table(shown, _CAPTIONS[name], note, data=data, name=name)


def _nothing(name: str, why: str) -> Table:
    return Table(pd.DataFrame({"Result": [f"none: {why}"]}), _CAPTIONS[name], name=name)


def _comparisons(number: int) -> str:
    return f"{number} comparison" + "s" * (number != 1)


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
            "p, Holm": p_values(rows),
            "Verdict": rows["verdict"].map(DIFFERENCES),
            f"{unit}s with cancer".capitalize(): rows["n_positive_clusters"],
        }
    )
    others = f"other readers and other {unit}s" if rows["n_readers"].max() > 1 else f"other {unit}s"
    note = (
        f"For {others}, the model as it is: Obuchowski and Rockette's variance, Hillis' degrees of "
        f"freedom, and those of the {unit}s with cancer below {MANY_POSITIVE_CLUSTERS} of them. "
        f"{RULES['difference']} The readers knew what the study told them, and not what they would "
        "know in care."
    )
    return Table(shown, "Readers against models on the same cases", note, data=rows)
