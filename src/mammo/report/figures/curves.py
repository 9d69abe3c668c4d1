"""A panel a model: ROC curves (Fig. 2), thresholds carried over, and reliability."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mammo.evaluation import roc_curve
from mammo.paper.published import model_title
from mammo.report.estimates import check_estimates
from mammo.report.figures.style import (
    NO_SOURCES,
    PANEL_SIDE,
    PANELS_ACROSS,
    Look,
    Picture,
    looks,
    panels,
    set_label,
    unit_square,
)
from mammo.report.tables.formats import set_name, thresholds, title_of


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
    with panels(len(models), PANEL_SIDE + 0.5, below=0.3) as (figure, grid):
        texts = thresholds(chosen.drop_duplicates("model")["threshold"])
        for model, threshold, axes in zip(models, texts, grid, strict=True):
            _draw_thresholds(axes, chosen[chosen["model"] == model], styles)
            axes.set_title(f"{model_title(model)}\nthreshold {threshold}")
        handles = [
            Line2D([], [], color=style.color, marker=style.marker, label=set_name(name, sources))
            for name, style in styles.items()
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=min(2, len(models)))
    caption = f"What thresholds chosen on the internal set ({criterion}) give on every set"
    return Picture(figure, _thresholds_alt(chosen, criterion, sources), caption)


def _draw_thresholds(axes: Axes, rows: pd.DataFrame, styles: dict[str, Look]) -> None:
    for _, row in rows.iterrows():
        style = styles[row["dataset"]]
        above, below = _reach(row, "sensitivity"), _reach(row, "specificity")
        axes.errorbar(
            1 - row["specificity"], row["sensitivity"], xerr=below[::-1], yerr=above,
            color=style.color, marker=style.marker, markersize=6, elinewidth=1.2,
        )  # fmt: skip
    unit_square(axes, "1 − specificity", "Sensitivity")


def _reach(row: pd.Series, name: str) -> list[list[float]]:
    """Return how far the bounds of a share lie below and above it."""
    return [[row[name] - row[f"{name}_lower"]], [row[f"{name}_upper"] - row[name]]]


def _thresholds_alt(rows: pd.DataFrame, criterion: str, sources: Mapping[str, str]) -> str:
    listed = "; ".join(
        f"{model_title(row['model'])} on {set_name(row['dataset'], sources)}: sensitivity "
        f"{row['sensitivity']:.2f}, specificity {row['specificity']:.2f}"
        for _, row in rows.iterrows()
    )
    return (
        f"Sensitivity and specificity at thresholds chosen in internal validation ({criterion}), "
        f"with intervals: {listed}."
    )


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
    columns = min(max(len(models), 1), PANELS_ACROSS)
    in_rows = models + [None] * (-len(models) % columns)  # each kind begins a row
    shown = [(kind, model) for kind in kinds for model in in_rows]
    with panels(len(shown), PANEL_SIDE + 0.15, below=0.5, columns=columns) as (figure, grid):
        for axes, (kind, model) in zip(grid, shown, strict=True):
            if model is None:
                axes.set_axis_off()
                continue
            rows = kinds[kind]
            _draw_bins(axes, rows[rows["model"] == model], styles, sources)
            axes.set_title("\n".join([model_title(model), kind][: len(kinds)]))
        named = {}
        for axes in figure.axes:
            named |= dict(zip(*axes.get_legend_handles_labels()[::-1], strict=True))
        figure.legend(named.values(), named, loc="outside lower center", ncols=min(2, columns))
    caption = "Share of malignant images among those of like scores; the diagonal is calibrated"
    return Picture(figure, _reliability_alt(kinds, sources), caption)


def _draw_bins(
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


def _reliability_alt(kinds: dict[str, pd.DataFrame], sources: Mapping[str, str]) -> str:
    listed = "; ".join(
        f"{model_title(model)} on {set_name(dataset, sources)}, {kind}: "
        f"{shares.iloc[0]:.2f} to {shares.iloc[-1]:.2f}"
        for kind, rows in kinds.items()
        for (model, dataset), shares in rows.groupby(["model", "dataset"], sort=False)[
            "share_malignant"
        ]
    )
    return (
        "Share of malignant images against the score, with intervals; the diagonal is perfect "
        f"calibration. Share in the lowest and in the highest bin of scores: {listed}."
    )
