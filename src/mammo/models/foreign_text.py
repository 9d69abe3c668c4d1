"""Text from files of weights, which are not trusted, for the sentences of errors."""

from __future__ import annotations

_MOST_CHARACTERS = 500


def one_line(text: object) -> str:
    """Return what a terminal shows as it is: one line, nothing that it obeys, not too long."""
    shown = " ".join(str(text)[: 2 * _MOST_CHARACTERS].split())
    printable = "".join(letter if letter.isprintable() else "?" for letter in shown)
    is_long = len(printable) > _MOST_CHARACTERS
    return f"{printable[:_MOST_CHARACTERS]}..." if is_long else printable
