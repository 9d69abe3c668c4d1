"""frcnn_cad's released detections in the book: each rule's auROC, and what the rules do to it."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from mammo.datasets.fetch import how_to_get
from mammo.paper.inbreast_rules import AUTHORS_RULE, PAPERS_RULE, RULES
from mammo.paper.published import TABLE_2, find
from mammo.parameters.sources import DEFAULT_DATA_ROOT
from mammo.report.page.blocks import Table
from mammo.report.tables.formats import bounds, interval_heading

NAME = "frcnn-cad-predictions"


def released_table(data: pd.DataFrame) -> Table:
    """Give the rules' numbers their headings; the full numbers stay in the CSV.

    Parameters
    ----------
    data : DataFrame
        As `mammo.paper.inbreast_rules.released_comparison` gives it.
    """
    confidence, replicates, seed = data[["confidence", "n_bootstrap", "seed"]].iloc[0]
    shown = pd.DataFrame(
        {
            "Truth and score": data["rule"].map(RULES),
            "Scored": data["scored"] + "s",
            "Number": data["n"].map("{:,}".format),
            "Positive": data["n_positive"].map("{:,}".format),
            "auROC": data["auroc"].map("{:.3f}".format),
            interval_heading(data): bounds(data["lower"], data["upper"], 3),
        }
    )
    note = (
        f"Intervals: {100 * confidence:g}%, percentile bootstrap of patients, {replicates:,.0f} "
        f"replicates, seed {seed:.0f}. Real images; the detections are the authors' own."
    )
    caption = "auROC of frcnn_cad's released detections on INbreast, by the rule applied to them"
    return Table(shown, caption, note, data=data, name="released-detections")


def released_sentence(data: pd.DataFrame | None) -> Markdown:
    """Set the authors' rule beside the paper's, or say how to get the detections.

    Parameters
    ----------
    data : DataFrame or None
        As `mammo.paper.inbreast_rules.released_comparison` gives it.
    """
    if data is None:
        return Markdown(
            "The authors' released detections on INbreast are not in this build: it takes their "
            f"files and INbreast.csv. {how_to_get(NAME, DEFAULT_DATA_ROOT)}."
        )
    by_rule = data.set_index("rule")
    authors, paper = by_rule.loc[AUTHORS_RULE], by_rule.loc[PAPERS_RULE]
    printed = find(TABLE_2, "frcnn_cad", "inbreast").printed
    change = authors["auroc"] - paper["auroc"]
    return Markdown(
        f"The paper prints {printed}. The authors' released scores give {authors['auroc']:.2f} per "
        f"breast against their own cancer boxes ({authors['n']} breasts), and the same scores "
        f"{paper['auroc']:.3f} per image against the BI-RADS labels by which the other models are "
        f"tested ({paper['n']} images): {abs(change):.3f} "
        f"{'less' if change > 0 else 'more'}, with no change of the model."
    )
