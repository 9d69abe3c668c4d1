"""The book's chapters: each declares itself in its notebook's header; `_toc.yml` orders them."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mammo.errors import MammoError, ParameterError
from mammo.parameters import Group, Parameters

GROUPS: dict[str, type[Group]] = {group.__name__: group for group in Parameters.__bases__}
"""The groups of parameters, by the names that a header gives them."""

TOC = Path("book", "_toc.yml")
_HEADER = re.compile(r"# ---\n(.*?)^# ---$", re.S | re.M)
_PARAMETERS_CELL = re.compile(r"""^# %%.*["']parameters["']""", re.M)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_EXAMPLE = "'mammo: {chapter: NAME, parameters: [DataParameters]}' below 'jupyter:' in its header"


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
        The executed notebook, below ``book/``; ``chapters/`` and the source's name, unless the
        header names another.
    groups : tuple
        Parameter groups that its results depend on.
    """

    name: str
    source: str
    page: str
    groups: tuple[type[Group], ...]


def chapters(root: Path) -> dict[str, Chapter]:
    """Return the chapters of the project at `root` by name, in the order of ``_toc.yml``.

    Raises
    ------
    MammoError
        If a notebook declares no chapter or has no cell of parameters, if two chapters share a
        name, or if a chapter is not in ``_toc.yml`` or a line of that has no file.
    """
    lines = _listed(root)
    found: dict[str, Chapter] = {}
    for source in sorted((root / "notebooks").glob("*.py")):
        chapter = _declared(source)
        if chapter.name in found:
            raise MammoError(
                f"{source}: the chapter '{chapter.name}' is {found[chapter.name].source} already; "
                "give one of them another name"
            )
        if _line(chapter) not in lines:
            raise MammoError(
                f"{source}: the chapter '{chapter.name}' is not in {root / TOC}; add the line "
                f"'- file: {_line(chapter)}' there"
            )
        found[chapter.name] = chapter
    pages = {_line(chapter) for chapter in found.values()}
    for line in lines:
        if line not in pages and not (root / "book" / f"{line}.md").is_file():
            raise MammoError(
                f"{root / TOC}: no notebook below notebooks/ makes '{line}'; remove that line, or "
                "add the notebook"
            )
    return dict(sorted(found.items(), key=lambda item: lines.index(_line(item[1]))))


def chapter(name: str, root: Path) -> Chapter:
    """Return a chapter by its name.

    Raises
    ------
    ParameterError
        If there is no such chapter; the message says which is meant, or which there are.
    MammoError
        As `chapters`.
    """
    known = chapters(root)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"the chapters are {', '.join(known)}"
        raise ParameterError(f"no chapter '{name}'; {hint}")
    return known[name]


def _line(chapter: Chapter) -> str:
    """Return what stands for a chapter in ``_toc.yml``."""
    return chapter.page.removesuffix(".ipynb")


def _listed(root: Path) -> list[str]:
    """Return the pages that ``_toc.yml`` lists, first the book's first page."""
    path = root / TOC
    if not path.is_file():
        raise MammoError(
            f"{path} is absent: run this in the project's folder, which holds the book"
        )
    toc = _parsed(path.read_text(encoding="utf-8"), path)
    return [str(toc.get("root")), *_files(toc)]


def _files(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "file" in part:
            yield str(part["file"])
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _files(inner)


def _declared(source: Path) -> Chapter:
    """Return the chapter that a notebook's header declares."""
    text = source.read_text(encoding="utf-8")
    header = _HEADER.match(text)
    front = _parsed(re.sub("^# ?", "", header[1], flags=re.M), source) if header else {}
    jupyter = front.get("jupyter")
    declared = jupyter.get("mammo") if isinstance(jupyter, dict) else None
    if not isinstance(declared, dict):
        raise MammoError(f"{source}: declares no chapter; write {_EXAMPLE}")
    name, groups = declared.get("chapter"), declared.get("parameters")
    if not (isinstance(name, str) and _NAME.fullmatch(name) and isinstance(groups, list)):
        raise MammoError(
            f"{source}: chapter is {name!r} and parameters is {groups!r}, expected a name of "
            f"small letters and a list of groups; write {_EXAMPLE}"
        )
    for group in groups:
        if group not in GROUPS:
            raise MammoError(
                f"{source}: no group of parameters is called {group!r}; the groups are "
                f"{', '.join(GROUPS)}"
            )
    if not _PARAMETERS_CELL.search(text):
        raise MammoError(
            f"{source}: no cell has the tag 'parameters', so that none could be set; start the "
            """cell that sets them with '# %% tags=["parameters"]'"""
        )
    page = declared.get("page", f"chapters/{source.stem}")
    known = tuple(GROUPS[group] for group in groups)
    return Chapter(name, f"notebooks/{source.name}", f"{page}.ipynb", known)


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise MammoError(
            f"{path}: not YAML, as a header or table of contents is: {reason}"
        ) from None
    return found if isinstance(found, dict) else {}
