"""How far a published auROC may lie from the truth, from the size of its test set alone.

The paper prints ±0.01 beside each auROC without saying how it was made; what follows needs only
the printed values and the numbers of images and patients.
"""

import math

import numpy as np
import pandas as pd

from mammo.datasets import DATASETS
from mammo.evaluation.inference import normal_quantile
from mammo.evaluation.planning import hanley_mcneil_standard_error
from mammo.evaluation.simulation import Design, independent, simulated_aurocs
from mammo.paper.designs import DESIGNS
from mammo.paper.published import INTERNAL, TABLE_2, TABLE_3, TABLE_4, PublishedAuroc
from mammo.paper.simulated_errors import STANDARD_ERRORS, SimulatedErrors

Z_95 = normal_quantile(0.95)
"""Half of a two-sided 95% interval of the normal distribution, in standard errors."""

ICC = 0.5
"""Share of the variance that a patient's images are taken to have in common; an assumption."""

ONE_CLASS = {
    "institution": Design(
        "UKy, one class a patient", ((194, 4, 0), (1, 3, 0), (157, 0, 4), (155, 0, 3))
    )
}
"""Kinds of patients of the same numbers whose images all have one label: of the set whose intervals
hang on it most, and of whose patients nothing is published."""

_BLOCK = 500  # simulated sets at a time
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
    return malignant // _parts(cell), benign // _parts(cell)


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
        label, where `ONE_CLASS` says how; else as ``simulated_by_patient``). Simulated ones are
        recorded: `mammo.paper.simulated_errors`.
    """
    rows = []
    for cell in TABLE_2 + TABLE_3 + TABLE_4:
        malignant, benign = cell_sizes(cell)
        errors = STANDARD_ERRORS[simulated_key(cell)]
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
                "simulated": Z_95 * errors.independent,
                "simulated_by_patient": Z_95 * errors.by_patient,
                "simulated_one_class": Z_95 * errors.one_class,
            }
        )
    return pd.DataFrame(rows)


def simulated_key(cell: PublishedAuroc) -> tuple[str, int, float]:
    """Return what a cell's simulated errors follow from: set, parts of it, auROC."""
    return cell.dataset, _parts(cell), cell.auroc


def simulated_standard_errors(
    cell: PublishedAuroc, n_simulations: int, seed: int
) -> SimulatedErrors:
    """Simulate the standard errors of a published auROC; `STANDARD_ERRORS` has recorded ones.

    Parameters
    ----------
    cell : PublishedAuroc
    n_simulations : int
        A standard deviation from n runs is right within about 71% over the root of n.
    seed : int
    """
    kinds = DESIGNS[cell.dataset], ONE_CLASS.get(cell.dataset, DESIGNS[cell.dataset])
    designs = (
        (independent(cell.dataset, *cell_sizes(cell)), 0.0),
        *((_part_of(design, _parts(cell)), ICC) for design in kinds),
    )
    errors = []
    for design, icc in designs:
        generator = np.random.default_rng(seed)
        found = [
            simulated_aurocs(design, cell.auroc, icc, min(_BLOCK, n_simulations - done), generator)
            for done in range(0, n_simulations, _BLOCK)
        ]
        errors.append(float(np.concatenate(found).std(ddof=1)))
    return SimulatedErrors(*errors)


def _parts(cell: PublishedAuroc) -> int:
    """Return into how many parts a cell's set was divided, one of which was tested."""
    return _PARTS if cell.place == "Table 4" and cell.dataset != INTERNAL else 1


def _part_of(design: Design, parts: int) -> Design:
    """Return about one part in so many of each kind of patients."""
    kinds = [(round(count / parts), *images) for count, *images in design.kinds]
    return Design(design.name, tuple(kind for kind in kinds if kind[0]))
