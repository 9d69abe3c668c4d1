import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mammo.evaluation.difference_limits import (
    FEWEST_MISRANKED,
    NormalLimits,
    ScoreLimits,
    is_normal,
)
from mammo.evaluation.score_interval import AurocPrecision


def precision(area: float, n: float = 20.0, variance: float = 0.0) -> AurocPrecision:
    return AurocPrecision(area, variance, n, 2 * n, n - 1, n)


def test_bounds_are_put_together_as_newcombe_did_for_two_proportions():
    """Golden: method 10 of Newcombe 1998, 56/70 against 48/80 by Wilson: .0524 to .3339."""

    class Wilson(AurocPrecision):
        def bounds(self, tail: float) -> tuple[float, float]:
            n, k = int(self.n_positive), round(self.area * self.n_positive)
            found = stats.binomtest(k, n).proportion_ci(1 - 2 * tail, method="wilson")
            return found.low, found.high

    sets = (Wilson(56 / 70, 0, 70, 1, 1, 1), Wilson(48 / 80, 0, 80, 1, 1, 1))
    assert ScoreLimits(*sets).bounds(0.025) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize("correlation", [0.0, 0.6, -0.3])
def test_bounds_by_hand(correlation):
    one, other = precision(0.9), precision(0.8, 30.0)
    (low, high), (other_low, other_high) = one.bounds(0.025), other.bounds(0.025)
    a, b = 0.9 - low, other_high - 0.8
    c, d = high - 0.9, 0.8 - other_low
    found = ScoreLimits(one, other, correlation).bounds(0.025)
    assert found == pytest.approx(
        (
            0.1 - math.sqrt(a * a - 2 * correlation * a * b + b * b),
            0.1 + math.sqrt(c * c - 2 * correlation * c * d + d * d),
        ),
        abs=1e-12,
    )


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(-0.4, 0.4))
def test_the_tail_is_that_at_which_a_bound_is_the_value(first, second, value):
    limits = ScoreLimits(precision(first), precision(second))
    tail = limits.tail(value)
    assert 0 <= tail <= 0.5
    if 1e-6 < tail < 0.49:
        bound = limits.bounds(tail)[int(first - second < value)]
        assert bound == pytest.approx(value, abs=1e-7)


def test_without_a_difference_nothing_speaks_against_none():
    limits = ScoreLimits(precision(0.8), precision(0.8))
    assert limits.tail(0) == 0.5
    assert limits.tail(0.1) < 0.5
    assert math.isnan(ScoreLimits(precision(math.nan), precision(0.8)).tail(0))


@pytest.mark.parametrize("df", [7.0, math.inf])
def test_normal_limits_are_those_of_t_and_normal(df):
    limits, t = NormalLimits(0.1, 0.04, df), stats.norm if math.isinf(df) else stats.t(df)
    reach = t.ppf(0.975) * 0.04
    assert limits.bounds(0.025) == pytest.approx((0.1 - reach, 0.1 + reach), abs=1e-12)
    assert limits.tail(0) == pytest.approx(t.sf(2.5), rel=1e-10)
    assert limits.tail(0.2) == pytest.approx(t.sf(2.5), rel=1e-10)


def test_an_auroc_is_normal_where_enough_patients_are_misranked():
    assert is_normal(precision(0.8, FEWEST_MISRANKED / 0.2 + 1e-9))
    assert not is_normal(precision(0.8, FEWEST_MISRANKED / 0.2 - 0.1))
    assert is_normal(precision(0.2, 101.0)) and not is_normal(precision(0.99, 500.0))
    assert np.array_equal(is_normal(precision(np.array([0.5, 0.9]), 50.0)), [True, False])
