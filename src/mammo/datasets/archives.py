"""Unpacking archives that came from elsewhere: bounded, flat, whole or not at all."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from tqdm.auto import tqdm

from mammo.errors import DatasetError


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
        Tar file, compressed or not.
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
    """
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _extract(archive, partial, max_bytes, max_files)
        if verify:
            verify(partial)
        partial.chmod(0o755)
        _move(partial, folder)
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise DatasetError(
            f"{archive} is damaged ({error}): remove it and fetch it again"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _extract(archive: Path, folder: Path, max_bytes: int, max_files: int) -> None:
    left = max_bytes
    with tarfile.open(archive) as tar:
        members = tqdm(tar, desc=f"unpacking {archive.name}", unit="file", delay=1, leave=False)
        for count, member in enumerate(members, start=1):
            left -= member.size
            if count > max_files or left < 0:
                raise DatasetError(
                    f"{archive} holds more than {max_files} files or {max_bytes} bytes and is not "
                    "what it should be: remove it and fetch it again"
                )
            if member.isfile():
                _copy(tar, member, folder / PurePosixPath(member.name).name, archive)


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path, archive: Path) -> None:
    if target.exists():
        raise DatasetError(f"{archive} holds {target.name} twice: remove it and fetch it again")
    with tar.extractfile(member) as packed, target.open("xb") as file:
        shutil.copyfileobj(packed, file)


def _move(partial: Path, folder: Path) -> None:
    try:
        partial.rename(folder)
    except OSError:
        # Another process was quicker; its folder is as good.
        if not folder.is_dir():
            raise
