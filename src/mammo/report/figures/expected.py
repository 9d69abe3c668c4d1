"""The interval that each published auROC should have had."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mammo.paper.published import EXPERTS_AUROC, dataset_title, short_title
from mammo.report.figures.style import DISPLAY_WIDTH, GREY, INK, Picture, drawing, looks, named_rows


def expected_intervals(intervals: pd.DataFrame) -> Picture:
    """Table 3's values with the printed ±0.01 and with the interval that the sets allow.

    Parameters
    ----------
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`.
    """
    rows = intervals[intervals["place"] == "Table 3"].reset_index(drop=True)
    styles = looks(rows["dataset"])
    with drawing():
        figure = Figure(figsize=(DISPLAY_WIDTH, 1.2 + 0.25 * len(rows)), layout="constrained")
        axes = figure.subplots()
        for value, line in ((0.5, ":"), (EXPERTS_AUROC, "--")):
            axes.axvline(value, color=GREY, linestyle=line, linewidth=1.2)
        for place, row in rows.iterrows():
            style, width = styles[row["dataset"]], row["simulated_by_patient"]
            ends = [row["auroc"] - width, row["auroc"] + width]
            axes.plot(ends, [-place] * 2, color=style.color, linewidth=2)
            axes.errorbar(
                row["auroc"], -place, xerr=row["printed_half_width"], color=INK, capsize=4,
                linewidth=1.2, marker=style.marker, markersize=5,
            )  # fmt: skip
        names = zip(rows["model"], rows["dataset"], strict=True)
        labels = [f"{short_title(model)}, {dataset_title(dataset)}" for model, dataset in names]
        for value, words in ((0.5, "guessing 0.50"), (EXPERTS_AUROC, f"experts {EXPERTS_AUROC}")):
            axes.text(value, 0.8, words, ha="center", va="bottom", fontsize=9, color=GREY)
        axes.set(xlabel="Published auROC", ylim=(0.3 - len(rows), 0.8))
        named_rows(axes, [-place for place in rows.index], labels)
        figure.legend(handles=_legend(), loc="outside lower center", ncols=2)
    caption = "Published auROCs with the printed ±0.01 and with the interval that fits the sets"
    return Picture(figure, _alt(rows), caption)


def _legend() -> list[Line2D]:
    return [
        Line2D([], [], color=INK, marker="|", markersize=8, label="published, with the printed ±"),
        Line2D([], [], color=GREY, linewidth=2, label="95% interval that the set's size allows"),
    ]


def _alt(rows: pd.DataFrame) -> str:
    listed = "; ".join(
        f"{short_title(row['model'])} on {dataset_title(row['dataset'])} {row['auroc']:.2f} "
        f"±{row['simulated_by_patient']:.2f}"
        for _, row in rows.iterrows()
    )
    return f"Published external auROCs with the interval that each set's size allows: {listed}."
