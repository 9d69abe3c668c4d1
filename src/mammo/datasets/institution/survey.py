"""Every file of an institution's folder, looked at by several processes and in bounded memory."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mammo.datasets.folders import SYNTHETIC_MARKER
from mammo.datasets.institution.inspection import COLUMNS, inspect
from mammo.errors import UnreadableImageError
from mammo.files import containers
from mammo.files.opening import naming_faults, opened
from mammo.files.workers import mapped
from mammo.images import dicom_header

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
    directories = [path for path in found if is_directory_of_disc(path)]
    tables = [path.resolve() for path in ignored]
    places = [path for path in found if not _is_no_image(path, tables)]
    bar = {"desc": "read headers", "unit": "file", "delay": 1, "leave": False}
    workers = workers if len(places) > _FEW else 1
    rows = list(mapped(inspect, places, workers, chunksize=_CHUNK, **bar))
    files = pd.DataFrame.from_records(rows, columns=list(COLUMNS)).astype(object)
    present = {comparable(path) for path in found} if directories else ()
    missing = [count_missing(path, present) for path in directories]
    return Survey(files.where(files.notna(), None), unreadable, missing)


def _is_no_image(path: Path, tables: Sequence[Path]) -> bool:
    """Whether a file is a marker, a disc's directory or the table of labels."""
    if path.name == SYNTHETIC_MARKER or is_directory_of_disc(path):
        return True
    # Names first: to resolve a path takes longer than to open the file.
    return any(path.name == table.name and path.resolve() == table for table in tables)


def is_directory_of_disc(path: Path) -> bool:
    """Whether a file is a disc's directory, which has one name (PS3.10 section 8.6)."""
    return path.name.upper() == "DICOMDIR"


def comparable(path: Path) -> str:
    """Return a path as it is compared: copies of discs often have small letters."""
    return path.as_posix().casefold()


def count_missing(directory: Path, present: Collection[str]) -> int | None:
    """Count the files that a DICOMDIR names and that are not there.

    Parameters
    ----------
    directory : Path
        Read as a header is, within the same bounds.
    present : collection of str
        The files that are there, as `comparable` returns them.

    Returns
    -------
    int or None
        None if the DICOMDIR cannot be read.
    """
    try:
        with opened(directory) as file:
            header, _, _ = dicom_header.read_header(file, ["DirectoryRecordSequence"])
        with naming_faults("the DICOMDIR"):
            records = header["DirectoryRecordSequence"]
            named = [record.get("ReferencedFileID") for record in records]
            paths = [_below(directory.parent, parts) for parts in named if parts]
    except UnreadableImageError:
        return None
    return sum(comparable(path) not in present for path in paths)


def _below(folder: Path, parts: str | Collection[str]) -> Path:
    return folder.joinpath(*([parts] if isinstance(parts, str) else map(str, parts)))
