"""The paper's values with the intervals that they should have had."""

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from mammo.datasets.roles import INTERNAL
from mammo.evaluation.planning import expected_half_width
from mammo.paper.published import (
    DATASET_TITLES,
    EXPERTS_AUROC,
    MODEL_TITLES,
    PRINTED_HALF_WIDTH,
    dataset_title,
    short_title,
)
from mammo.report.figures.style import (
    GREY,
    INK,
    Picture,
    chart,
    interval,
    light_grid,
    looks,
    named_rows,
    reference,
)

_SHARE = 0.3  # malignant, of the lines; the points have their sets' own
_AREAS = {0.5: "-", 0.7: "--", 0.9: ":"}
_SIZES = np.geomspace(50, 20_000, 60)
_COLUMN_WIDTH, _SPREAD = 2.7, 0.16  # inches of a column of the first screen; rows


def published_drop(intervals: pd.DataFrame) -> Picture:
    """Each model's published auROC on every set, with an interval by patient from the set's size.

    Parameters
    ----------
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`; so in all functions of this module.
    """
    cells = intervals[intervals["place"].isin(["Table 2", "Table 3"])]
    styles = looks([INTERNAL, *cells["dataset"]])
    places = {model: -number for number, model in enumerate(MODEL_TITLES)}
    offsets = {name: _SPREAD * (1.5 - number) for number, name in enumerate(styles)}
    with chart(4.0, _COLUMN_WIDTH) as (figure, axes):
        reference(axes, 0.5, ":")
        for name, rows in cells.groupby("dataset", sort=False):
            axes.errorbar(
                rows["auroc"], rows["model"].map(places) + offsets[name],
                xerr=rows["simulated_by_patient"], color=styles[name].color,
                marker=styles[name].marker, linestyle="none", markersize=4.5, elinewidth=1.2,
                label=DATASET_TITLES[name].removeprefix("Institution ").strip("()"),
            )  # fmt: skip
        axes.set(
            xlabel="auROC in the paper,\nintervals by sets' sizes\n(dotted: guessing)",
            xlim=(0.3, 1),
        )
        names = [short_title(model).replace(" ", "\n") for model in places]
        named_rows(axes, list(places.values()), names)
        figure.legend(loc="outside upper center", ncols=2, columnspacing=1, handlelength=1.2)
    internal, external = (
        cells[(cells["place"] == place)]["auroc"] for place in ("Table 2", "Table 3")
    )
    alt = (
        "The paper's auROC of six models with 95% intervals from the sets' sizes: "
        f"{internal.min():.2f} to {internal.max():.2f} in internal validation, "
        f"{external.min():.2f} to {external.max():.2f} in external tests; guessing at 0.50."
    )
    return Picture(figure, alt)


def expected_intervals(intervals: pd.DataFrame) -> Picture:
    """Table 3's values with the printed ±0.01 and with the interval that the sets allow."""
    rows = intervals[intervals["place"] == "Table 3"].reset_index(drop=True)
    styles = looks(rows["dataset"])
    with chart(1.2 + 0.25 * len(rows)) as (figure, axes):
        reference(axes, 0.5, ":", "guessing 0.50", 0.8)
        reference(axes, EXPERTS_AUROC, "--", f"experts {EXPERTS_AUROC}", 0.8)
        for place, row in rows.iterrows():
            style, value, width = styles[row["dataset"]], row["auroc"], row["simulated_by_patient"]
            numbers = (value, value - width, value + width)
            interval(axes, -place, numbers, style.color, style.marker, markersize=5)
            axes.errorbar(
                value, -place, xerr=row["printed_half_width"], color=INK, capsize=4, linewidth=1.2,
                marker=style.marker, markersize=5,
            )  # fmt: skip
        names = zip(rows["model"], rows["dataset"], strict=True)
        labels = [f"{short_title(model)}, {dataset_title(dataset)}" for model, dataset in names]
        axes.set(xlabel="Published auROC", ylim=(0.3 - len(rows), 0.8))
        named_rows(axes, [-place for place in rows.index], labels)
        handles = [
            Line2D([], [], color=INK, marker="|", markersize=8, label="with the printed ±"),
            Line2D(
                [], [], color=GREY, linewidth=2, label="95% interval that the set's size allows"
            ),
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=2)
    listed = "; ".join(
        f"{label.replace(', ', ' on ')} {row['auroc']:.2f} ±{row['simulated_by_patient']:.2f}"
        for label, (_, row) in zip(labels, rows.iterrows(), strict=True)
    )
    alt = f"Published external auROCs with the interval that each set's size allows: {listed}."
    caption = "Published auROCs with the printed ±0.01 and with the interval that fits the sets"
    return Picture(figure, alt, caption)


def half_width_by_size(intervals: pd.DataFrame) -> Picture:
    """Half-width of the 95% interval against the number of images, with the flat ±0.01."""
    with chart(4.3) as (figure, axes):
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
            axes.plot(
                rows["n_malignant"] + rows["n_benign"], rows["hanley_mcneil"], style.marker,
                color=style.color, linestyle="none", markersize=6,
                label=f"{dataset_title(dataset)}, published values",
            )  # fmt: skip
        axes.set(xscale="log", yscale="log", xlabel="Images", ylabel="Half-width of the interval")
        ticks, heights = [50, 100, 300, 1000, 3000, 10_000], [0.005, 0.01, 0.02, 0.05, 0.1, 0.2]
        axes.set_xticks(ticks, [f"{n:,}" for n in ticks])
        axes.set_yticks(heights, [f"±{height:g}" for height in heights])
        axes.minorticks_off()
        light_grid(axes)
        figure.legend(loc="outside lower center", ncols=3)
    widths = intervals.groupby("dataset", sort=False)["hanley_mcneil"].agg(["min", "max"])
    listed = "; ".join(
        f"{dataset_title(row.Index)} ±{row.min:.3f} to ±{row.max:.3f}"
        for row in widths.itertuples()
    )
    alt = (
        "Half-width of the 95% interval of an auROC falls with the root of the number of images; "
        f"all published values lie above the flat line at ±{PRINTED_HALF_WIDTH}: {listed}."
    )
    return Picture(figure, alt, "Half-width of a 95% interval by the number of images")
