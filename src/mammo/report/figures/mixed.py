"""Table 4 of the paper as a picture: before and after training on mixed data."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mammo.paper.published import DATASET_TITLES, TABLE_2, TABLE_3, TABLE_4, PublishedAuroc, find
from mammo.report.estimates import check_estimates
from mammo.report.figures.style import (
    BLUE,
    LIGHT,
    VERMILLION,
    Picture,
    chart,
    interval,
    named_rows,
    reference,
    set_label,
)

_BEFORE, _AFTER = (BLUE, "o"), (VERMILLION, "s")


def mixed_training(mixed: pd.DataFrame, ddsm_only: pd.DataFrame) -> Picture:
    """Table 4 as a picture: each set's auROC before and after training on mixed data.

    Parameters
    ----------
    mixed, ddsm_only : DataFrame
        `mammo.report.estimates.ESTIMATE_COLUMNS` of one backbone trained on mixed data and on
        DDSM alone, scored on the same images.
    """
    key = ["model", "dataset", "split"]
    both = check_estimates(ddsm_only).merge(check_estimates(mixed), on=key, suffixes=("", "_after"))
    order = {name: place for place, name in enumerate(DATASET_TITLES)}
    both = both.sort_values("dataset", key=lambda names: names.map(order)).reset_index(drop=True)
    with chart(1.6 + 0.75 * len(both)) as (figure, axes):
        reference(axes, 0.5, ":")
        for place, row in both.iterrows():
            _dumbbell(axes, -place, row)
        roles = both["split"].map({"validation": "validation"}).fillna("left-out fifth")
        labels = [f"{set_label(row)}\n{roles[place]}" for place, row in both.iterrows()]
        axes.set(xlabel="auROC", ylim=(0.6 - len(both), 0.5))
        named_rows(axes, [-place for place in both.index], labels)
        figure.legend(handles=_dumbbell_legend(), loc="outside lower center", ncols=2)
    listed = "; ".join(
        f"{set_label(row)} {row['auroc']:.2f} to {row['auroc_after']:.2f}"
        for _, row in both.iterrows()
    )
    alt = f"auROC trained on DDSM alone and on mixed data: {listed}."
    return Picture(figure, alt, "auROC after training on DDSM alone and on mixed data")


def _dumbbell(axes: Axes, height: float, row: pd.Series) -> None:
    first, second, below = height + 0.24, height + 0.08, height - 0.18
    ends = [row["auroc"], row["auroc_after"]]
    axes.plot(ends, [first, second], color=LIGHT, linewidth=3, zorder=1)
    for suffix, place, (color, marker) in (("", first, _BEFORE), ("_after", second, _AFTER)):
        numbers = [row[f"{name}{suffix}"] for name in ("auroc", "lower", "upper")]
        interval(axes, place, numbers, color, marker, markersize=7)
    before = find(TABLE_2 + TABLE_3, row["model"], row["dataset"])
    after = find(TABLE_4, row["model"], row["dataset"])
    if before and after:
        _published_dumbbell(axes, below, before, after)


def _published_dumbbell(
    axes: Axes, height: float, before: PublishedAuroc, after: PublishedAuroc
) -> None:
    axes.plot([before.auroc, after.auroc], [height] * 2, color=LIGHT, linewidth=1.2, zorder=1)
    for cell, (color, marker) in ((before, _BEFORE), (after, _AFTER)):
        axes.plot(cell.auroc, height, marker, color=color, markerfacecolor="white", markersize=7)


def _dumbbell_legend() -> list[Line2D]:
    return [
        Line2D(
            [], [], color=color, marker=marker, markersize=8, label=f"{words}, {name}",
            linewidth=1.6 if words == "computed" else 0,
            markerfacecolor=color if words == "computed" else "white",
        )
        for name, (color, marker) in (("DDSM alone", _BEFORE), ("mixed data", _AFTER))
        for words in ("computed", "published")
    ]  # fmt: skip
