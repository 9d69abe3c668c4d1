"""Shapley values by the properties that define them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mammo.errors import MammoError
from mammo.evaluation.attribution import shapley_values, switches

GAMES = st.integers(1, 5).flatmap(
    lambda k: arrays(np.float64, 2**k, elements=st.floats(-1, 1, allow_subnormal=False))
)


@given(GAMES)
def test_they_sum_to_what_all_factors_do_together(values):
    assert shapley_values(values).sum() == pytest.approx(values[-1] - values[0], abs=1e-12)


@given(GAMES, st.data())
def test_factors_that_do_the_same_get_the_same(values, data):
    n_factors = len(values).bit_length() - 1
    first, second = (data.draw(st.integers(0, n_factors - 1)) for _ in range(2))
    is_on = switches(n_factors)
    swapped = is_on.copy()
    swapped[:, [first, second]] = is_on[:, [second, first]]
    alike = (values + values[swapped @ (1 << np.arange(n_factors))]) / 2
    found = shapley_values(alike)
    assert found[first] == pytest.approx(found[second], abs=1e-12)


@given(GAMES, st.data())
def test_a_factor_that_changes_nothing_gets_nothing(values, data):
    n_factors = len(values).bit_length() - 1
    idle = data.draw(st.integers(0, n_factors - 1))
    rows = np.arange(len(values))
    assert shapley_values(values[rows & ~(1 << idle)])[idle] == 0


@given(GAMES, GAMES)
def test_they_add_up_over_games(values, others):
    if len(values) == len(others):
        both = shapley_values(values) + shapley_values(others)
        assert shapley_values(values + others) == pytest.approx(both, abs=1e-12)


def test_by_hand():
    # Of 10 and 20 alone and 60 together, each gets what it does alone and half of the 30 beyond.
    assert shapley_values([0, 10, 20, 60]).tolist() == [25, 35]


def test_replicates_stand_beside_the_factors():
    values = np.random.default_rng(0).random((8, 5))
    found = shapley_values(values)
    assert found.shape == (3, 5)
    assert found[:, 2] == pytest.approx(shapley_values(values[:, 2]))


@pytest.mark.parametrize("n", [0, 1, 3, 12])
def test_a_number_of_values_that_is_no_power_of_two_is_refused(n):
    with pytest.raises(MammoError, match=f"there are {n} values"):
        shapley_values(np.zeros(n))
