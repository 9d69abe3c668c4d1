"""Stand-ins for readers that go wrong themselves: what the harness is there to notice."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from mammo.errors import MammoError

from .case import SECRET, Case, Kind, Original

GOOD = Original("good", "file.txt", b"good")
FAULTS = {
    "hang": "took more than",
    "kill": "ended the process with -9",
    "end": "ended the process with 7",
    "grow": "MemoryError",
    "fill": "bytes of memory",
    "raise": "ValueError: x",
    "exit": "SystemExit: 3",
    "unsound": "AssertionError: unsound",
    "accept": "as if nothing were wrong",
    "mistake": "as something else",
    "ignore": "as if nothing had been changed",
    "refuse": "refused: ",
    "unnamed": "does not name the file",
    "two lines": "is no sentence",
    "tell": "quotes the file",
}
"""What a reader does, and how the harness puts it."""
_EXPECTED = {"mistake": "same", "refuse": "same", "ignore": "changed"}
_KEPT: list[bytes] = []


def cases() -> Iterator[Case]:
    for act in FAULTS:
        yield Case(act, GOOD, act.encode(), _EXPECTED.get(act, "refused"))


def read(path: Path) -> str:
    act = path.read_text()
    if act == "hang":
        time.sleep(1000)
    elif act == "kill":
        os.kill(os.getpid(), 9)
    elif act == "end":
        os._exit(7)
    elif act == "grow":
        bytearray(2**33)
    elif act == "fill":
        _KEPT.append(b"x" * (3 * 2**27))
    elif act == "raise":
        raise ValueError("x")
    elif act == "exit":
        raise SystemExit(3)
    elif act == "refuse":
        raise MammoError(f"{path} is refused")
    elif act == "unnamed":
        raise MammoError("a file is wrong")
    elif act == "two lines":
        raise MammoError(f"{path} is\nwrong")
    elif act == "tell":
        raise MammoError(f"{path} is of {SECRET}")
    return "good" if act == "ignore" else act


def check(value: str) -> None:
    assert value != "unsound", "unsound"


def same(one: str, other: str) -> bool:
    return one == other


KIND = Kind(cases, read, check, same)
