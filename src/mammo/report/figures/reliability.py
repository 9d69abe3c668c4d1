"""Reliability curves: the share that is malignant against the score."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from mammo.paper.published import model_title
from mammo.report.figures.style import (
    NO_SOURCES,
    PANEL_SIDE,
    Look,
    Picture,
    looks,
    panels,
    unit_square,
)
from mammo.report.tables.formats import set_name


def reliability_curves(
    curves: pd.DataFrame,
    recalibrated: pd.DataFrame | None = None,
    sources: Mapping[str, str] = NO_SOURCES,
) -> Picture:
    """Share of malignant images among images of like scores, one panel a model.

    Parameters
    ----------
    curves : DataFrame
        As `mammo.evaluation.tables.calibration.reliability` gives it.
    recalibrated : DataFrame, optional
        The same after recalibration, drawn in panels below; it may be empty.
    sources : mapping
        Data set to "real" or "synthetic", where that is known.
    """
    kinds = {"as scored": curves}
    if recalibrated is not None and len(recalibrated):
        kinds["recalibrated"] = recalibrated
    models = list(dict.fromkeys(curves["model"]))
    styles = looks(curves["dataset"])
    shown = [(kind, rows, model) for kind, rows in kinds.items() for model in models]
    with panels(len(shown), PANEL_SIDE + 0.15, below=0.5) as (figure, grid):
        for axes, (kind, rows, model) in zip(grid, shown, strict=True):
            _panel(axes, rows[rows["model"] == model], styles, sources)
            axes.set_title("\n".join([model_title(model), kind][: len(kinds)]))
        named = {}
        for axes in figure.axes:
            named |= dict(zip(*axes.get_legend_handles_labels()[::-1], strict=True))
        figure.legend(named.values(), named, loc="outside lower center", ncols=min(2, len(shown)))
    caption = "Share of malignant images among those of like scores; the diagonal is calibrated"
    return Picture(figure, _alt(kinds, sources), caption)


def _panel(
    axes: Axes, rows: pd.DataFrame, styles: dict[str, Look], sources: Mapping[str, str]
) -> None:
    for dataset, bins in rows.groupby("dataset", sort=False):
        style = styles[dataset]
        reach = [
            bins["share_malignant"] - bins["lower"],
            bins["upper"] - bins["share_malignant"],
        ]
        axes.errorbar(
            bins["mean_score"], bins["share_malignant"], yerr=reach, color=style.color,
            linestyle=style.line, marker=style.marker, markersize=4, linewidth=1.3,
            elinewidth=0.8, label=set_name(dataset, sources),
        )  # fmt: skip
    unit_square(axes, "Score", "Share malignant")


def _alt(kinds: dict[str, pd.DataFrame], sources: Mapping[str, str]) -> str:
    listed = "; ".join(
        f"{model_title(model)} on {set_name(dataset, sources)}, {kind}: {low:.2f} to {high:.2f}"
        for kind, rows in kinds.items()
        for (model, dataset), (low, high) in _ends(rows)
    )
    return (
        "Share of malignant images against the score, with intervals; the diagonal is perfect "
        f"calibration. Share in the lowest and in the highest bin of scores: {listed}."
    )


def _ends(rows: pd.DataFrame) -> list[tuple[tuple[str, str], tuple[float, float]]]:
    groups = rows.groupby(["model", "dataset"], sort=False)["share_malignant"]
    return [(key, (shares.iloc[0], shares.iloc[-1])) for key, shares in groups]
