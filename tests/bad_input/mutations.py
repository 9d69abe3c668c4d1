"""Changes that any file can suffer."""

from collections.abc import Iterable, Iterator

import numpy as np

from .case import Case, Expectation, Original


def truncated(
    original: Original, lengths: Iterable[int], expectation: Expectation = "refused"
) -> Iterator[Case]:
    """Cut a file off behind so many bytes."""
    for length in sorted(set(lengths)):
        if length < len(original.content):
            name = f"{original.name}: cut off at {length}"
            yield Case(name, original, original.content[:length], expectation)


def around(places: Iterable[int]) -> Iterator[int]:
    """Yield each place and its neighbours."""
    for place in places:
        yield from (max(place - 1, 0), place, place + 1)


def flipped(
    original: Original, places: Iterable[int], expectation: Expectation = "any"
) -> Iterator[Case]:
    """Flip one bit of the byte at each place, another one from place to place."""
    for place in places:
        bit = place * 5 % 8
        content = bytearray(original.content)
        content[place] ^= 1 << bit
        name = f"{original.name}: bit {bit} of byte {place} flipped"
        yield Case(name, original, bytes(content), expectation)


def spread(start: int, stop: int, count: int) -> list[int]:
    """Return so many places, evenly spread."""
    return sorted({int(place) for place in np.linspace(start, stop - 1, count)})


def foreign(original: Original) -> Iterator[Case]:
    """Put something else in a file's place."""
    noise = np.random.default_rng(0).bytes(3000)
    for name, content in {
        "nothing": b"",
        "one byte": b"\0",
        "zeros": bytes(5000),
        "ones": b"\xff" * 5000,
        "noise": noise,
        "a web page": b"<!DOCTYPE html>\n<html><body>Sign in to download</body></html>",
        "a pickle": b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system"
        b"\x94\x93\x94\x8c\x04true\x94\x85\x94R\x94.",
        "an executable": b"\x7fELF\x02\x01\x01" + bytes(57) + noise[:500],
        "a gzip archive": b"\x1f\x8b\x08\x00" + noise[:200],
        "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
        "utf-16": "\ufeffa,b\n1,2\n".encode("utf-16"),
    }.items():
        yield Case(f"{original.name}: {name} in its place", original, content, "refused")
