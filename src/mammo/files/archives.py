"""Unpacking archives that came from elsewhere: bounded, flat, whole or not at all."""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from tqdm.auto import tqdm

from mammo.errors import DatasetError
from mammo.files.disk import atomic_folder, naming_errors

_GZIP = b"\x1f\x8b"
_MOST_PIECE = 2**20
_LONGEST_NAME = 255


def unpack(
    archive: Path,
    folder: Path,
    *,
    max_bytes: int,
    max_files: int,
    verify: Callable[[Path], None] | None = None,
) -> Path:
    """Unpack the regular files of a tar archive into a new folder, without its subfolders.

    Only base names are used and links are passed over, so that nothing is written elsewhere. The
    folder appears when everything is in it; one that is already there is left as it is.

    Parameters
    ----------
    archive : Path
        Tar file, packed by gzip or not.
    folder : Path
        Folder to make.
    max_bytes, max_files : int
        Bounds on what is unpacked.
    verify : callable, optional
        Called with the complete folder before it gets its name; it raises what is wrong with it.

    Raises
    ------
    DatasetError
        If the archive is damaged, beyond the bounds, or holds a name twice.
    MammoError
        If the folder cannot be written.
    """
    if folder.is_dir():
        return folder
    with naming_errors(folder), atomic_folder(folder) as partial:
        _extract(archive, partial, max_bytes, max_files)
        if verify:
            verify(partial)
    return folder


def _extract(archive: Path, folder: Path, max_bytes: int, max_files: int) -> None:
    left = max_bytes
    with _naming_damage(archive), _unpacked(archive) as plain:
        with tarfile.open(fileobj=plain, mode="r:") as tar:
            bar = tqdm(tar, desc=f"unpacking {archive.name}", unit="file", delay=1, leave=False)
            for count, member in enumerate(bar, start=1):
                left -= member.size
                if count > max_files or left < 0:
                    raise DatasetError(
                        f"{archive} holds more than {max_files} files or {max_bytes} bytes and is "
                        "not what it should be: remove it and fetch it again"
                    )
                if member.size < 0:
                    raise tarfile.ReadError("a size below zero")
                if member.isfile():
                    _copy(tar, member, folder, archive)
        # To the end, where gzip has its checksum.
        while left >= 0 and (piece := plain.read(_MOST_PIECE)):
            left -= len(piece)


@contextmanager
def _naming_damage(archive: Path) -> Iterator[None]:
    """Make one sentence of whatever a damaged archive raises; the system's errors pass."""
    try:
        yield
    except DatasetError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DatasetError(
            f"{archive} is damaged ({type(error).__name__}): remove it and fetch it again"
        ) from None


def _unpacked(archive: Path) -> _InPieces:
    with archive.open("rb") as file:
        is_packed = file.read(len(_GZIP)) == _GZIP
    return _InPieces(gzip.open(archive) if is_packed else archive.open("rb"))


class _InPieces:
    """An archive's bytes, which are read in small pieces.

    tarfile reads in one piece whatever a header says that a long name takes, and gigabytes of
    zeros pack into little.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def __enter__(self) -> _InPieces:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _MOST_PIECE:
            raise tarfile.ReadError("a piece that no header needs")
        return self._file.read(size)


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, archive: Path) -> None:
    name = PurePosixPath(member.name).name
    if not 0 < len(os.fsencode(name)) <= _LONGEST_NAME or name == "..":
        raise tarfile.ReadError("a name that no file has")
    target = folder / name
    if target.exists():
        raise DatasetError(f"{archive} holds {name} twice: remove it and fetch it again")
    with tar.extractfile(member) as packed, target.open("xb") as file:
        shutil.copyfileobj(packed, file)
