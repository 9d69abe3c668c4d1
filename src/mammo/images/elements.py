"""Values of DICOM elements as files really have them: empty, doubled, of another type."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Union

from mammo.errors import UnreadableImageError

if TYPE_CHECKING:
    from pydicom import Dataset

Header = Union["Dataset", Mapping[str, object]]
"""A header, or its values by keyword."""

UNDECODABLE = b"?"
"""Stands for a value that its own type cannot hold, such as letters in a decimal string."""


def title(keyword: str) -> str:
    """Name an element as the standard does, with its tag: Window Width (0028,1051)."""
    from pydicom.datadict import dictionary_description, tag_for_keyword

    tag = tag_for_keyword(keyword)
    return f"{dictionary_description(tag)} ({tag >> 16:04X},{tag & 0xFFFF:04X})"


def several(value: object) -> Sequence[object]:
    """Return the values of an element, whose count is one where the standard allows for one."""
    if value is None:
        return ()
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        return (value,)
    return value


def text(value: object) -> str | None:
    r"""Return an element's text, None if it is absent, blank or undecodable.

    Equal values count once, and different ones are joined by the standard's backslash.
    """
    words = (str(one).strip(" \0\t\r\n") for one in several(value) if not isinstance(one, bytes))
    return "\\".join(dict.fromkeys(filter(None, words))) or None


def term(value: object) -> str:
    """Return an element's text in the capitals of the standard's terms; empty if there is none."""
    return (text(value) or "").upper()


def numbers(value: object) -> list[float]:
    """Return an element's values in their places: empty ones NaN, and so what is no number."""
    return [_number(one) for one in several(value)]


def _number(value: object) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def number(header: Header, keyword: str, default: float) -> float:
    """Return the one number of an element, or the default if it is absent or empty.

    Raises
    ------
    UnreadableImageError
        If it is no finite number, or there are several; a clause that names the element.
    """
    stated = [one for one in several(header.get(keyword)) if one is not None and str(one).strip()]
    found = set(numbers(stated)) or {default}
    if len(found) > 1:
        raise UnreadableImageError(f"its {title(keyword)} has several values")
    (value,) = found
    if not math.isfinite(value):
        raise UnreadableImageError(f"its {title(keyword)} is no finite number")
    return value


def whole(header: Header, keyword: str) -> int | None:
    """Return an element that has one whole number, of whatever type; None if absent or empty.

    Raises
    ------
    UnreadableImageError
        If it is something else; one sentence without the path, so that equal faults read equal.
    """
    value = header.get(keyword)
    if isinstance(value, int) or value is None:
        return value
    if isinstance(value, str) and not value.strip(" \0"):
        return None
    found = _number(value)
    if not found.is_integer():
        raise UnreadableImageError(f"the DICOM header is damaged: {keyword} is no whole number")
    return int(found)
