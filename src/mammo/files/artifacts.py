"""Artifact folders: named by what they depend on, whole or absent, each with a record."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mammo.files import code
from mammo.files.disk import locked, naming_errors, sync_folder, write_text

if TYPE_CHECKING:
    import pandas as pd

RECORD = "record.json"
Make = Callable[[Path], Mapping[str, Any] | None]
"""Writes a result into a folder, and returns facts for its record."""


class _MissingResultError(Exception):
    """A result that is not there, where none is to be made."""


class Processes(Protocol):
    """What an artifact folder asks of the processes that build it together; Fabric provides it."""

    @property
    def is_global_zero(self) -> bool:
        """Whether this process is the one that names and finishes folders."""

    def barrier(self) -> None:
        """Wait for the other processes."""

    def broadcast(self, obj: Any) -> Any:
        """Give every process the object of the first one."""


class SingleProcess:
    """One process alone."""

    is_global_zero = True

    def barrier(self) -> None:
        """Nobody to wait for."""

    def broadcast(self, obj: Any) -> Any:
        """Return the object itself."""
        return obj


def digest(value: Any) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a value's JSON.

    The same value has the same JSON: keys are sorted, there are no spaces, paths are text.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def table_digest(table: pd.DataFrame) -> str:
    """Return the digest of a table's values; what is missing counts alike."""
    values = table.astype(object)
    return digest(values.where(values.notna(), None).to_numpy().tolist())


FileState = tuple[int, int] | str


def file_state(path: Path) -> FileState:
    """Return a file's size in bytes and modification time in ns, or why it cannot be read.

    The reason is the name of the system's error, as "EACCES", so that a file is seen to change
    when it becomes readable. Times are only ever compared for equality: clocks may be wrong.
    """
    try:
        facts = path.stat()
    except OSError as error:
        return errno.errorcode.get(error.errno, "unknown")
    return (facts.st_size, facts.st_mtime_ns) if os.access(path, os.R_OK) else "EACCES"


def folder_fingerprint(folder: Path) -> str:
    """Return the digest of every file's relative path, size in bytes and modification time.

    Contents are not hashed: a full data set has hundreds of gigabytes, and would be read whole
    before every build. Linked folders are followed, each folder once, so that a loop of links
    ends; what cannot be read counts with the reason. A single file may stand for the folder.
    """
    listing = []
    seen = set()
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            facts = path.stat()
            if stat.S_ISDIR(facts.st_mode):
                if (facts.st_dev, facts.st_ino) not in seen:
                    seen.add((facts.st_dev, facts.st_ino))
                    waiting += sorted(path.iterdir(), reverse=True)
                continue
        except OSError:
            pass
        listing.append((path.relative_to(folder).as_posix(), file_state(path)))
    return digest(listing)


@cache
def commit() -> str:
    """Return the git commit, marked ``+changes`` where files differ from it, or ``unknown``."""
    try:
        head, changes = _git("rev-parse", "HEAD"), _git("status", "--porcelain")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+changes" if changes else "")


def _git(*words: str) -> str:
    command = ["git", "-C", str(code.PACKAGE), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


class Artifacts:
    """Folders ``root/stage/digest``, each built once from exactly what its digest names.

    Parameters
    ----------
    root : Path
        Folder of all artifacts; created when the first is built.
    processes : Processes, optional
        The processes that work together (a Lightning Fabric); one process alone by default.

    Attributes
    ----------
    used : dict of Path to None
        The folders that were asked for, in the order in which they were finished.
    """

    def __init__(self, root: Path, processes: Processes | None = None) -> None:
        self.root = root
        self.processes = processes or SingleProcess()
        self.used: dict[Path, None] = {}
        self._makes = True

    def has_all_of(self, step: Callable[[], object]) -> bool:
        """Return whether every result that a step asks for is there; the first missing ends it."""
        self._makes = False
        try:
            step()
        except _MissingResultError:
            return False
        finally:
            self._makes = True
        return True

    def build(self, stage: str, inputs: Mapping[str, Any], make: Make) -> Path:
        """Return the folder of a stage's result; the first process makes it if it is not there.

        The result depends on ``inputs``, on the code that stands behind the module of ``make``
        (`mammo.files.code`), and on the versions of the libraries that this code computes with.

        Parameters
        ----------
        stage : str
            Name of the stage, the first folder below the root.
        inputs : mapping
            Everything the result depends on, as JSON-able values (fields, seeds, digests).
        make : callable
            Writes the result into the folder it is given and returns facts for the record. After
            an interruption it is given the same folder again, and may go on from what is there.

        Returns
        -------
        Path
            The finished folder, holding ``record.json``.
        """

        @wraps(make)
        def by_the_first(folder: Path) -> Mapping[str, Any] | None:
            if not self.processes.is_global_zero:
                return None
            with self._alone():
                return make(folder)

        return self.build_together(stage, inputs, by_the_first)

    def build_together(self, stage: str, inputs: Mapping[str, Any], make: Make) -> Path:
        """Do as `build` does, with ``make`` called in every process on the same folder."""
        modules = code.modules_behind(make.__module__)
        known = {
            "stage": stage,
            "inputs": dict(inputs),
            "code": code.digest_of(modules),
            "versions": code.versions_behind(modules),
        }
        final = self.root / stage / digest(known)
        with naming_errors(final):
            if not self._is_finished(final):
                if not self._makes:
                    raise _MissingResultError(final)
                code.refuse_edited_unless_imported(modules)
                with self._lock(final):
                    self._make(final, known, make)
        self.used[final] = None
        return final

    def _is_finished(self, final: Path) -> bool:
        """Whether a result is there, for all processes alike; its place may be read-only."""
        return self.processes.broadcast((final / RECORD).is_file())

    def _make(self, final: Path, known: Mapping[str, Any], make: Make) -> None:
        """Make a result under another name; it gets its own when all of it is on disk."""
        if self._is_finished(final):  # By another run, while this one waited.
            return
        partial = final.with_name(f"{final.name}.partial")
        if self.processes.is_global_zero:
            partial.mkdir(exist_ok=True)
        self.processes.barrier()
        started = datetime.now(UTC)
        clock = time.perf_counter()
        facts = make(partial)
        self.processes.barrier()
        if self.processes.is_global_zero:
            record = {
                **known,
                "facts": dict(facts or {}),
                "commit": commit(),
                "started": started.isoformat(timespec="seconds"),
                "seconds": round(time.perf_counter() - clock, 2),
            }
            write_text(partial / RECORD, json.dumps(record, indent=1, default=str))
            sync_folder(partial)
            shutil.rmtree(final, ignore_errors=True)
            partial.replace(final)
        self.processes.barrier()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let what a step asks for be found without the processes that do not take part in it."""
        together, self.processes = self.processes, SingleProcess()
        try:
            yield
        finally:
            self.processes = together

    def _lock(self, final: Path) -> AbstractContextManager[None]:
        """Keep other runs out of a folder while this run's first process works on it."""
        if not self.processes.is_global_zero:
            return nullcontext()
        final.parent.mkdir(parents=True, exist_ok=True)
        return locked(final.with_name(f"{final.name}.lock"))


def read_record(folder: Path) -> dict[str, Any]:
    """Return the record of a finished artifact folder."""
    return json.loads((folder / RECORD).read_text(encoding="utf-8"))
