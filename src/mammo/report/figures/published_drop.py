"""The paper's values on the internal and the external sets, with the intervals they should have."""

import pandas as pd
from matplotlib.figure import Figure

from mammo.paper.published import DATASET_TITLES, INTERNAL, MODEL_TITLES, short_title
from mammo.report.figures.style import GREY, Picture, drawing, light_grid, looks

_WIDTH, _SPREAD = 4.0, 0.16


def published_drop(intervals: pd.DataFrame) -> Picture:
    """Each model's published auROC on every set, with an interval by patient from the set's size.

    Parameters
    ----------
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`.
    """
    cells = intervals[intervals["place"].isin(["Table 2", "Table 3"])]
    styles = looks([INTERNAL, *cells["dataset"]])
    places = {model: -number for number, model in enumerate(MODEL_TITLES)}
    offsets = {name: _SPREAD * (1.5 - number) for number, name in enumerate(styles)}
    with drawing():
        figure = Figure(figsize=(_WIDTH, 3.4), layout="constrained")
        axes = figure.subplots()
        axes.axvline(0.5, color=GREY, linestyle=":", linewidth=1.2)
        for name, rows in cells.groupby("dataset", sort=False):
            look = styles[name]
            axes.errorbar(
                rows["auroc"],
                rows["model"].map(places) + offsets[name],
                xerr=rows["simulated_by_patient"],
                color=look.color,
                marker=look.marker,
                linestyle="none",
                markersize=4.5,
                elinewidth=1.2,
                label=DATASET_TITLES[name],
            )
        axes.set_yticks(list(places.values()), [short_title(model) for model in places])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set(xlabel="auROC in the paper", xlim=(0.3, 1))
        light_grid(axes, "x")
        figure.legend(loc="outside lower center", ncols=2)
    internal, external = (
        cells[(cells["place"] == place)]["auroc"] for place in ("Table 2", "Table 3")
    )
    alt = (
        "The paper's auROC of six models with 95% intervals from the sets' sizes: "
        f"{internal.min():.2f} to {internal.max():.2f} in internal validation, "
        f"{external.min():.2f} to {external.max():.2f} in external tests; guessing at 0.50."
    )
    return Picture(figure, alt)
