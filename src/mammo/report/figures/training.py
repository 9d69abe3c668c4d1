"""The course of a training."""

from collections.abc import Mapping

import pandas as pd
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
            aurocs.set_xlabel("Epoch")
            aurocs.xaxis.set_major_locator(MaxNLocator(integer=True))
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
