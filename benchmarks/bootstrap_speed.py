"""Seconds for the patient-level bootstrap of one auROC, beside the loop it replaces.

Run: python benchmarks/bootstrap_speed.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from sklearn.metrics import roc_auc_score

from mammo.evaluation import bootstrap_aurocs

SIZES = {"MIAS": (322, 161), "UKy": (1872, 507), "DDSM": (10480, 2620)}
N_BOOTSTRAP = 2000
LOOP_REPLICATES = 50  # the loop is timed on these and scaled up


def loop_aurocs(y_true, scores, patients, n_bootstrap, seed):
    generator = np.random.default_rng(seed)
    n_patients = patients.max() + 1
    for _ in range(n_bootstrap):
        counts = np.bincount(generator.integers(0, n_patients, n_patients), minlength=n_patients)
        roc_auc_score(y_true, scores, sample_weight=counts[patients])


def seconds(function: Callable, *arguments) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def main() -> None:
    print(f"{'set':6}{'images':>8}{'patients':>10}{'loop':>10}{'here':>10}{'ratio':>8}")
    for name, (n_images, n_patients) in SIZES.items():
        generator = np.random.default_rng(0)
        patients = np.arange(n_images) % n_patients
        y_true = generator.random(n_images) < 0.4
        scores = y_true + 2 * generator.normal(size=n_images)
        data = (y_true, scores, patients)
        loop = seconds(loop_aurocs, *data, LOOP_REPLICATES, 0) * N_BOOTSTRAP / LOOP_REPLICATES
        here = seconds(bootstrap_aurocs, *data, N_BOOTSTRAP, 0)
        print(f"{name:6}{n_images:8,}{n_patients:10,}{loop:9.2f}s{here:9.3f}s{loop / here:7.0f}x")


if __name__ == "__main__":
    main()
