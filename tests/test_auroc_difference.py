import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from golden import make_proc
from mammo.errors import MammoError
from mammo.evaluation import (
    Comparison,
    Scored,
    auroc,
    auroc_covariance,
    auroc_interval,
    bootstrap_aurocs,
    compare_models,
    compare_sets,
    non_inferiority,
)
from mammo.evaluation.difference_limits import FEWEST_MISRANKED, NormalLimits
from mammo.evaluation.inference import upper_tail
from simulated_sets import Design, binormal_distance, simulate


@pytest.fixture(params=make_proc.SETS)
def proc(request) -> make_proc.Proc:
    return make_proc.read(request.param, request.getfixturevalue)


def screened(n_patients: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Labels, two models' scores in steps of a half, and patients of four images each."""
    generator = np.random.default_rng(5)
    patient = np.repeat(np.arange(n_patients), 4)
    n = patient.size
    y_true = (generator.random(n) < 0.2 + 0.4 * (patient % 2)).astype(int)
    own = generator.normal(size=n_patients)[patient]
    first, second = (y_true + own + generator.normal(size=n) for _ in range(2))
    return y_true, np.round(2 * first) / 2, np.round(second) / 2, patient


@pytest.fixture
def screening() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Two models on 240 images of 60 patients."""
    return screened(60)


@pytest.fixture
def many() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The same of so many patients that differences are normal, whole and in two halves."""
    return screened(400)


def normal_limits(found: Comparison) -> NormalLimits:
    """What pROC's figures are of, whether they were chosen or not."""
    return NormalLimits(found.difference, found.standard_error, found.df)


def by_set(screening, rows, model: int = 1) -> Scored:
    return Scored(screening[0][rows], screening[model][rows], screening[3][rows])


def test_paired_differences_equal_those_of_proc(proc):
    """Golden: pROC's paired roc.test by DeLong, by tests/golden/make_proc.py."""
    for one, other, z, p, *interval, _ in proc.all("@ @ paired Z # p # ci # # cov #"):
        found = compare_models(
            proc.labels, proc.markers[one], proc.markers[other], proc.patients, n_bootstrap=50
        )
        assert found.statistic == pytest.approx(z, rel=1e-12)
        assert 2 * normal_limits(found).tail(0) == pytest.approx(p, rel=1e-12)
        assert normal_limits(found).bounds(0.025) == pytest.approx(interval, abs=1e-12)
        assert math.isinf(found.df)


def test_a_one_sided_p_value_equals_that_of_proc(proc):
    """Golden: pROC's paired roc.test, alternative "greater", by tests/golden/make_proc.py."""
    one, other, p = proc.one("@>@ one sided p #")
    found = compare_models(
        proc.labels, proc.markers[one], proc.markers[other], proc.patients, n_bootstrap=50
    )
    assert upper_tail(found.statistic, found.df) == pytest.approx(p, rel=1e-12)


def test_unpaired_differences_of_markers_equal_those_of_proc(proc):
    """Golden: pROC's unpaired roc.test by DeLong, by tests/golden/make_proc.py."""
    for one, other, d, df, p in proc.all("@ @ unpaired D # df # p #"):
        sets = [
            Scored(proc.labels, proc.markers[name], proc.patients + 1000 * place)
            for place, name in enumerate((one, other))
        ]
        found = compare_sets(*sets, n_bootstrap=50)
        assert found.statistic == pytest.approx(d, rel=1e-12)
        assert found.df == pytest.approx(df, rel=1e-12)
        assert 2 * normal_limits(found).tail(0) == pytest.approx(p, rel=1e-12)


def test_the_difference_of_men_and_women_equals_that_of_proc(proc):
    """Golden: pROC's unpaired roc.test by DeLong, by tests/golden/make_proc.py."""
    d, df, p, *variances = proc.one("D # df # p # var # #")
    areas = proc.one("male # female #")
    marker = next(iter(proc.markers.values()))
    men, women = (
        Scored(proc.labels[inside], marker[inside], proc.patients[inside])
        for inside in (proc.genders == "Male", proc.genders == "Female")
    )
    found = compare_sets(men, women, unit="image", n_bootstrap=50)
    assert (found.first, found.second) == pytest.approx(areas, abs=1e-12)
    assert found.standard_error == pytest.approx(math.sqrt(sum(variances)), rel=1e-12)
    assert found.statistic == pytest.approx(d, rel=1e-12)
    assert found.df == pytest.approx(df, rel=1e-12)
    assert 2 * normal_limits(found).tail(0) == pytest.approx(p, rel=1e-12)


@pytest.mark.parametrize("unit", ["patient", "image"])
def test_a_paired_comparison_is_made_of_covariance_and_shared_draws(many, unit):
    y_true, first, second, patient = many
    found = compare_models(*many, unit=unit, n_bootstrap=400, confidence=0.9, seed=3)
    units = patient if unit == "patient" else np.arange(1600)
    both = np.stack([first, second])
    _, covariance = auroc_covariance(y_true, both, units)
    error = math.sqrt(np.array([1, -1]) @ covariance @ np.array([1, -1]))
    difference = auroc(y_true, first) - auroc(y_true, second)
    assert found.difference == pytest.approx(difference, abs=1e-14)
    assert found.standard_error == pytest.approx(error, rel=1e-10)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(difference / error)), rel=1e-9)
    reach = stats.norm.ppf(0.95) * error
    assert found.lower == pytest.approx(difference - reach, abs=1e-12)
    assert found.upper == pytest.approx(difference + reach, abs=1e-12)
    replicates = bootstrap_aurocs(y_true, both, units, 400, 3)
    quantiles = np.quantile(replicates[0] - replicates[1], [0.05, 0.95])
    assert [found.bootstrap_lower, found.bootstrap_upper] == pytest.approx(quantiles, abs=1e-14)
    assert (found.n_images, found.n_patients, found.n_malignant) == (1600, 400, y_true.sum())
    assert found.second_n_images == 1600
    assert (found.unit, found.confidence, found.seed) == (unit, 0.9, 3)
    assert (found.n_bootstrap, found.n_valid) == (400, 400)
    title = {"patient": "Obuchowski's variance by patient", "image": "DeLong's variance"}[unit]
    assert found.method == f"paired, {title}, normal"


def test_an_unpaired_comparison_adds_variances_and_draws_apart(many):
    patient = many[3]
    one, other = by_set(many, patient < 220), by_set(many, patient >= 220)
    found = compare_sets(one, other, n_bootstrap=400, seed=3)
    variances = [auroc_covariance(s.y_true, s.y_score, s.patient_id)[1][0, 0] for s in (one, other)]
    assert found.standard_error == pytest.approx(math.sqrt(sum(variances)), rel=1e-12)
    df = sum(variances) ** 2 / (variances[0] ** 2 / 219 + variances[1] ** 2 / 179)
    assert found.df == pytest.approx(df, rel=1e-12)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(found.statistic), df), rel=1e-10)
    reach = stats.t.ppf(0.975, df) * found.standard_error
    assert found.lower == pytest.approx(found.difference - reach, abs=1e-12)
    assert found.upper == pytest.approx(found.difference + reach, abs=1e-12)
    replicates = [
        bootstrap_aurocs(s.y_true, s.y_score, s.patient_id, 400, seed)[0]
        for s, seed in ((one, 3), (other, 4))
    ]
    quantiles = np.quantile(replicates[0] - replicates[1], [0.025, 0.975])
    assert [found.bootstrap_lower, found.bootstrap_upper] == pytest.approx(quantiles, abs=1e-14)
    assert (found.n_images, found.n_patients) == (880, 220)
    assert (found.second_n_images, found.second_n_patients) == (720, 180)
    assert found.second_n_malignant == other.y_true.sum()
    assert found.method == "unpaired, Obuchowski's variance by patient, t"


@pytest.mark.parametrize("scale", [np.asarray, np.exp])
def test_a_model_does_not_differ_from_itself_on_any_scale(screening, scale):
    y_true, first, _, patient = screening
    found = compare_models(y_true, first, scale(first), patient, n_bootstrap=100)
    assert found.difference == 0
    assert (found.bootstrap_lower, found.bootstrap_upper) == (0, 0)
    assert math.isnan(found.p_value)
    assert math.isnan(found.lower)
    assert not non_inferiority(found, 0.05).holds


def test_swapping_the_models_mirrors_the_difference(screening):
    y_true, first, second, patient = screening
    one = compare_models(*screening, n_bootstrap=200)
    other = compare_models(y_true, second, first, patient, n_bootstrap=200)
    assert other.difference == -one.difference
    assert (other.lower, other.upper) == pytest.approx((-one.upper, -one.lower), abs=1e-14)
    assert other.p_value == pytest.approx(one.p_value, rel=1e-12)
    assert other.bootstrap_lower == pytest.approx(-one.bootstrap_upper, abs=1e-14)


def test_the_draws_are_those_of_the_models_intervals(screening):
    y_true, first, _, patient = screening
    constant = np.zeros(240)
    found = compare_models(y_true, first, constant, patient, n_bootstrap=300, seed=8)
    interval = auroc_interval(y_true, first, patient, n_bootstrap=300, seed=8)
    assert found.bootstrap_lower == pytest.approx(interval.lower - 0.5, abs=1e-14)
    assert found.bootstrap_upper == pytest.approx(interval.upper - 0.5, abs=1e-14)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_interval_excludes_0_where_p_is_below_the_level(seed, confidence):
    generator = np.random.default_rng(seed)
    y_true = np.arange(40) % 2
    scores = np.round(y_true * generator.random() * 2 + generator.normal(size=(2, 40)), 1)
    patient = np.arange(40) // 2
    paired = compare_models(
        y_true, scores[0], scores[1], patient, n_bootstrap=2, confidence=confidence
    )
    sets = [Scored(y_true, row, patient) for row in scores]
    for found in (paired, compare_sets(*sets, n_bootstrap=2, confidence=confidence)):
        excludes = found.lower > 0 or found.upper < 0
        assert excludes == (found.p_value < 1 - confidence)


@settings(deadline=None)
@given(st.floats(0.001, 0.3), st.integers(0, 2**32), st.sampled_from([60, 400]))
def test_non_inferiority_holds_where_the_bound_and_p_say_so(margin, seed, n):
    generator = np.random.default_rng(seed)
    y_true = np.arange(n) % 2
    first = y_true + generator.normal(size=n)
    second = first + 0.3 * generator.normal(size=n)
    comparison = compare_models(y_true, first, second, np.arange(n), n_bootstrap=2)
    found = non_inferiority(comparison, margin)
    assert found.bound == comparison.upper
    assert found.holds == (found.bound < margin) == (found.p_value < 0.025)
    assert found.margin == margin
    level = found.p_value
    if 1e-9 < level < 1 - 1e-9:
        at_p = comparison.limits.bounds(min(level, 1 - level))[int(level < 0.5)]
        assert at_p == pytest.approx(margin, abs=1e-6)


def test_non_inferiority_between_large_sets_uses_their_degrees_of_freedom(many):
    patient = many[3]
    comparison = compare_sets(
        by_set(many, patient < 220), by_set(many, patient >= 220), n_bootstrap=2
    )
    found = non_inferiority(comparison, 0.1)
    statistic = (comparison.difference - 0.1) / comparison.standard_error
    assert found.p_value == pytest.approx(stats.t.cdf(statistic, comparison.df), rel=1e-10)


def test_below_twenty_misranked_patients_score_intervals_are_put_together(screening):
    paired = compare_models(*screening, n_bootstrap=2)
    halves = [by_set(screening, screening[3] % 4 < 2), by_set(screening, screening[3] % 4 > 1)]
    unpaired = compare_sets(*halves, n_bootstrap=2)
    words = "score interval (Newcombe's method 5) by patient, put together by MOVER"
    assert (paired.method, unpaired.method) == (f"paired, {words}", f"unpaired, {words}")
    for half, area in zip(halves, (unpaired.first, unpaired.second), strict=True):
        n_rarer = min(len(set(half.patient_id[half.y_true == label])) for label in (0, 1))
        assert n_rarer * (1 - area) < FEWEST_MISRANKED


def wrongly_no_worse(compare, runs: int = 250) -> tuple[int, int]:
    """How often a true drop of .95 to .90 is called less than .05: here, and by normal limits."""
    generator, here, normal = np.random.default_rng(6), 0, 0
    for _ in range(runs):
        found = compare(generator)
        here += non_inferiority(found, 0.05).holds
        error = found.standard_error
        normal += error == error and normal_limits(found).bounds(0.025)[1] < 0.05
    return here, normal


def test_no_worse_is_seldom_said_falsely_between_sets_with_few_cancers():
    """Nominal 2.5%, 3.5% promised; the bound is passed by chance once in a thousand times."""
    home = Design("home", ((50, 1, 0), (100, 0, 1)))
    away = Design("away", ((10, 1, 0), (30, 0, 1)))

    def compare(generator) -> Comparison:
        scores = [
            simulate(design, area, 0, generator) for design, area in ((home, 0.95), (away, 0.9))
        ]
        return compare_sets(*(Scored(*one) for one in scores), n_bootstrap=2)

    here, normal = wrongly_no_worse(compare)
    assert here <= stats.binom.ppf(0.999, 250, 0.035)
    assert normal > stats.binom.ppf(0.999, 250, 0.035)


def test_no_worse_is_seldom_said_falsely_on_the_same_images_with_few_cancers():
    def compare(generator) -> Comparison:
        y_true = np.arange(60) < 10
        shared = generator.normal(size=60)
        first, second = (
            y_true * binormal_distance(area) + math.sqrt(0.5) * (shared + generator.normal(size=60))
            for area in (0.95, 0.9)
        )
        return compare_models(y_true, first, second, np.arange(60), n_bootstrap=2)

    here, normal = wrongly_no_worse(compare)
    assert here <= stats.binom.ppf(0.999, 250, 0.035)
    assert normal > stats.binom.ppf(0.999, 250, 0.035)


def test_small_sets_have_a_difference_where_a_model_makes_no_mistake():
    y_true, patient = np.repeat([0, 1], [20, 5]), np.arange(25)
    worse = np.arange(25.0)
    worse[-1] = 10.5
    one, other = Scored(y_true, np.arange(25.0), patient), Scored(y_true, worse, patient)
    apart = compare_sets(one, other, n_bootstrap=2)
    beside = compare_models(y_true, one.y_score, other.y_score, patient, n_bootstrap=2)
    for found in (apart, beside):
        assert found.lower < 0 < found.difference < found.upper < 1
        assert 0.05 < found.p_value < 1
    alike = compare_sets(one, one, n_bootstrap=2)
    assert alike.difference == 0
    assert alike.p_value == 1
    assert alike.lower == -alike.upper < -0.1


@pytest.mark.parametrize("margin", [0, -0.05, math.nan])
def test_a_margin_that_is_none_is_named(screening, margin):
    comparison = compare_models(*screening, n_bootstrap=2)
    with pytest.raises(MammoError, match=f"margin is {margin}"):
        non_inferiority(comparison, margin)


@pytest.mark.filterwarnings("ignore:auROC is undefined")
def test_one_class_gives_nan_and_a_warning(screening):
    y_true, first, second, patient = screening
    with pytest.warns(UserWarning, match="one class"):
        paired = compare_models(0 * y_true, first, second, patient, n_bootstrap=5)
    with pytest.warns(UserWarning, match="one class"):
        unpaired = compare_sets(
            by_set(screening, patient < 9),
            Scored(np.ones(3), [1, 2, 3], ["a", "b", "c"]),
            n_bootstrap=5,
        )
    for found in (paired, unpaired):
        numbers = (found.difference, found.lower, found.p_value, found.bootstrap_upper)
        assert np.isnan(numbers).all()
        assert found.n_valid == 0


@pytest.mark.filterwarnings("ignore:no variance")
def test_one_patient_gives_no_interval(screening):
    y_true, first, second, _ = screening
    with pytest.warns(UserWarning, match="one patient"):
        found = compare_models(y_true, first, second, ["a"] * 240, n_bootstrap=5)
    assert found.difference == pytest.approx(auroc(y_true, first) - auroc(y_true, second))
    assert math.isnan(found.lower)
    assert math.isnan(found.bootstrap_lower)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"second": [1, 2, 3]}, r"shape \(4,\) and y_score \(3,\)"),
        ({"second": [1, 2, math.nan, 3]}, "y_score holds nan at position 2"),
        ({"patient_id": ["a"]}, "1 patient identifiers for 4 images"),
        ({"unit": "breast"}, "unit is 'breast'"),
        ({"confidence": 1}, "confidence is 1"),
        ({"n_bootstrap": 0}, "n_bootstrap is 0"),
        ({"seed": -2}, "seed is -2"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = {
        "y_true": [0, 1, 0, 1],
        "first": [1, 2, 3, 4],
        "second": [4, 1, 2, 3],
        "patient_id": list("abcd"),
    }
    with pytest.raises(MammoError, match=message):
        compare_models(**(arguments | change))


def test_the_greatest_seed_has_a_next_one():
    generator = np.random.default_rng(0)
    sets = [Scored(np.arange(40) % 2, generator.normal(size=40), np.arange(40)) for _ in range(2)]
    found = compare_sets(*sets, n_bootstrap=50, seed=2**64 - 1)
    assert found.n_valid == 50
