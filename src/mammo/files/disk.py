"""Files that are whole or absent, and what a disk refuses, told in one sentence."""

from __future__ import annotations

import errno
import glob
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from filelock import FileLock, Timeout

from mammo.errors import MammoError

if TYPE_CHECKING:
    import pandas as pd

_MAKE_ROOM = "make room there and run again (what is finished is kept)"
_GAIN_ACCESS = "give yourself the right to it, or name another place, and run again"
_REMEDIES = {
    errno.ENOSPC: _MAKE_ROOM,
    errno.EDQUOT: _MAKE_ROOM,
    errno.EFBIG: "raise the largest size that files may have there (ulimit -f), and run again",
    errno.EROFS: "name a place that can be written to, and run again",
    errno.EACCES: _GAIN_ACCESS,
    errno.EPERM: _GAIN_ACCESS,
    errno.EIO: "see whether the disk or the network drive is sound, and run again",
    errno.EMFILE: "raise the number of files that may be open (ulimit -n), and run again",
}
_UNSUPPORTED = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)
_BLOCK = 2**20
_PATIENCE_S = 2.0


@contextmanager
def naming_errors(place: Path) -> Iterator[None]:
    """Raise what the operating system refuses, or kills, as a `MammoError` of one sentence.

    Parameters
    ----------
    place : Path
        Is named where the system's error names no file.
    """
    try:
        yield
    except OSError as error:
        raise MammoError(sentence(error, error.filename or place)) from error
    except BrokenExecutor as error:
        raise MammoError(
            f"{_printable(place)}: a process that worked on it was killed, perhaps for want of "
            "memory; run again, with a smaller number of workers"
        ) from error


def sentence(error: Exception, place: object) -> str:
    """Return what the operating system refused, where, and what can be done about it.

    Parameters
    ----------
    error : Exception
        The system's, or a library's that holds the system's in its text.
    place : object
        A file or folder, or what else says where.
    """
    code = _code(error)
    text = str(error).strip() or type(error).__name__
    what = getattr(error, "strerror", None) or (os.strerror(code) if code else text.splitlines()[0])
    remedy = _REMEDIES.get(code, "correct that and run again")
    return f"{_printable(place)}: {what[:1].lower()}{what[1:]}; {remedy}"


def _code(error: Exception) -> int | None:
    if code := getattr(error, "errno", None):
        return code
    quoted = re.search(r"\[Errno (\d+)\]|\(os error (\d+)\)", str(error))
    return int(quoted[1] or quoted[2]) if quoted else None


@contextmanager
def locked(lock: Path) -> Iterator[None]:
    """Keep other runs out; where one is at work, say so and wait for its end.

    Parameters
    ----------
    lock : Path
        File that stands for what is worked on. The system frees it when its holder ends, however
        that ends, so that one which a killed run leaves behind keeps nobody out.
    """
    guard = FileLock(lock)
    try:
        guard.acquire(timeout=_PATIENCE_S)
    except Timeout:
        print(f"mammo: waiting for another run to finish {lock.with_suffix('')}", file=sys.stderr)
        guard.acquire()
    try:
        yield
    finally:
        guard.release()


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a name to write a file under; the file gets its own when all of it is on disk.

    It is on disk before it is renamed, so that no power cut leaves a name without its content.
    Failing, nothing is left; what a killed process left is removed when the file is written again.

    Yields
    ------
    Path
        Name of the temporary file, in the same folder.

    Raises
    ------
    MammoError
        If the operating system refuses it.
    """
    _remove_leftovers(path)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
    except OSError as error:
        raise MammoError(sentence(error, path)) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


@contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """Give a new folder to fill; it gets its name when all that is in it is on disk.

    Failing, nothing is left. Where another process was quicker, its folder stays.

    Yields
    ------
    Path
        The temporary folder, beside the one to be.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        sync_folder(temporary)
        try:
            temporary.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; see `atomic_write`."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a text file, in UTF-8, whole or not at all.

    The bytes of a file's name that are no UTF-8, which Python holds as surrogates (PEP 383), are
    written as they are.
    """
    write_bytes(path, text.encode(errors="surrogateescape"))


def csv_text(table: pd.DataFrame, float_format: str | None = None) -> str:
    """Return a table as CSV, without its index.

    Lines end as in RFC 4180: with "\\n" alone, Python's csv leaves a "\\r" in a text unquoted, and
    what follows it begins a line.
    """
    return table.to_csv(index=False, lineterminator="\r\n", float_format=float_format)


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, whole or not at all; see `csv_text` and `write_text`."""
    write_text(path, csv_text(table))


def create_array(path: Path, shape: tuple[int, ...], dtype: str) -> None:
    """Make a .npy file of zeros and reserve its space.

    A file with holes would be made on a full disk as well, and whoever wrote through a memory map
    would be killed by the system (SIGBUS) at the first page that does not fit.

    Parameters
    ----------
    path : Path
        Replaced if it exists; must not be in use.
    shape : tuple of int
    dtype : str
        In NumPy's array protocol, as "<u2".

    Raises
    ------
    MammoError
        If there is no room for all of it, or the operating system refuses it.
    """
    import numpy as np

    kind = {"descr": dtype, "fortran_order": False, "shape": shape}
    size = prod(shape) * np.dtype(dtype).itemsize
    try:
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, kind)
            file.flush()
            _reserve(file, size)
        _sync(path)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        place = f"{path}, which needs {size:,} bytes"
        raise MammoError(sentence(error, place)) from error


def sync_folder(folder: Path) -> None:
    """Have the content of every file below a folder on disk, before a name vouches for it."""
    for parent, _, names in os.walk(folder):
        for name in names:
            _sync(Path(parent, name))


def _reserve(file: BinaryIO, size: int) -> None:
    """Reserve space for zeros behind what a new file holds."""
    try:
        os.posix_fallocate(file.fileno(), file.tell(), size)
    except (AttributeError, OSError) as error:  # macOS has no such call, some file systems neither
        if isinstance(error, OSError) and error.errno not in _UNSUPPORTED:
            raise
        for start in range(0, size, _BLOCK):
            file.write(bytes(min(_BLOCK, size - start)))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    finally:
        os.close(handle)


def _remove_leftovers(path: Path) -> None:
    """Remove temporary files of a path whose processes are gone."""
    for other in path.parent.glob(f"{glob.escape(path.name)}.*.tmp"):
        owner = other.name.split(".")[-2]
        if owner.isdecimal() and not _runs(int(owner)):
            with suppress(OSError):
                other.unlink()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _printable(place: object) -> str:
    """Escape what a file's name may hold and a line on the screen may not."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in str(place)
    )
