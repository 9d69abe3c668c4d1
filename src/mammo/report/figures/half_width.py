"""How wide an interval is for the number of images it is made of."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mammo.evaluation.planning import expected_half_width
from mammo.paper.published import PRINTED_HALF_WIDTH, dataset_title
from mammo.report.figures.style import DISPLAY_WIDTH, GREY, INK, Picture, drawing, light_grid, looks

_SHARE = 0.3  # malignant, of the lines; the points have their sets' own
_AREAS = {0.5: "-", 0.7: "--", 0.9: ":"}
_SIZES = np.geomspace(50, 20_000, 60)


def half_width_by_size(intervals: pd.DataFrame) -> Picture:
    """Half-width of the 95% interval against the number of images, with the flat ±0.01.

    Parameters
    ----------
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`.
    """
    with drawing():
        figure = Figure(figsize=(DISPLAY_WIDTH, 4.3), layout="constrained")
        axes = figure.subplots()
        for area, line in _AREAS.items():
            widths = [expected_half_width(area, _SHARE * n, (1 - _SHARE) * n) for n in _SIZES]
            axes.plot(_SIZES, widths, line, color=GREY, linewidth=1.3, label=f"auROC {area:g}")
        axes.axhline(PRINTED_HALF_WIDTH, color=INK, linewidth=1.5)
        axes.text(
            _SIZES[0], PRINTED_HALF_WIDTH * 1.05, f"printed: ±{PRINTED_HALF_WIDTH}", va="bottom",
            fontsize=9,
        )  # fmt: skip
        for dataset, style in looks(intervals["dataset"]).items():
            rows = intervals[intervals["dataset"] == dataset]
            sizes = rows["n_malignant"] + rows["n_benign"]
            axes.plot(
                sizes, rows["hanley_mcneil"], style.marker, color=style.color, linestyle="none",
                markersize=6, label=f"{dataset_title(dataset)}, published values",
            )  # fmt: skip
        axes.set(xscale="log", yscale="log", xlabel="Images", ylabel="Half-width of the interval")
        ticks, heights = [50, 100, 300, 1000, 3000, 10_000], [0.005, 0.01, 0.02, 0.05, 0.1, 0.2]
        axes.set_xticks(ticks, [f"{n:,}" for n in ticks])
        axes.set_yticks(heights, [f"±{height:g}" for height in heights])
        axes.minorticks_off()
        light_grid(axes)
        figure.legend(loc="outside lower center", ncols=3)
    caption = "Half-width of a 95% interval by the number of images"
    return Picture(figure, _alt(intervals), caption)


def _alt(intervals: pd.DataFrame) -> str:
    widths = intervals.groupby("dataset", sort=False)["hanley_mcneil"].agg(["min", "max"])
    listed = "; ".join(
        f"{dataset_title(name)} ±{row['min']:.3f} to ±{row['max']:.3f}"
        for name, row in widths.iterrows()
    )
    return (
        "Half-width of the 95% interval of an auROC falls with the root of the number of images; "
        f"all published values lie above the flat line at ±{PRINTED_HALF_WIDTH}: {listed}."
    )
