"""The learning curve: what more and more local patients in the training bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes

from mammo.hospital.adaptation.scoring import HARMONISED
from mammo.paper.published import short_title
from mammo.report.figures.style import BLUE, GREY, INK, VERMILLION, Picture, chart, light_grid
from mammo.report.tables.formats import interval_heading, set_name

if TYPE_CHECKING:
    from mammo.hospital.adaptation.result import Adaptation

_BESIDE = 1.02  # of the axes' width


def learning_curve(result: Adaptation) -> Picture:
    """Draw the auROC against the number of local patients in the training.

    Parameters
    ----------
    result : Adaptation
        Each training is a point, their mean a line in the band of its interval. What harmonised
        images give without training is a line across, with its interval at the end.
    """
    rows = result.summary
    with chart(4.6) as (figure, axes):
        _scale(axes, rows)
        _curve(axes, result)
        _references(axes, result)
        axes.set(
            xlabel="Local patients in the training, beside DDSM's (logarithmic)",
            ylabel="auROC",
            title=f"{short_title(result.model)}, tested on the same {_tested_set(result)}",
        )
        light_grid(axes, "y")
        figure.legend(loc="outside lower center", ncols=3)
    caption = "auROC by the number of local patients in the training"
    return Picture(figure, _alt(result), caption)


def _scale(axes: Axes, rows: pd.DataFrame) -> None:
    """Lay the amounts out by their ratios, none of them first."""
    numbers = rows["n_local_patients"]
    if len(numbers) > 1:
        axes.set_xscale("symlog", linthresh=numbers.iloc[1], linscale=0.5, base=2)
    labels = [
        f"{number:,}\n{100 * fraction:.3g}%"
        for number, fraction in zip(numbers, rows["fraction"], strict=True)
    ]
    axes.set_xticks(numbers, labels)
    axes.minorticks_off()


def _curve(axes: Axes, result: Adaptation) -> None:
    rows, each = result.summary, result.curve
    n_patients = rows["n_local_patients"]
    axes.plot(n_patients, rows["auroc"], "-o", color=BLUE, markersize=9, label="mean of trainings")
    axes.plot(
        each["n_local_patients"], each["auroc"], "o", color=INK, markersize=4,
        markerfacecolor="white", linestyle="none", label="each training",
    )  # fmt: skip
    axes.fill_between(
        n_patients, rows["lower"], rows["upper"], color=BLUE, alpha=0.15, linewidth=0,
        label=f"{interval_heading(rows)} of the mean",
    )  # fmt: skip


def _references(axes: Axes, result: Adaptation) -> None:
    """Draw what no amount of local patients changes; an interval stands beside the axes."""
    row = result.alternative(HARMONISED)
    axes.axhline(
        row["auroc"], color=VERMILLION, linestyle="--", label="harmonised images, no training"
    )
    beside = {"transform": axes.get_yaxis_transform(), "clip_on": False, "color": VERMILLION}
    axes.plot([_BESIDE] * 2, [row["lower"], row["upper"]], **beside)
    axes.plot(_BESIDE, row["auroc"], "s", **beside)
    axes.axhline(0.5, color=GREY, linestyle=":", linewidth=1.2, label="chance")


def _tested_set(result: Adaptation) -> str:
    row = result.summary.iloc[0]
    where = set_name(result.dataset, {result.dataset: result.source})
    return f"{row['n_patients']:,} patients of {where}"


def _alt(result: Adaptation) -> str:
    listed = "; ".join(
        f"{row.n_local_patients:,} local patients {row.auroc:.2f} ({row.lower:.2f} to "
        f"{row.upper:.2f})"
        for row in result.summary.itertuples()
    )
    harmonised = result.alternative(HARMONISED)
    return (
        f"Learning curve of {short_title(result.model)} on {_tested_set(result)}, mean auROC over "
        f"{result.summary['n_runs'].iloc[0]} trainings with its interval: {listed}. Harmonised "
        f"images without training: {harmonised['auroc']:.2f} ({harmonised['lower']:.2f} to "
        f"{harmonised['upper']:.2f})."
    )
