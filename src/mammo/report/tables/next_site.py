"""What the next site would find, as a table and in words."""

import pandas as pd
from IPython.display import Markdown

from mammo.paper.published import dataset_title, model_title, short_title
from mammo.report.page.blocks import Table
from mammo.report.tables.formats import bounds, drop_or_gain, interval_heading, numbers

NOTE = (
    "Mean: random effects over the sites (DerSimonian and Laird; Hartung, Knapp, Sidik and "
    "Jonkman). Next site: the prediction interval of another site of this kind; with three sites "
    "that differ it holds in about 90 of 100 simulated series, not 95, and where they happen not "
    "to differ it is that of the mean: take it as a lower limit. Intervals are cut to what "
    "can be: auROCs from 0 to 1, drops from -1 to 1, below 0 a gain. Drops have the error of "
    "internal validation, too."
)


def next_site_table(rows: pd.DataFrame, name: str, caption: str) -> Table:
    """Each model's mean auROC and drop over external sets, and those to be expected at another.

    Parameters
    ----------
    rows : DataFrame
        As `mammo.evaluation.tables.next_site.next_sites`.
    name, caption : str
    """
    if rows.empty:
        why = "none: no model has results on two external sets with enough patients"
        return Table(pd.DataFrame({"Result": [why]}), caption, name=name)
    heading = interval_heading(rows)
    shown = pd.DataFrame(
        {
            "Model": [model_title(model) for model in rows["model"]],
            "Sites": [", ".join(map(dataset_title, one.split(", "))) for one in rows["sites"]],
            "Mean": numbers(rows["auroc"]),
            heading: _within(rows["auroc_lower"], rows["auroc_upper"], 0),
            "Next site": _within(rows["auroc_next_lower"], rows["auroc_next_upper"], 0),
            "Mean drop": rows["drop"].map(drop_or_gain),
            f"{heading} of the drop": _within(rows["drop_lower"], rows["drop_upper"], -1),
            "Next drop": _within(rows["drop_next_lower"], rows["drop_next_upper"], -1),
        }
    )
    return Table(shown, caption, NOTE, data=rows, name=name)


def next_site_sentence(rows: pd.DataFrame) -> Markdown:
    """Say what the widest prediction is, and what follows.

    Parameters
    ----------
    rows : DataFrame
        As `mammo.evaluation.tables.next_site.next_sites`.
    """
    if rows.empty:
        return Markdown("No model has results on two external sets with enough patients.")
    lower, upper = (rows[f"auroc_next_{end}"] for end in ("lower", "upper"))
    widest = (upper - lower).idxmax()
    model, mean = short_title(rows.loc[widest, "model"]), rows.loc[widest, "auroc"]
    (predicted,) = _within(lower[[widest]], upper[[widest]], 0)
    return Markdown(
        f"{rows['n_sites'].max()} sites carry almost no prediction: {model} has {mean:.2f} on "
        f"average, and at the next site anything from {predicted}. Where sites differ, the mean "
        "over a few says little about another one, however narrow each interval is. That is a "
        "reason to validate locally."
    )


def _within(lower: pd.Series, upper: pd.Series, least: float) -> list[str]:
    """Cut intervals to what can be: auROCs from 0, drops from -1, both to 1."""
    return bounds(lower.clip(least, 1), upper.clip(least, 1))
