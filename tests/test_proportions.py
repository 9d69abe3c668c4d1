import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mammo.evaluation.design_effect import clustered_proportion


@st.composite
def clustered_hits(draw):
    n = draw(st.integers(1, 40))
    hits = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    units = draw(st.lists(st.integers(0, 9), min_size=n, max_size=n))
    return np.array(hits), np.array(units)


def effective_by_hand(hits: np.ndarray, units: np.ndarray) -> float:
    """Images over the design effect that is between what the data show and the greatest."""
    names = sorted(set(units.tolist()))
    sizes = np.array([np.sum(units == name) for name in names])
    share, n, k = hits.mean(), len(hits), len(names)
    patients = n**2 / np.sum(sizes**2)
    if share in (0, 1) or k == 1:
        return patients
    off = [hits[units == name].sum() - share * np.sum(units == name) for name in names]
    by_patient = k / (k - 1) * float(np.sum(np.square(off))) / n**2
    by_image = share * (1 - share) / (n - 1)
    seen = max(by_patient / by_image, 1)
    return n / ((20 * n / patients + patients * seen) / (20 + patients))


def assert_solves_wilsons_equation(bounds, share: float, n: float, confidence: float) -> None:
    """The bounds are the shares that a test of the one observed just does not reject."""
    lower, upper = bounds
    z = stats.norm.ppf((1 + confidence) / 2)
    assert share - lower == pytest.approx(z * math.sqrt(lower * (1 - lower) / n), abs=1e-12)
    assert upper - share == pytest.approx(z * math.sqrt(upper * (1 - upper) / n), abs=1e-12)


@settings(deadline=None)
@given(st.integers(2, 200), st.data(), st.sampled_from([0.8, 0.95, 0.99]))
def test_of_single_images_it_is_wilsons_interval(n, data, confidence):
    n_hits = data.draw(st.integers(1, n - 1))
    hits = np.arange(n) < n_hits
    value, *bounds = clustered_proportion(hits, np.arange(n), confidence)
    assert value == n_hits / n
    expected = stats.binomtest(n_hits, n).proportion_ci(confidence, method="wilson")
    assert bounds == pytest.approx([expected.low, expected.high], abs=1e-12)


@settings(deadline=None)
@given(st.integers(1, 200), st.booleans(), st.sampled_from([0.8, 0.95, 0.99]))
def test_all_or_none_is_wilsons_interval_of_the_patients(n, is_hit, confidence):
    expected = stats.binomtest(n * is_hit, n).proportion_ci(confidence, method="wilson")
    for copies in (1, 3):
        units = np.repeat(np.arange(n), copies)
        found = clustered_proportion(np.full(n * copies, is_hit), units, confidence)
        assert found == pytest.approx((float(is_hit), expected.low, expected.high), abs=1e-12)


@settings(deadline=None)
@given(clustered_hits(), st.sampled_from([0.8, 0.95, 0.99]))
def test_bounds_are_wilsons_for_the_effective_number(data, confidence):
    hits, units = data
    value, *bounds = clustered_proportion(hits, units, confidence)
    assert value == pytest.approx(hits.mean())
    assert 0 <= bounds[0] <= value <= bounds[1] <= 1
    n = effective_by_hand(hits, units)
    assert n <= len(hits)
    if 0 < value < 1:
        assert_solves_wilsons_equation(bounds, value, n, confidence)


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=2, max_size=30), st.integers(2, 5))
def test_images_that_agree_are_worth_hardly_more_than_their_patient(hits, copies):
    hits = np.array(hits)
    units = np.arange(len(hits))
    once = clustered_proportion(hits, units, 0.95)
    repeated = np.repeat(hits, copies)
    clustered = clustered_proportion(repeated, np.repeat(units, copies), 0.95)
    assert clustered == pytest.approx(once, abs=0.02)
    independent = clustered_proportion(repeated, np.arange(len(repeated)), 0.95)
    assert independent[2] - independent[1] < clustered[2] - clustered[1]


def test_many_patients_whose_images_disagree_are_worth_about_their_number_of_images():
    worth = []
    for n_patients in (10, 1000):
        hits = np.array([True, False] * n_patients)
        _, *bounds = clustered_proportion(hits, np.repeat(np.arange(n_patients), 2), 0.95)
        effective = effective_by_hand(hits, np.repeat(np.arange(n_patients), 2))
        assert_solves_wilsons_equation(bounds, 0.5, effective, 0.95)
        worth.append(effective / n_patients)
    assert worth[0] == pytest.approx(20 / 10 * 30 / 50)
    assert worth[1] > 1.95


def test_few_unequal_patients_are_covered_as_often_as_is_said():
    """Five patients of 1 to 8 images that are nearly one: before, 78% of the intervals held."""
    generator = np.random.default_rng(1)
    units = np.repeat(np.arange(5), [1, 1, 2, 4, 8])
    held = 0
    for _ in range(400):
        own = generator.normal(size=5)[units]
        hits = math.sqrt(0.6) * own + math.sqrt(0.4) * generator.normal(size=16) < 0
        _, lower, upper = clustered_proportion(hits, units, 0.95)
        held += lower <= 0.5 <= upper
    assert held >= stats.binom.ppf(0.001, 400, 0.95)


def test_one_patient_is_worth_one_image():
    _, *bounds = clustered_proportion(np.array([True, False, True]), np.zeros(3, int), 0.95)
    assert_solves_wilsons_equation(bounds, 2 / 3, 1, 0.95)


def test_names_and_order_of_the_units_do_not_matter():
    hits, units = np.array([True, False, True, True, False]), np.array([0, 0, 1, 2, 2])
    expected = clustered_proportion(hits, units, 0.95)
    order = [3, 0, 4, 2, 1]
    found = clustered_proportion(hits[order], 7 - 3 * units[order], 0.95)
    assert found == pytest.approx(expected, abs=1e-15)


def test_without_images_there_is_no_share():
    found = clustered_proportion(np.zeros(0, bool), np.zeros(0, int), 0.95)
    assert np.isnan(found).all()
