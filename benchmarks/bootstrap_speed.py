"""Seconds for bootstrap replicates of auROCs, beside what else computes them.

    python benchmarks/bootstrap_speed.py

Three tables: one auROC beside scikit-learn, R's pROC (where R has it) and a compiled loop that
sorts every replicate anew; six models on the paper's four sets; growth with images and replicates.
Contenders run in turns, so that other work on the machine meets all alike, until no least time
falls any more; compilation is not timed. Slow ones compute fewer replicates and are scaled up.
Where one thread of ours takes no longer than two, other work had the second processor: the numbers
for two threads then say little.
"""

import argparse
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np
import sklearn
from sklearn.metrics import roc_auc_score

from mammo.evaluation import bootstrap_aurocs
from mammo.evaluation.draws import in_threads, plan_draws
from mammo.evaluation.kernels import draw_counts

THREADS = 2
REPLICATES = 10_000
SIZES = (322, 1872, 10_480)
QUIET_ROUNDS, MOST_ROUNDS = 6, 40
PROCESSES = 5  # fresh ones for each size
FEW, SOME = 200, 500  # replicates that slow contenders compute
BLOCK = 1 << 18  # random numbers drawn at a time; more or fewer are no faster
CACHED = 1 << 17  # counts that stay in a processor's cache

SKLEARN = f"scikit-learn loop ({FEW} replicates, scaled)"
PROC = f"R's pROC, stratified ({FEW} replicates, scaled)"
RESORT = f"re-sorting loop in numba, 1 thread ({SOME}, scaled)"
RESORT_THREADS = f"re-sorting loop in numba, {THREADS} threads ({SOME}, scaled)"
RESORT_NUMPY = f"the same with NumPy's sort, 1 thread ({SOME}, scaled)"
NUMPY_DRAWS = f"NumPy's random draws alone, {THREADS} threads"
OUR_DRAWS = f"our draws and counts alone, {THREADS} threads"
OURS_ALONE = "ours, 1 thread"
OURS = f"ours, {THREADS} threads"
RATIOS = (
    (SKLEARN, OURS, ">= 250"),
    (PROC, OURS, ">= 200"),
    (RESORT, OURS, ">= 20"),
    (RESORT_THREADS, OURS, ""),
    (RESORT_NUMPY, OURS, ""),
    (OURS, NUMPY_DRAWS, "<= 2.5"),
    (OURS, OUR_DRAWS, ""),
    (OURS_ALONE, OURS, ""),
)
SETS = {  # images, patients
    "DDSM validation": (621, 313),
    "INbreast": (387, 115),
    "MIAS": (322, 161),
    "UKy": (1872, 507),
}
MODELS = 6
GROWTH = [(n_images, 1000) for n_images in (1_000, 10_000, 100_000, 500_000)]
GROWTH += [(100_000, n_bootstrap) for n_bootstrap in (1, 100, 10_000)]
PROC_CODE = """
suppressMessages(library(pROC))
given <- commandArgs(trailingOnly = TRUE)
data <- read.table(given[1])
curve <- roc(data[[1]], data[[2]], levels = c(0, 1), direction = "<", quiet = TRUE)
run <- function(n) {
  ci.auc(curve, method = "bootstrap", boot.n = n, boot.stratified = TRUE, progress = "none")
}
run(20)
cat(system.time(run(as.integer(given[2])))[["elapsed"]])
"""

Timed = Callable[[], float]
"""One run: the seconds that all replicates take."""
Data = tuple[np.ndarray, np.ndarray]
"""Labels and scores."""


def draw_data(n_images: int) -> Data:
    generator = np.random.default_rng(0)
    labels = generator.random(n_images) < 0.4
    return labels, labels + 2 * generator.normal(size=n_images)


def seconds(function: Callable, *arguments) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def scaled(function: Callable, data: Data, n_bootstrap: int) -> Timed:
    return lambda: seconds(function, *data, n_bootstrap) * REPLICATES / n_bootstrap


def least_seconds(contenders: dict[str, Timed]) -> tuple[dict[str, float], int]:
    """Run them in turns until no least time falls by 2% any more; tell the rounds it took."""
    for run in contenders.values():
        run()
    least = {name: run() for name, run in contenders.items()}
    rounds, quiet = 1, 0
    while quiet < QUIET_ROUNDS and rounds < MOST_ROUNDS:
        times = {name: run() for name, run in contenders.items()}
        fell = any(times[name] < 0.98 * least[name] for name in times)
        least = {name: min(times[name], least[name]) for name in times}
        rounds, quiet = rounds + 1, 0 if fell else quiet + 1
    return least, rounds


def sklearn_loop(labels: np.ndarray, scores: np.ndarray, n_bootstrap: int) -> None:
    generator = np.random.default_rng(0)
    for _ in range(n_bootstrap):
        drawn = generator.integers(0, len(labels), len(labels))
        roc_auc_score(labels[drawn], scores[drawn])


@numba.njit(nogil=True)
def sorted_auroc(labels, scores):
    """AuROC of images in the order of their scores: a trapezoid for each distinct score."""
    true = false = true_before = false_before = twice = 0
    for place in range(len(scores) - 1, -1, -1):
        true += labels[place]
        false += not labels[place]
        if place == 0 or scores[place] != scores[place - 1]:
            twice += (false - false_before) * (true + true_before)
            true_before, false_before = true, false
    return twice / (2 * true * false) if true * false > 0 else np.nan


@numba.njit(nogil=True)
def resorting_loop(labels, scores, n_bootstrap):
    aurocs = np.empty(n_bootstrap)
    for replicate in range(n_bootstrap):
        drawn = np.random.randint(0, len(labels), len(labels))
        drawn_scores = scores[drawn]
        order = np.argsort(drawn_scores)
        aurocs[replicate] = sorted_auroc(labels[drawn][order], drawn_scores[order])
    return aurocs


def resorting_in_threads(labels: np.ndarray, scores: np.ndarray, n_bootstrap: int) -> None:
    share = n_bootstrap // THREADS
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: resorting_loop(labels, scores, share), range(THREADS)))


def resorting_with_numpy(labels: np.ndarray, scores: np.ndarray, n_bootstrap: int) -> None:
    generator = np.random.Generator(np.random.SFC64(0))
    for _ in range(n_bootstrap):
        drawn = generator.integers(len(labels), size=len(labels), dtype=np.uint32)
        drawn_scores = scores[drawn]
        order = np.argsort(drawn_scores)
        sorted_auroc(labels[drawn][order], drawn_scores[order])


def numpy_draws(n: int, total: int, seed: int) -> None:
    generator = np.random.Generator(np.random.SFC64(seed))
    for start in range(0, total, BLOCK):
        generator.integers(n, size=min(BLOCK, total - start), dtype=np.uint32)


def numpy_draws_in_threads(labels: np.ndarray, _: np.ndarray, n_bootstrap: int) -> None:
    share = len(labels) * n_bootstrap // THREADS
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda seed: numpy_draws(len(labels), share, seed), range(THREADS)))


def our_draws(labels: np.ndarray, _: np.ndarray, n_bootstrap: int) -> None:
    draws = plan_draws(np.arange(len(labels)), n_bootstrap, 0)
    rows = max(CACHED // len(labels), 1)

    def fill(part: slice) -> None:
        counts = np.empty((rows, len(labels)), dtype=np.uint16)
        for start in range(part.start, part.stop, rows):
            block = counts[: part.stop - start]
            draw_counts(np.uint64(draws.seed), start, draws.sizes, block)

    in_threads(fill, n_bootstrap, len(labels), THREADS)


def ours(threads: int) -> Callable[[np.ndarray, np.ndarray, int], None]:
    def run(labels: np.ndarray, scores: np.ndarray, n_bootstrap: int) -> None:
        bootstrap_aurocs(labels, scores, np.arange(len(labels)), n_bootstrap, 0, threads=threads)

    return run


def proc_version() -> str | None:
    """Version of pROC; None where R or pROC is not installed."""
    if not shutil.which("Rscript"):
        return None
    code = 'cat(as.character(packageVersion("pROC")))'
    found = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True)
    return None if found.returncode else found.stdout


def proc(path: Path, data: Data) -> Timed:
    np.savetxt(path, np.column_stack(data), fmt="%.17g")
    command = ["Rscript", "-e", PROC_CODE, str(path), str(FEW)]

    def run() -> float:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return float(done.stdout.split()[-1]) * REPLICATES / FEW

    return run


def contenders(n_images: int, proc_data: Path | None) -> dict[str, Timed]:
    data = draw_data(n_images)
    runs = {SKLEARN: scaled(sklearn_loop, data, FEW)}
    if proc_data:
        runs[PROC] = proc(proc_data, data)
    return runs | {
        RESORT: scaled(resorting_loop, data, SOME),
        RESORT_THREADS: scaled(resorting_in_threads, data, SOME),
        RESORT_NUMPY: scaled(resorting_with_numpy, data, SOME),
        NUMPY_DRAWS: scaled(numpy_draws_in_threads, data, REPLICATES),
        OUR_DRAWS: scaled(our_draws, data, REPLICATES),
        OURS_ALONE: scaled(ours(1), data, REPLICATES),
        OURS: scaled(ours(THREADS), data, REPLICATES),
    }


def compare(proc_data: Path | None) -> None:
    """Print the seconds of every contender at every size, then the ratios."""
    columns = []
    for n_images in SIZES:
        times, rounds = least_seconds(contenders(n_images, proc_data))
        columns.append(times)
        settled = "settled" if rounds < MOST_ROUNDS else "not settled"
        print(f"n = {n_images:,}: {rounds} rounds, {settled}; load {os.getloadavg()[0]:.1f}")
    print(f"\n{f'one auROC, {REPLICATES:,} replicates of images: seconds':60}{heads()}")
    for name in (SKLEARN, PROC, RESORT, RESORT_THREADS, RESORT_NUMPY):
        print(f"{name:60}" + cells(columns, name, ".3f"))
    for name in (NUMPY_DRAWS, OUR_DRAWS, OURS_ALONE, OURS):
        print(f"{name:60}" + cells(columns, name, ".4f"))
    print(f"\n{'ratios':60}{heads()}   aimed at, n = {SIZES[-1]:,}")
    for above, under, target in RATIOS:
        ratios = [{"": t[above] / t[under]} if above in t else {} for t in columns]
        title = f"{above.split(' (')[0]} / {under}"
        digits = ".2f" if above in (OURS, OURS_ALONE) else ".0f"
        print(f"{title:60}{cells(ratios, '', digits)}   {target}".rstrip())


def heads() -> str:
    return "".join(f"{n_images:>15,}" for n_images in SIZES)


def cells(columns: list[dict[str, float]], name: str, digits: str) -> str:
    texts = [
        f"{column[name]:{digits}}" if name in column else "not installed" for column in columns
    ]
    return "".join(f"{text:>15}" for text in texts)


def grid_set(n_images: int, n_patients: int) -> Timed:
    labels, _ = draw_data(n_images)
    scores = labels + 2 * np.random.default_rng(1).normal(size=(MODELS, n_images))
    patients = np.arange(n_images) % n_patients
    arguments = (labels, scores, patients, REPLICATES, 0)
    return lambda: seconds(lambda: bootstrap_aurocs(*arguments, threads=THREADS))


def time_grid() -> None:
    """Print the seconds of all models on all sets, paired, by patient."""
    times, _ = least_seconds({name: grid_set(*sizes) for name, sizes in SETS.items()})
    print(f"\n{MODELS} models paired, by patient, {REPLICATES:,} replicates: seconds")
    for name, (n_images, n_patients) in SETS.items():
        print(f"{name:20}{n_images:6,} images{n_patients:5} patients{times[name]:10.4f}")
    print(f"{'in all':45}{sum(times.values()):10.4f}   aimed at < 2")


def peak_mib() -> float:
    """Most memory that this process has held."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage's peak on Linux includes that of the process that started it
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def print_one(n_images: int, n_bootstrap: int) -> None:
    """Print least seconds and memory of one size; to be run in a process of its own."""
    run = ours(THREADS)
    run(*draw_data(100), 100)
    before = peak_mib()
    data = draw_data(n_images)
    run(*data, n_bootstrap)
    taken = max(peak_mib() - before, 0)
    print(min(seconds(run, *data, n_bootstrap) for _ in range(3)), taken)


def in_fresh_process(n_images: int, n_bootstrap: int) -> list[float]:
    """Seconds and memory of one size, free of what ran before."""
    command = [sys.executable, __file__, "--one", str(n_images), str(n_bootstrap)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(number) for number in done.stdout.split()]


def time_growth() -> None:
    """Print seconds and memory as images and replicates grow."""
    sizes = sorted(GROWTH)
    rounds = [[in_fresh_process(*size) for size in sizes] for _ in range(PROCESSES)]
    least = np.min(rounds, axis=0)
    print(
        f"\none auROC, {THREADS} threads; memory beyond a warm process, input and result included"
    )
    heads = f"{'seconds':>10}{'ns each':>9}{'MiB':>8}{'bytes/image':>13}"
    print(f"{'images':>10}{'replicates':>12}{heads}")
    for (n_images, n_bootstrap), (taken, mib) in zip(sizes, least, strict=True):
        print(
            f"{n_images:10,}{n_bootstrap:12,}{taken:10.4f}"
            f"{1e9 * taken / (n_images * n_bootstrap):9.2f}{mib:8.1f}{mib * 2**20 / n_images:13.0f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--one", nargs=2, type=int, help="images and replicates: only time these")
    one = parser.parse_args().one
    if one:
        print_one(*one)
        return
    proc_found = proc_version()
    print(
        f"{os.cpu_count()} cores; Python {platform.python_version()}, NumPy {np.__version__}, "
        f"numba {numba.__version__}, scikit-learn {sklearn.__version__}, "
        f"pROC {proc_found or 'not installed'}"
    )
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder) / "data.txt" if proc_found else None)
    time_grid()
    time_growth()


if __name__ == "__main__":
    main()
