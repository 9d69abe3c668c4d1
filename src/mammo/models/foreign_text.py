"""What files of weights hold, which are not trusted, in the words of errors."""

from collections.abc import Collection, Mapping, Sequence

_MOST_CHARACTERS = 500


def one_line(text: object) -> str:
    """Return what a terminal shows as it is: one line, nothing that it obeys, not too long."""
    shown = " ".join(str(text)[: 2 * _MOST_CHARACTERS].split())
    printable = "".join(letter if letter.isprintable() else "?" for letter in shown)
    is_long = len(printable) > _MOST_CHARACTERS
    return f"{printable[:_MOST_CHARACTERS]}..." if is_long else printable


def some_of(faults: Sequence[str], most: int = 5) -> str:
    """Return the first of many faults in one line, and how many more there are."""
    more = f" and {len(faults) - most} more" if len(faults) > most else ""
    return one_line(", ".join(faults[:most])) + more


def misfits(
    found: Mapping[str, object], expected: Mapping[str, object], optional: Collection[str] = ()
) -> list[str]:
    """Say which tensors are missing, unknown or of another kind, in the order of their names.

    Parameters
    ----------
    found, expected : mapping of str to object
        What is to agree of each tensor, such as its shape.
    optional : collection of str
        Names that need not be found.
    """
    faults = [f"'{name}' is missing" for name in expected.keys() - found.keys() - set(optional)]
    faults += [f"'{name}' is unknown" for name in found.keys() - expected.keys()]
    faults += [
        f"'{name}' is {found[name]}, expected {expected[name]}"
        for name in expected.keys() & found.keys()
        if found[name] != expected[name]
    ]
    return sorted(faults)
