"""Fig. 2 of the paper: the receiver operating characteristic curves."""

import pandas as pd
from matplotlib.axes import Axes

from mammo.evaluation import roc_curve
from mammo.paper.published import model_title
from mammo.report.estimates import check_estimates
from mammo.report.figures.style import (
    PANEL_SIDE,
    Look,
    Picture,
    looks,
    panels,
    set_label,
    unit_square,
)
from mammo.report.tables.formats import title_of


def roc_curves(
    predictions: pd.DataFrame,
    estimates: pd.DataFrame,
    points: pd.DataFrame | None = None,
    side: float = PANEL_SIDE,
) -> Picture:
    """Fig. 2: ROC curves, one panel a model, the internal and the external sets in each.

    Parameters
    ----------
    predictions : DataFrame
        ``model``, ``dataset``, ``split`` ("validation" or "test"), ``y_true``, ``y_score``.
    estimates : DataFrame
        `mammo.report.estimates.ESTIMATE_COLUMNS`; curves without both classes have no auROC and
        are left out.
    points : DataFrame, optional
        Operating points to mark (`mammo.evaluation.tables.operating_points.carried_over`).
    side : float
        Width of a panel in inches.
    """
    known = check_estimates(estimates)
    known = known[known["auroc"].notna()]
    models = [name for name in dict.fromkeys(predictions["model"]) if name in set(known["model"])]
    most = known["model"].value_counts().max() if len(known) else 0
    n_points = 0 if points is None else points["model"].value_counts().max()
    height = side + 0.45 + 0.37 * (most + n_points)
    styles = looks(known["dataset"])
    with panels(len(models), height, side) as (figure, grid):
        for model, axes in zip(models, grid, strict=True):
            for _, row in known[known["model"] == model].iterrows():
                style = styles[row["dataset"]]
                _roc_curve(axes, predictions[_same(predictions, row)], row, style)
            if points is not None:
                for _, point in points[points["model"] == model].iterrows():
                    _operating_point(axes, point, styles[point["dataset"]])
            authors = known.loc[known["model"] == model, "authors_weights"].iloc[0]
            _roc_axes(axes, title_of(model, authors).replace(" (", "\n("), side)
    listed = "; ".join(
        f"{model_title(row['model'])} on {set_label(row)} {row['auroc']:.2f}"
        for _, row in known.iterrows()
    )
    alt = f"ROC curves. auROC: {listed}. The diagonal is guessing."
    caption = "Fig. 2. ROC curves of each model on the internal and the external sets"
    return Picture(figure, alt, caption, name="fig-2")


def _roc_curve(axes: Axes, scored: pd.DataFrame, row: pd.Series, style: Look) -> None:
    curve = roc_curve(scored["y_true"].to_numpy(bool), scored["y_score"].to_numpy(float))
    false_alarms, hits = (rate[0] for rate in curve.rates)
    label = f"{set_label(row)}\n{row['auroc']:.2f} ({row['lower']:.2f} to {row['upper']:.2f})"
    axes.plot(false_alarms, hits, color=style.color, linestyle=style.line, label=label)


def _operating_point(axes: Axes, point: pd.Series, style: Look) -> None:
    false_alarms = 1 - point["specificity"]
    label = f"sensitivity {point['sensitivity']:.2f}\nspecificity {point['specificity']:.2f}"
    axes.plot(
        false_alarms, point["sensitivity"], "o", color=style.color, markersize=9,
        markeredgecolor="white", markeredgewidth=1.5, clip_on=False, zorder=4, label=label,
    )  # fmt: skip


def _roc_axes(axes: Axes, title: str, side: float) -> None:
    unit_square(axes, "1 − specificity", "Sensitivity")
    axes.set_title(title)
    axes.set_anchor("N")
    below = -0.22 * PANEL_SIDE / side
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, below), handlelength=2.6)


def _same(predictions: pd.DataFrame, row: pd.Series) -> pd.Series:
    return (predictions[["model", "dataset", "split"]] == row[["model", "dataset", "split"]]).all(
        axis=1
    )
