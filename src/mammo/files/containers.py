"""Files in folders and in zip archives, as one tree; an archive is read where it lies."""

import errno
import io
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypeVar

MAX_MEMBER_BYTES = 2**29
"""Unpacked size above which a member of an archive is refused; 80 million pixels take 160 MB."""
MAX_MEMBERS = 1_000_000
Result = TypeVar("Result")
_OPEN_ARCHIVES = 4
_LARGE = 2**20
_ENCRYPTED = 0x1  # general purpose bit flag, APPNOTE.TXT section 4.4.4


def walk(root: Path, on_error: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Yield every file below a folder, or in a zip archive, once.

    A member of an archive has the archive's path followed by its own, as if the archive were a
    folder; `open_binary` reads it there. Linked folders are followed, each folder once, so that a
    loop of links ends. Hidden files and folders (``.DS_Store``, ``._*``, ``__MACOSX``) are left
    out.

    Parameters
    ----------
    root : Path
        Folder or zip archive.
    on_error : callable, optional
        Called with the error of each folder or archive that cannot be read; without it such a
        fault is raised.

    Yields
    ------
    Path
        In the order of the names, folder by folder.

    Raises
    ------
    OSError
        See `on_error`.
    """
    report = on_error or _raise
    seen: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        path = waiting.pop()
        try:
            if path.is_dir():
                facts = path.stat()
                if (facts.st_dev, facts.st_ino) not in seen:
                    seen.add((facts.st_dev, facts.st_ino))
                    waiting += sorted(_visible(path), reverse=True)
            elif is_archive(path):
                yield from _members(path)
            else:
                yield path
        except OSError as error:
            report(error)


def is_archive(path: Path) -> bool:
    """Whether a file is a zip archive, by its name; Office files are archives of another kind."""
    return path.suffix.lower() == ".zip" and path.is_file()


def open_binary(path: Path) -> BinaryIO:
    """Open a file, or a member of an archive, to read bytes at any place.

    Raises
    ------
    OSError
        If it is absent or unreadable, or a member is damaged, encrypted or larger than
        `MAX_MEMBER_BYTES`.
    """
    found = _in_archive(path)
    return _File(path) if found is None else _Member(*found)


def size(path: Path) -> int:
    """Return the size in bytes of a file, or of a member of an archive when unpacked.

    Raises
    ------
    OSError
        As `open_binary`.
    """
    found = _in_archive(path)
    return path.stat().st_size if found is None else found[1].file_size


class _File(io.BufferedReader):
    """A file on disk, of which no more memory is asked for than there is to read.

    Python makes room first for as many bytes as are asked for, and a damaged header asks for
    gigabytes.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(os.fspath(path)))  # libraries take a name for text

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > _LARGE:
            size = min(size, max(os.fstat(self.fileno()).st_size - self.tell(), 0))
        return super().read(size)


class _Member(io.RawIOBase):
    """A member of an archive as a file; the faults of its archive become `OSError`."""

    def __init__(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        self.name = member.filename
        if member.flag_bits & _ENCRYPTED:
            raise OSError("it is encrypted in its archive: unpack the archive first")
        if member.file_size > MAX_MEMBER_BYTES:
            raise OSError(
                f"it would unpack to {member.file_size:,} bytes, {MAX_MEMBER_BYTES:,} at most are "
                "read from an archive"
            )
        self._file = _faultless(lambda: archive.open(member))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return _faultless(lambda: self._file.seek(offset, whence))

    def read(self, size: int = -1) -> bytes:
        return _faultless(lambda: self._file.read(size))

    def readinto(self, buffer: bytearray) -> int:
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def _faultless(act: Callable[[], Result], fault: str = "it is damaged in its archive") -> Result:
    """Do something with an archive; zipfile and zlib raise many kinds of errors."""
    try:
        return act()
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"{fault} ({type(error).__name__})") from error


def _raise(error: OSError) -> None:
    raise error


def _visible(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not _is_hidden(path.name)]


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _members(archive: Path) -> Iterator[Path]:
    members = _opened(archive).infolist()
    if len(members) > MAX_MEMBERS:
        raise OSError(f"{archive} holds {len(members):,} files, {MAX_MEMBERS:,} at most are read")
    for name in sorted(member.filename for member in members):
        # "../x" and "/x" are names that only a hostile archive has: hidden, by the dots or here.
        is_file = name and not name.startswith("/") and not name.endswith("/")
        if is_file and not any(map(_is_hidden, PurePosixPath(name).parts)):
            yield archive / name


def _in_archive(path: Path) -> tuple[zipfile.ZipFile, zipfile.ZipInfo] | None:
    """Return archive and member of a path that leads into an archive, None of any other."""
    if "\0" in str(path):  # which a table may hold, and no file's name does
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    if _is_file(path):
        return None
    archive = next((parent for parent in path.parents if is_archive(parent)), None)
    if archive is None:
        return None
    opened = _opened(archive)
    name = path.relative_to(archive).as_posix()
    try:
        return opened, opened.getinfo(name)
    except KeyError:
        raise FileNotFoundError(f"{archive} holds no {name!r}") from None


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def _opened(archive: Path) -> zipfile.ZipFile:
    facts = archive.stat()
    return _open_archive(archive, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=_OPEN_ARCHIVES)
def _open_archive(archive: Path, size: int, time: int) -> zipfile.ZipFile:
    """Open an archive; one of many thousand members is not to be listed anew for each."""
    return _faultless(lambda: zipfile.ZipFile(archive), f"{archive} is a damaged archive")
