"""Bootstrap draws of patients or images, with replacement, seeded."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo.errors import MammoError

MOST_SEED = 2**64 - 1
_BLOCK_NUMBERS = 1 << 18  # counts in memory at a time, for statistics that need all of them
_TASK_NUMBERS = 1 << 24  # counts of one task: some hundredths of a second, then one may interrupt


@dataclass(frozen=True)
class Draws:
    """Bootstrap draws of units; a function of seed and replicate alone.

    Attributes
    ----------
    unit : (n,) int array
        Number of the unit that each image belongs to; units of a stratum follow one another.
    sizes : (strata,) int64 array
        Units in each stratum. A replicate draws from each as many as there are.
    n_bootstrap, seed : int
    """

    unit: NDArray[np.int32]
    sizes: NDArray[np.int64]
    n_bootstrap: int
    seed: int

    @property
    def n_units(self) -> int:
        """Number of units."""
        return int(self.sizes.sum())

    def blocks(self) -> Iterator[tuple[slice, NDArray[np.uint16]]]:
        """Yield replicates as a slice with how often each unit was drawn, a row a replicate."""
        from mammo.evaluation.kernels import draw_counts

        rows = max(_BLOCK_NUMBERS // max(self.n_units, len(self.unit)), 1)
        for start in range(0, self.n_bootstrap, rows):
            block = slice(start, min(start + rows, self.n_bootstrap))
            counts = np.empty((block.stop - block.start, self.n_units), dtype=np.uint16)
            draw_counts(np.uint64(self.seed), start, self.sizes, counts)
            yield block, counts


def plan_draws(
    unit: NDArray[np.intp],
    n_bootstrap: int,
    seed: int,
    stratum: NDArray[np.bool_] | None = None,
) -> Draws:
    """Plan bootstrap draws of units with replacement.

    Parameters
    ----------
    unit : (n,) int array
        Number of the unit each image belongs to: 0, 1, ..., none left out.
    n_bootstrap : int
        Replicates, at least 1.
    seed : int
        From 0 to 2**64 - 1.
    stratum : (n,) bool array, optional
        Where given, units with an image for which it is true are drawn apart from the others.

    Raises
    ------
    MammoError
        If replicates or seed are out of range.
    """
    if n_bootstrap < 1:
        raise MammoError(f"n_bootstrap is {n_bootstrap}: at least 1 replicate is needed")
    if not 0 <= seed <= MOST_SEED or int(seed) != seed:
        raise MammoError(f"seed is {seed}: give an integer from 0 to 2**64 - 1")
    sizes = np.array([unit.max() + 1], dtype=np.int64)
    if stratum is not None:
        is_apart = np.zeros(sizes[0], dtype=bool)
        np.logical_or.at(is_apart, unit, stratum)
        order = np.argsort(np.argsort(is_apart, kind="stable"))
        sizes = np.bincount(is_apart, minlength=2).astype(np.int64)
        unit, sizes = order[unit], sizes[sizes > 0]
    return Draws(unit.astype(np.int32), sizes, n_bootstrap, seed)


def in_threads(
    task: Callable[[slice], None], n_tasks: int, numbers_each: int, threads: int | None
) -> None:
    """Run a task over slices of 0 to n_tasks, in threads that compiled code lets run at once.

    Parameters
    ----------
    task : callable
        Called with one slice at a time; what it writes must not depend on the slicing.
    n_tasks, numbers_each : int
        How many there are, and how many numbers each looks at.
    threads : int or None
        Without it one a processor that this process may use.
    """
    if threads is not None and threads < 1:
        raise MammoError(f"threads is {threads}: give at least 1, or None for one a processor")
    workers = threads or _processors()
    step = min(max(_TASK_NUMBERS // max(numbers_each, 1), 1), -(-n_tasks // workers))
    slices = [slice(at, min(at + step, n_tasks)) for at in range(0, n_tasks, step)]
    _run(task, slices, min(workers, len(slices)))


def _run(task: Callable[[slice], None], slices: Sequence[slice], workers: int) -> None:
    if workers == 1:
        for part in slices:
            task(part)
        return
    with ThreadPoolExecutor(workers) as pool:
        try:
            for _ in pool.map(task, slices):
                pass
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
