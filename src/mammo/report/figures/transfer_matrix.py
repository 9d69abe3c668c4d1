"""The matrix of trainings and tests as heat maps, a panel a model."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mammo.paper.published import INTERNAL, dataset_title, short_title
from mammo.report.figures.style import DISPLAY_WIDTH, INK, Picture, drawing, panel_grid
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
    n_rows, n_columns = panel_grid(len(models))
    with drawing():
        height = (DISPLAY_WIDTH / 3 + 0.75) * n_rows
        figure = Figure(figsize=(DISPLAY_WIDTH, height), layout="constrained")
        panels = figure.subplots(n_rows, n_columns, squeeze=False)
        for place, model in enumerate(models):
            axes = panels[divmod(place, n_columns)]
            values = matrix[matrix["model"] == model].pivot(
                index="training", columns="dataset", values="auroc"
            )
            _panel(axes, values.reindex(index=names, columns=names), reach)
            axes.set_title(short_title(model))
            if place % n_columns:
                axes.set(ylabel="", yticklabels=[])
        for axes in panels.ravel()[len(models) :]:
            axes.set_axis_off()
    listed = "; ".join(
        f"{short_title(row.model)} from {set_name(row.training, sources)} on "
        f"{set_name(row.dataset, sources)} {row.auroc:.2f}"
        for row in matrix.itertuples()
    )
    alt = f"auROC by the set learnt from and the set tested on: {listed}."
    return Picture(figure, alt, "auROC by the set learnt from and the set tested on")


def _panel(axes: Axes, values: pd.DataFrame, reach: float) -> None:
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
