"""frcnn_cad's released detections in the book: each rule's auROC, and what the rules do to it."""

import pandas as pd
from IPython.display import Markdown

from mammo.evidence.inbreast_rules import AUTHORS_RULE, PAPERS_RULE, Rule, row_of
from mammo.paper.published import TABLE_2, find
from mammo.report.figures.specification import CHOICES, in_words
from mammo.report.page.blocks import Table
from mammo.report.tables.formats import bounds, estimate, interval_heading

_HEADINGS = ("Positive", "BI-RADS 3", "Scored", "Score", "No detection")


def rules_table(rules: pd.DataFrame, source: str) -> Table:
    """Give the rules' numbers their headings, the highest auROC first.

    Parameters
    ----------
    rules : DataFrame
        As `mammo.evidence.inbreast_rules`.
    source : {"real", "recorded"}
    """
    data = rules.sort_values("auroc", ascending=False, kind="stable").reset_index(drop=True)
    choices = {
        heading: data[field].map(CHOICES[field])
        for heading, field in zip(_HEADINGS, Rule._fields, strict=True)
    }
    choices["Score"] = choices["Score"].mask(data["scored"] == "image", "of the image")
    shown = pd.DataFrame(
        {
            **choices,
            "Number; positive": data["n"].astype(str) + "; " + data["n_positive"].astype(str),
            "auROC": data["auroc"].map("{:.3f}".format),
            interval_heading(data): bounds(data["lower"], data["upper"], 3),
            "Source": source,
        }
    )
    first = data.iloc[0]
    note = (
        f"Intervals: {first['method']}, {first['n_bootstrap']:,} replicates, seed {first['seed']}, "
        "not adjusted for the number of rules: they share images and scores. An image's score is "
        "that of its best box."
    )
    caption = "auROC of frcnn_cad's released detections on INbreast, by the rule applied to them"
    return Table(shown, caption, note, data=data, name="inbreast-rules")


def rules_sentence(rules: pd.DataFrame) -> Markdown:
    """Say how far the rules lie apart, and where the authors' and the paper's own stand."""
    authors, paper = row_of(rules, AUTHORS_RULE), row_of(rules, PAPERS_RULE)
    followed = row_of(rules, PAPERS_RULE._replace(category_3="in"))
    printed = find(TABLE_2, "frcnn_cad", "inbreast").printed
    below = int((rules["auroc"] < authors["auroc"]).sum())
    return Markdown(
        f"The same boxes give {rules['auroc'].min():.2f} to {rules['auroc'].max():.2f} under the "
        f"{len(rules)} rules, with no change of the model; the intervals reach from "
        f"{rules['lower'].min():.2f} to {rules['upper'].max():.2f}. The paper prints {printed}. "
        f"That comes from the authors' rule ({in_words(AUTHORS_RULE)}): {_value(authors)}, "
        f"{authors['n']} breasts; {below} of the other {len(rules) - 1} rules give less. The rule "
        f"by which the paper tests the other models ({in_words(PAPERS_RULE)}) gives "
        f"{_value(paper)}, {paper['n']} images. With BI-RADS 3 in, whose labels are seldom "
        f"confirmed, it gives {followed['auroc']:.3f} if those {followed['n_unverified']} images "
        f"are benign, and {followed['lowest']:.3f} to {followed['highest']:.3f} over all labels "
        "that they could have. The least lower bound is far above 0.5: whatever "
        "the rule, the boxes' scores tell BI-RADS 4 to 6 from the rest on INbreast, the set that "
        "the model was made with."
    )


def _value(row: pd.Series) -> str:
    return estimate(row["auroc"], row["lower"], row["upper"], 3)
