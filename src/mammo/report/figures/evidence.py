"""Figures of real scores: the paper's models beside radiologists, and classifiers made for MIAS."""

from typing import Any

import pandas as pd

from mammo.datasets.reader_study import READERS
from mammo.evidence.reader_study import DATASET, MEAN_READER, PAPERS_MODELS, TITLES, UKY, row_of
from mammo.paper.published import EXPERTS_AUROC, dataset_title, short_title
from mammo.report.figures.explorer import ThresholdExplorer
from mammo.report.figures.forest import Row, interval_rows
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
    chart,
    unit_square,
)
from mammo.report.tables.formats import estimate

_LINES = {
    "frcnn_cad": (VERMILLION, "-"),
    "end2end_inbreast": (GREEN, "-."),
    "end2end_ddsm": (BLUE, "--"),
}
STATED, TESTED, QUOTED = "internal validation, stated", "external test, paper", "quoted"
NEW_YORK = "New York"
_CLAIMS = {
    STATED: Look(PURPLE, "-", "D"),
    TESTED: Look(ORANGE, "-", "s"),
    QUOTED: Look(GREY, "-", "^"),
    NEW_YORK: Look(BLUE, "-", "o"),
}
_PAPER, _ALONE, _CHANCE = "the paper, trained on DDSM", "trained on MIAS", "labels exchanged"
_HEADS = {
    _PAPER: Look(ORANGE, "-", "s"),
    _ALONE: Look(BLUE, "-", "o"),
    _CHANCE: Look(GREY, "-", "D"),
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
    with chart(6.4, 5.0) as (figure, axes):
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
        if names:
            own = row_of(estimates, model)[["auroc", "lower", "upper"]]
            rows += _claims(intervals, model, names)
            rows.append(Row(TITLES[model], "NYU reader study", NEW_YORK, *own))
    mean = row_of(against_readers, MEAN_READER)[["mean_reader", "lower", "upper"]]
    rows += [
        Row("Radiologists", "experts in the paper", QUOTED, EXPERTS_AUROC),
        Row("Radiologists", "mean of 14, NYU", NEW_YORK, *mean),
    ]
    title = "auROC in internal validation, in the paper's external test and in New York"
    return interval_rows(rows, _CLAIMS, title)


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
    rows = []
    for cell in cells[cells["place"] == "Table 2"].itertuples():
        name = dataset_title(cell.dataset)
        rows.append(Row(TITLES[model], name, STATED, cell.auroc))
    for cell in cells[cells["dataset"] == UKY].itertuples():
        backbone = f", {short_title(cell.model).split()[-1]}" if len(names) > 1 else ""
        name = f"{dataset_title(cell.dataset)}{backbone}"
        rows.append(_published(TITLES[model], name, TESTED, cell))
    return rows


def _published(group: str, name: str, kind: str, cell: Any) -> Row:
    """Return a published value with the interval that its set allows."""
    lower, upper = cell.auroc - cell.simulated_by_patient, cell.auroc + cell.simulated_by_patient
    return Row(group, name, kind, cell.auroc, max(lower, 0), min(upper, 1))


def heads_forest(heads: pd.DataFrame, chance: pd.DataFrame, intervals: pd.DataFrame) -> Picture:
    """Each classifier's auROC on MIAS, and the paper's VGG16 on DDSM and on MIAS.

    Parameters
    ----------
    heads, chance : DataFrame
        As `mammo.evidence.mias_alone`.
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`.
    """
    is_internal = intervals["place"] == "Table 2"
    is_on_mias = (intervals["place"] == "Table 3") & (intervals["dataset"] == "mias")
    cells = intervals[(intervals["model"] == "vgg16") & (is_internal | is_on_mias)]
    permuted = chance.iloc[0]
    rows = [
        *(
            _published(
                "From DDSM",
                f"{short_title('vgg16')} on {dataset_title(cell.dataset)}",
                _PAPER,
                cell,
            )
            for cell in cells.itertuples()
        ),
        *(
            Row("Made for MIAS", head.head, _ALONE, head.auroc, head.lower, head.upper)
            for head in heads.itertuples()
        ),
        Row("Chance", permuted["head"], _CHANCE, *permuted[["mean", "lower", "upper"]]),
    ]
    return interval_rows(rows, _HEADS, "auROC of classifiers made for MIAS, with 95% intervals")
