import numpy as np
import pytest

from mammo.errors import MammoError
from mammo.evaluation import operating_point
from mammo.evaluation.operating_points import OperatingPoint
from mammo.evaluation.screening import Bounded, Screened, per_thousand


def women_at(point: OperatingPoint, prevalence: float) -> Screened:
    return per_thousand(point.sensitivity, point.specificity, prevalence)


@pytest.fixture
def point():
    rng = np.random.default_rng(0)
    labels = rng.random(400) < 0.3
    scores = labels + rng.normal(size=400)
    return operating_point(labels, scores, np.arange(400), 0.5)


def test_a_thousand_women_are_counted_by_hand(point):
    women = women_at(point, 0.006)
    hit, false_alarm = point.sensitivity.value, 1 - point.specificity.value
    assert women.found.value == pytest.approx(6 * hit)
    assert women.missed.value == pytest.approx(6 - 6 * hit)
    assert women.recalled.value == pytest.approx(6 * hit + 994 * false_alarm)


def test_intervals_come_from_the_bounds_and_hold_the_value(point):
    women = women_at(point, 0.006)
    for count in women:
        assert count.lower < count.value < count.upper
    assert women.missed.lower == pytest.approx(6 * (1 - point.sensitivity.upper))
    assert women.recalled.upper == pytest.approx(
        6 * point.sensitivity.upper + 994 * (1 - point.specificity.lower)
    )


def test_predictive_values_are_those_of_the_counts(point):
    women = women_at(point, 0.006)
    ppv, npv = women.positive_predictive_value, women.negative_predictive_value
    assert ppv.value == pytest.approx(women.found.value / women.recalled.value)
    cleared = 1000 - women.recalled.value
    assert npv.value == pytest.approx((cleared - women.missed.value) / cleared)
    found, alarms = 6 * point.sensitivity.lower, 994 * (1 - point.specificity.lower)
    assert ppv.lower == pytest.approx(found / (found + alarms))


def test_at_the_prevalence_of_those_measured_predictive_values_are_the_measured_ones(point):
    share = point.sensitivity.n_malignant / point.sensitivity.n_images
    women = women_at(point, share)
    for name in ("positive_predictive_value", "negative_predictive_value"):
        assert getattr(women, name).value == pytest.approx(getattr(point, name).value)


def test_where_nobody_is_recalled_there_is_no_predictive_value():
    women = per_thousand(Bounded(0.0, 0.0, 0.0), Bounded(1.0, 1.0, 1.0), 0.006)
    assert np.isnan(women.positive_predictive_value.value)
    assert women.negative_predictive_value.value == pytest.approx(0.994)


def test_the_interval_of_recalls_holds_the_truth_at_least_as_often_as_it_says():
    rng, prevalence, truth = np.random.default_rng(1), 0.2, (0.8, 0.9)
    expected = 1000 * (prevalence * truth[0] + (1 - prevalence) * (1 - truth[1]))
    labels = np.arange(300) < 60
    held = 0
    for _ in range(400):
        called = rng.random(300) < np.where(labels, truth[0], 1 - truth[1])
        women = women_at(
            operating_point(labels, called.astype(float), np.arange(300), 0.5), prevalence
        )
        held += women.recalled.lower <= expected <= women.recalled.upper
    assert held / 400 >= 0.95


@pytest.mark.parametrize("prevalence", [0, 1, 6])
def test_a_prevalence_that_is_no_fraction_is_refused(point, prevalence):
    with pytest.raises(MammoError, match="prevalence is "):
        women_at(point, prevalence)
