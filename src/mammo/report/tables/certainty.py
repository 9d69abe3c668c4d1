"""Tables and sentences on how sure the published numbers can be."""

from dataclasses import replace

import pandas as pd
from IPython.display import Markdown

from mammo.evaluation import holm
from mammo.paper import plus_minus
from mammo.paper.drops import LEVEL, SHARED
from mammo.paper.published import (
    EXTERNAL,
    PRINTED_HALF_WIDTH,
    dataset_title,
    model_title,
    short_title,
)
from mammo.paper.sampling_error import ICC, SIMULATED
from mammo.report.page.blocks import Table
from mammo.report.tables.formats import bounds, numbers, p_value


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
            "Printed": numbers(intervals["auroc"]) + printed,
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
        f"labels, and if none had, it would be {one_class_span(intervals)}. "
        f"{SIMULATED['n_simulations'].min():,} simulated sets a value, recorded "
        "(`benchmarks/published_errors.py`). end2end and frcnn_cad: validation as if on the set's "
        "images used in this book, since the authors' own numbers of images are not in the paper."
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
            first: numbers(differences["first"]),
            second: numbers(differences["second"]),
            difference: numbers(differences["difference"]),
            "95% interval": bounds(differences["lower"], differences["upper"]),
            "Smallest detectable": numbers(differences["detectable"]),
            "p, Holm": differences["p_holm"].map(p_value),
            "By patient": differences["p_holm_by_patient"].map(p_value),
            "After Holm": [_verdict(row) for _, row in differences.iterrows()],
        }
    )
    note = (
        f"Two-sided, unpaired, Holm over {len(differences)}; significant below {LEVEL:g} by all "
        "three errors: by formula, as interval and p; by patient, from the simulation; and so with "
        "images of one class a patient in UKy, whose p is in the CSV. Smallest detectable: the "
        "true difference that such a test finds four times in five (80% power)."
    )
    return Table(shown, caption, note, data=differences, name=name)


def assumption_table(found: pd.DataFrame) -> Table:
    """How many of the paper's drops remain, by what is assumed.

    Parameters
    ----------
    found : DataFrame
        As `mammo.paper.drops.drops_by_assumption`.
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
    columns = {"Internal (DDSM)": numbers(detectable["internal"])}
    for name in EXTERNAL:
        columns[dataset_title(name)] = numbers(detectable[name])
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


_WIDTHS = ("hanley_mcneil", "simulated", "simulated_by_patient", "simulated_one_class")
_ASSUMED = ("image", "patient", "one class")


def interval_sentence(intervals: pd.DataFrame) -> Markdown:
    """Compare the printed ±0.01 with what each set allows."""
    external = intervals[intervals["place"] == "Table 3"]
    widths = external.groupby("dataset")["simulated_by_patient"].mean()
    listed = ", ".join(f"±{widths[name]:.2f} on {dataset_title(name)}" for name in EXTERNAL)
    excess = widths.max() / PRINTED_HALF_WIDTH
    counts = [_holds(external, 0.5, width) for width in _WIDTHS]
    return Markdown(
        f"In place of ±{PRINTED_HALF_WIDTH}, a 95% interval by patient is {listed} "
        f"(the last {one_class_span(intervals)} if no patient has images of both labels): up to "
        f"{excess:.0f} times as wide. {_from_to(counts)} of the {len(external)} external values "
        "are within their interval of 0.5, by what is assumed of the images."
    )


def reading_sentence(intervals: pd.DataFrame) -> Markdown:
    """Say what ±0.01 cannot be, and what it may be."""
    all_sets, table_3 = (
        [plus_minus.ratio(plus_minus.expected_widths(intervals, one, place)) for one in _ASSUMED]
        for place in ("Table", "Table 3")
    )
    return Markdown(
        "**Ruled out, by one argument**: the first four readings are the sampling error of one "
        "test or a fixed multiple of it, and that cannot print as ±0.01 on every set. It is "
        f"{all_sets[0]:.1f} times larger on one set of Tables 2 to 4 than on another, by the "
        "published numbers of images, and rounding hides less than 3 times. With a patient's "
        f"images alike it is {all_sets[1]:.1f} times, or {all_sets[2]:.1f} if UKy's patients have "
        "images of one class: this rests on Table 4's values being one test each of a fifth of a "
        f"set. Table 3's whole sets are {table_3[0]:.1f} times apart by image, about "
        f"{table_3[1]:.1f} by patient and {table_3[2]:.1f} with patients of one class: alone they "
        "would rule out nothing by patient. **Possible, and no more**: that the number is a spread "
        "over trainings, where there were any, or a convention. The paper does not say, and its "
        "own scores would be needed to know."
    )


def _holds(intervals: pd.DataFrame, value: float, width: str) -> int:
    distance = (intervals["auroc"] - value).abs().round(9)
    return int((distance <= intervals[width]).sum())


def _from_to(counts: list[int]) -> str:
    least, most = min(counts), max(counts)
    return f"{least}" if least == most else f"{least} to {most}"
