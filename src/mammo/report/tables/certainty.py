"""Tables and sentences on how sure the published numbers can be."""

import pandas as pd
from IPython.display import Markdown

from mammo.datasets.roles import EXTERNAL
from mammo.evaluation import holm
from mammo.paper import plus_minus
from mammo.paper.drops import LEVEL, SHARED, verdicts
from mammo.paper.published import PRINTED_HALF_WIDTH, dataset_title, model_title, short_title
from mammo.paper.sampling_error import ICC, simulated_errors
from mammo.report.page.blocks import Table
from mammo.report.tables.captions import captioned
from mammo.report.tables.formats import bounds, counts, half_widths, numbers, p_value

_WIDTHS = ("hanley_mcneil", "simulated", "simulated_by_patient", "simulated_one_class")
_ASSUMED = ("image", "patient", "one class")


def readings_table(intervals: pd.DataFrame) -> Table:
    """Return every reading of ±0.01 that was tried, those that are ruled out first."""
    data = pd.DataFrame(plus_minus.readings(intervals))
    shown = data.set_axis(["±0.01 as", "would be", "Verdict"], axis=1)
    return captioned("readings", shown, data)


def interval_table(intervals: pd.DataFrame) -> Table:
    """The interval that each published cell should have had.

    Parameters
    ----------
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`; so in all functions of this module.
    """
    printed = half_widths(intervals["printed_half_width"])
    shown = pd.DataFrame(
        {
            "Table": intervals["place"].str.removeprefix("Table "),
            "Model": [model_title(name) for name in intervals["model"]],
            "Data set": [dataset_title(name) for name in intervals["dataset"]],
            "Printed": numbers(intervals["auroc"]) + printed,
            "Malignant; benign": counts(intervals["n_malignant"])
            + "; "
            + counts(intervals["n_benign"]),
            "By formula": _plus_minus(intervals["hanley_mcneil"]),
            "Simulated": _plus_minus(intervals["simulated"]),
            "By patient": _plus_minus(intervals["simulated_by_patient"]),
            "95% interval": _spans(intervals),
        }
    )
    return captioned(
        "expected-intervals",
        shown,
        intervals,
        icc=ICC,
        one_class=one_class_span(intervals),
        n_simulations=simulated_errors()["n_simulations"].min(),
    )


def drop_table(drops: pd.DataFrame) -> Table:
    """The paper's drops with p-values that its sets' sizes allow.

    Parameters
    ----------
    drops : DataFrame
        As `mammo.paper.drops.published_drops`.
    """
    mixed = (drops["place"] == "Table 4").map({True: ", mixed data", False: ""})
    models = drops["model"].map(short_title) + mixed
    headings = ("Internal", "External", "Drop")
    return _difference_table("published-drops", drops, models, headings)


def gain_table(gains: pd.DataFrame) -> Table:
    """The paper's gains from mixed data, likewise.

    Parameters
    ----------
    gains : DataFrame
        As `mammo.paper.drops.published_gains`.
    """
    headings = ("Mixed data", "DDSM alone", "Gain")
    models = gains["model"].map(short_title)
    shared = holm(gains["p_shared"])
    listed = ", ".join(
        f"{p_value(p)} on {dataset_title(name)}"
        for p, name in zip(shared, gains["dataset"], strict=True)
    )
    return _difference_table(
        "published-gains", gains, models, headings, shared=SHARED, listed=listed
    )


def _difference_table(
    name: str,
    differences: pd.DataFrame,
    models: pd.Series,
    headings: tuple[str, str, str],
    **facts: object,
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
            "After Holm": verdicts(differences),
        }
    )
    return captioned(name, shown, differences, n_tests=len(differences), level=LEVEL, **facts)


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
    data = found.assign(lost=lost)
    return captioned("drops-by-assumption", shown, data, level=LEVEL)


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
    return captioned(
        "detectable",
        pd.DataFrame(columns),
        detectable,
        listed=listed,
        one_class=factors["one_class"]["institution"],
    )


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


def interval_sentence(intervals: pd.DataFrame) -> Markdown:
    """Compare the printed ±0.01 with what each set allows."""
    external = intervals[intervals["place"] == "Table 3"]
    widths = external.groupby("dataset")["simulated_by_patient"].mean()
    listed = ", ".join(f"±{widths[name]:.2f} on {dataset_title(name)}" for name in EXTERNAL)
    excess = widths.max() / PRINTED_HALF_WIDTH
    return Markdown(
        f"In place of ±{PRINTED_HALF_WIDTH}, a 95% interval by patient is {listed} "
        f"(the last {one_class_span(intervals)} if no patient has images of both labels): up to "
        f"{excess:.0f} times as wide. {include_chance(external)} of the {len(external)} external "
        "intervals include 0.5, by what is assumed of the images."
    )


def reading_sentence(intervals: pd.DataFrame) -> Markdown:
    """Say what ±0.01 cannot be, and what it may be."""
    all_sets, table_3 = (
        [plus_minus.ratio(plus_minus.expected_widths(intervals, one, place)) for one in _ASSUMED]
        for place in ("Table", "Table 3")
    )
    return Markdown(plus_minus.in_words(all_sets=all_sets, table_3=table_3))


def include_chance(intervals: pd.DataFrame) -> str:
    """Return how many intervals include 0.5, from the least to the most by what is assumed."""
    distance = (intervals["auroc"] - 0.5).abs().round(9)
    counts = {int((distance <= intervals[width]).sum()) for width in _WIDTHS}
    return " to ".join(str(count) for count in sorted(counts)[:: max(len(counts) - 1, 1)])
