"""Whole runs: every step prepared, chapters executed, book rendered."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from mammo.book import rendering
from mammo.book.chapters import Chapter
from mammo.book.chapters import chapters as declared
from mammo.book.clock import Clock
from mammo.book.execution import execute
from mammo.book.fetching import try_to_fetch_evidence
from mammo.book.preparation import AT_ONCE, prepare
from mammo.book.published_page import (
    differences,
    note_parameters,
    parameters_of_book,
    with_banner,
    with_rerun,
)
from mammo.parameters import Parameters, sources
from mammo.study import Study


def book(parameters: Parameters, *, offline: bool = False) -> None:
    """Compute what is missing, execute the chapters that changed, and render the book.

    Unless it is to stay offline, it first tries for some seconds to fetch what is small.
    """
    root = sources.project_root()
    chapters = declared(root)
    if not offline:
        try_to_fetch_evidence(parameters)
    clock = prepare(parameters)
    study = Study(parameters)
    chosen = {f"chapter {chapter.name}": chapter for chapter in chapters.values()}
    executions = {name: _execution(chapter, study, root) for name, chapter in chosen.items()}
    clock.run(executions, study.artifacts, lambda: min(AT_ONCE, study.workers))
    for name, chapter in chosen.items():
        executed = executions[name]().read_text(encoding="utf-8")
        rendering.publish(with_rerun(executed, chapter, parameters), root / "book" / chapter.page)
    note_parameters(parameters, root)
    _render(clock, root)


def chapter(chosen: Chapter, parameters: Parameters, *, into_book: bool) -> None:
    """Execute one chapter; put its page below ``results/``, or into the book.

    The page says which of its parameters are not the book's.
    """
    clock = Clock()
    root = sources.project_root()
    with clock.step(f"chapter {chosen.name}"):
        executed = _execution(chosen, Study(parameters), root)()
    of_book = parameters_of_book(root)
    text = executed.read_text(encoding="utf-8")
    text = with_banner(text, differences(chosen, parameters, of_book))
    text = with_rerun(text, chosen, parameters)
    if into_book:
        _put_into_book(text, chosen, root, clock)
        return
    with clock.step("rendering"):
        page = rendering.render_alone(text, chosen, root)
    print(f"\nThe page is at {page}\nThe notebook is at {page.parents[1] / 'notebook.ipynb'}")
    print("The book is as it was; --into-book puts the page there")


def _execution(chapter: Chapter, study: Study, root: Path) -> Callable[[], Path]:
    fingerprint = study.locations.fingerprint()
    return partial(execute, chapter, study.parameters, fingerprint, root, study.artifacts)


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
