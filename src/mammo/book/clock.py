"""The steps of a run, in turn or side by side, and how long each takes."""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import as_completed
from contextlib import contextmanager
from functools import partial
from typing import Any

from mammo.files import workers
from mammo.files.artifacts import Artifacts, Processes

Steps = Mapping[str, Callable[[], object]]


class Clock:
    """Seconds of each step of a run, told as they end by the first of its processes."""

    def __init__(self, processes: Processes | None = None) -> None:
        self.started = time.perf_counter()
        self.seconds: dict[str, float] = {}
        self.is_heard = processes is None or processes.is_global_zero

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step."""
        started = time.perf_counter()
        yield
        self._note(name, time.perf_counter() - started)

    def run(
        self, steps: Steps, artifacts: Artifacts, at_once: Callable[[], int] = lambda: 1
    ) -> None:
        """Take steps: first those whose results are there, then the others, some at a time.

        Those that go side by side have processes of their own, among which the processors are
        shared out. After a fault none begins any more, and those at work are waited for: what they
        make is kept.

        Parameters
        ----------
        steps : mapping of str to callable
            Picklable.
        artifacts : Artifacts
            Where they look for their results.
        at_once : callable
            Returns how many go side by side; asked only where several are missing.
        """
        missing = {}
        for name, step in steps.items():
            started = time.perf_counter()
            if artifacts.has_all_of(step):
                self._note(name, time.perf_counter() - started)
            else:
                missing[name] = step
        if len(missing) > 1 and (processes := at_once()) > 1:
            self._side_by_side(missing, processes)
        else:
            for name, step in missing.items():
                with self.step(name):
                    step()
        self.seconds |= {name: self.seconds.pop(name) for name in steps}  # In their own order.

    def table(self) -> str:
        """Return the steps and their seconds, and those of the whole run, as lines of text."""
        width = max(map(len, self.seconds))
        lines = [f"  {name:<{width}} {spent:8.1f} s" for name, spent in self.seconds.items()]
        elapsed = time.perf_counter() - self.started
        return "\n".join([*lines, f"  {'total':<{width}} {elapsed:8.1f} s"])

    def _side_by_side(self, steps: Steps, at_once: int) -> None:
        places = multiprocessing.get_context("spawn").SimpleQueue()
        for place in range(at_once):
            places.put(place)
        threads = max(1, (os.cpu_count() or 1) // at_once)
        with workers.pool(at_once, partial(_take_place, places, threads)) as pool:
            running = {pool.submit(_seconds_of, step): name for name, step in steps.items()}
            try:
                for future in as_completed(running):
                    self._note(running[future], future.result())
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _note(self, name: str, seconds: float) -> None:
        self.seconds[name] = seconds
        if self.is_heard:
            print(f"{name}: {seconds:.1f} s", flush=True)


def _seconds_of(step: Callable[[], object]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def _take_place(places: Any, threads: int) -> None:
    """Set threads and the line of the bars of progress, before what reads them is imported."""
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    os.environ["TQDM_POSITION"] = str(places.get())
