"""Tables and sentences on how sure the published numbers can be."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from mammo.paper import plus_minus
from mammo.paper.published import (
    EXPERTS_AUROC,
    EXTERNAL,
    PRINTED_HALF_WIDTH,
    dataset_title,
    model_title,
    short_title,
)
from mammo.paper.sampling_error import ICC
from mammo.report.page.blocks import Table
from mammo.report.tables.formats import p_value, two_digits

LEVEL = 0.05


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
        "By formula: Hanley and McNeil. Simulated: normal scores, independent images. By patient: "
        f"the same where the images of a patient share {ICC:.0%} of the variance, an assumption; "
        "the interval is this one. end2end and frcnn_cad: validation as if on the set's images "
        "used here, since the authors' own numbers of images are not in the paper."
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
    caption = "The paper's drops from validation to external sets, tested with honest errors"
    return _difference_table(drops, ("At home", "There", "Drop"), "published-drops", caption)


def gain_table(gains: pd.DataFrame) -> Table:
    """The paper's gains from mixed data, likewise.

    Parameters
    ----------
    gains : DataFrame
        As `mammo.paper.drops.published_gains`.
    """
    caption = "The paper's gains from mixed training data, tested likewise"
    headings = ("Mixed data", "DDSM alone", "Gain")
    return _difference_table(gains, headings, "published-gains", caption)


def _difference_table(
    differences: pd.DataFrame, headings: tuple[str, str, str], name: str, caption: str
) -> Table:
    first, second, difference = headings
    shown = pd.DataFrame(
        {
            "Table": differences["place"].str.removeprefix("Table "),
            "Model": [short_title(name) for name in differences["model"]],
            "Tested on": [dataset_title(name) for name in differences["dataset"]],
            first: differences["first"].map("{:.2f}".format),
            second: differences["second"].map("{:.2f}".format),
            difference: differences["difference"].map("{:.2f}".format),
            "p": differences["p"].map(p_value),
            "p, Holm": differences["p_holm"].map(p_value),
            "By patient": differences["p_holm_by_patient"].map(p_value),
            "After Holm": [_verdict(row) for _, row in differences.iterrows()],
        }
    )
    note = (
        f"Two-sided, unpaired, Holm over {len(differences)}; significant below {LEVEL:g}. Errors "
        "by formula; by patient, adjusted too, from the simulation."
    )
    return Table(shown, caption, note, data=differences, name=name)


def detectable_table(detectable: pd.DataFrame) -> Table:
    """The smallest drop that each set could show, from each auROC at home.

    Parameters
    ----------
    detectable : DataFrame
        As `mammo.paper.drops.detectable_drops`.
    """
    columns = {"At home (DDSM)": detectable["internal"].map("{:.2f}".format)}
    for name in EXTERNAL:
        columns[dataset_title(name)] = two_digits(detectable[name])
    note = "Two-sided 5% level, 80% power, independent images; by patient they are somewhat larger."
    caption = "Smallest drop that each external set could have shown"
    return Table(pd.DataFrame(columns), caption, note, data=detectable, name="detectable")


def interval_sentence(intervals: pd.DataFrame) -> Markdown:
    """Compare the printed ±0.01 with what each set allows."""
    external = intervals[intervals["place"] == "Table 3"]
    widths = external.groupby("dataset")["simulated_by_patient"].mean()
    listed = ", ".join(f"±{widths[name]:.2f} on {dataset_title(name)}" for name in EXTERNAL)
    excess = widths.max() / PRINTED_HALF_WIDTH
    chance = _holds(external, 0.5)
    experts = _holds(external, EXPERTS_AUROC)
    return Markdown(
        f"In place of ±{PRINTED_HALF_WIDTH}, a 95% interval by patient is {listed}: up to "
        f"{excess:.0f} times as wide. {chance} of the {len(external)} external values are within "
        f"their interval of 0.5, and {experts} within theirs of the experts' {EXPERTS_AUROC}."
    )


def reading_sentence(intervals: pd.DataFrame) -> Markdown:
    """Say what is proved about ±0.01 and what is only made plausible."""
    widths = {unit: plus_minus.expected_widths(intervals, unit) for unit in ("image", "patient")}
    all_sets = {unit: plus_minus.ratio(values) for unit, values in widths.items()}
    table_3 = {unit: plus_minus.ratio(values["Table 3"]) for unit, values in widths.items()}
    alone = table_3["patient"] >= plus_minus.ALLOWED
    return Markdown(
        "**Proved**, from the published numbers of images: 4 readings cannot print as ±0.01 on "
        f"every set. The sampling error of one test is {all_sets['image']:.1f} times larger on one "
        "set of Tables 2 to 4 than on another, and rounding hides less than 3 times. That a "
        "patient's images are alike, as far as is assumed here, leaves "
        f"{all_sets['patient']:.1f} times. Table 3's whole sets alone ({table_3['image']:.1f} "
        f"times by image, {table_3['patient']:.2f} by patient) would {'' if alone else 'not '}be "
        "enough by patient. **Only made plausible**: that the number is a spread over trainings, "
        "where there were any, or a convention. The paper does not say, and its own scores would "
        "be needed to know."
    )


def _plus_minus(values: pd.Series) -> pd.Series:
    return values.map("±{:.3f}".format)


def _spans(intervals: pd.DataFrame) -> list[str]:
    pairs = zip(intervals["auroc"], intervals["simulated_by_patient"], strict=True)
    return [f"{max(a - w, 0):.2f} to {min(a + w, 1):.2f}" for a, w in pairs]


def _holds(intervals: pd.DataFrame, value: float) -> int:
    distance = (intervals["auroc"] - value).abs().round(9)
    return int((distance <= intervals["simulated_by_patient"]).sum())


def _verdict(row: pd.Series) -> str:
    by_formula, by_patient = row["p_holm"] < LEVEL, row["p_holm_by_patient"] < LEVEL
    if by_formula and by_patient:
        return "significant"
    return "in doubt" if by_formula or by_patient else "not significant"
