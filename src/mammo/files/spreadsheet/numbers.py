"""Numbers as spreadsheets write them: decimal points and commas, thousands, per cent."""

import math
import re
from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd

from mammo.files.identifiers import EXCEL_TEXT

Mark = Literal[",", "."]
_OTHER: dict[Mark, Mark] = {",": ".", ".": ","}

_GAP = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?!\d))")
_REPEATED = re.compile(r"[+-]?\d{1,3}([,.])\d{3}(\1\d{3})+")
_MIXED = re.compile(r"[+-]?\d{1,3}(?:([,.])\d{3})(?:\1\d{3})*(?!\1)[,.]\d*")
_DOUBTFUL = re.compile(r"[+-]?[1-9]\d{0,2}([,.])\d{3}")
_WHOLE = re.compile(r"[+-]?0*[1-9]\d*")


def numbers(texts: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Read a column of numbers.

    A comma is a decimal sign or parts thousands, a point as well; what the column shows elsewhere
    decides. ``1,234`` alone is a decimal fraction; beside a whole number such as ``987`` it may be
    either.

    Parameters
    ----------
    texts : Series of str

    Returns
    -------
    values : Series of float64
        NaN where a text is no number. Per cent are fractions.
    is_doubtful : Series of bool
        Which may be thousands or a decimal fraction; their values are not to be used.
    """
    cells = texts.to_numpy()
    values = np.array([_float(text) for text in cells], dtype=np.float64)
    odd = np.isnan(values)
    odd[odd] = [text.lower() not in ("", "nan") for text in cells[odd]]
    if not odd.any() and not _may_be_thousands(values):
        return pd.Series(values, texts.index), pd.Series(False, texts.index)
    cleaned = [_cleaned(text) for text in cells]
    decimal, is_doubtful = _decimal_marks(cleaned)
    values = np.array([_value(text, decimal) for text in cleaned], dtype=np.float64)
    return pd.Series(values, texts.index), pd.Series(is_doubtful, texts.index)


def _float(text: str) -> float:
    """Return a number as a program would write it, NaN for other texts."""
    try:
        return float(text) if "_" not in text else math.nan
    except ValueError:
        return math.nan


def _may_be_thousands(values: np.ndarray) -> bool:
    """Whether points might part thousands: a fraction below 1, or of one digit, says no."""
    known = np.abs(values[np.isfinite(values)])
    fractions = known[known % 1 != 0]
    thousandths = fractions * 1000
    is_of_three = np.abs(thousandths - np.rint(thousandths)) < 1e-6
    has_wholes = bool(((known % 1 == 0) & (known > 0)).any())
    return bool(fractions.size) and has_wholes and bool(((fractions >= 1) & is_of_three).all())


def _cleaned(text: str) -> str:
    text = text.replace("−", "-").strip()
    if marked := EXCEL_TEXT.fullmatch(text):
        text = marked[1] or marked[2] or ""
    return _GAP.sub("", text)


def _decimal_marks(texts: Iterable[str]) -> tuple[set[Mark], list[bool]]:
    """Return which marks are decimal signs in a column, and which texts leave it open."""
    decimal: set[Mark] = set()
    thousands: set[Mark] = set()
    has_whole, doubtful = False, []
    for text in (text.rstrip("% ") for text in texts):
        found = _DOUBTFUL.fullmatch(text)
        doubtful.append(found[1] if found else None)
        if repeated := _REPEATED.fullmatch(text):
            thousands.add(repeated[1])
        elif mixed := _MIXED.fullmatch(text):
            thousands.add(mixed[1])
            decimal.add(_OTHER[mixed[1]])
        elif not found:
            decimal |= {mark for mark in _OTHER if text.count(mark) == 1}
            has_whole |= _WHOLE.fullmatch(text) is not None
    marks = set(filter(None, doubtful))
    left_open = set()
    for mark in marks:
        other = _OTHER[mark]
        is_decimal = mark in decimal or (other in thousands and mark not in thousands)
        is_thousands = mark in thousands or (other in decimal and mark not in decimal)
        if is_decimal == is_thousands and (is_decimal or has_whole or len(marks) > 1):
            left_open.add(mark)
        elif not is_thousands:
            decimal = decimal | {mark}
    return decimal, [mark in left_open for mark in doubtful]


def _value(text: str, decimal: set[Mark]) -> float:
    number = text.removesuffix("%").rstrip()
    share = 0.01 if number != text else 1
    if grouped := _MIXED.fullmatch(number) or _REPEATED.fullmatch(number):
        number = number.replace(grouped[1], "")
    elif (found := _DOUBTFUL.fullmatch(number)) and found[1] not in decimal:
        number = number.replace(found[1], "")
    return _float(number.replace(",", ".")) * share
