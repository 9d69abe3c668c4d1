"""Numbers with their intervals, one below the other in groups: forest plots of auROCs."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mammo.datasets.roles import INTERNAL
from mammo.paper.published import (
    DATASET_TITLES,
    EXPERTS_AUROC,
    MODEL_TITLES,
    TABLE_2,
    TABLE_3,
    PublishedAuroc,
    model_title,
)
from mammo.report.estimates import check_estimates
from mammo.report.figures.style import (
    DISPLAY_WIDTH,
    GREY,
    INK,
    Look,
    Picture,
    chart,
    interval,
    looks,
    named_rows,
    reference,
    set_label,
    text_beside,
)
from mammo.report.tables.formats import title_of
from mammo.report.tables.paper import NOT_IN_THIS_BUILD

_HEADING = 0.95
"""Rows above the first of a group."""


class Row(NamedTuple):
    """One number: its group, its name, what kind it is, and its interval (NaN for none)."""

    group: str
    name: str
    kind: str
    value: float
    lower: float = math.nan
    upper: float = math.nan


def interval_rows(rows: Sequence[Row], looks: dict[str, Look], title: str) -> Picture:
    """Draw each number with its interval, the auROC of guessing as a line.

    Parameters
    ----------
    rows : sequence of Row
        Those of a group follow each other.
    looks : dict of str to Look
        Of each kind, in the order of the legend.
    title : str
        What is shown, as a caption and in the text alternative.
    """
    heights = _heights(pd.Series([row.group for row in rows]))
    n_groups = len({row.group for row in rows})
    with chart(1.2 + 0.26 * (len(rows) + n_groups)) as (figure, axes):
        for height, row in zip(heights, rows, strict=True):
            look = looks[row.kind]
            interval(axes, height, row[3:], look.color, look.marker)
            right = row.value if pd.isna(row.upper) else row.upper
            axes.annotate(
                f"{row.value:.2f}", (right, height), xytext=(5, 0), textcoords="offset points",
                va="center", fontsize=8.5,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            )  # fmt: skip
        _finish(axes, heights, [row.name for row in rows])
        for group, places in heights.groupby([row.group for row in rows], sort=False):
            _heading(axes, places.max(), group)
        handles = [
            Line2D([], [], color=look.color, marker=look.marker, linewidth=2, label=kind)
            for kind, look in looks.items()
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return Picture(figure, f"{title}: {'; '.join(map(_listed, rows))}.", title)


def auroc_forest(
    estimates: pd.DataFrame,
    published: tuple[PublishedAuroc, ...] = TABLE_2 + TABLE_3,
    hollow: str = "published",
    width: float = DISPLAY_WIDTH,
) -> Picture:
    """Every auROC with its interval, the published value as a hollow marker, and the experts' 0.71.

    Parameters
    ----------
    estimates : DataFrame
        `mammo.report.estimates.ESTIMATE_COLUMNS`.
    published : tuple of PublishedAuroc
        The cells to set beside them.
    hollow : str
        What these cells are; the experts' value is drawn beside published ones alone.
    width : float
        Of the figure in inches.
    """
    check_estimates(estimates)
    rows = _forest_rows(estimates, published)
    heights, styles = _heights(rows["model"]), looks(rows["dataset"])
    known = rows.dropna(subset="authors_weights").groupby("model")["authors_weights"].first()
    computed = set(rows.loc[rows["auroc"].notna(), "model"])
    with chart(1.3 + 0.24 * (len(rows) + rows["model"].nunique()), width) as (figure, axes):
        for height, (_, row) in zip(heights, rows.iterrows(), strict=True):
            style = styles[row["dataset"]]
            interval(axes, height, row[["auroc", "lower", "upper"]], style.color, style.marker)
            axes.plot(
                row["published"], height, style.marker, color=INK, markerfacecolor="none",
                markersize=8,
            )  # fmt: skip
        top = _finish(axes, heights, [_label(row) for _, row in rows.iterrows()])
        if published and hollow == "published":
            reference(axes, EXPERTS_AUROC, "--", f"experts {EXPERTS_AUROC}", top)
        for model, places in heights.groupby(rows["model"], sort=False):
            _heading(axes, places.max(), title_of(model, known.get(model)))
            if model not in computed:
                above = places.max() + _HEADING
                text_beside(axes, 0.01, above, NOT_IN_THIS_BUILD, style="italic", color=GREY)
        handles = _forest_legend(hollow)[: 2 if published else 1]
        figure.legend(handles=handles, loc="outside lower center", ncols=2)
    marked = "; hollow: the paper's values" if published else ""
    caption = f"auROC of each model on each data set, with its interval{marked}"
    return Picture(figure, _forest_alt(rows, hollow), caption)


def _heights(groups: pd.Series) -> pd.Series:
    """Return the height of each row, room being left above a group for its heading."""
    return -groups.index.to_series() - (groups != groups.shift()).cumsum()


def _finish(axes: Axes, heights: pd.Series, names: Sequence[str]) -> float:
    """Name the rows, draw the auROC of guessing and return the top of the axes."""
    top = heights.max() + 1.6
    reference(axes, 0.5, ":", "guessing 0.50", top)
    axes.set(xlabel="auROC", ylim=(heights.min() - 0.7, top))
    named_rows(axes, heights, names)
    return top


def _heading(axes: Axes, first: float, text: str) -> None:
    text_beside(axes, -0.02, first + _HEADING, text, weight="bold", ha="right", fontsize=9.5)


def _forest_rows(estimates: pd.DataFrame, published: tuple[PublishedAuroc, ...]) -> pd.DataFrame:
    """Published cells with their estimates, then estimates that the paper has no cell for."""
    cells = pd.DataFrame(
        [(c.model, c.dataset, c.split, c.auroc) for c in published],
        columns=["model", "dataset", "split", "published"],
    )
    rows = cells.merge(estimates, on=["model", "dataset", "split"], how="outer")
    orders = {
        "model": _order(MODEL_TITLES, estimates["model"]),
        "split": _order(("validation", "test"), estimates["split"]),
        "dataset": _order(DATASET_TITLES, estimates["dataset"]),
    }
    places = pd.DataFrame({name: rows[name].map(order) for name, order in orders.items()})
    return rows.iloc[places.sort_values(list(places)).index].reset_index(drop=True)


def _order(known: Iterable[str], present: pd.Series) -> dict[str, int]:
    """Number names: those that are known in their order, then others as they come."""
    return {name: place for place, name in enumerate(dict.fromkeys([*known, *present]))}


def _label(row: pd.Series) -> str:
    """Name the set; frcnn_cad's validation set, INbreast, is an external one in this book."""
    is_external = row["split"] == "validation" and row["dataset"] != INTERNAL
    return f"{set_label(row)}, validation" if is_external else set_label(row)


def _forest_legend(hollow: str) -> list[Line2D]:
    return [
        Line2D([], [], color=INK, marker="o", linewidth=2, label="computed here, with interval"),
        Line2D(
            [], [], color=INK, marker="o", markerfacecolor="none", markersize=8, linestyle="none",
            label=hollow,
        ),
    ]  # fmt: skip


def _listed(row: Row) -> str:
    interval = "" if pd.isna(row.lower) else f" ({row.lower:.2f} to {row.upper:.2f})"
    return f"{row.group}, {row.name} {row.value:.2f}{interval}"


def _forest_alt(rows: pd.DataFrame, hollow: str) -> str:
    listed = "; ".join(
        f"{model_title(row['model'])} on {set_label(row)} "
        + (f"{row['auroc']:.2f}" if pd.notna(row["auroc"]) else "not computed")
        + (f", {hollow} {row['published']:.2f}" if pd.notna(row["published"]) else "")
        for _, row in rows.iterrows()
    )
    values = {"published": "published values and the experts' 0.71"}.get(hollow, f"values {hollow}")
    beside = f" beside {values}" if rows["published"].any() else ""
    return f"auROC with intervals{beside}: {listed}."
