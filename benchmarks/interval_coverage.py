"""How often each 95% interval of an auROC contains the truth, in the paper's four designs.

    python benchmarks/interval_coverage.py [--simulations 2000] [--replicates 1000] [--area 0.9]

Scores are normal; a patient's images share a part of the variance (ICC). Without --area the auROC
is near what the paper found. A process a processor. The book shows the same from fewer simulations.
"""

from __future__ import annotations

import argparse
import math
import os
import time

import pandas as pd

from mammo.study.coverage import AREAS, CONFIDENCE, DESIGNS, simulated_coverage

MARKED = 3  # standard errors


def print_designs() -> None:
    for design in DESIGNS.values():
        labels, patients = design.labels_and_patients
        print(
            f"{design.name:16}{patients.max() + 1:5} patients, {len(labels):5,} images, "
            f"{labels.sum():4} malignant"
        )


def described(row: pd.Series) -> str:
    """Coverage and its standard error in percent, a mark if it is too low, mean width."""
    share = row["n_covered"] / row["n_simulations"]
    error = math.sqrt(share * (1 - share) / row["n_simulations"])
    mark = "*" if share + MARKED * error < CONFIDENCE else " "
    return f"{100 * share:.1f} ±{100 * error:.1f}{mark} {row['mean_width']:.3f}"


def print_table(found: pd.DataFrame) -> None:
    shown = found.assign(
        text=found.apply(described, axis=1), design=found["dataset"].map(lambda d: DESIGNS[d].name)
    )
    table = shown.pivot(index=["design", "area", "icc"], columns="method", values="text")
    print(table[list(dict.fromkeys(found["method"]))].to_string())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=2000)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--area", type=float, help="auROC of all designs")
    options = parser.parse_args()
    areas = dict.fromkeys(AREAS, options.area) if options.area else AREAS
    print_designs()
    start = time.perf_counter()
    workers = os.cpu_count() or 1
    found = simulated_coverage(options.simulations, 0, workers, areas, options.replicates)
    print(
        f"\n{options.simulations:,} simulations, {options.replicates:,} replicates, "
        f"{time.perf_counter() - start:.0f} s: coverage of the {CONFIDENCE:.0%} interval in "
        f"percent, its standard error, mean width\n"
        f"* below by more than {MARKED} standard errors\n"
    )
    print_table(found)


if __name__ == "__main__":
    main()
