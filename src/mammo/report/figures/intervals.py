"""A few numbers with their intervals, one below the other, in groups."""

from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mammo.report.figures.style import (
    DISPLAY_WIDTH,
    GREY,
    Look,
    Picture,
    drawing,
    named_rows,
)


class Row(NamedTuple):
    """One number: its group, its name, what kind it is, and its interval (NaN for none)."""

    group: str
    name: str
    kind: str
    value: float
    lower: float
    upper: float


def interval_rows(rows: list[Row], looks: dict[str, Look], title: str) -> Picture:
    """Draw each number with its interval, the auROC of guessing as a line.

    Parameters
    ----------
    rows : list of Row
        Those of a group follow each other.
    looks : dict of str to Look
        Of each kind, in the order of the legend.
    title : str
        What is shown, as a caption and in the text alternative.
    """
    table = pd.DataFrame(rows)
    heights = -table.index.to_series() - (table["group"] != table["group"].shift()).cumsum()
    with drawing():
        size = (DISPLAY_WIDTH, 1.2 + 0.26 * (len(rows) + table["group"].nunique()))
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        axes.axvline(0.5, color=GREY, linestyle=":", linewidth=1.2)
        top = heights.max() + 1.6
        axes.text(0.5, top, "guessing 0.50", ha="center", va="bottom", fontsize=9, color=GREY)
        for height, row in zip(heights, rows, strict=True):
            _draw(axes, height, row, looks[row.kind])
        for group, places in heights.groupby(table["group"], sort=False):
            axes.text(
                -0.02, places.max() + 0.95, group, weight="bold", ha="right", va="center",
                fontsize=9.5, transform=axes.get_yaxis_transform(),
            )  # fmt: skip
        axes.set(xlabel="auROC", ylim=(heights.min() - 0.7, top))
        named_rows(axes, heights, [row.name for row in rows])
        handles = [
            Line2D([], [], color=look.color, marker=look.marker, linewidth=2, label=kind)
            for kind, look in looks.items()
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return Picture(figure, f"{title}: {'; '.join(map(_listed, rows))}.", title)


def _draw(axes: Axes, height: float, row: Row, look: Look) -> None:
    axes.plot([row.lower, row.upper], [height] * 2, color=look.color, linewidth=2)
    axes.plot(row.value, height, look.marker, color=look.color, markersize=6)
    right = row.value if pd.isna(row.upper) else row.upper
    axes.annotate(
        f"{row.value:.2f}", (right, height), xytext=(5, 0), textcoords="offset points",
        va="center", fontsize=8.5, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
    )  # fmt: skip


def _listed(row: Row) -> str:
    interval = "" if pd.isna(row.lower) else f" ({row.lower:.2f} to {row.upper:.2f})"
    return f"{row.group}, {row.name} {row.value:.2f}{interval}"
