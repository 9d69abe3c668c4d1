"""How often intervals contain the truth in designs like the paper's sets: simulated, and kept."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from tqdm.auto import tqdm

from mammo.evaluation import Estimate, auroc_interval, delong_interval, obuchowski_interval
from mammo.evaluation.simulation import Design, Interval, coverage
from mammo.files.workers import pool as open_pool

if TYPE_CHECKING:
    from mammo.study import Study

DESIGNS = {
    "cbis_ddsm": Design("DDSM validation", ((137, 2, 0), (1, 1, 0), (171, 0, 2), (4, 0, 1))),
    "mias": Design("MIAS", ((52, 1, 1), (109, 0, 2))),
    "inbreast": Design("INbreast", ((50, 2, 2), (28, 0, 4), (36, 0, 2), (1, 0, 3))),
    "institution": Design("UKy", ((312, 2, 2), (77, 2, 0), (1, 1, 1), (117, 0, 4))),
}
"""Kinds of patients that give each set's published numbers of patients, images and malignant
images; DDSM's are a fifth of CBIS-DDSM. How many patients are of which kind is not published, but
for MIAS, and is an assumption."""

AREAS = {"cbis_ddsm": 0.75, "mias": 0.52, "inbreast": 0.52, "institution": 0.52}
"""True auROCs, near what the paper found at home and elsewhere."""

ICCS = (0.0, 0.5, 0.8)
"""Shares of the variance that the images of a patient have in common."""

CONFIDENCE = 0.95
REPLICATES = 1000


def coverage_table(study: Study) -> pd.DataFrame:
    """Return how often each interval contained the truth, simulated once and kept.

    Returns
    -------
    DataFrame
        ``dataset``, ``area``, ``icc``, then the fields of `mammo.evaluation.simulation.Coverage`:
        ``method``, ``n_simulations``, ``n_covered``, ``mean_width``.
    """
    n_simulations = study.parameters.coverage_simulations
    inputs = {
        "designs": {name: asdict(design) for name, design in DESIGNS.items()},
        "areas": AREAS,
        "iccs": ICCS,
        "simulations": n_simulations,
        "replicates": REPLICATES,
        "seed": study.parameters.seed,
    }

    def make(folder: Path) -> dict[str, Any]:
        found = simulated_coverage(n_simulations, study.parameters.seed, study.workers)
        found.to_csv(folder / "coverage.csv", index=False)
        return {"cells": len(found)}

    folder = study.artifacts.build("coverage", inputs, make)
    return pd.read_csv(folder / "coverage.csv")


def simulated_coverage(
    n_simulations: int,
    seed: int,
    workers: int,
    areas: dict[str, float] = AREAS,
    n_bootstrap: int = REPLICATES,
) -> pd.DataFrame:
    """Simulate every design at every intraclass correlation; see `coverage_table`."""
    cells = list(itertools.product(DESIGNS, ICCS))
    one = partial(_cell, areas=areas, n_simulations=n_simulations, n_bootstrap=n_bootstrap)
    seeds = range(seed, seed + len(cells))
    if workers == 1:
        return pd.concat(_watched(map(one, cells, seeds), len(cells)), ignore_index=True)
    with open_pool(workers) as pool:
        return pd.concat(_watched(pool.map(one, cells, seeds), len(cells)), ignore_index=True)


def intervals(n_bootstrap: int = REPLICATES) -> dict[str, Interval]:
    """Return the intervals that are tried, by name."""
    return {
        "by patient": _bootstrap(n_bootstrap),
        "by patient, stratified": _bootstrap(n_bootstrap, stratified=True),
        "by patient, BCa": _bootstrap(n_bootstrap, bounds="bca"),
        "Obuchowski, by patient": partial(obuchowski_interval, confidence=CONFIDENCE),
        "by image": _bootstrap(n_bootstrap, unit="image"),
        "DeLong, by image": partial(delong_interval, confidence=CONFIDENCE),
    }


def _cell(
    cell: tuple[str, float],
    seed: int,
    areas: dict[str, float],
    n_simulations: int,
    n_bootstrap: int,
) -> pd.DataFrame:
    dataset, icc = cell
    area = areas[dataset]
    found = coverage(DESIGNS[dataset], area, icc, intervals(n_bootstrap), n_simulations, seed)
    rows = pd.DataFrame([asdict(one) for one in found])
    return rows.assign(dataset=dataset, area=area, icc=icc)[["dataset", "area", "icc", *rows]]


def _bootstrap(n_bootstrap: int, **options: Any) -> Interval:
    """Bootstrap with another seed at every call: one for all would give them a common error."""
    seeds: Callable[[], int] = itertools.count().__next__

    def interval(*data: Any) -> Estimate:
        drawn = {"n_bootstrap": n_bootstrap, "seed": seeds(), "threads": 1}
        return auroc_interval(*data, confidence=CONFIDENCE, **drawn, **options)

    return interval


def _watched(tables: Iterable[pd.DataFrame], total: int) -> list[pd.DataFrame]:
    return list(tqdm(tables, desc="coverage of intervals", total=total, leave=False))
