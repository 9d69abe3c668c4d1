"""How often each 95% interval of an auROC contains the truth, in the paper's four designs.

    python benchmarks/interval_coverage.py [--simulations 2000] [--replicates 1000] [--area 0.9]

Scores are normal; a patient's images share a part of the variance (ICC). Without --area the auROC
is near what the paper found: 0.75 on DDSM, 0.52 elsewhere. A process a processor.
"""

from __future__ import annotations

import argparse
import itertools
import math
import multiprocessing
import os
import time
from functools import partial

from tqdm import tqdm

from mammo.evaluation import Estimate, auroc_interval, delong_interval, obuchowski_interval
from mammo.evaluation.simulation import Coverage, Design, Interval, coverage

DESIGNS = (
    Design("MIAS", ((52, 1, 1), (109, 0, 2))),
    Design("INbreast", ((50, 2, 2), (28, 0, 4), (36, 0, 2), (1, 0, 3))),
    Design("UKy", ((312, 2, 2), (77, 2, 0), (1, 1, 1), (117, 0, 4))),
    Design("DDSM validation", ((145, 2, 0), (1, 1, 0), (163, 0, 2), (4, 0, 1))),
)
PUBLISHED = {  # images, malignant
    "MIAS": (322, 52),
    "INbreast": (387, 100),
    "UKy": (1872, 779),
    "DDSM validation": (621, 291),
}
AREAS = {"MIAS": 0.52, "INbreast": 0.52, "UKy": 0.52, "DDSM validation": 0.75}
ICCS = (0.0, 0.5, 0.8)
NOMINAL = 0.95
MARKED = 3  # standard errors

Cell = tuple[Design, float, float]
"""Design, auROC, ICC."""


def bootstrap(n_bootstrap: int, **options) -> Interval:
    """Bootstrap with another seed at every call; one for all would give them a common error."""
    seeds = itertools.count()

    def interval(*data) -> Estimate:
        settings = {"n_bootstrap": n_bootstrap, "seed": next(seeds), "threads": 1}
        return auroc_interval(*data, confidence=NOMINAL, **settings, **options)

    return interval


def intervals(n_bootstrap: int) -> dict[str, Interval]:
    return {
        "by patient": bootstrap(n_bootstrap),
        "by image": bootstrap(n_bootstrap, unit="image"),
        "stratified": bootstrap(n_bootstrap, stratified=True),
        "BCa": bootstrap(n_bootstrap, bounds="bca"),
        "DeLong": partial(delong_interval, confidence=NOMINAL),
        "Obuchowski": partial(obuchowski_interval, confidence=NOMINAL),
    }


def study(numbered: tuple[int, Cell], simulations: int, replicates: int) -> list[Coverage]:
    seed, cell = numbered
    return coverage(*cell, intervals(replicates), simulations, seed)


def longest_first(cells: list[Cell]) -> list[int]:
    """Numbers of the cells in the order in which processes share them most evenly."""
    return sorted(range(len(cells)), key=lambda number: -PUBLISHED[cells[number][0].name][0])


def run(cells: list[Cell], simulations: int, replicates: int) -> list[list[Coverage]]:
    order = longest_first(cells)
    one = partial(study, simulations=simulations, replicates=replicates)
    with multiprocessing.Pool(os.cpu_count()) as pool:
        results = pool.imap(one, [(number, cells[number]) for number in order])
        found = dict(zip(order, tqdm(results, total=len(cells)), strict=True))
    return [found[number] for number in range(len(cells))]


def print_designs() -> None:
    for design in DESIGNS:
        labels, patients = design.labels_and_patients
        images, malignant = PUBLISHED[design.name]
        print(
            f"{design.name:16}{patients.max() + 1:5} patients, {len(labels):5,} images "
            f"(published {images:,}), {labels.sum():4} malignant (published {malignant})"
        )


def described(found: Coverage) -> str:
    """Coverage and its standard error in percent, a mark if it is too low, mean width."""
    error = math.sqrt(found.share * (1 - found.share) / found.n_simulations)
    mark = "*" if found.share + MARKED * error < NOMINAL else " "
    return f"{100 * found.share:6.1f} ±{100 * error:.1f}{mark} {found.mean_width:.3f}"


def print_table(cells: list[Cell], results: list[list[Coverage]]) -> None:
    heads = "".join(f"{found.method:>18}" for found in results[0])
    print(f"{'':16}{'auROC':>6}{'ICC':>5}{heads}")
    for (design, area, icc), row in zip(cells, results, strict=True):
        texts = "".join(f"{described(found):>18}" for found in row)
        print(f"{design.name:16}{area:6.2f}{icc:5.1f}{texts}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=2000)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--area", type=float, help="auROC of all designs")
    arguments = parser.parse_args()
    areas = dict.fromkeys(AREAS, arguments.area) if arguments.area else AREAS
    cells = [(design, areas[design.name], icc) for design in DESIGNS for icc in ICCS]
    print_designs()
    start = time.perf_counter()
    results = run(cells, arguments.simulations, arguments.replicates)
    print(
        f"\n{arguments.simulations:,} simulations, {arguments.replicates:,} replicates, "
        f"{time.perf_counter() - start:.0f} s: coverage of the {NOMINAL:.0%} interval in percent, "
        f"its standard error, mean width\n* below by more than {MARKED} standard errors\n"
    )
    print_table(cells, results)


if __name__ == "__main__":
    main()
