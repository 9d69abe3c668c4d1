import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mammo.errors import MammoError
from mammo.evaluation import holm, smallest_detectable_difference
from mammo.evaluation.inference import normal_quantile, t_quantile, upper_tail

p_values = st.lists(st.one_of(st.just(math.nan), st.floats(0, 1)), max_size=12)


def holm_by_hand(p: list[float]) -> list[float]:
    """Step down from the smallest p-value, as in a textbook."""
    order = sorted((i for i in range(len(p)) if not math.isnan(p[i])), key=lambda i: p[i])
    adjusted = [math.nan] * len(p)
    highest = 0.0
    for step, i in enumerate(order):
        highest = max(highest, (len(order) - step) * p[i])
        adjusted[i] = min(highest, 1.0)
    return adjusted


@settings(deadline=None)
@given(p_values)
def test_holm_equals_the_steps_by_hand(p):
    np.testing.assert_array_equal(holm(p), holm_by_hand(p))


@settings(deadline=None)
@given(p_values)
def test_holm_keeps_the_order_and_never_falls_below_p(p):
    p, adjusted = np.array(p), holm(p)
    np.testing.assert_array_equal(np.isnan(adjusted), np.isnan(p))
    tested = ~np.isnan(p)
    assert (adjusted[tested] >= p[tested]).all()
    assert (adjusted[tested] <= 1).all()
    assert (np.diff(adjusted[tested][np.argsort(p[tested])]) >= 0).all()


@settings(deadline=None)
@given(p_values)
def test_holm_rejects_no_fewer_than_bonferroni(p):
    p, adjusted = np.array(p), holm(p)
    tested = ~np.isnan(p)
    assert (adjusted[tested] <= np.minimum(p[tested] * tested.sum(), 1)).all()


def test_holm_of_known_values():
    found = holm([0.01, 0.04, 0.03, math.nan, 0.005])
    np.testing.assert_allclose(found, [0.03, 0.06, 0.06, math.nan, 0.02], atol=1e-15)
    assert holm([]).shape == (0,)


def test_quantiles_and_tails_are_those_of_scipy():
    for df in (3.5, 40, math.inf):
        distribution = stats.norm if math.isinf(df) else stats.t(df)
        assert t_quantile(0.975, df) == pytest.approx(distribution.ppf(0.975), rel=1e-12)
        for statistic in (-2.5, 0.0, 1.3, 12.0):
            expected = distribution.sf(statistic)
            assert upper_tail(statistic, df) == pytest.approx(expected, rel=1e-12)
    assert normal_quantile(0.9) == pytest.approx(stats.norm.ppf(0.95), rel=1e-14)


@pytest.mark.parametrize("confidence", [0.9, 0.95])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.9])
def test_a_difference_that_is_just_detectable_is_found_with_the_power_promised(confidence, power):
    """Within 4 standard errors of a share of 40,000 simulated tests.

    The formula leaves out the far tail, which is added here.
    """
    n, error = 40_000, 0.03
    true = smallest_detectable_difference(error, confidence=confidence, power=power)
    differences = np.random.default_rng(6).normal(true, error, n)
    found = np.mean(2 * stats.norm.sf(np.abs(differences / error)) < 1 - confidence)
    far = stats.norm.cdf(-normal_quantile(confidence) - true / error)
    assert abs(found - far - power) < 4 * math.sqrt(power * (1 - power) / n)


@pytest.mark.parametrize("name", ["confidence", "power"])
@pytest.mark.parametrize("value", [0, 1, 80, -0.1, math.nan])
def test_levels_outside_0_and_1_are_named(name, value):
    with pytest.raises(MammoError, match=f"{name} is {value}"):
        smallest_detectable_difference(0.1, **{name: value})
