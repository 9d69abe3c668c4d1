"""What simulations say of the intervals of this book: the worst of each kind of set."""

from pathlib import Path
from typing import Literal

import pandas as pd

from mammo.evaluation.difference_limits import FEWEST_MISRANKED
from mammo.report.page.blocks import Table
from mammo.report.tables.captions import captioned
from mammo.report.tables.formats import NOTHING

_FOLDER = Path(__file__).parents[2] / "evaluation" / "simulated"
_AUROC_METHODS = ("score", "percentile", "Obuchowski, logit", "Newcombe over design effect")


def kept(name: Literal["aurocs", "differences", "pairs", "proportions"]) -> pd.DataFrame:
    """Return results of simulations in which the truth is known, a row a design and method.

    ``python benchmarks/interval_coverage.py`` wrote them.

    Returns
    -------
    DataFrame
        The design, ``method``, ``n_simulations``; then ``n_covered`` and the mean ``width`` of an
        interval, or, of a difference, how often its bounds were below (``n_no_worse``) and above
        the truth (``n_worse``).
    """
    return pd.read_csv(_FOLDER / f"{name}.csv")


def auroc_coverage(simulated: pd.DataFrame) -> Table:
    """How often intervals of one auROC hold the truth, at the worst.

    Parameters
    ----------
    simulated : DataFrame
        `kept`("aurocs").
    """
    rows = simulated.assign(share=simulated["n_covered"] / simulated["n_simulations"])
    by_layout = _worst(rows, ["layout", "malignant_patients"], "share", "min")
    worst = by_layout.groupby("malignant_patients", as_index=False)[list(_AUROC_METHODS)].min()
    shown = worst[["malignant_patients"]].set_axis(["Malignant patients"], axis=1)
    for method in _AUROC_METHODS:
        shown[f"{method[0].upper()}{method[1:]}"] = _percent(worst[method])
    return captioned(
        "coverage",
        shown,
        by_layout,
        most=rows["n_simulations"].max(),
        fewest=rows["n_simulations"].min(),
        covered=rows.loc[rows["method"] == "score", "share"].mean(),
    )


def difference_errors(between: pd.DataFrame, paired: pd.DataFrame) -> Table:
    """How often differences are called too soon, at the worst.

    Parameters
    ----------
    between, paired : DataFrame
        `kept`("differences") and ("pairs").
    """
    tables = {"two sets": between, "the same images": paired}
    rows = pd.concat([one.assign(of=kind) for kind, one in tables.items()], ignore_index=True)
    rows["no_worse"] = rows["n_no_worse"] / rows["n_simulations"]
    rows["two_sided"] = (rows["n_no_worse"] + rows["n_worse"]) / rows["n_simulations"]
    keys = ["of", "malignant_patients"]
    one_sided = _worst(rows, keys, "no_worse", "max")
    two_sided = _worst(rows, keys, "two_sided", "max")
    shown = one_sided[keys].set_axis(["Difference on", "Malignant patients"], axis=1)
    for title, method in (("This book", "chosen"), ("Normal throughout", "normal")):
        shown[f"{title}: no worse, falsely"] = _percent(one_sided[method])
        shown[f"{title}: differs, falsely"] = _percent(two_sided[method])
    data = one_sided.merge(two_sided, on=keys, suffixes=(" (no worse)", " (differs)"))
    return captioned("difference-errors", shown, data, fewest=FEWEST_MISRANKED)


def share_coverage(simulated: pd.DataFrame) -> Table:
    """How often intervals of a sensitivity, or another share of images, hold the truth, at worst.

    Parameters
    ----------
    simulated : DataFrame
        `kept`("proportions").
    """
    rows = simulated.assign(share_held=simulated["n_covered"] / simulated["n_simulations"])
    worst = _worst(rows, ["layout", "patients"], "share_held", "min")
    shown = pd.DataFrame(
        {
            "Images of a patient": worst["layout"],
            "Patients": worst["patients"],
            "This book": _percent(worst["Wilson, drawn design effect"]),
            "Design effect of these patients alone": _percent(worst["Wilson, raw"]),
        }
    )
    return captioned("share-coverage", shown, worst)


def _worst(rows: pd.DataFrame, keys: list[str], value: str, which: str) -> pd.DataFrame:
    """Return a row of each kind of set in the order of the rows, a column a method."""
    order = rows[keys].drop_duplicates()
    found = rows.pivot_table(index=keys, columns="method", values=value, aggfunc=which)
    return order.merge(found.reset_index(), on=keys)


def _percent(shares: pd.Series) -> list[str]:
    return [NOTHING if pd.isna(share) else f"{share:.1%}" for share in shares]
