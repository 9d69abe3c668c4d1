"""Every file of an institution's folder, looked at by several processes and in bounded memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mammo.datasets.folders import SYNTHETIC_MARKER
from mammo.datasets.institution import dicomdir
from mammo.datasets.institution.inspection import COLUMNS, inspect
from mammo.files import containers
from mammo.files.workers import mapped

_CHUNK, _FEW = 64, 512


@dataclass(frozen=True)
class Survey:
    """What lies in a folder.

    Attributes
    ----------
    files : DataFrame
        One row a file, in the order of the names, with
        `mammo.datasets.institution.inspection.COLUMNS`.
    unreadable : list of OSError
        Of folders and archives that could not be listed.
    missing : list of int or None
        For each DICOMDIR how many of the files that it names are not there; None if it cannot be
        read.
    """

    files: pd.DataFrame
    unreadable: list[OSError]
    missing: list[int | None]


def survey_folder(folder: Path, ignored: Sequence[Path] = (), workers: int = 1) -> Survey:
    """Read the headers of all files of a folder.

    Parameters
    ----------
    folder : Path
        Folder or zip archive; archives in the folder are read, too.
    ignored : sequence of Path
        Files that are no images and are not to be listed: the table of labels.
    workers : int
        Processes that read headers, where there are more than a few hundred.
    """
    unreadable: list[OSError] = []
    found = list(containers.walk(folder, unreadable.append))
    directories = [path for path in found if dicomdir.is_directory(path)]
    tables = [path.resolve() for path in ignored]
    places = [path for path in found if not _is_no_image(path, tables)]
    bar = {"desc": "read headers", "unit": "file", "delay": 1, "leave": False}
    workers = workers if len(places) > _FEW else 1
    rows = list(mapped(inspect, places, workers, chunksize=_CHUNK, **bar))
    files = pd.DataFrame.from_records(rows, columns=list(COLUMNS)).astype(object)
    present = {dicomdir.comparable(path) for path in found} if directories else ()
    missing = [dicomdir.count_missing(path, present) for path in directories]
    return Survey(files.where(files.notna(), None), unreadable, missing)


def _is_no_image(path: Path, tables: Sequence[Path]) -> bool:
    """Whether a file is a marker, a disc's directory or the table of labels."""
    if path.name == SYNTHETIC_MARKER or dicomdir.is_directory(path):
        return True
    # Names first: to resolve a path takes longer than to open the file.
    return any(path.name == table.name and path.resolve() == table for table in tables)
