"""Whether all files are there that the directory of a disc names (DICOM PS3.10 8, PS3.3 F)."""

from collections.abc import Collection
from pathlib import Path

from mammo.errors import UnreadableImageError
from mammo.files.opening import naming_faults, opened
from mammo.images import dicom_header

NAME = "DICOMDIR"


def is_directory(path: Path) -> bool:
    """Whether a file is a disc's directory, which has one name (PS3.10 section 8.6)."""
    return path.name.upper() == NAME


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
        The files that are there, `comparable`.

    Returns
    -------
    int or None
        None if the DICOMDIR cannot be read.
    """
    try:
        with opened(directory) as file:
            header, _, _ = dicom_header.read_values(file, ["DirectoryRecordSequence"])
        with naming_faults("the DICOMDIR"):
            records = header["DirectoryRecordSequence"]
            named = [record.get("ReferencedFileID") for record in records]
            paths = [_below(directory.parent, parts) for parts in named if parts]
    except UnreadableImageError:
        return None
    return sum(comparable(path) not in present for path in paths)


def _below(folder: Path, parts: str | Collection[str]) -> Path:
    return folder.joinpath(*([parts] if isinstance(parts, str) else map(str, parts)))
