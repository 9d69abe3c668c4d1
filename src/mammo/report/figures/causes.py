"""What is behind a drop: the matrix of trainings and tests, and what each cause takes."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from mammo.datasets.roles import INTERNAL
from mammo.evaluation.tables.attribution import DividedDrop
from mammo.paper.published import dataset_title, short_title
from mammo.report.figures.style import (
    BLUE,
    DISPLAY_WIDTH,
    GREY,
    INK,
    PANEL_SIDE,
    Picture,
    chart,
    interval,
    named_rows,
    panels,
)
from mammo.report.tables.causes import cause_name
from mammo.report.tables.formats import set_name

_LEAST_REACH = 0.2
"""From guessing to the strongest colour, at least: so that noise has pale ones."""


def transfer_heat_maps(matrix: pd.DataFrame, sources: Mapping[str, str]) -> Picture:
    """The auROC of each training (rows) on each set (columns), one panel a model.

    Parameters
    ----------
    matrix : DataFrame
        As `mammo.evaluation.tables.transfer.transfer_results`, not empty.
    sources : mapping
        Data set to "real" or "synthetic".
    """
    models = list(dict.fromkeys(matrix["model"]))
    names = [name for name in sources if name in set(matrix["dataset"])]
    reach = max(_LEAST_REACH, float((matrix["auroc"] - 0.5).abs().max()))
    width = DISPLAY_WIDTH / min(len(models), 3)
    with panels(len(models), PANEL_SIDE + 0.75, width) as (figure, shown):
        for place, (model, axes) in enumerate(zip(models, shown, strict=True)):
            values = matrix[matrix["model"] == model].pivot(
                index="training", columns="dataset", values="auroc"
            )
            _heat_map(axes, values.reindex(index=names, columns=names), reach)
            axes.set_title(short_title(model))
            if place % 3:
                axes.set(ylabel="", yticklabels=[])
    listed = "; ".join(
        f"{short_title(row.model)} from {set_name(row.training, sources)} on "
        f"{set_name(row.dataset, sources)} {row.auroc:.2f}"
        for row in matrix.itertuples()
    )
    alt = f"auROC by the set learnt from and the set tested on: {listed}."
    return Picture(figure, alt, "auROC by the set learnt from and the set tested on")


def _heat_map(axes: Axes, values: pd.DataFrame, reach: float) -> None:
    import seaborn

    titles = [dataset_title(name).replace(" (", "\n(") for name in values.index]
    seaborn.heatmap(
        values, ax=axes, cmap="RdBu", vmin=0.5 - reach, vmax=0.5 + reach, annot=True, fmt=".2f",
        annot_kws={"fontsize": 10}, linewidths=1, square=True, cbar=False, xticklabels=titles,
        yticklabels=titles,
    )  # fmt: skip
    axes.set(xlabel="tested on", ylabel="learnt from")
    axes.tick_params(length=0)
    axes.tick_params(axis="x", rotation=40)
    axes.tick_params(axis="y", rotation=0)
    for number, name in enumerate(values.index):
        width = 2.4 if name == INTERNAL else 1
        axes.add_patch(
            Rectangle((number, number), 1, 1, fill=False, edgecolor=INK, lw=width, zorder=3)
        )


def factor_shares(divided: DividedDrop) -> Picture:
    """Draw each factor's share of the drop with its interval, its drop alone, and the whole drop.

    Parameters
    ----------
    divided : DividedDrop
    """
    shares, drop = divided.shares, divided.ends.loc["drop"]
    names = [cause_name(factor) for factor in shares["factor"]]
    heights = [-place for place in range(len(names) + 1)]
    with chart(1.3 + 0.42 * len(heights)) as (figure, axes):
        axes.axvline(0, color=GREY, linestyle=":", linewidth=1.2)
        for height, (_, row) in zip(heights, shares.iterrows(), strict=False):
            axes.plot([row["share_lower"], row["share_upper"]], [height] * 2, color=BLUE)
        axes.plot(
            shares["share"], heights[:-1], "o", color=BLUE, label="share of the drop, with interval"
        )
        axes.plot(
            shares["alone"], [height - 0.22 for height in heights[:-1]], "D", color=GREY,
            markerfacecolor="white", markersize=5, label="drop by this cause alone",
        )  # fmt: skip
        numbers = drop[["value", "lower", "upper"]]
        interval(axes, heights[-1], numbers, INK, "s", label="drop by all of them")
        axes.set(xlabel="Lost auROC (below 0: gained)", ylim=(heights[-1] - 0.6, 0.5))
        named_rows(axes, heights, [*names, "All together"])
        figure.legend(loc="outside lower center", ncols=3)
    listed = "; ".join(
        f"{name} {row.share:+.3f} ({row.share_lower:+.3f} to {row.share_upper:+.3f}), alone "
        f"{row.alone:+.3f}"
        for name, row in zip(names, shares.itertuples(), strict=True)
    )
    alt = (
        f"Shares of the drop of {drop['value']:.3f} ({drop['lower']:.3f} to {drop['upper']:.3f}): "
        f"{listed}."
    )
    return Picture(figure, alt, "How much of the lost auROC each factor takes")
