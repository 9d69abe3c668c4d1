import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from golden import make_proc
from mammo.evaluation import auroc, roc_curve, smallest_detectable_difference
from mammo.evaluation.difference_limits import ScoreLimits
from mammo.evaluation.inputs import Images, check_images
from mammo.evaluation.planning import (
    Population,
    expected_half_width,
    hanley_mcneil_standard_error,
    patients_for_area,
    patients_for_drop,
    smallest_detectable_drop,
)
from mammo.evaluation.score_interval import AurocPrecision, precision_of
from simulated_sets import Design, binormal_distance, expected_auroc, simulate


def binormal_standard_error(a: float, b: float, n_positive: int, n_negative: int) -> float:
    """Standard error to be expected of the area under a binormal ROC curve.

    Parameters
    ----------
    a, b : float
        Intercept and slope of the curve on normal axes: the distance of the classes' means, and
        the standard deviation of the negative class, in those of the positive one.
    n_positive, n_negative : int
        Numbers of independent images of each class, at least 1.

    Notes
    -----
    As R's pROC has it, without the covariance of intercept and slope, which makes it too large by
    some tenths at high areas.

    References
    ----------
    Obuchowski NA, McClish DK. Stat Med 1997;16:1529-1542.
    """
    ratio = n_negative / n_positive
    spread = 1 + b**2
    density = math.exp(-(a**2) / (2 * spread)) / math.sqrt(2 * math.pi)
    by_a = density / math.sqrt(spread)
    by_b = -density * a * b / spread**1.5
    variance = by_a**2 * (1 + b**2 / ratio + a**2 / 2)
    variance += by_b**2 * b**2 * (1 + ratio) / (2 * ratio)
    return math.sqrt(variance / n_positive)


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
    """By the definition: four studies in five have an estimate whose bound reaches the value."""
    population = Population(2.0)

    def precision_with(n: float) -> AurocPrecision:
        return population.precision(n, 0.8)

    def unlucky_bounds(n: float, nearer: float) -> tuple[float, float]:
        found = precision_with(n)
        error = math.sqrt(found.variance)
        return found.at(0.8 + nearer * 0.8416212336 * error).bounds(0.025)

    above, below = (patients_for_area(precision_with, value) for value in (0.7, 0.9))
    assert unlucky_bounds(above, -1)[0] >= 0.7 > unlucky_bounds(above - 1, -1)[0]
    assert unlucky_bounds(below, 1)[1] <= 0.9 < unlucky_bounds(below - 1, 1)[1]
    assert patients_for_area(precision_with, 0.8) == math.inf
    assert patients_for_area(precision_with, 0.7, fewest=1000) == 1000


def test_an_auroc_without_a_variance_plans_nothing():
    nothing = AurocPrecision(*[math.nan] * 6)
    assert math.isnan(patients_for_area(lambda _: nothing, 0.7))
    assert math.isnan(patients_for_drop(nothing, lambda _: nothing, 0.05))


def test_patients_for_a_drop_are_the_fewest_that_are_enough():
    """So many patients that the normal limits hold: then by their errors alone."""
    population = Population(1.0)

    def precision_with(n: float) -> AurocPrecision:
        return population.precision(n, 0.8)

    home = precision_with(900)
    n = patients_for_drop(home, precision_with, 0.05)
    errors = [math.sqrt(precision_with(m).variance + home.variance) for m in (n, n - 1)]
    wanted = 0.05 / (1.959963985 + 0.8416212336)
    assert errors[0] <= wanted < errors[1]
    assert patients_for_drop(home, precision_with, 0.02) == math.inf


def test_images_of_a_patient_save_patients_the_less_the_more_they_are_alike():
    populations = [Population(1.0, 4, 4, icc) for icc in (0, 0.5, 1)]
    found = [patients_for_area(partial(_at_80, one), 0.7) for one in populations]
    assert found == sorted(found) and found[0] < found[1] < found[2]
    assert found[2] == patients_for_area(partial(_at_80, Population(1.0)), 0.7)


def _at_80(population: Population, n_malignant: float) -> AurocPrecision:
    return population.precision(n_malignant, 0.8)


LAYOUTS = {"an image a patient": (1, 0), "four images": (4, 0), "a breast each": (2, 2)}
"""Malignant images of a patient with cancer, and benign ones beside them."""


def planned_design(n: int, layout: str) -> Design:
    """Return a set of n patients with cancer, and two others for each."""
    malignant, beside = LAYOUTS[layout]
    return Design(layout, ((n, malignant, beside), (2 * n, 0, malignant + beside)))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("true", "criterion"), [(0.95, 0.9), (0.9, 0.85), (0.85, 0.8)])
def test_a_planned_study_has_its_power(true, criterion, layout):
    """Planned from a large pilot, studies of that size meet the criterion four times in five.

    Within three standard errors of 300 studies, and three per cent for the plan's own formula.
    """
    generator = np.random.default_rng(1)
    n_pilot = 1500

    def images(n: int) -> Images:
        labels, scores, patients = simulate(planned_design(n, layout), true, 0.5, generator)
        return check_images(labels, scores, patients, "patient")

    pilot = images(n_pilot)
    expected = expected_auroc(planned_design(n_pilot, layout), true, 0.5)

    def precision_with(n: float) -> AurocPrecision:
        return precision_of(pilot, pilot.scores, times=n / n_pilot).at(expected)

    n = int(patients_for_area(precision_with, criterion, fewest=10))
    met = []
    for _ in range(300):
        found = images(n)
        met.append(precision_of(found, found.scores).bounds(0.025)[0] >= criterion)
    assert np.mean(met) == pytest.approx(0.8, abs=0.03 + 3 * math.sqrt(0.8 * 0.2 / 300))


def test_no_drop_is_excluded_with_the_power_that_was_planned():
    """Of a high auROC, by score intervals that are put together; bounds as above."""
    generator = np.random.default_rng(2)

    def images(n: int) -> Images:
        labels, scores, patients = simulate(planned_design(n, "four images"), 0.93, 0.5, generator)
        return check_images(labels, scores, patients, "patient")

    pilot = images(1500)

    def precision_with(n: float) -> AurocPrecision:
        return precision_of(pilot, pilot.scores, times=n / 1500)

    home = precision_with(120).at(0.93)
    n = int(patients_for_drop(home, precision_with, 0.06, fewest=10))
    assert n < 150
    excluded = []
    for _ in range(300):
        first, second = (precision_of(one, one.scores) for one in (images(120), images(n)))
        excluded.append(ScoreLimits(first, second).bounds(0.025)[1] < 0.06)
    assert np.mean(excluded) == pytest.approx(0.8, abs=0.03 + 3 * math.sqrt(0.8 * 0.2 / 300))
