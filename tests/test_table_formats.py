"""Numbers as text: zeros without a sign, drops and gains, and no digit that an interval denies."""

import math

import numpy as np
import pandas as pd
import pytest

from mammo.report.tables.formats import (
    bounds,
    digits_of,
    drop_or_gain,
    estimate,
    estimates,
    number,
    numbers,
)


@pytest.mark.parametrize("value", [0.0, -0.0, 0.0049, -0.0049, -1e-300])
@pytest.mark.parametrize("sign", ["", "+"])
def test_what_rounds_to_zero_has_no_sign(value, sign):
    assert number(value, 2, sign) == "0.00"
    assert numbers(pd.Series([value]), 2, sign).tolist() == ["0.00"]
    assert bounds(pd.Series([value]), pd.Series([1.0])) == ["0.00 to 1.00"]
    assert estimate(value, value, 0.5, 2, sign) == f"0.00 (0.00 to {sign}0.50)"
    assert drop_or_gain(value) == "0.00"


def test_other_numbers_have_the_sign_that_is_asked_for():
    assert [number(v) for v in (-0.005001, 0.127, math.nan)] == ["-0.01", "0.13", "–"]
    assert [number(v, 1, "+") for v in (-0.06, 0.06, math.nan)] == ["-0.1", "+0.1", "–"]


def test_a_column_and_its_bounds_are_estimates():
    rows = pd.DataFrame({"drop": [-0.001, math.nan], "drop_lower": [-0.1, math.nan]})
    rows["drop_upper"] = [0.2, math.nan]
    assert estimates(rows, "drop", 2, "+") == ["0.00 (-0.10 to +0.20)", "–"]


def test_a_drop_below_zero_is_a_gain():
    assert [drop_or_gain(v) for v in (0.02, -0.02, math.nan)] == ["0.02", "gain 0.02", "–"]
    assert drop_or_gain(-0.0204, 3) == "gain 0.020"


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        ((12.3, 10.1, 15.0), "12 (10 to 15)"),
        ((99.53, 99.12, 99.80), "99.5 (99.1 to 99.8)"),
        ((99.953, 99.907, 99.981), "99.95 (99.91 to 99.98)"),
        ((35, 8, 62), "35 (8 to 62)"),
        ((50, 49.999, 50.001), "50.00 (50.00 to 50.00)"),
        ((50, 50, 50), "50.00 (50.00 to 50.00)"),
    ],
)
def test_a_number_has_the_digits_that_its_interval_bears(interval, text):
    assert estimate(*interval, digits_of(*interval[1:])) == text


def test_digits_rise_only_as_the_interval_narrows():
    digits = [digits_of(50 - half, 50 + half) for half in 10 ** -np.linspace(-1, 4)]
    assert digits == sorted(digits) and set(digits) == {0, 1, 2}
    assert digits_of(math.nan, math.nan) == 2
