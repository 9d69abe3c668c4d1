"""Simulate the standard error of each auROC that the paper prints, and record it in the package.

    python benchmarks/published_errors.py [--simulations 20000] [--seed 2020]

Rewrites ``src/mammo/paper/simulated_errors.csv``; takes some minutes on one processor.
"""

import argparse

import numpy as np
import pandas as pd

from mammo.paper import sampling_error
from mammo.paper.published import TABLE_2, TABLE_3, TABLE_4, PublishedAuroc
from mammo.paper.sampling_error import ICC, cell_sizes, parts_of, simulated_errors, simulated_key
from simulated_sets import Design, independent, simulated_aurocs

DESIGNS = {
    "cbis_ddsm": Design("DDSM validation", ((137, 2, 0), (1, 1, 0), (171, 0, 2), (4, 0, 1))),
    "mias": Design("MIAS", ((52, 1, 1), (109, 0, 2))),
    "inbreast": Design("INbreast", ((50, 2, 2), (28, 0, 4), (36, 0, 2), (1, 0, 3))),
    "institution": Design("UKy", ((312, 2, 2), (77, 2, 0), (1, 1, 1), (117, 0, 4))),
}
"""Kinds of patients that give each set's published numbers of patients, images and malignant
images; DDSM's are a fifth of CBIS-DDSM. How many patients are of which kind is not published, but
for MIAS, and is an assumption."""

ONE_CLASS = {
    "institution": Design(
        "UKy, one class a patient", ((194, 4, 0), (1, 3, 0), (157, 0, 4), (155, 0, 3))
    )
}
"""Kinds of patients of the same numbers whose images all have one label: of the set whose intervals
hang on it most, and of whose patients nothing is published."""

ERRORS = ("independent", "by_patient", "one_class")
BLOCK = 500  # simulated sets at a time


def simulated_standard_errors(
    cell: PublishedAuroc, n_simulations: int, seed: int
) -> dict[str, float]:
    """Simulate the standard errors of a published auROC, by `ERRORS`.

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
        *((part_of(design, parts_of(cell)), ICC) for design in kinds),
    )
    errors = {}
    for name, (design, icc) in zip(ERRORS, designs, strict=True):
        generator = np.random.default_rng(seed)
        found = [
            simulated_aurocs(design, cell.auroc, icc, min(BLOCK, n_simulations - done), generator)
            for done in range(0, n_simulations, BLOCK)
        ]
        errors[name] = float(np.concatenate(found).std(ddof=1))
    return errors


def part_of(design: Design, parts: int) -> Design:
    """Return about one part in so many of each kind of patients."""
    kinds = [(round(count / parts), *images) for count, *images in design.kinds]
    return Design(design.name, tuple(kind for kind in kinds if kind[0]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    recorded = simulated_errors()
    default = int(recorded["n_simulations"].iloc[0])
    parser.add_argument("--simulations", type=int, default=default)
    parser.add_argument("--seed", type=int, default=2020)
    options = parser.parse_args()
    cells = {simulated_key(cell): cell for cell in TABLE_2 + TABLE_3 + TABLE_4}
    rows = []
    for key, cell in sorted(cells.items()):
        found = simulated_standard_errors(cell, options.simulations, options.seed)
        row = dict(zip(recorded.index.names, key, strict=True))
        rows.append(row | {name: f"{error:.5f}" for name, error in found.items()})
        print(*rows[-1].values())
    table = pd.DataFrame(rows).assign(n_simulations=options.simulations)
    table.to_csv(sampling_error.SIMULATED_FILE, index=False)


if __name__ == "__main__":
    main()
