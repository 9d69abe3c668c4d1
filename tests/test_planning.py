import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from golden import make_proc
from mammo.evaluation import auroc, auroc_covariance, roc_curve, smallest_detectable_difference
from mammo.evaluation.planning import (
    Population,
    binormal_standard_error,
    expected_half_width,
    hanley_mcneil_standard_error,
    patients_for_area,
    patients_for_drop,
    smallest_detectable_drop,
)
from simulated_sets import Design, binormal_distance, simulate


def binormal_fit_of_proc(labels: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """The straight line of specificity in sensitivity on normal axes, as pROC's smooth fits it.

    Least squares over the corners at which both are neither 0 nor 1.
    """
    x, y = (rate[0] for rate in roc_curve(labels == 1, scores).rates)
    inside = (x > 0) & (x < 1) & (y > 0) & (y < 1)
    slope, intercept = np.polyfit(stats.norm.ppf(y[inside]), stats.norm.ppf(1 - x[inside]), 1)
    return intercept, slope


@pytest.mark.parametrize("name", make_proc.SETS)
def test_binormal_errors_equal_those_of_proc(name, request):
    """Golden: pROC's var by Obuchowski's method, by tests/golden/make_proc.py."""
    proc = make_proc.read(name, request.getfixturevalue)
    for marker, variance in proc.all("@ obuchowski var #"):
        line = binormal_fit_of_proc(proc.labels, proc.markers[marker])
        n_positive = int(proc.labels.sum())
        error = binormal_standard_error(*line, n_positive, len(proc.labels) - n_positive)
        assert error**2 == pytest.approx(variance, rel=1e-12)


def test_hanley_mcneil_at_one_half_is_the_null_variance_of_mann_whitney():
    n1, n0 = 51, 58
    expected = math.sqrt((n1 + n0 + 1) / (12 * n1 * n0))
    assert hanley_mcneil_standard_error(0.5, n1, n0) == pytest.approx(expected, rel=1e-12)


def test_hanley_mcneil_halves_with_four_times_the_images():
    small = hanley_mcneil_standard_error(0.7, 100, 100)
    large = hanley_mcneil_standard_error(0.7, 400, 400)
    assert large == pytest.approx(small / 2, rel=0.01)


def test_hanley_mcneil_is_the_spread_of_exponential_scores():
    """Their model is exact for these; within 4 standard errors of a deviation of 4,000 areas."""
    area, n_positive, n_negative = 0.8, 40, 60
    generator = np.random.default_rng(3)
    y_true = np.repeat([1, 0], [n_positive, n_negative])
    # P(X > Y) of exponential X and Y is the share of X in the sum of their means
    means = np.where(y_true == 1, area / (1 - area), 1)
    areas = [auroc(y_true, generator.exponential(means)) for _ in range(4000)]
    expected = hanley_mcneil_standard_error(area, n_positive, n_negative)
    assert np.std(areas) == pytest.approx(expected, rel=4 / math.sqrt(2 * 4000))


@pytest.mark.parametrize("area", [0.6, 0.8, 0.9])
def test_the_binormal_error_is_above_the_spread_of_normal_scores_by_a_covariance(area):
    """pROC's formula leaves out the covariance of a and b, a b / 2 over the positive images.

    With it, the error is that of the most likely curve, which an empirical area's comes near to:
    within 4 standard errors of a deviation of 4,000 areas, and 3 per cent.
    """
    generator = np.random.default_rng(4)
    n_positive, n_negative = 80, 120
    y_true = np.repeat([1, 0], [n_positive, n_negative])
    distance = binormal_distance(area)
    areas = [auroc(y_true, distance * y_true + generator.normal(size=200)) for _ in range(4000)]
    assert np.mean(areas) == pytest.approx(area, abs=4 * np.std(areas) / math.sqrt(4000))
    by_a = stats.norm.pdf(distance / math.sqrt(2)) / math.sqrt(2)
    by_b = -by_a * distance / 2
    left_out = 2 * by_a * by_b * (distance / 2) / n_positive
    error = binormal_standard_error(distance, 1, n_positive, n_negative)
    expected = math.sqrt(error**2 + left_out)
    assert np.std(areas) == pytest.approx(expected, rel=0.03 + 4 / math.sqrt(2 * 4000))
    assert error > expected


@settings(deadline=None)
@given(st.floats(0.01, 0.99))
def test_the_binormal_distance_has_the_area_it_was_asked_for(area):
    distance = binormal_distance(area)
    assert stats.norm.cdf(distance / math.sqrt(2)) == pytest.approx(area, abs=1e-12)


@settings(deadline=None)
@given(
    st.floats(0.55, 0.99), st.integers(5, 400), st.integers(5, 400),
    st.sampled_from([0.8, 0.95]), st.sampled_from([0.5, 0.8, 0.9]),
)  # fmt: skip
def test_the_smallest_drop_is_just_detectable(internal, n_positive, n_negative, confidence, power):
    levels = {"confidence": confidence, "power": power}
    sizes = (n_positive, n_negative)
    drop = smallest_detectable_drop(internal, (60, 60), sizes, **levels)

    def detectable(at: float) -> float:
        errors = (
            hanley_mcneil_standard_error(internal, 60, 60),
            hanley_mcneil_standard_error(internal - at, *sizes),
        )
        return smallest_detectable_difference(math.hypot(*errors), **levels)

    if math.isnan(drop):
        assert detectable(internal) > internal
    else:
        assert drop == pytest.approx(detectable(drop), abs=1e-7)
        assert detectable(0.99 * drop) > 0.99 * drop


def test_no_drop_is_found_with_an_internal_set_of_a_few_images():
    assert math.isnan(smallest_detectable_drop(0.55, (1, 1), (100, 100)))


def test_the_half_width_to_expect_is_that_of_a_normal_interval():
    error = hanley_mcneil_standard_error(0.8, 50, 70)
    assert expected_half_width(0.8, 50, 70, 0.9) == pytest.approx(1.6448536269514722 * error)


def test_patients_for_an_area_are_the_fewest_that_are_enough():
    population = Population(2.0)
    n = patients_for_area(0.8, 0.7, population)

    def excess(n: float) -> float:
        if_least, if_true = (hanley_mcneil_standard_error(area, n, 2 * n) for area in (0.7, 0.8))
        return 0.1 - 1.959963985 * if_least - 0.8416212336 * if_true

    assert excess(n) >= 0 > excess(n - 1)
    assert patients_for_area(0.7, 0.7, population) == math.inf


def test_patients_for_a_drop_are_the_fewest_that_are_enough():
    population, home = Population(1.0), hanley_mcneil_standard_error(0.8, 900, 900)
    n = patients_for_drop(0.8, 0.05, home, population)
    errors = [math.hypot(hanley_mcneil_standard_error(0.8, m, m), home) for m in (n, n - 1)]
    wanted = 0.05 / (1.959963985 + 0.8416212336)
    assert errors[0] <= wanted < errors[1]
    assert patients_for_drop(0.8, 0.02, home, population) == math.inf


def test_images_of_a_patient_save_patients_the_less_the_more_they_are_alike():
    found = [patients_for_area(0.8, 0.7, Population(1.0, 4, 4, icc)) for icc in (0, 0.5, 1)]
    assert found == sorted(found) and found[0] < found[1] < found[2]
    assert found[2] == patients_for_area(0.8, 0.7, Population(1.0))


@pytest.mark.parametrize("images", [1, 4])
def test_a_planned_study_has_its_power(images):
    """800 studies of the planned size, tested with Obuchowski's variance by patient."""
    population = Population(2.0, images, images, 0.5)
    n = int(patients_for_area(0.8, 0.7, population))
    design = Design("planned", ((n, images, 0), (2 * n, 0, images)))
    generator = np.random.default_rng(1)
    found = [auroc_covariance(*simulate(design, 0.8, 0.5, generator)) for _ in range(800)]
    shown = [aurocs[0] - 1.96 * math.sqrt(covariance[0, 0]) > 0.7 for aurocs, covariance in found]
    assert 0.76 < np.mean(shown) < 0.93
