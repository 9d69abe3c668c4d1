"""A file that is wrong, what has to become of it, and how its kind is read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from mammo.errors import MammoError

Expectation = Literal["refused", "same", "harmless", "changed", "any"]
"""What must come of a file.

``refused``: an error of the project, naming the file. ``same``: what its original gives.
``harmless``: one of the two. ``changed``: an error, or a value that differs from the original's as
stated. ``any``: an error, or a value that is sound in itself.
"""

SECRET = "PLANTED"
"""What the originals have where a patient could be named; no message may hold it."""
MOST_CHARACTERS = 4000


@dataclass(frozen=True)
class Original:
    """A good file.

    Parameters
    ----------
    name : str
        What it is.
    file : str
        Its name on disk.
    content : bytes
    """

    name: str
    file: str
    content: bytes


@dataclass(frozen=True)
class Case:
    """A file made of a good one.

    Parameters
    ----------
    name : str
        What was done to it; unique in its kind.
    original : Original
    content : bytes
    expectation : Expectation
    becomes : callable, optional
        For ``changed``: the original's value to the one that is expected. Without it, any other.
    """

    name: str
    original: Original
    content: bytes
    expectation: Expectation = "any"
    becomes: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of files.

    Parameters
    ----------
    cases : callable
        Makes the cases.
    read : callable
        Reads a file as the project does.
    check : callable
        Raises `AssertionError` if a value is not sound.
    same : callable
        Whether two values are the same.
    seeds : callable, optional
        What a fuzzer starts from, without it the files of the cases.
    wrap : callable, optional
        Makes a file of what a fuzzer thinks up; without it, that is the file.
    """

    cases: Callable[[], Iterator[Case]]
    read: Callable[[Path], Any]
    check: Callable[[Any], None]
    same: Callable[[Any, Any], bool]
    seeds: Callable[[], list[bytes]] | None = None
    wrap: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a case: ``clean`` or ``refused``, the message, and what is wrong with it."""

    result: Literal["clean", "refused", "failed"]
    message: str = ""
    fault: str = ""


def run(kind: Kind, case: Case, folder: Path) -> Outcome:
    """Read a case's file below a folder and judge what comes of it."""
    path = folder / case.original.file
    try:
        original = None
        if case.expectation in ("same", "harmless", "changed"):
            original = _value_of(kind.read, case.original, path)
        path.write_bytes(case.content)
        return _judge(kind, case, path, original)
    except BaseException as error:
        return Outcome("failed", fault=f"{type(error).__name__}: {error}"[:300])
    finally:
        path.unlink(missing_ok=True)


@lru_cache(maxsize=1)
def _value_of(read: Callable[[Path], Any], original: Original, path: Path) -> Any:
    path.write_bytes(original.content)
    return read(path)


def _judge(kind: Kind, case: Case, path: Path, original: Any) -> Outcome:
    try:
        value = kind.read(path)
    except MammoError as error:
        return Outcome("refused", str(error), _fault_of_message(str(error), path, case))
    kind.check(value)
    return Outcome("clean", fault=_fault_of_value(kind, case, value, original))


def _fault_of_message(message: str, path: Path, case: Case) -> str:
    if case.expectation == "same":
        return f"refused: {message}"
    if path.name not in message:
        return f"the message does not name the file: {message}"
    if not message.isprintable() or len(message) > MOST_CHARACTERS:
        return f"the message is no sentence: {message[:300]!r}"
    if SECRET in message:
        return f"the message quotes the file: {message}"
    return ""


def _fault_of_value(kind: Kind, case: Case, value: Any, original: Any) -> str:
    if case.expectation == "refused":
        return "was read as if nothing were wrong"
    if case.expectation in ("same", "harmless") and not kind.same(value, original):
        return "was read as something else"
    if case.expectation == "changed":
        if case.becomes is not None and not kind.same(value, case.becomes(original)):
            return "was read as something else than the change makes of it"
        if case.becomes is None and kind.same(value, original):
            return "was read as if nothing had been changed"
    return ""
