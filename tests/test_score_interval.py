import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mammo.evaluation import (
    auroc,
    auroc_covariance,
    auroc_interval,
    headline_auroc,
    score_interval,
)
from mammo.evaluation.inputs import check_images
from mammo.evaluation.score_interval import AurocPrecision, precision_of
from simulated_sets import Design, expected_auroc, simulate


def newcombe_variance(area: float, n_positive: float, n_negative: float) -> float:
    """Hanley and McNeil's variance with the mean of both class sizes in place of each, by hand."""
    mean_size = (n_positive + n_negative) / 2
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    spread = (mean_size - 1) * (q1 - area**2) + (mean_size - 1) * (q2 - area**2)
    return (area * (1 - area) + spread) / (n_positive * n_negative)


def newcombe_bounds(area: float, n_positive: float, n_negative: float, z: float) -> list[float]:
    """Outermost roots of Newcombe's quartic in [0, 1], by the eigenvalues of its companion."""
    t = np.polynomial.Polynomial([0, 1])
    scale, more = (2 - t) * (1 + t), (n_positive + n_negative) / 2 - 1
    spread = (1 - t) * (1 + t) + t * (2 - t)
    quartic = (t - area) ** 2 * scale * n_positive * n_negative
    quartic -= z**2 * t * (1 - t) * (scale + more * spread)
    roots = quartic.roots()
    inside = roots[(abs(roots.imag) < 1e-6) & (roots.real > -1e-9) & (roots.real < 1 + 1e-9)].real
    return [inside.min(), inside.max()]


def exact(area: float, n_positive: float, n_negative: float) -> AurocPrecision:
    """Precision of an auROC of which only the class sizes are known."""
    return AurocPrecision(area, 0.0, n_positive, n_negative, 10.0, n_positive)


@pytest.mark.parametrize(
    ("area", "sizes", "lower", "upper"),
    [
        (0.5, (10, 10), 0.2735155882, 0.7264844118),
        (0.8, (20, 30), 0.6433456145, 0.8941462417),
        (0.95, (5, 100), 0.7215878674, 0.9916061821),
        (1.0, (5, 20), 0.7606992023, 1.0),
    ],
)
def test_golden_bounds_of_newcombes_method_5(area, sizes, lower, upper):
    """Golden: the quartic's roots, made by `newcombe_bounds`; the variance by hand."""
    found = exact(area, *sizes).bounds(0.025)
    assert found == pytest.approx((lower, upper), abs=1e-8)
    for bound in found:
        if bound not in (0, 1):
            error = math.sqrt(newcombe_variance(bound, *sizes))
            assert abs(bound - area) / error == pytest.approx(stats.norm.ppf(0.975), rel=1e-9)


@settings(deadline=None)
@given(
    st.floats(0.001, 0.999),
    st.floats(2, 500),
    st.floats(2, 500),
    st.sampled_from([0.1, 0.025, 1e-6]),
)
def test_bounds_are_the_roots_of_newcombes_quartic(area, n_positive, n_negative, tail):
    found = exact(area, n_positive, n_negative).bounds(tail)
    wanted = newcombe_bounds(area, n_positive, n_negative, -stats.norm.ppf(tail))
    assert found == pytest.approx(wanted, abs=1e-8)


def test_a_larger_variance_takes_newcombes_place_with_the_t_quantile():
    expected = newcombe_variance(0.8, 20, 30)
    wide = AurocPrecision(0.8, 2.25 * expected, 20, 30, 7.0, 8.0)
    wanted = newcombe_bounds(0.8, 20, 30, 1.5 * stats.t.ppf(0.975, 7))
    assert wide.bounds(0.025) == pytest.approx(wanted, abs=1e-10)
    narrow = AurocPrecision(0.8, 0.25 * expected, 20, 30, 7.0, 8.0)
    assert narrow.bounds(0.025) == exact(0.8, 20, 30).bounds(0.025)


def test_arrays_of_sets_have_the_bounds_of_each():
    rows = [(0.5, 0.01, 10.0, 20.0, 9.0, 9.0), (1.0, 0.0, 5.0, 9.0, 4.0, 5.0)]
    together = AurocPrecision(*np.array(rows).T).bounds(0.025)
    apart = [AurocPrecision(*row).bounds(0.025) for row in rows]
    np.testing.assert_array_equal(np.array(together).T, apart)


def test_images_of_their_own_patients_count_in_full():
    generator = np.random.default_rng(0)
    y_true = np.arange(60) % 3 == 0
    scores = y_true + generator.normal(size=60)
    images = check_images(y_true, scores, np.arange(60), "patient")
    found = precision_of(images, scores)
    areas, covariance = auroc_covariance(y_true, scores, np.arange(60))
    assert (found.n_positive, found.n_negative) == pytest.approx((20, 40))
    assert found.area == pytest.approx(auroc(y_true, scores), abs=1e-14) == areas[0]
    assert found.variance == pytest.approx(covariance[0, 0], rel=1e-12)
    assert found.n_rarer == 20
    assert 19 <= found.df <= 58


def test_the_mean_of_models_has_the_variance_of_their_mean():
    generator = np.random.default_rng(3)
    patient = np.repeat(np.arange(30), 4)
    y_true = generator.random(120) < 0.4
    models = y_true + generator.normal(size=(3, 120))
    images = check_images(y_true, models[0], patient, "patient")
    areas, covariance = auroc_covariance(y_true, models, patient)
    found = precision_of(images, *models)
    assert found.area == pytest.approx(areas.mean(), abs=1e-14)
    assert found.variance == pytest.approx(covariance.mean(), rel=1e-12)
    assert score_interval(y_true, models, patient).value == pytest.approx(areas.mean(), abs=1e-14)


def test_no_mistake_has_an_interval_and_patients_count_once():
    y_true = np.repeat([1, 0], [20, 80])
    scores, patient = np.arange(100.0, 0, -1), np.arange(100) // 4
    found = score_interval(y_true, scores, patient)
    assert (found.value, found.upper) == (1, 1)
    assert found.lower == pytest.approx(exact(1.0, 5, 20).bounds(0.025)[0], abs=1e-12)
    assert found.method == "score interval (Newcombe's method 5) by patient"
    alone = score_interval(y_true, scores, patient, unit="image")
    assert alone.lower > found.lower
    assert alone.method == "score interval (Newcombe's method 5) by image"
    mirrored = score_interval(y_true, -scores, patient)
    assert (mirrored.lower, mirrored.upper) == pytest.approx((0, 1 - found.lower), abs=1e-12)


@pytest.mark.parametrize("scale", [np.exp, lambda x: 3 * x - 2, np.tanh])
def test_the_scale_of_the_scores_does_not_matter(scale):
    generator = np.random.default_rng(1)
    y_true, scores = np.arange(40) % 2, generator.normal(size=40)
    assert score_interval(y_true, scale(scores), np.arange(40) // 2) == score_interval(
        y_true, scores, np.arange(40) // 2
    )


@pytest.mark.filterwarnings("ignore:auROC is undefined")
def test_one_class_or_one_patient_of_a_class_gives_no_interval():
    alone = score_interval([1, 1], [0.2, 0.3], ["a", "b"])
    assert np.isnan([alone.value, alone.lower, alone.upper]).all()
    with pytest.warns(UserWarning, match="no variance"):
        found = score_interval([1, 1, 0, 0], [4, 3, 2, 1], ["a", "a", "b", "c"])
    assert found.value == 1
    assert np.isnan([found.lower, found.upper]).all()


@pytest.mark.parametrize(
    ("kinds", "area", "icc", "floor"),
    [
        (((5, 1, 0), (10, 0, 1)), 0.95, 0.0, -math.inf),
        (((10, 4, 0), (20, 0, 4)), 0.95, 0.8, 1.0),
        (((2, 2, 0), (2, 4, 0), (1, 8, 0), (10, 0, 4)), 0.9, 0.8, -math.inf),
        (((10, 1, 1), (20, 0, 2)), 0.97, 0.8, 1.0),
    ],
)
def test_where_cancers_are_few_it_holds_the_truth_and_the_percentile_does_not(
    kinds, area, icc, floor
):
    """Of 300 sets; the bounds are passed by chance once in a thousand times."""
    design, n = Design("few", kinds), 300
    truth, generator = expected_auroc(design, area, icc, floor), np.random.default_rng(2)
    held = {"score": 0, "percentile": 0}
    for seed in range(n):
        data = simulate(design, area, icc, generator, floor)
        for name, found in (
            ("score", score_interval(*data)),
            ("percentile", auroc_interval(*data, n_bootstrap=300, seed=seed, threads=1)),
        ):
            held[name] += found.lower <= truth <= found.upper
    assert held["score"] >= stats.binom.ppf(0.001, n, 0.95)
    assert held["percentile"] < stats.binom.ppf(0.001, n, 0.95)


def test_the_headline_has_both_intervals():
    generator = np.random.default_rng(1)
    y_true, patient = np.arange(80) % 2, np.arange(80) // 4
    scores = y_true + generator.normal(size=(2, 80))
    found = headline_auroc(y_true, scores[0], patient, n_bootstrap=200, seed=4)
    score = score_interval(y_true, scores[0], patient)
    percentile = auroc_interval(y_true, scores[0], patient, n_bootstrap=200, seed=4)
    assert (found.value, found.lower, found.upper) == (score.value, score.lower, score.upper)
    assert found.value == percentile.value
    assert (found.percentile_lower, found.percentile_upper) == (percentile.lower, percentile.upper)
    assert (found.n_bootstrap, found.n_valid, found.seed) == (200, percentile.n_valid, 4)
    mean = headline_auroc(y_true, scores, patient, n_bootstrap=200, seed=4)
    assert mean.value == pytest.approx(np.mean([auroc(y_true, one) for one in scores]))
    assert mean.percentile_lower < mean.value < mean.percentile_upper
