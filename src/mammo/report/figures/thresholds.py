"""What a threshold chosen in internal validation gives on every set."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mammo.paper.published import model_title
from mammo.report.figures.style import (
    GREY,
    NO_SOURCES,
    PANEL_SIDE,
    Look,
    Picture,
    drawing,
    looks,
    panel_grid,
    unit_square,
)
from mammo.report.tables.formats import set_name, thresholds


def carried_thresholds(
    points: pd.DataFrame, criterion: str, sources: Mapping[str, str] = NO_SOURCES
) -> Picture:
    """Sensitivity and specificity of one threshold a model on every set, one panel a model.

    Parameters
    ----------
    points : DataFrame
        As `mammo.evaluation.tables.operating_points.carried_over`, not empty.
    criterion : str
        The criterion whose thresholds are drawn.
    sources : mapping
        Data set to "real" or "synthetic", where that is known.
    """
    chosen = points[points["criterion"] == criterion]
    models = list(dict.fromkeys(chosen["model"]))
    styles = looks(chosen["dataset"])
    n_rows, n_columns = panel_grid(len(models))
    with drawing():
        size = (PANEL_SIDE * n_columns, (PANEL_SIDE + 0.5) * n_rows + 0.3)
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        texts = thresholds(chosen.drop_duplicates("model")["threshold"])
        for model, threshold, axes in zip(models, texts, panels, strict=False):
            _panel(axes, chosen[chosen["model"] == model], styles)
            axes.set_title(f"{model_title(model)}\nthreshold {threshold}")
        for axes in panels[len(models) :]:
            axes.set_axis_off()
        handles = [
            Line2D([], [], color=style.color, marker=style.marker, label=set_name(name, sources))
            for name, style in styles.items()
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=min(2, n_columns))
    caption = f"What thresholds chosen on the internal set ({criterion}) give on every set"
    return Picture(figure, _alt(chosen, criterion, sources), caption)


def _panel(axes: Axes, rows: pd.DataFrame, styles: dict[str, Look]) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=(0, (1, 2)), linewidth=1.2)
    for _, row in rows.iterrows():
        style = styles[row["dataset"]]
        axes.errorbar(
            1 - row["specificity"],
            row["sensitivity"],
            xerr=[
                [row["specificity_upper"] - row["specificity"]],
                [row["specificity"] - row["specificity_lower"]],
            ],
            yerr=[
                [row["sensitivity"] - row["sensitivity_lower"]],
                [row["sensitivity_upper"] - row["sensitivity"]],
            ],
            color=style.color, marker=style.marker, markersize=6, elinewidth=1.2,
        )  # fmt: skip
    unit_square(axes, "1 − specificity", "Sensitivity")


def _alt(rows: pd.DataFrame, criterion: str, sources: Mapping[str, str]) -> str:
    listed = "; ".join(
        f"{model_title(row['model'])} on {set_name(row['dataset'], sources)}: sensitivity "
        f"{row['sensitivity']:.2f}, specificity {row['specificity']:.2f}"
        for _, row in rows.iterrows()
    )
    return (
        f"Sensitivity and specificity at thresholds chosen in internal validation ({criterion}), "
        f"with intervals: {listed}."
    )
