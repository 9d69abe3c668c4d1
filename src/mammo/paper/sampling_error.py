"""How far a published auROC may lie from the truth, from the size of its test set alone.

The paper prints ±0.01 beside each auROC without saying how it was made; what follows needs only
the printed values and the numbers of images and patients.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from mammo.datasets import DATASETS
from mammo.evaluation.inference import normal_quantile
from mammo.evaluation.planning import hanley_mcneil_standard_error
from mammo.evaluation.simulation import Design, independent, simulated_aurocs
from mammo.paper.published import INTERNAL, TABLE_2, TABLE_3, TABLE_4, PublishedAuroc
from mammo.study.coverage import DESIGNS

Z_95 = normal_quantile(0.95)
"""Half of a two-sided 95% interval of the normal distribution, in standard errors."""

ICC = 0.5
"""Share of the variance that a patient's images are taken to have in common; an assumption."""

_SIMULATIONS = 300  # a standard deviation from so many is right within about 4%
_PARTS = 5  # DDSM, and in Table 4 each external set, is split 4:1 (Methods)


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
    parts = _PARTS if cell.place == "Table 4" and cell.dataset != INTERNAL else 1
    return malignant // parts, benign // parts


def expected_standard_error(cell: PublishedAuroc) -> float:
    """Standard error to be expected of a published auROC (Hanley and McNeil 1982)."""
    return hanley_mcneil_standard_error(cell.auroc, *cell_sizes(cell))


def expected_half_width(cell: PublishedAuroc) -> float:
    """Half-width of the 95% interval to be expected of a published auROC."""
    return Z_95 * expected_standard_error(cell)


def published_intervals(seed: int) -> pd.DataFrame:
    """The interval that each published cell should have had.

    Parameters
    ----------
    seed : int
        Of the simulations.

    Returns
    -------
    DataFrame
        One row a cell of Tables 2 to 4: ``place``, ``model``, ``dataset``, ``split``, ``auroc``,
        ``printed_half_width``, ``n_malignant``, ``n_benign``, and three 95% half-widths:
        ``hanley_mcneil``, ``simulated`` (independent images) and ``simulated_by_patient`` (a
        patient's images alike, `ICC`).
    """
    generator = np.random.default_rng(seed)
    rows = []
    for cell in TABLE_2 + TABLE_3 + TABLE_4:
        malignant, benign = cell_sizes(cell)
        alone = independent(cell.dataset, malignant, benign)
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
                "simulated": _simulated_half_width(alone, cell.auroc, 0.0, generator),
                "simulated_by_patient": _simulated_half_width(
                    _design(cell), cell.auroc, ICC, generator
                ),
            }
        )
    return pd.DataFrame(rows)


def _simulated_half_width(
    design: Design, area: float, icc: float, generator: np.random.Generator
) -> float:
    found = simulated_aurocs(design, area, icc, _SIMULATIONS, generator)
    return Z_95 * float(np.std(found, ddof=1))


def _design(cell: PublishedAuroc) -> Design:
    """Kinds of patients of a cell's set; of Table 4's external sets about a fifth of each kind."""
    design = DESIGNS[cell.dataset]
    if cell.place != "Table 4" or cell.dataset == INTERNAL:
        return design
    kinds = [(round(count / _PARTS), *images) for count, *images in design.kinds]
    return Design(design.name, tuple(kind for kind in kinds if kind[0]))
