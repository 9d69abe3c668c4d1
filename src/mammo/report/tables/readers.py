"""Readers against models, as a table."""

import pandas as pd

from mammo.evaluation.inputs import Unit
from mammo.evaluation.readers import MANY_POSITIVE_CLUSTERS
from mammo.evaluation.verdicts import RULES
from mammo.paper.published import short_title
from mammo.report.page.blocks import Table
from mammo.report.tables.formats import bounds, interval_heading, numbers
from mammo.report.tables.verdicts import DIFFERENCES, p_values


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
