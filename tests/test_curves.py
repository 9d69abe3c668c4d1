import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from golden import make_proc
from mammo.errors import MammoError
from mammo.evaluation import (
    auroc,
    average_precision,
    partial_auroc,
    roc_curve,
    sensitivity_at,
    specificity_at,
    value_of,
)


@pytest.fixture(params=make_proc.SETS)
def proc(request) -> make_proc.Proc:
    return make_proc.read(request.param, request.getfixturevalue)


@st.composite
def weighted_scores(draw):
    """Labels, tied scores, and three rows of weights in which both classes are drawn."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = draw(st.integers(2, 40))
    y_true = generator.integers(0, 2, n)
    y_true[:2] = [0, 1]
    weights = generator.poisson(1, (3, n)).astype(np.uint16)
    weights[:, :2] += 1
    return y_true == 1, generator.integers(0, draw(st.integers(1, 9)), n) / 4, weights


def of_replicates(function, labels, scores, weights, **options) -> list[float]:
    """Evaluate a metric of scikit-learn for each row of weights."""
    return [function(labels, scores, sample_weight=row, **options) for row in weights]


def height_by_hand(at: float, x: list[float], y: list[float]) -> float:
    """Height of a polygon of rising x, the greatest where it is vertical."""
    above = [y[i] for i in range(len(x)) if math.isclose(x[i], at, abs_tol=1e-13)]
    if above:
        return max(above)
    right = next(i for i in range(len(x)) if x[i] > at)
    share = (at - x[right - 1]) / (x[right] - x[right - 1])
    return y[right - 1] + share * (y[right] - y[right - 1])


def test_partial_areas_equal_those_of_proc(proc):
    """Golden: pROC's auc with partial.auc, by tests/golden/make_proc.py."""
    first = next(iter(proc.markers.values()))
    for focus, corrected, area in proc.all("pAUC (sp|se) 1-.9 correct (TRUE|FALSE) #"):
        least = {"specificity": 0.9} if focus == "sp" else {"sensitivity": 0.9}
        statistic = partial_auroc(**least, standardised=corrected == "TRUE")
        assert value_of(statistic, proc.labels, first) == pytest.approx(area, abs=1e-12)


def test_points_on_the_curve_equal_those_of_proc(proc):
    """Golden: pROC's coords, by tests/golden/make_proc.py."""
    first = next(iter(proc.markers.values()))
    for specificity, sensitivity in proc.all("se at sp # #"):
        found = value_of(sensitivity_at(specificity), proc.labels, first)
        assert found == pytest.approx(sensitivity, abs=1e-12)
    for sensitivity, specificity in proc.all("sp at se # #"):
        found = value_of(specificity_at(sensitivity), proc.labels, first)
        assert found == pytest.approx(specificity, abs=1e-12)


@settings(deadline=None)
@given(weighted_scores())
def test_the_curve_equals_that_of_scikit_learn(data):
    labels, scores, weights = data
    curve = roc_curve(labels, scores)
    expected = metrics.roc_curve(labels, scores, drop_intermediate=False)
    found = (curve.rates[0][0], curve.rates[1][0], curve.thresholds)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-15)
    weighted = roc_curve(labels, scores, weights)
    positives = [weights[:, labels & (scores >= t)].sum(axis=1) for t in weighted.thresholds]
    negatives = [weights[:, ~labels & (scores >= t)].sum(axis=1) for t in weighted.thresholds]
    np.testing.assert_array_equal(weighted.true_positives, np.transpose(positives))
    np.testing.assert_array_equal(weighted.false_positives, np.transpose(negatives))


@settings(deadline=None)
@given(weighted_scores())
def test_average_precision_equals_that_of_scikit_learn(data):
    expected = of_replicates(metrics.average_precision_score, *data)
    np.testing.assert_allclose(average_precision(*data), expected, rtol=0, atol=1e-14)


@settings(deadline=None)
@given(weighted_scores(), st.floats(0.02, 0.98))
def test_partial_areas_equal_those_of_scikit_learn(data, least):
    labels, scores, weights = data
    expected = of_replicates(metrics.roc_auc_score, *data, max_fpr=1 - least)
    found = partial_auroc(specificity=least)(*data)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    mirrored = of_replicates(metrics.roc_auc_score, ~labels, -scores, weights, max_fpr=1 - least)
    found = partial_auroc(sensitivity=least)(*data)
    np.testing.assert_allclose(found, mirrored, rtol=0, atol=1e-12)


@settings(deadline=None)
@given(weighted_scores(), st.floats(0.02, 0.98))
def test_plain_and_standardised_areas_say_the_same(data, least):
    plain = partial_auroc(specificity=least, standardised=False)(*data)
    width = 1 - least
    expected = (1 + (plain - width**2 / 2) / (width - width**2 / 2)) / 2
    np.testing.assert_allclose(partial_auroc(specificity=least)(*data), expected, atol=1e-12)
    assert (plain >= 0).all()
    assert (plain <= width + 1e-12).all()


@settings(deadline=None)
@given(weighted_scores())
def test_the_area_of_nearly_all_of_the_curve_is_the_auroc(data):
    labels, scores, _ = data
    nearly = partial_auroc(specificity=1e-9, standardised=False)
    assert value_of(nearly, labels, scores) == pytest.approx(auroc(labels, scores), abs=1e-8)


@pytest.mark.parametrize("least", [0.5, 0.9])
def test_guessing_is_one_half_and_perfection_is_one(least):
    y_true = np.arange(20) % 2
    for statistic in (partial_auroc(specificity=least), partial_auroc(sensitivity=least)):
        assert value_of(statistic, y_true, np.zeros(20)) == pytest.approx(0.5, abs=1e-15)
        assert value_of(statistic, y_true, y_true) == pytest.approx(1, abs=1e-15)


@settings(deadline=None)
@given(weighted_scores(), st.one_of(st.floats(0.01, 0.99), st.sampled_from([0.5, 0.75, 0.8, 0.9])))
def test_values_at_a_point_are_read_off_the_weighted_curve(data, at):
    labels, scores, weights = data
    x, y = roc_curve(labels, scores, weights).rates
    expected = [height_by_hand(1 - at, *rows) for rows in zip(x.tolist(), y.tolist(), strict=True)]
    np.testing.assert_allclose(sensitivity_at(at)(*data), expected, rtol=0, atol=1e-9)
    turned = zip((1 - y[:, ::-1]).tolist(), (1 - x[:, ::-1]).tolist(), strict=True)
    expected = [height_by_hand(1 - at, *rows) for rows in turned]
    np.testing.assert_allclose(specificity_at(at)(*data), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("n", [3, 5, 7, 10, 20, 30, 49])
def test_at_a_corner_the_whole_step_counts_however_fractions_are_rounded(n):
    """A positive image between neighbouring negative ones makes a step at every specificity."""
    negatives, positives = np.arange(n), np.arange(n + 1) - 0.5
    y_true = np.repeat([0, 1], [n, n + 1])
    scores = np.append(negatives, positives)
    for below in range(1, n):  # of the negative images; those above are called positive
        found = value_of(sensitivity_at(below / n), y_true, scores)
        assert found == pytest.approx((n - below + 1) / (n + 1), abs=1e-9)
        found = value_of(specificity_at(1 - below / n), 1 - y_true, -scores)
        assert found == pytest.approx((below + 1) / (n + 1), abs=1e-9)


def test_values_at_a_point_by_hand():
    y_true, scores = [0, 0, 0, 0, 1, 1], [1, 2, 3, 4, 2.5, 4]
    assert value_of(sensitivity_at(0.75), y_true, scores) == 0.5  # the corner after the tie
    assert value_of(sensitivity_at(0.9), y_true, scores) == pytest.approx(0.2)  # along the tie
    assert value_of(sensitivity_at(0.5), y_true, scores) == 1
    assert value_of(specificity_at(0.5), y_true, scores) == 0.75
    assert value_of(specificity_at(0.25), y_true, scores) == pytest.approx(0.875)
    assert value_of(specificity_at(0.75), y_true, scores) == 0.5


def test_replicates_of_one_class_are_undefined():
    labels, scores = np.array([True, True, False]), np.array([0.3, 0.1, 0.2])
    weights = np.array([[2, 1, 0], [0, 0, 3], [1, 1, 1]], dtype=np.uint16)
    for statistic in (
        partial_auroc(specificity=0.8),
        partial_auroc(sensitivity=0.8, standardised=False),
        sensitivity_at(0.9),
        specificity_at(0.9),
    ):
        assert np.isnan(statistic(labels, scores, weights)).tolist() == [True, True, False]
    found = average_precision(labels, scores, weights)
    assert np.isnan(found).tolist() == [False, True, False]
    assert found[0] == 1  # without negative images every positive call is right


def test_weights_as_large_as_their_type_holds_are_added_without_overflow():
    labels, scores = np.array([True, False] * 4), np.arange(8.0)
    weights = np.full((1, 8), 65_535, dtype=np.uint16)
    assert roc_curve(labels, scores, weights).true_positives[0, -1] == 4 * 65_535
    once = np.ones((1, 8), dtype=np.uint16)
    for statistic in (average_precision, partial_auroc(specificity=0.6), sensitivity_at(0.6)):
        assert statistic(labels, scores, weights) == pytest.approx(statistic(labels, scores, once))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs a least specificity or a least sensitivity"),
        ({"specificity": 0.9, "sensitivity": 0.9}, "needs a least specificity or a least"),
        ({"specificity": 90}, "the least value is 90"),
        ({"sensitivity": 0}, "the least value is 0"),
        ({"sensitivity": math.nan}, "the least value is nan"),
    ],
)
def test_a_partial_area_of_no_part_is_named(options, message):
    with pytest.raises(MammoError, match=message):
        partial_auroc(**options)


@pytest.mark.parametrize("value", [0, 1, 95, -0.2, math.nan])
def test_a_point_off_the_curve_is_named(value):
    with pytest.raises(MammoError, match=f"specificity is {value}"):
        sensitivity_at(value)
    with pytest.raises(MammoError, match=f"sensitivity is {value}"):
        specificity_at(value)


def test_bad_input_is_named():
    with pytest.raises(MammoError, match="nan at position 1"):
        value_of(average_precision, [0, 1], [0.1, math.nan])
