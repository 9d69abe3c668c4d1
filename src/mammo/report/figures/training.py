"""The course of a training: of the paper's own models, and of the published ones step by step."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
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

_PARTS = {
    "train": ("training part", BLUE, "-"),
    "early_stopping": ("early-stopping part", VERMILLION, "--"),
}
_STEPS = ((BLUE, "-", "o"), (VERMILLION, "--", "s"))

Course = Mapping[str, pd.DataFrame]
"""Steps of a training in their order, by name: rows with ``epoch`` and ``held_auroc``."""


def training_curves(
    histories: Mapping[str, pd.DataFrame], best_epochs: Mapping[str, int]
) -> Picture:
    """Training course, one panel a model: losses above, auROC below.

    Parameters
    ----------
    histories : mapping of model to DataFrame
        Columns ``epoch``, ``train_loss``, ``train_auroc``, ``early_stopping_loss``,
        ``early_stopping_auroc``; one row an epoch.
    best_epochs : mapping of model to int
        The epoch whose state was kept.
    """
    with drawing():
        figure = Figure(figsize=(DISPLAY_WIDTH, 4.4), layout="constrained")
        panels = figure.subplots(2, len(histories), sharex="col", sharey="row", squeeze=False)
        for (name, history), (losses, aurocs) in zip(histories.items(), panels.T, strict=True):
            kept = history["epoch"] == best_epochs[name]
            for axes, measure in ((losses, "loss"), (aurocs, "auroc")):
                for part, (label, color, line) in _PARTS.items():
                    axes.plot(
                        history["epoch"], history[f"{part}_{measure}"], line, label=label,
                        color=color, marker="o", markevery=list(kept),
                    )  # fmt: skip
                axes.axvline(best_epochs[name], color=GREY, linestyle=":", linewidth=1.4)
                light_grid(axes)
            losses.set_title(model_title(name))
            _count_epochs(aurocs)
        panels[0, 0].set_ylabel("Loss")
        panels[1, 0].set_ylabel("auROC")
        handles, _ = panels[0, 0].get_legend_handles_labels()
        handles.append(Line2D([], [], color=GREY, linestyle=":", label="epoch kept", marker=""))
        figure.legend(handles=handles, loc="outside lower center", ncols=3, handlelength=3)
    listed = "; ".join(
        f"{model_title(name)}: {len(history)} epochs, epoch {best_epochs[name]} kept"
        for name, history in histories.items()
    )
    alt = f"Loss and auROC by epoch, training and early-stopping part. {listed}."
    return Picture(figure, alt, "Loss and auROC by epoch")


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
            axes.axhline(0.5, color=GREY, linestyle=":", linewidth=1.2)
            for (step, history), (color, line, marker) in zip(course.items(), _STEPS, strict=False):
                kept = list(history["epoch"] == _kept(history)["epoch"])
                axes.plot(
                    history["epoch"], history["held_auroc"], line, color=color, marker=marker,
                    markevery=kept, label=step,
                )  # fmt: skip
            axes.set_title(model_title(model))
            _count_epochs(axes)
            light_grid(axes)
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), title="marked: epoch kept")
        panels[0].set_ylabel("auROC, patients held aside")
    listed = "; ".join(
        f"{model_title(model)}, {step}: {len(history)} epochs, best "
        f"{history['held_auroc'].max():.2f} at epoch {_kept(history)['epoch']:.0f}"
        for model, course in courses.items()
        for step, history in course.items()
    )
    alt = f"auROC on training patients held aside, by epoch. {listed}."
    return Picture(figure, alt, "Training of the published networks in this book, step by step")


def _count_epochs(axes: Axes) -> None:
    axes.set_xlabel("Epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def _kept(history: pd.DataFrame) -> pd.Series:
    return history.loc[history["held_auroc"].idxmax()]
