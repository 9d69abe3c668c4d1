"""Reads cases in a process of its own, within bounds of time and memory."""

import multiprocessing
import os
import resource
import sys
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from . import kind
from .case import Case, Outcome, run

SECONDS = 20
"""For one case; a clean read takes some milliseconds."""
STARTING_SECONDS = 120
MOST_BYTES = 2**30
"""Of address space, beyond what the process has when its readers are loaded."""
MOST_GROWTH = 2**28
"""Of resident memory, while one case is read."""


class Worker:
    """A process that reads cases, started anew when one of them ends it.

    Parameters
    ----------
    folder : Path
        Where the files are written, one at a time, and what the process prints.
    seconds : float
        Time that one case may take.
    """

    def __init__(self, folder: Path, seconds: float = SECONDS) -> None:
        self.folder = folder
        self.printed = folder / "printed"
        self.seconds = seconds
        self._process = None

    def outcomes(self, kind: str, cases: Iterable[Case]) -> Iterator[tuple[Case, Outcome]]:
        """Yield each case, and what becomes of it; the next is made while one is read."""
        following = iter(cases)
        case = next(following, None)
        while case is not None:
            self._send(kind, case)
            read, case = case, next(following, None)
            yield read, self._receive()

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
        self._process = None

    def _send(self, kind: str, case: Case) -> None:
        if self._process is None:
            self._start()
        self._pipe.send((kind, case))

    def _receive(self) -> Outcome:
        try:
            if self._pipe.poll(self.seconds):
                return self._pipe.recv()
            fault = f"took more than {self.seconds} seconds"
        except (EOFError, OSError):
            self._process.join(5)
            fault = f"ended the process with {self._process.exitcode}"
        self.close()
        return Outcome("failed", fault=fault)

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self.folder), daemon=True)
        self._process.start()
        theirs.close()
        if not self._pipe.poll(STARTING_SECONDS):
            raise TimeoutError("the process that reads the cases does not start")
        self._pipe.recv()


def _serve(pipe: Connection, folder: Path) -> None:
    output = os.open(folder / "printed", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    pipe.send("ready")
    known: set[str] = set()
    while True:
        name, case = pipe.recv()
        if name not in known:  # its libraries count once
            known.add(name)
            _limit_memory(None)
            run(kind(name), Case("warm-up", case.original, case.original.content), folder)
            _limit_memory(MOST_BYTES)
        before = _memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # forgets the peak
        outcome = run(kind(name), case, folder)
        growth = _memory("VmHWM") - before
        if growth > MOST_GROWTH:
            outcome = Outcome("failed", fault=f"took {growth:,} bytes of memory")
        sys.stdout.flush()
        sys.stderr.flush()
        pipe.send(outcome)


def _limit_memory(most: int | None) -> None:
    """Let the process have so many bytes of address space more than it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    soft = hard if most is None else pages * resource.getpagesize() + most
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _memory(what: str) -> int:
    """Return the resident memory of the process in bytes: VmRSS, or VmHWM, its peak."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {what}")
