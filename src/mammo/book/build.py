"""Whole runs: every step prepared, chapters executed, book rendered, times told."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mammo.book import banner, rendering
from mammo.book.chapters import Chapter
from mammo.book.chapters import chapters as declared
from mammo.book.execution import execute
from mammo.files.artifacts import Processes, SingleProcess
from mammo.hospital.adaptation import adapt
from mammo.hospital.shift.of_study import shift
from mammo.parameters import Parameters, sources
from mammo.study import Study, results


class Clock:
    """Seconds of each step of a run, told as they end by the first of its processes."""

    def __init__(self, processes: Processes | None = None) -> None:
        self.seconds: dict[str, float] = {}
        self.is_heard = processes is None or processes.is_global_zero

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step."""
        started = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - started
        if self.is_heard:
            print(f"{name}: {self.seconds[name]:.1f} s", flush=True)

    def table(self) -> str:
        """Return the steps and their seconds as lines of text."""
        width = max(map(len, self.seconds))
        lines = [f"  {name:<{width}} {spent:8.1f} s" for name, spent in self.seconds.items()]
        return "\n".join([*lines, f"  {'total':<{width}} {sum(self.seconds.values()):8.1f} s"])


def prepare(parameters: Parameters) -> Clock:
    """Compute every expensive step; started by torchrun, in all its processes together."""
    study = Study(parameters, _processes())
    clock = Clock(study.processes)
    for name, step in _steps(study):
        with clock.step(name):
            step()
    return clock


def book(parameters: Parameters) -> None:
    """Compute what is missing, execute the chapters that changed, and render the book."""
    root = sources.project_root()
    chapters = declared(root)
    clock = prepare(parameters)
    fingerprint = Study(parameters).locations.fingerprint()
    for chapter in chapters.values():
        with clock.step(f"chapter {chapter.name}"):
            executed = execute(chapter, parameters, fingerprint, root)
            rendering.publish(executed.read_text(encoding="utf-8"), root / "book" / chapter.page)
    banner.note_parameters(parameters, root)
    _render(clock, root)


def chapter(chosen: Chapter, parameters: Parameters, *, into_book: bool) -> None:
    """Execute one chapter; put its page below ``results/``, or into the book.

    The page says which of its parameters are not the book's.
    """
    clock = Clock()
    root = sources.project_root()
    with clock.step(f"chapter {chosen.name}"):
        fingerprint = Study(parameters).locations.fingerprint()
        executed = execute(chosen, parameters, fingerprint, root)
    of_book = banner.parameters_of_book(root)
    text = banner.with_banner(executed, banner.differences(chosen, parameters, of_book))
    if into_book:
        _put_into_book(text, chosen, root, clock)
        return
    with clock.step("rendering"):
        page = rendering.render_alone(text, chosen, root)
    print(f"\nThe page is at {page}\nThe notebook is at {page.parents[1] / 'notebook.ipynb'}")
    print("The book is as it was; --into-book puts the page there")


def _put_into_book(text: str, chosen: Chapter, root: Path, clock: Clock) -> None:
    page = root / "book" / chosen.page
    rendering.publish(text, page)
    if missing := rendering.missing_chapters(root):
        print(f"The chapter is at {page}")
        print(f"The book is not rendered: {', '.join(missing)} not executed yet; run 'mammo book'")
        return
    _render(clock, root)


def _render(clock: Clock, root: Path) -> None:
    with clock.step("rendering"):
        built = rendering.render(root)
    print(f"\n{clock.table()}\n\nThe book is at {built}")


def _steps(study: Study) -> Iterator[tuple[str, Callable[[], object]]]:
    p = study.parameters
    for dataset in study.datasets:
        yield f"data set {dataset}", lambda dataset=dataset: study.manifest(dataset)
    for dataset in study.datasets:
        yield f"images {dataset}", lambda dataset=dataset: study.images_folder(dataset)
    for model in p.models:
        yield f"model {model}", lambda model=model: results.repeated_aurocs(study, [model])
    mixed = [p.mixed_model]
    yield f"mixed data {p.mixed_model}", lambda: results.repeated_aurocs(study, mixed, "mixed")
    if p.mixed_model not in p.models:
        yield f"model {p.mixed_model}", lambda: results.repeated_aurocs(study, mixed)
    local = (p.adapt_model, p.adapt_fractions, p.adapt_runs)
    yield f"local data {p.adapt_model}", lambda: adapt.adapt(study, *local)
    yield "difference of images", lambda: shift(study)


def _processes() -> Processes:
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return SingleProcess()
    from mammo.training import devices

    return devices.launch()
