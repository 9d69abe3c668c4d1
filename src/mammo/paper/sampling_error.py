"""How far a published auROC may lie from the truth, from the size of its test set alone.

The paper prints ±0.01 beside each auROC without saying how it was made; what follows needs only
the printed values and the numbers of images and patients.
"""

import math
from functools import cache
from pathlib import Path

import pandas as pd

from mammo.datasets import DATASETS
from mammo.datasets.roles import INTERNAL
from mammo.evaluation.inference import normal_quantile
from mammo.evaluation.planning import hanley_mcneil_standard_error
from mammo.paper.published import TABLE_2, TABLE_3, TABLE_4, PublishedAuroc

Z_95 = normal_quantile(0.95)
"""Half of a two-sided 95% interval of the normal distribution, in standard errors."""

ICC = 0.5
"""Share of the variance that a patient's images are taken to have in common; an assumption."""

SIMULATED_FILE = Path(__file__).with_name("simulated_errors.csv")
_PARTS = 5  # DDSM, and in Table 4 each external set, is split 4:1 (Methods)


@cache
def simulated_errors() -> pd.DataFrame:
    """Return the simulated standard errors of each published auROC; see `simulated_key`.

    If images were ``independent``, if a patient's are alike (``by_patient``, by `ICC`), and if
    those of UKy's patients are also of ``one_class``: a recorded result of ``n_simulations`` sets
    each (right within about 0.5%), as ``python benchmarks/published_errors.py`` wrote it.
    """
    return pd.read_csv(SIMULATED_FILE, index_col=["dataset", "parts", "auroc"])


def class_sizes(dataset: str) -> tuple[int, int]:
    """Malignant and benign images that a published auROC on the set was computed on.

    From the paper for UKy, from the released labels for the others; a fifth of CBIS-DDSM.
    """
    card = DATASETS[dataset].card
    counts = card.published if card.published.malignant else card.released
    parts = _PARTS if dataset == INTERNAL else 1
    return counts.malignant // parts, counts.benign // parts


def cell_sizes(cell: PublishedAuroc) -> tuple[int, int]:
    """Return `class_sizes`, of which Table 4's external cells have a fifth."""
    malignant, benign = class_sizes(cell.dataset)
    return malignant // parts_of(cell), benign // parts_of(cell)


def expected_standard_error(cell: PublishedAuroc) -> float:
    """Standard error to be expected of a published auROC (Hanley and McNeil 1982)."""
    return hanley_mcneil_standard_error(cell.auroc, *cell_sizes(cell))


def expected_half_width(cell: PublishedAuroc) -> float:
    """Half-width of the 95% interval to be expected of a published auROC."""
    return Z_95 * expected_standard_error(cell)


def published_intervals() -> pd.DataFrame:
    """The interval that each published cell should have had.

    Returns
    -------
    DataFrame
        One row a cell of Tables 2 to 4: ``place``, ``model``, ``dataset``, ``split``, ``auroc``,
        ``printed_half_width``, ``n_malignant``, ``n_benign``, and four 95% half-widths:
        ``hanley_mcneil``, ``simulated`` (independent images), ``simulated_by_patient`` (a patient's
        images alike, `ICC`) and ``simulated_one_class`` (so, and all of a patient's images have one
        label, on UKy; else as ``simulated_by_patient``). Simulated ones are `simulated_errors`.
    """
    rows = []
    for cell in TABLE_2 + TABLE_3 + TABLE_4:
        malignant, benign = cell_sizes(cell)
        errors = Z_95 * simulated_errors().loc[simulated_key(cell)]
        rows.append(
            {
                "place": cell.place,
                "model": cell.model,
                "dataset": cell.dataset,
                "split": cell.split,
                "auroc": cell.auroc,
                "printed_half_width": cell.half_width or math.nan,
                "n_malignant": malignant,
                "n_benign": benign,
                "hanley_mcneil": expected_half_width(cell),
                "simulated": errors["independent"],
                "simulated_by_patient": errors["by_patient"],
                "simulated_one_class": errors["one_class"],
            }
        )
    return pd.DataFrame(rows)


def simulated_key(cell: PublishedAuroc) -> tuple[str, int, float]:
    """Return what a cell's simulated errors follow from: set, parts of it, auROC."""
    return cell.dataset, parts_of(cell), cell.auroc


def parts_of(cell: PublishedAuroc) -> int:
    """Return into how many parts a cell's set was divided, one of which was tested."""
    return _PARTS if cell.place == "Table 4" and cell.dataset != INTERNAL else 1
