"""mini-MIAS with classifiers made for it, beside the paper's that come from DDSM."""

import pandas as pd

from mammo.paper.published import dataset_title, short_title
from mammo.report.figures.intervals import Row, interval_rows
from mammo.report.figures.style import BLUE, GREY, ORANGE, Look, Picture

_PAPER, _ALONE, _CHANCE = "the paper, trained on DDSM", "trained on MIAS", "labels exchanged"
_LOOKS = {
    _PAPER: Look(ORANGE, "-", "s"),
    _ALONE: Look(BLUE, "-", "o"),
    _CHANCE: Look(GREY, "-", "D"),
}


def heads_forest(heads: pd.DataFrame, chance: pd.DataFrame, intervals: pd.DataFrame) -> Picture:
    """Each classifier's auROC on MIAS, and the paper's VGG16 on DDSM and on MIAS.

    Parameters
    ----------
    heads, chance : DataFrame
        As `mammo.evidence.mias_alone`.
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`.
    """
    cells = intervals[
        (intervals["model"] == "vgg16")
        & (
            (intervals["place"] == "Table 2")
            | (intervals["place"] == "Table 3") & (intervals["dataset"] == "mias")
        )
    ]
    rows = [
        Row(
            "From DDSM", f"{short_title(cell.model)} on {dataset_title(cell.dataset)}", _PAPER,
            cell.auroc, cell.auroc - cell.simulated_by_patient,
            cell.auroc + cell.simulated_by_patient,
        )
        for cell in cells.itertuples()
    ]  # fmt: skip
    rows += [
        Row("Made for MIAS", head.head, _ALONE, head.auroc, head.lower, head.upper)
        for head in heads.itertuples()
    ]
    permuted = chance.iloc[0]
    rows.append(
        Row(
            "Chance", permuted["head"], _CHANCE, permuted["mean"], permuted["lower"],
            permuted["upper"],
        )
    )  # fmt: skip
    return interval_rows(rows, _LOOKS, "auROC of classifiers made for MIAS, with 95% intervals")
