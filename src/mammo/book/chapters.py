"""The book: chapters executed with papermill where something changed, then rendered."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mammo.errors import MammoError, ParameterError
from mammo.files import code
from mammo.files.artifacts import Artifacts, digest
from mammo.files.disk import write_text
from mammo.parameters import (
    AdaptationParameters,
    DataParameters,
    EvaluationParameters,
    Group,
    ImageParameters,
    MixedDataParameters,
    ModelParameters,
    Parameters,
    PublishedModelParameters,
    sources,
)
from mammo.report.page.render import templates_digest

DATA = (DataParameters, ImageParameters)
MODELS = (*DATA, ModelParameters, PublishedModelParameters, EvaluationParameters)
ESTIMATION = (DataParameters, EvaluationParameters)
EVERYTHING = (*MODELS, MixedDataParameters, AdaptationParameters)
MADE = frozenset({"_build", "__pycache__", ".ipynb_checkpoints"})
"""Folders below ``book/`` that are made from its sources."""


@dataclass(frozen=True)
class Chapter:
    """A notebook of the book.

    Attributes
    ----------
    name : str
        What the command line calls it.
    source : str
        The notebook, a py:percent file below the project's root.
    page : str
        The executed notebook, below ``book/``.
    groups : tuple
        Parameter groups that its results depend on.
    """

    name: str
    source: str
    page: str
    groups: tuple[type[Group], ...]


CHAPTERS: dict[str, Chapter] = {
    chapter.name: chapter
    for chapter in (
        Chapter("datasets", "notebooks/01_datasets.py", "chapters/01_datasets.ipynb", DATA),
        Chapter("models", "notebooks/02_models.py", "chapters/02_models.ipynb", MODELS),
        Chapter("comparison", "notebooks/03_comparison.py", "chapters/03_comparison.ipynb", MODELS),
        Chapter(
            "mixed_data", "notebooks/04_mixed_data.py", "chapters/04_mixed_data.ipynb", EVERYTHING
        ),
        Chapter(
            "your_data", "notebooks/05_your_data.py", "chapters/05_your_data.ipynb", EVERYTHING
        ),
        Chapter("how_sure", "notebooks/06_how_sure.py", "chapters/06_how_sure.ipynb", ESTIMATION),
        Chapter("front_page", "notebooks/00_front_page.py", "index.ipynb", EVERYTHING),
        Chapter(
            "provenance", "notebooks/90_provenance.py", "chapters/90_provenance.ipynb", EVERYTHING
        ),
    )
}


def chapter(name: str) -> Chapter:
    """Return a chapter by its name.

    Raises
    ------
    ParameterError
        If there is no such chapter; the message names those there are.
    """
    if name not in CHAPTERS:
        raise ParameterError(f"no chapter '{name}'; the chapters are {', '.join(CHAPTERS)}")
    return CHAPTERS[name]


def execute(chapter: Chapter, parameters: Parameters, fingerprint: str, root: Path) -> Path:
    """Execute a chapter, unless nothing it depends on has changed, and put its page in the book.

    Parameters
    ----------
    chapter : Chapter
        The chapter.
    parameters : Parameters
        All parameters; those that differ from their defaults are injected.
    fingerprint : str
        Digest of the data sets that are in place.
    root : Path
        The project's root.

    Returns
    -------
    Path
        The artifact folder that holds the executed notebook.

    Raises
    ------
    MammoError
        If a cell fails; the message names the chapter and repeats the cell's error.
    """
    source = root / chapter.source
    text = source.read_text(encoding="utf-8")
    inputs = {
        "source": digest(text),
        "code": code.digest_of(code.modules_of_source(text)),
        "templates": templates_digest(),
        "parameters": parameters.of(chapter.groups),
        "data": fingerprint,
    }
    artifacts = Artifacts(sources.resolve(parameters.artifacts))
    folder = artifacts.build(
        f"chapter-{chapter.name}",
        inputs,
        lambda partial: _run_notebook(chapter, parameters, source, partial),
    )
    _publish(folder / "notebook.ipynb", root / "book" / chapter.page)
    return folder


def _run_notebook(chapter: Chapter, parameters: Parameters, source: Path, folder: Path) -> None:
    import jupytext
    import papermill
    from papermill.exceptions import PapermillExecutionError

    # Names that are not in the parameters cell are checked by the notebook's own first line.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    notebook = jupytext.read(source)
    for cell in notebook.cells:
        if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", []):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input"]
    output = folder / "notebook.ipynb"
    values = parameters.changed()
    try:
        papermill.execute_notebook(
            notebook,
            output,
            parameters=values,
            kernel_name="python3",
            cwd=str(sources.project_root()),
            progress_bar={"desc": chapter.name, "leave": False},
            extra_arguments=["--log-level=CRITICAL"],
        )
    except PapermillExecutionError as error:
        is_ours = error.ename in _error_names()
        cause = error.evalue if is_ours else f"{error.ename}: {error.evalue}; see {output}"
        raise MammoError(f"chapter '{chapter.name}': {cause}") from None


def _error_names() -> set[str]:
    from mammo import errors

    return {name for name in vars(errors) if name.endswith("Error")}


def _publish(executed: Path, page: Path) -> None:
    """Copy an executed notebook into the book unless the same is there already."""
    text = executed.read_text(encoding="utf-8")
    if not page.is_file() or page.read_text(encoding="utf-8") != text:
        page.parent.mkdir(parents=True, exist_ok=True)
        write_text(page, text)


def missing_chapters(root: Path) -> list[str]:
    """Return the names of the chapters that have no executed page yet."""
    pages = {chapter.name: root / "book" / chapter.page for chapter in CHAPTERS.values()}
    return [name for name, page in pages.items() if not page.is_file()]


def render(root: Path) -> Path:
    """Render the book with every warning an error, unless no page has changed since.

    Returns
    -------
    Path
        The book's first page.

    Raises
    ------
    MammoError
        If a page is missing or Jupyter Book warns or fails; its words are in the message.
    """
    book = root / "book"
    built = book / "_build" / "html" / "index.html"
    if missing := missing_chapters(root):
        raise MammoError(
            f"the book cannot be rendered without {', '.join(missing)}: run 'mammo book', "
            f"or 'mammo run {missing[0]}' first"
        )
    stamp = book / "_build" / "rendered_pages.json"
    texts = {path.relative_to(book).as_posix(): _content(path) for path in _pages(book)}
    rendered = json.loads(stamp.read_text()) if stamp.is_file() else {}
    if built.is_file() and rendered == texts:
        return built
    doctrees = book / "_build" / ".doctrees"
    if not rendered:
        # The last rendering failed or was killed: Sphinx shall read and write every page anew, for
        # it warns of a page only when it reads it, and takes a page cut short for a finished one.
        shutil.rmtree(doctrees, ignore_errors=True)
    for page in texts.keys() & rendered.keys():
        if rendered[page] != texts[page]:  # Sphinx would go by the times, and clocks go back.
            (doctrees / page).with_suffix(".doctree").unlink(missing_ok=True)
    stamp.unlink(missing_ok=True)
    run = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", run, "build", "-n", "-W", "--keep-going"]
    outcome = subprocess.run([*command, str(book)], capture_output=True, text=True, check=False)
    if outcome.returncode != 0:
        raise MammoError(f"the book could not be rendered:\n{_complaints(outcome)}")
    write_text(stamp, json.dumps(texts))
    return built


def _pages(book: Path) -> Sequence[Path]:
    return sorted(
        path
        for path in book.rglob("*")
        if path.is_file() and not MADE.intersection(path.relative_to(book).parts)
    )


def _content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _complaints(outcome: subprocess.CompletedProcess[str]) -> str:
    lines = (outcome.stdout + outcome.stderr).splitlines()
    telling = [line for line in lines if "WARNING" in line or "ERROR" in line or "rror:" in line]
    return "\n".join(telling or lines[-20:])
