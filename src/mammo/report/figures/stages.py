"""The course of a training in several steps, as the published models have it."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mammo.paper.published import model_title
from mammo.report.figures.style import (
    BLUE,
    DISPLAY_WIDTH,
    GREY,
    VERMILLION,
    Picture,
    drawing,
    light_grid,
)

_STYLES = ((BLUE, "-", "o"), (VERMILLION, "--", "s"))

Course = Mapping[str, pd.DataFrame]
"""Steps of a training in their order, by name: rows with ``epoch`` and ``held_auroc``."""


def staged_training(courses: Mapping[str, Course]) -> Picture:
    """Show how well training patients held aside are told apart, epoch by epoch; a panel a model.

    Parameters
    ----------
    courses : mapping of model to Course
        At least one; of each step the epoch of the highest auROC was kept.
    """
    with drawing():
        figure = Figure(figsize=(DISPLAY_WIDTH, 3.6), layout="constrained")
        panels = figure.subplots(1, len(courses), sharey=True, squeeze=False)[0]
        for axes, (model, course) in zip(panels, courses.items(), strict=True):
            _panel(axes, course)
            axes.set_title(model_title(model))
        panels[0].set_ylabel("auROC, patients held aside")
    listed = "; ".join(
        f"{model_title(model)}, {step}: {len(history)} epochs, best "
        f"{history['held_auroc'].max():.2f} at epoch {_kept(history)['epoch']:.0f}"
        for model, course in courses.items()
        for step, history in course.items()
    )
    alt = f"auROC on training patients held aside, by epoch. {listed}."
    return Picture(figure, alt, "Training of the published networks in this book, step by step")


def _panel(axes: Axes, course: Course) -> None:
    axes.axhline(0.5, color=GREY, linestyle=":", linewidth=1.2)
    for (step, history), (color, line, marker) in zip(course.items(), _STYLES, strict=False):
        kept = list(history["epoch"] == _kept(history)["epoch"])
        axes.plot(
            history["epoch"], history["held_auroc"], line, color=color, marker=marker,
            markevery=kept, label=step,
        )  # fmt: skip
    axes.set_xlabel("Epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    light_grid(axes)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), title="marked: epoch kept")


def _kept(history: pd.DataFrame) -> pd.Series:
    return history.loc[history["held_auroc"].idxmax()]
