"""Where data sets lie on disk, and what files are there."""

import os
import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import Path

from mammo.errors import DatasetError

SYNTHETIC_MARKER = "SYNTHETIC.txt"
"""A file of this name makes everything in its folder synthetic, whatever the caller says."""


def walk(root: Path) -> list[Path]:
    """List all files below a folder once, sorted, hidden ones (.DS_Store, ._*) left out.

    Raises
    ------
    DatasetError
        If there is no such folder.
    """
    if not root.is_dir():
        fault = "is no folder" if root.exists() else "does not exist"
        raise DatasetError(f"{root} {fault}: give the folder that holds the data set")
    found = []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    return sorted(found)


def candidates(data_root: Path, patterns: Iterable[str]) -> list[Path]:
    """List the entries of the data root whose names match a pattern, case ignored, in order."""
    if not data_root.is_dir():
        return []
    entries = sorted(path for path in data_root.iterdir() if not path.name.startswith("."))
    return [path for pattern in patterns for path in entries if fnmatch(path.name.lower(), pattern)]


def find_folder(
    data_root: Path,
    patterns: Iterable[str],
    has_images: Callable[[Path], bool],
    has_table: Callable[[Path], bool],
    collection: str = "",
) -> Path | None:
    """Return the folder of a released set under the data root.

    A table without any image does not count as the set; a folder with neither is returned, for
    `load` to refuse. Of the folders ``manifest-*``, which the NBIA Data Retriever makes for every
    collection, only those count that hold the collection's own.
    """
    for path in filter(Path.is_dir, candidates(data_root, patterns)):
        is_other = path.name.startswith("manifest-") and not (path / collection).is_dir()
        if not is_other and (has_images(path) or not has_table(path)):
            return path
    return None


def index_by_name(
    files: Iterable[Path], pattern: re.Pattern, key: str
) -> dict[str, tuple[Path, re.Match]]:
    """Map a part of the file name to the file and its match, for files whose name matches.

    Raises
    ------
    DatasetError
        If two files have the same key: they would be one image.
    """
    found: dict[str, tuple[Path, re.Match]] = {}
    for file in files:
        if match := pattern.fullmatch(file.name):
            other, _ = found.setdefault(match[key].lower(), (file, match))
            if other != file:
                raise DatasetError(f"{file} and {other} are the same image: remove one of them")
    return found


def source_of(path: Path, files: Iterable[Path], source: str) -> str:
    """Return "synthetic" where the marker lies in, beside or above the set, else `source`."""
    marked = any(file.name == SYNTHETIC_MARKER for file in files)
    beside = (path / SYNTHETIC_MARKER, path.parent / SYNTHETIC_MARKER)
    return "synthetic" if marked or any(file.is_file() for file in beside) else source
