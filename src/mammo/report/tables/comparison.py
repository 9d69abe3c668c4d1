"""Tables of the comparison chapter: drops, models against each other, thresholds, calibration."""

from collections.abc import Mapping

import pandas as pd

from mammo.evaluation.tables.calibration import RECALIBRATED
from mammo.evaluation.tables.operating_points import MEASURES
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT
from mammo.evaluation.verdicts import FEWEST, RULES
from mammo.paper.published import model_title, short_title
from mammo.report.page.blocks import Table
from mammo.report.tables import verdicts
from mammo.report.tables.formats import (
    NOTHING,
    bounds,
    drops_or_gains,
    interval_heading,
    set_name,
    thresholds,
    two_digits,
)

MOST_CLIPPED = 0.1
"""Share of scores of (nearly) 0 or 1 beyond which a line hangs on where their logit is set."""

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
            "Internal": two_digits(drops["first"]),
            "External": two_digits(drops["second"]),
            "Drop": drops_or_gains(drops["difference"]),
            interval_heading(drops): bounds(drops["lower"], drops["upper"]),
            "p, Holm": verdicts.p_values(drops),
            _no_worse(drops): verdicts.no_worse(drops),
            "Smallest detectable drop": two_digits(drops["smallest_detectable"]),
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
            "auROCs": two_digits(ordered["first"]) + "; " + two_digits(ordered["second"]),
            "Difference": ordered["difference"].map("{:+.2f}".format),
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
        "Threshold": thresholds(points["threshold"]),
        "Data set": [set_name(name, sources) for name in points["dataset"]],
    }
    shown = {name: _shares(points, name) for name in MEASURES}
    columns |= {name.capitalize(): shown[name] for name in ("sensitivity", "specificity")}
    columns["Malignant"] = (points["n_malignant"] / points["n_images"]).map("{:.0%}".format)
    columns["PPV; NPV"] = ["; ".join(pair) for pair in zip(shown["ppv"], shown["npv"], strict=True)]
    note = (
        "Thresholds are chosen on DDSM's validation patients and kept; the rows of DDSM, on the "
        f"patients that chose them, are therefore somewhat flattering. {predictive_note(points)}"
    )
    return _table("operating-points", pd.DataFrame(columns), points, note)


def predictive_note(points: pd.DataFrame) -> str:
    """Say what the intervals of operating points are, and for whom predictive values hold."""
    return (
        f"In brackets: {100 * points['confidence'].iloc[0]:g}% intervals, "
        f"{points['method'].iloc[0]}. PPV, NPV: predictive values at the share of malignant images "
        "in the column before, which is not that of screening; at another share they are others."
    )


def _shares(points: pd.DataFrame, name: str) -> list[str]:
    """Return shares with their intervals as text; a dash where there is nothing to take one of."""
    spans = bounds(points[f"{name}_lower"], points[f"{name}_upper"])
    return [
        value if value == NOTHING else f"{value} ({span})"
        for value, span in zip(two_digits(points[name]), spans, strict=True)
    ]


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
            "Brier": two_digits(data["brier"]),
            "ECE": two_digits(data["ece"]),
            "In the large": _where_measurable(data, "in_the_large"),
            "Slope": _where_measurable(data, "slope"),
            "Verdict": data["verdict"].map(verdicts.CALIBRATIONS),
        }
    )
    note = (
        "Brier: mean squared error of the score, lower is better. ECE: mean distance of score and "
        "share malignant over ten bins, less what chance adds to it (debiased). In the large: 0 if "
        "the scores are right on average, below if too high (logit units). Slope: 1 if as spread "
        "as they should be, below if too extreme. All of it holds at the set's own share of "
        "malignant images: at another share, in the large shifts by the difference of the logits "
        "of the shares. Rows of patients held aside: the other patients of the set served to "
        f"recalibrate, these to measure.{_not_recalibrated(data, sources)} Verdict: "
        f"{RULES['calibration']}"
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
    found = subgroups["auroc"].map(lambda value: "undefined" if pd.isna(value) else f"{value:.2f}")
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
            "auROCs": two_digits(tests["lowest"]) + " to " + two_digits(tests["highest"]),
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
        f"over {_comparisons(len(drops))}, so that a table of more or fewer may come to another "
        f"verdict on the same drop. No worse by {first['margin']:g}: {RULES['no worse']} "
        f"{RULES['any']} Smallest detectable drop: the true drop that one comparison of this "
        "precision, before the adjustment, finds with 80% power (normal error; with few cancers it "
        "is larger). The CSV has bootstrap intervals of the "
        "drops beside these."
    )


def _methods(rows: pd.DataFrame) -> str:
    return "; or, by the precision of both auROCs, ".join(dict.fromkeys(rows["method"]))


def _no_worse(drops: pd.DataFrame) -> str:
    return f"No worse by {drops['margin'].iloc[0]:g}"


def _where_measurable(data: pd.DataFrame, name: str) -> pd.Series:
    """Return values with bounds, but where scores of (nearly) 0 or 1, whose logit is set, rule."""
    clipped = data["n_clipped"] / data["n_images"]
    instead = clipped.map("not measurable: {:.0%} of scores are 0 or 1".format)
    return pd.Series(_with_bounds(data, name), data.index).mask(clipped > MOST_CLIPPED, instead)


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


def _with_bounds(data: pd.DataFrame, name: str) -> list[str]:
    spans = bounds(data[f"{name}_lower"], data[f"{name}_upper"])
    return [f"{value} ({span})" for value, span in zip(two_digits(data[name]), spans, strict=True)]


def _table(name: str, shown: pd.DataFrame, data: pd.DataFrame, note: str) -> Table:
    return Table(shown, _CAPTIONS[name], note, data=data, name=name)


def _nothing(name: str, why: str) -> Table:
    return Table(pd.DataFrame({"Result": [f"none: {why}"]}), _CAPTIONS[name], name=name)


def _comparisons(number: int) -> str:
    return f"{number} comparison" + "s" * (number != 1)
