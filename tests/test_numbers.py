import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo.files.spreadsheet.numbers import numbers


def read(*texts: str) -> tuple[list[float], list[bool]]:
    values, is_doubtful = numbers(pd.Series(texts, dtype=object))
    return values.tolist(), is_doubtful.tolist()


READ = {
    "points": (("0.5", "1.234", "-2"), (0.5, 1.234, -2)),
    "commas": (("0,5", "1,234", "-2"), (0.5, 1.234, -2)),
    "fractions alone": (("1,234", "2,345"), (1.234, 2.345)),
    "fractions beside zero": (("0", "1,234"), (0, 1.234)),
    "more digits tell": (("1,2345", "1,234", "7"), (1.2345, 1.234, 7)),
    "fewer digits tell": (("1.5", "1.234", "7"), (1.5, 1.234, 7)),
    "English thousands": (("1,234.5", "1,234", "987"), (1234.5, 1234, 987)),
    "German thousands": (("1.234,5", "1.234", "987"), (1234.5, 1234, 987)),
    "millions": (("1,234,567", "1,234", "987"), (1234567, 1234, 987)),
    "points tell of commas": (("1,234", "0.5"), (1234, 0.5)),
    "commas tell of points": (("1.234", "0,5"), (1234, 0.5)),
    "blanks": (("1 234", "1\xa0234,5", "1\u202f234 567"), (1234, 1234.5, 1234567)),
    "Swiss": (("1'234.5", "1’234", "7"), (1234.5, 1234, 7)),
    "per cent": (("12%", "3,5 %", "100 %"), (0.12, 0.035, 1)),
    "a minus of print": (("−1.5", "2.5"), (-1.5, 2.5)),
    "exponents": (("1,2e-5", "3E2"), (1.2e-5, 300)),
    "marks of Excel": (("'0.5", '="1.5"', "'1,234.5"), (0.5, 1.5, 1234.5)),
    "an empty cell": (("", "0.5"), (math.nan, 0.5)),
}


@pytest.mark.parametrize(("texts", "values"), READ.values(), ids=READ)
def test_numbers_are_read_as_they_are_meant(texts, values):
    found, is_doubtful = read(*texts)
    np.testing.assert_allclose(found, values, rtol=1e-12)
    assert not any(is_doubtful)


DOUBTFUL = {
    "a comma beside a whole number": (("1,234", "987"), 0),
    "a point beside a whole number": (("1.234", "987"), 0),
    "a small whole number": (("987", "5", "1,234"), 2),
    "both marks": (("1,234", "2.345"), 0),
    "both ways": (("1,234,567", "0,5", "1,234"), 2),
    "negative": (("-1,234", "987"), 0),
}


@pytest.mark.parametrize(("texts", "place"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_may_be_a_fraction_or_thousands_is_said(texts, place):
    assert read(*texts)[1][place]


@pytest.mark.parametrize(
    "text", ["x", "1_0", "1.2.2020", "1,2,3", "12,345.678.9", "1 2", "0x10", "1/2", "--1", "%"]
)
def test_other_texts_are_no_numbers(text):
    assert math.isnan(read(text, "0.5")[0][0])


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=8))
def test_what_a_program_writes_comes_back_to_the_last_bit(values):
    found, is_doubtful = read(*map(repr, values))
    assert found == values and not any(is_doubtful)


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=8))
def test_thousands_of_whole_numbers_are_read_or_doubted(values):
    found, is_doubtful = read(*(f"{value:,}" for value in values))
    if not any(is_doubtful) and any(abs(value) >= 10**6 for value in values):
        assert found == values
    if any(0 < abs(value) < 1000 for value in values):
        assert all(d or f == v for f, d, v in zip(found, is_doubtful, values, strict=True))
