"""Sentences on how sure the published numbers can be."""

import pandas as pd
from IPython.display import Markdown

from mammo.paper import plus_minus
from mammo.paper.published import EXTERNAL, PRINTED_HALF_WIDTH, dataset_title
from mammo.report.tables.certainty import one_class_span

_WIDTHS = ("hanley_mcneil", "simulated", "simulated_by_patient", "simulated_one_class")
_ASSUMED = ("image", "patient", "one class")


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


def include_chance(intervals: pd.DataFrame) -> str:
    """Return how many intervals include 0.5, from the least to the most by what is assumed."""
    distance = (intervals["auroc"] - 0.5).abs().round(9)
    counts = {int((distance <= intervals[width]).sum()) for width in _WIDTHS}
    return " to ".join(str(count) for count in sorted(counts)[:: max(len(counts) - 1, 1)])
