"""Tables on how sure the published numbers can be."""

from dataclasses import replace

import pandas as pd

from mammo.evaluation import holm
from mammo.paper import plus_minus
from mammo.paper.assumptions import LEVEL
from mammo.paper.drops import SHARED
from mammo.paper.published import (
    EXTERNAL,
    dataset_title,
    model_title,
    short_title,
)
from mammo.paper.sampling_error import ICC
from mammo.paper.simulated_errors import N_SIMULATIONS
from mammo.report.page.blocks import Table
from mammo.report.tables.formats import bounds, p_value, two_digits


def readings_table(intervals: pd.DataFrame) -> Table:
    """Return every reading of ±0.01 that was tried, those that are ruled out first."""
    data = pd.DataFrame(plus_minus.readings(intervals))
    shown = data.set_axis(["±0.01 as", "would be", "Verdict"], axis=1)
    caption = "Readings of the paper's ±0.01: which are possible, and which are ruled out"
    return Table(shown, caption, data=data, name="readings")


def interval_table(intervals: pd.DataFrame) -> Table:
    """The interval that each published cell should have had.

    Parameters
    ----------
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`; so in all functions of this module.
    """
    printed = intervals["printed_half_width"].map(lambda w: "" if pd.isna(w) else f" ±{w:.2f}")
    shown = pd.DataFrame(
        {
            "Table": intervals["place"].str.removeprefix("Table "),
            "Model": [model_title(name) for name in intervals["model"]],
            "Data set": [dataset_title(name) for name in intervals["dataset"]],
            "Printed": intervals["auroc"].map("{:.2f}".format) + printed,
            "Malignant; benign": intervals["n_malignant"].map("{:,}".format)
            + "; "
            + intervals["n_benign"].map("{:,}".format),
            "By formula": _plus_minus(intervals["hanley_mcneil"]),
            "Simulated": _plus_minus(intervals["simulated"]),
            "By patient": _plus_minus(intervals["simulated_by_patient"]),
            "95% interval": _spans(intervals),
        }
    )
    note = (
        "By formula: Hanley and McNeil. Simulated: normal scores, if images were independent. By "
        f"patient: the same where the images of a patient share {ICC:.0%} of the variance, an "
        "assumption; the interval is this one; UKy's takes most patients to have images of both "
        f"labels, and if none had, it would be {one_class_span(intervals)}. {N_SIMULATIONS:,} "
        "simulated sets a value, recorded (`benchmarks/published_errors.py`). end2end and "
        "frcnn_cad: validation as if on the set's images used in this book, since the authors' own "
        "numbers of images are not in the paper."
    )
    caption = "The 95% interval to be expected of each published auROC"
    return Table(shown, caption, note, data=intervals, name="expected-intervals")


def drop_table(drops: pd.DataFrame) -> Table:
    """The paper's drops with p-values that its sets' sizes allow.

    Parameters
    ----------
    drops : DataFrame
        As `mammo.paper.drops.published_drops`.
    """
    caption = "The paper's drops from internal validation, tested with errors by the sets' sizes"
    mixed = (drops["place"] == "Table 4").map({True: ", mixed data", False: ""})
    models = drops["model"].map(short_title) + mixed
    headings = ("Internal", "External", "Drop")
    return _difference_table(drops, models, headings, "published-drops", caption)


def gain_table(gains: pd.DataFrame) -> Table:
    """The paper's gains from mixed data, likewise.

    Parameters
    ----------
    gains : DataFrame
        As `mammo.paper.drops.published_gains`.
    """
    caption = "The paper's gains from mixed training data, tested likewise"
    headings = ("Mixed data", "DDSM alone", "Gain")
    models = gains["model"].map(short_title)
    table = _difference_table(gains, models, headings, "published-gains", caption)
    shared = holm(gains["p_shared"])
    listed = ", ".join(
        f"{p_value(p)} on {dataset_title(name)}"
        for p, name in zip(shared, gains["dataset"], strict=True)
    )
    note = (
        f"{table.note} The fifth is a part of the whole set, and by how much the two values are "
        f"correlated is not known: at {SHARED:.2f}, the most that the shared images give, p after "
        f"Holm is {listed}."
    )
    return replace(table, note=note)


def _difference_table(
    differences: pd.DataFrame,
    models: pd.Series,
    headings: tuple[str, str, str],
    name: str,
    caption: str,
) -> Table:
    first, second, difference = headings
    shown = pd.DataFrame(
        {
            "Model": models,
            "Tested on": [dataset_title(name) for name in differences["dataset"]],
            first: differences["first"].map("{:.2f}".format),
            second: differences["second"].map("{:.2f}".format),
            difference: differences["difference"].map("{:.2f}".format),
            "95% interval": bounds(differences["lower"], differences["upper"]),
            "Smallest detectable": differences["detectable"].map("{:.2f}".format),
            "p, Holm": differences["p_holm"].map(p_value),
            "By patient": differences["p_holm_by_patient"].map(p_value),
            "After Holm": [_verdict(row) for _, row in differences.iterrows()],
        }
    )
    note = (
        f"Two-sided, unpaired, Holm over {len(differences)}; significant below {LEVEL:g} by all "
        "three errors: by formula, as interval and p; by patient, from the simulation; and so with "
        "images of one class a patient in UKy, whose p is in the CSV. Smallest detectable: the "
        "true difference that one such test, before the adjustment, finds with 80% power."
    )
    return Table(shown, caption, note, data=differences, name=name)


def assumption_table(found: pd.DataFrame) -> Table:
    """How many of the paper's drops remain, by what is assumed.

    Parameters
    ----------
    found : DataFrame
        As `mammo.paper.assumptions.drops_by_assumption`.
    """
    lost = [
        ", ".join(f"{short_title(model)} on {dataset_title(name)}" for model, name in pairs)
        or "none"
        for pairs in found["lost"]
    ]
    shown = pd.DataFrame(
        {
            "Assumed": found["assumption"],
            "Significant": [
                f"{row.n_remaining} of {row.n_drops}" for row in found.itertuples(index=False)
            ],
            "Not significant": lost,
        }
    )
    note = (
        f"Drops of models trained on DDSM alone that are significant below {LEVEL:g} after Holm "
        "over all 19, as above. Users' values: lishen/end2end-all-conv, issue 5."
    )
    caption = "How many drops are significant, by what is assumed"
    data = found.assign(lost=lost)
    return Table(shown, caption, note, data=data, name="drops-by-assumption")


def detectable_table(detectable: pd.DataFrame, intervals: pd.DataFrame) -> Table:
    """The smallest drop that each set could show, from each internal auROC.

    Parameters
    ----------
    detectable : DataFrame
        As `mammo.paper.drops.detectable_drops`.
    intervals : DataFrame
    """
    columns = {"Internal (DDSM)": detectable["internal"].map("{:.2f}".format)}
    for name in EXTERNAL:
        columns[dataset_title(name)] = two_digits(detectable[name])
    external = intervals[intervals["place"] == "Table 3"]
    factors = {
        name: (external[f"simulated_{name}"] / external["hanley_mcneil"])
        .groupby(external["dataset"])
        .mean()
        for name in ("by_patient", "one_class")
    }
    listed = ", ".join(
        f"{factors['by_patient'][name]:.2f} times on {dataset_title(name)}" for name in EXTERNAL
    )
    note = (
        "Two-sided 5% level, 80% power, if images were independent. With a patient's images alike "
        f"the external set's error is {listed}, as its patients are taken to be made up; on UKy "
        f"{factors['one_class']['institution']:.2f} times if each patient's images are of one "
        "class."
    )
    caption = "Smallest detectable drop (80% power) on each external set"
    return Table(pd.DataFrame(columns), caption, note, data=detectable, name="detectable")


def _named(model: str, dataset: str) -> str:
    return f"{short_title(model)} on {dataset_title(dataset)}"


def _plus_minus(values: pd.Series) -> pd.Series:
    return values.map("±{:.3f}".format)


def _spans(intervals: pd.DataFrame) -> list[str]:
    pairs = zip(intervals["auroc"], intervals["simulated_by_patient"], strict=True)
    return [f"{max(a - w, 0):.2f} to {min(a + w, 1):.2f}" for a, w in pairs]


def one_class_span(intervals: pd.DataFrame) -> str:
    """Half-widths on UKy if all images of a patient had one label."""
    rows = intervals[(intervals["place"] == "Table 3") & (intervals["dataset"] == "institution")]
    ends = dict.fromkeys(f"±{width:.3f}" for width in sorted(rows["simulated_one_class"]))
    return " to ".join([*ends][:: max(len(ends) - 1, 1)])


def _verdict(row: pd.Series) -> str:
    names = ("p_holm", "p_holm_by_patient", "p_holm_one_class")
    are_below = [row[name] < LEVEL for name in names]
    if all(are_below):
        return "significant"
    return "in doubt" if any(are_below) else "not significant"
