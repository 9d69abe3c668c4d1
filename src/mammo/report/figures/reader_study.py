"""The paper's models and radiologists on the same exams in New York."""

import math

import pandas as pd
from matplotlib.figure import Figure

from mammo.datasets.reader_study import READERS
from mammo.evidence.reader_study import DATASET, MEAN_READER, PAPERS_MODELS, TITLES, UKY, row_of
from mammo.paper.published import EXPERTS_AUROC, dataset_title, short_title
from mammo.report.figures.explorer import ThresholdExplorer
from mammo.report.figures.intervals import Row, interval_rows
from mammo.report.figures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    LIGHT,
    ORANGE,
    PURPLE,
    VERMILLION,
    Look,
    Picture,
    drawing,
    unit_square,
)
from mammo.report.tables.formats import estimate

_LINES = {
    "frcnn_cad": (VERMILLION, "-"),
    "end2end_inbreast": (GREEN, "-."),
    "end2end_ddsm": (BLUE, "--"),
}
INTERNAL, EXTERNAL, QUOTED = "internal validation, stated", "external test, paper", "quoted"
NEW_YORK = "New York"
_LOOKS = {
    INTERNAL: Look(PURPLE, "-", "D"),
    EXTERNAL: Look(ORANGE, "-", "s"),
    QUOTED: Look(GREY, "-", "^"),
    NEW_YORK: Look(BLUE, "-", "o"),
}


def reader_curves(
    curves: pd.DataFrame, estimates: pd.DataFrame, against_readers: pd.DataFrame
) -> Picture:
    """ROC curves of the paper's models, of every radiologist, and of the mean radiologist.

    Parameters
    ----------
    curves, estimates, against_readers : DataFrame
        Tables of `mammo.evidence.reader_study`.
    """
    x = curves["false_positive_rate"]
    mean = row_of(against_readers, MEAN_READER)
    named = {MEAN_READER: estimate(mean["mean_reader"], mean["lower"], mean["upper"])}
    with drawing():
        figure = Figure(figsize=(5.0, 6.4), layout="constrained")
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=GREY, linestyle=(0, (1, 2)), linewidth=1.2)
        crowd = [axes.plot(x, curves[name], color=LIGHT, linewidth=0.9)[0] for name in READERS]
        crowd[0].set_label(f"each of {len(READERS)} radiologists")
        label = f"their mean, {named[MEAN_READER]}"
        axes.plot(x, curves[MEAN_READER], color=INK, linewidth=2.6, label=label)
        for model, (color, line) in _LINES.items():
            row = row_of(estimates, model)
            named[model] = estimate(row["auroc"], row["lower"], row["upper"])
            axes.plot(
                x, curves[model], color=color, linestyle=line, linewidth=2.2,
                label=f"{TITLES[model]}: {named[model]}",
            )  # fmt: skip
        unit_square(axes, "1 − specificity", "Sensitivity")
        figure.legend(loc="outside lower left", handlelength=3.2)
    listed = "; ".join(f"{TITLES.get(name, name)} {text}" for name, text in named.items())
    return Picture(
        figure,
        "ROC curves by breast on the NYU reader study, the radiologists' in grey and their mean "
        f"in black. auROC: {listed}. The diagonal is guessing.",
        "ROC curves of the paper's models and of 14 radiologists, by breast",
    )


def claims_forest(
    estimates: pd.DataFrame, against_readers: pd.DataFrame, intervals: pd.DataFrame
) -> Picture:
    """Stated internal values, what the paper found on UKy, and what New York's scores give.

    Parameters
    ----------
    estimates, against_readers : DataFrame
        Tables of `mammo.evidence.reader_study`.
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`.
    """
    rows = []
    for model, names in PAPERS_MODELS.items():
        if not names:
            continue
        rows += _claims(intervals, model, names)
        own = row_of(estimates, model)
        rows.append(
            Row(
                TITLES[model],
                "NYU reader study",
                NEW_YORK,
                own["auroc"],
                own["lower"],
                own["upper"],
            )
        )
    mean = row_of(against_readers, MEAN_READER)
    group = "Radiologists"
    rows.append(Row(group, "experts in the paper", QUOTED, EXPERTS_AUROC, math.nan, math.nan))
    rows.append(
        Row(group, "mean of 14, NYU", NEW_YORK, mean["mean_reader"], mean["lower"], mean["upper"])
    )
    return interval_rows(
        rows, _LOOKS, "auROC in internal validation, in the paper's external test and in New York"
    )


def reader_study_explorer(thresholds: pd.DataFrame, source: str) -> ThresholdExplorer:
    """Thresholds of the paper's models to drag, on the exams alone: none of them is internal.

    Parameters
    ----------
    thresholds : DataFrame
        Of `mammo.evidence.reader_study`.
    source : {"real", "recorded"}
    """
    grid = thresholds.assign(model=thresholds["model"].map(TITLES), criterion="")
    same = "The ROC curves of the first figure hold the like by breast, without thresholds."
    return ThresholdExplorer(grid, {DATASET: source}, same, ("exam", "exams"))


def _claims(intervals: pd.DataFrame, model: str, names: tuple[str, ...]) -> list[Row]:
    """Rows of what the paper prints on a model; of the same internal value there is one.

    The paper quotes internal values, and not on how many images or breasts: they have no interval.
    """
    cells = intervals[intervals["model"].isin(names)].drop_duplicates(["dataset", "auroc", "place"])
    internal, external = cells[cells["place"] == "Table 2"], cells[cells["dataset"] == UKY]
    several = len(names) > 1
    rows = []
    for kind, part in ((INTERNAL, internal), (EXTERNAL, external)):
        for cell in part.itertuples():
            which = (
                f", {short_title(cell.model).split()[-1]}" if several and kind == EXTERNAL else ""
            )
            width = cell.simulated_by_patient if kind == EXTERNAL else math.nan
            rows.append(
                Row(
                    TITLES[model], f"{dataset_title(cell.dataset)}{which}", kind, cell.auroc,
                    cell.auroc - width, cell.auroc + width,
                )
            )  # fmt: skip
    return rows
