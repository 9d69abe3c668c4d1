"""How far a published auROC may lie from the truth, from the size of its test set alone.

The paper prints ±0.01 beside each auROC without saying how it was made; what follows needs only
the printed values and the numbers of images. Images are taken as independent, which flatters sets
with several images a patient.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from mammo.datasets import DATASETS
from mammo.evaluation.planning import hanley_mcneil_standard_error
from mammo.report.published import EXTERNAL, INTERNAL, TABLE_2, TABLE_3, PublishedAuroc, find

Z_95 = 1.959963984540054
"""Half of a two-sided 95% interval of the normal distribution, in standard errors."""

_VALIDATION_PARTS = 5  # DDSM is split 4:1 (Methods, Data Sets, DDSM)


def class_sizes(dataset: str) -> tuple[int, int]:
    """Malignant and benign images that a published auROC on the set was computed on.

    From the paper for UKy, from the released labels for the others; a fifth of CBIS-DDSM.
    """
    card = DATASETS[dataset].card
    counts = card.published if card.published.malignant else card.released
    parts = _VALIDATION_PARTS if dataset == INTERNAL else 1
    return counts.malignant // parts, counts.benign // parts


def expected_standard_error(cell: PublishedAuroc) -> float:
    """Standard error to be expected of a published auROC (Hanley and McNeil 1982)."""
    return hanley_mcneil_standard_error(cell.auroc, *class_sizes(cell.dataset))


def expected_half_width(cell: PublishedAuroc) -> float:
    """Half-width of the 95% interval to be expected of a published auROC."""
    return Z_95 * expected_standard_error(cell)


def expected_half_widths() -> dict[str, float]:
    """For each external set the mean of `expected_half_width` over Table 3."""
    widths = {}
    for name in EXTERNAL:
        values = [expected_half_width(cell) for cell in TABLE_3 if cell.dataset == name]
        widths[name] = sum(values) / len(values)
    return widths


def beside_chance(
    cells: Iterable[PublishedAuroc], half_width: Callable[[PublishedAuroc], float]
) -> tuple[int, int]:
    """How many intervals lie wholly below 0.5, and how many wholly above."""
    bounds = [(round(c.auroc - half_width(c), 9), round(c.auroc + half_width(c), 9)) for c in cells]
    return sum(upper < 0.5 for _, upper in bounds), sum(lower > 0.5 for lower, _ in bounds)


def least_clear_drop(models: Iterable[str]) -> tuple[float, PublishedAuroc, PublishedAuroc]:
    """Smallest drop from a model's internal to an external auROC, in expected standard errors.

    Returns
    -------
    tuple
        The drop, the internal cell (Table 2) and the external one (Table 3).
    """
    drops = []
    for external in (cell for cell in TABLE_3 if cell.model in models):
        internal = find(TABLE_2, external.model, INTERNAL)
        error = math.hypot(expected_standard_error(internal), expected_standard_error(external))
        drops.append(((internal.auroc - external.auroc) / error, internal, external))
    return min(drops, key=lambda drop: drop[0])
