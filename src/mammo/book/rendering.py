"""Executed chapters made into pages: the whole book, or one chapter by itself."""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from mammo.book.chapters import TOC, Chapter, chapters
from mammo.errors import MammoError
from mammo.files.disk import locked, naming_errors, write_text

MADE = frozenset({"_build", "chapters", "index.ipynb", "__pycache__", ".ipynb_checkpoints"})
"""What is made from the book's sources, below ``book/``."""
BESIDE = ("README.md", "CITATION.cff")
"""What pages take from the project's root."""
_OF_EVERY_PAGE = ("_config.yml", "_ext/", "glossary.md")
"""Files of which every page takes something, and folders of such."""
_NO_PAGES = MADE - {"chapters", "index.ipynb"}


def publish(executed: str, page: Path) -> None:
    """Put an executed notebook into the book, unless the same is there already."""
    if not page.is_file() or page.read_text(encoding="utf-8") != executed:
        page.parent.mkdir(parents=True, exist_ok=True)
        write_text(page, executed)


def missing_chapters(root: Path) -> list[str]:
    """Return the names of the chapters that have no executed page yet."""
    pages = {name: root / "book" / chapter.page for name, chapter in chapters(root).items()}
    return [name for name, page in pages.items() if not page.is_file()]


def render(root: Path) -> Path:
    """Render the book with every warning an error, unless no page has changed since.

    Pages of chapters that are no longer there are removed.

    Returns
    -------
    Path
        The book's first page.

    Raises
    ------
    MammoError
        If a page is missing or Jupyter Book warns or fails; its words are in the message.
    """
    made = root / "book" / "_build"
    with naming_errors(made):
        made.mkdir(exist_ok=True)
        with locked(made / "html.lock"):
            return _render(root)


def render_as_one_page(root: Path) -> Path:
    """Render the book as one page, as it is printed.

    Raises
    ------
    MammoError
        If a chapter has no page yet, or Jupyter Book fails.
    """
    _refuse_missing(root)
    made = root / "book" / "_build"
    with naming_errors(made), locked(made / "html.lock"):
        _build(root / "book", "--builder", "singlehtml")
    return made / "singlehtml" / "index.html"


def render_alone(executed: str, chapter: Chapter, root: Path) -> Path:
    """Render one chapter by itself, with the book's looks, glossary and references.

    Parameters
    ----------
    executed : str
        The executed notebook.
    chapter : Chapter
        Names the folder, ``results/NAME/`` below the root.
    root : Path
        The project's root.

    Returns
    -------
    Path
        The page, in ``html/``; the notebook lies beside that folder, as ``notebook.ipynb``.
    """
    folder = root / "results" / chapter.name
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "notebook.ipynb", executed)
    with tempfile.TemporaryDirectory() as temporary:
        book = Path(temporary, "book")
        shutil.copytree(root / "book", book, ignore=shutil.ignore_patterns(*MADE))
        for name in BESIDE:
            shutil.copy(root / name, temporary)
        write_text(book / "index.ipynb", executed)
        others = [{"file": page.stem} for page in sorted(book.glob("*.md"))]
        toc = {"format": "jb-book", "root": "index", "chapters": others}
        write_text(book / TOC.name, yaml.safe_dump(toc))
        _build(book)  # Without -W: it may refer to chapters that are not there.
        shutil.rmtree(folder / "html", ignore_errors=True)
        shutil.copytree(book / "_build" / "html", folder / "html")
    return folder / "html" / "index.html"


def _render(root: Path) -> Path:
    book = root / "book"
    html, doctrees = book / "_build" / "html", book / "_build" / ".doctrees"
    built = html / "index.html"
    _refuse_missing(root)
    _remove_old_pages(root)
    stamp = book / "_build" / "rendered_pages.json"
    texts = {path.relative_to(book).as_posix(): _content(path) for path in _pages(book)}
    texts |= {name: _content(root / name) for name in BESIDE}
    rendered = json.loads(stamp.read_text()) if stamp.is_file() else {}
    if built.is_file() and rendered == texts:
        return built
    if not rendered or _changed(rendered, texts, _OF_EVERY_PAGE):
        # What all pages are made with changed, or the last rendering failed or was killed: Sphinx
        # shall read and write every page anew, for it warns of a page only when it reads it, and
        # takes a page cut short for a finished one.
        shutil.rmtree(doctrees, ignore_errors=True)
    for page in texts.keys() & rendered.keys():
        if rendered[page] != texts[page]:  # Sphinx would go by the times, and clocks go back.
            (doctrees / page).with_suffix(".doctree").unlink(missing_ok=True)
    stamp.unlink(missing_ok=True)
    _build(book, "-n", "-W", "--keep-going")
    write_text(stamp, json.dumps(texts))
    return built


def _refuse_missing(root: Path) -> None:
    if missing := missing_chapters(root):
        raise MammoError(
            f"the book cannot be rendered without {', '.join(missing)}: run 'mammo book', "
            f"or 'mammo run {missing[0]} --into-book' first"
        )


def _changed(before: dict[str, str], now: dict[str, str], names: tuple[str, ...]) -> bool:
    differing = {name for name, _ in before.items() ^ now.items()}
    return any(name.startswith(names) for name in differing)


def _remove_old_pages(root: Path) -> None:
    """Remove pages of chapters that are gone, and what was rendered while they were there."""
    book, stems = root / "book", {Path(c.page).stem for c in chapters(root).values()}
    for page in _others((book / "chapters").glob("*.ipynb"), stems):
        page.unlink()
    if _others((book / "_build" / "html" / "chapters").glob("*.html"), stems):
        for folder in ("html", ".doctrees"):
            shutil.rmtree(book / "_build" / folder)


def _others(pages: Iterable[Path], stems: set[str]) -> list[Path]:
    return [page for page in pages if page.stem not in stems]


def _build(book: Path, *options: str) -> None:
    """Run Jupyter Book on the folder of a book's sources."""
    run = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", run, "build", *options, str(book)]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    if outcome.returncode != 0:
        raise MammoError(f"the book could not be rendered:\n{_complaints(outcome)}")


def _pages(book: Path) -> Sequence[Path]:
    return sorted(
        path
        for path in book.rglob("*")
        if path.is_file() and not _NO_PAGES.intersection(path.relative_to(book).parts)
    )


def _content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _complaints(outcome: subprocess.CompletedProcess[str]) -> str:
    lines = (outcome.stdout + outcome.stderr).splitlines()
    telling = [line for line in lines if "WARNING" in line or "ERROR" in line or "rror:" in line]
    return "\n".join(telling or lines[-20:])
