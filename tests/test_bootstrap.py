import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

import test_draws as plain
from golden import make_proc
from mammo.errors import MammoError
from mammo.evaluation import (
    auroc,
    auroc_interval,
    average_precision,
    bootstrap_aurocs,
    draws,
    statistic_interval,
)


@pytest.fixture
def screening() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """240 images of 60 patients, scores in nine levels, half of the variance the patient's own."""
    generator = np.random.default_rng(7)
    patient = np.repeat(np.arange(60), 4)
    y_true = np.repeat(generator.random(60) < 0.4, 4).astype(int)
    noise = np.repeat(generator.normal(size=60), 4) + generator.normal(size=240)
    return y_true, np.clip(np.round(y_true + noise), -4, 4), patient


@pytest.fixture(params=make_proc.SETS)
def proc(request) -> make_proc.Proc:
    return make_proc.read(request.param, request.getfixturevalue)


def counts_by_hand(n_bootstrap: int, sizes: list[int], seed: int) -> np.ndarray:
    """The counts a seed stands for, in the plainest code."""
    return np.array([plain.counts_by_hand(seed, row, *sizes)[0] for row in range(n_bootstrap)])


def strata_by_hand(y_true: np.ndarray, patient: np.ndarray) -> tuple[list[int], np.ndarray]:
    """Sizes of the strata without and with a malignant image, and each image's unit."""
    apart = {name: bool(y_true[patient == name].any()) for name in np.unique(patient)}
    order = sorted(apart, key=lambda name: (apart[name], name))
    n_apart = sum(apart.values())
    return [len(order) - n_apart, n_apart], np.array([order.index(name) for name in patient])


def assert_weighted_by(counts: np.ndarray, y_true, models, replicates) -> None:
    expected = [
        [roc_auc_score(y_true, model, sample_weight=weights) for weights in counts]
        for model in models
    ]
    np.testing.assert_allclose(replicates, expected, rtol=0, atol=1e-14)


def test_every_replicate_equals_the_weighted_auroc_of_scikit_learn(screening):
    y_true, scores, patient = screening
    models = np.stack([scores, np.roll(scores, 5), np.zeros_like(scores)])
    replicates = bootstrap_aurocs(y_true, models, patient, 150, seed=3)
    assert_weighted_by(counts_by_hand(150, [60], seed=3)[:, patient], y_true, models, replicates)
    assert (replicates[2] == 0.5).all()


def test_every_stratified_replicate_equals_the_weighted_auroc_of_scikit_learn(screening):
    y_true, scores, patient = screening
    y_true = np.where(np.arange(240) % 3, y_true, 0)  # patients have images of both classes
    models = np.stack([scores, np.roll(scores, 5)])
    sizes, unit = strata_by_hand(y_true, patient)
    replicates = bootstrap_aurocs(y_true, models, patient, 150, seed=3, stratified=True)
    assert_weighted_by(counts_by_hand(150, sizes, seed=3)[:, unit], y_true, models, replicates)


def test_the_result_depends_on_the_seed_and_not_on_threads_or_slices(screening, monkeypatch):
    y_true, scores, patient = screening
    default = bootstrap_aurocs(y_true, scores, patient, 200, seed=1)
    for numbers in (1, 5000, 1 << 24):
        monkeypatch.setattr(draws, "_TASK_NUMBERS", numbers)
        for threads in (1, 2, 3, 7):
            found = bootstrap_aurocs(y_true, scores, patient, 200, seed=1, threads=threads)
            np.testing.assert_array_equal(found, default)
    other_seed = bootstrap_aurocs(y_true, scores, patient, 200, seed=2)
    assert not np.array_equal(default, other_seed)


@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("bounds", ["percentile", "bca"])
def test_the_order_of_the_rows_does_not_matter(screening, stratified, bounds):
    y_true, scores, patient = screening
    order = np.random.default_rng(0).permutation(len(y_true))
    options = {"stratified": stratified, "bounds": bounds, "n_bootstrap": 500}
    shuffled = auroc_interval(y_true[order], scores[order], patient[order], **options)
    straight = auroc_interval(y_true, scores, patient, **options)
    assert shuffled.value == straight.value
    assert shuffled.lower == pytest.approx(straight.lower, abs=1e-14)
    assert shuffled.upper == pytest.approx(straight.upper, abs=1e-14)


def test_names_of_patients_and_their_numbers_give_the_same(screening):
    y_true, scores, patient = screening
    names = [f" P{number:02d} " for number in patient]
    assert auroc_interval(y_true, scores, names) == auroc_interval(y_true, scores, patient)


def test_models_on_one_set_share_the_draws(screening):
    y_true, scores, patient = screening
    both = bootstrap_aurocs(y_true, np.stack([scores, -scores]), patient, 50, seed=0)
    np.testing.assert_array_equal(both[0], bootstrap_aurocs(y_true, scores, patient, 50, 0)[0])
    np.testing.assert_allclose(both.sum(axis=0), 1, atol=1e-14)


def test_one_image_a_patient_makes_both_units_equal():
    generator = np.random.default_rng(0)
    y_true, scores = generator.integers(0, 2, 80), generator.normal(size=80)
    patients = [f"P{number:03d}" for number in range(80)]
    by_patient = auroc_interval(y_true, scores, patients, unit="patient")
    by_image = auroc_interval(y_true, scores, patients, unit="image")
    assert (by_patient.lower, by_patient.upper) == (by_image.lower, by_image.upper)


def test_copies_of_a_patients_images_narrow_only_the_image_level_interval(screening):
    y_true, scores, patient = screening

    def widths(copies: int) -> list[float]:
        data = [np.tile(array, copies) for array in (y_true, scores, patient)]
        estimates = [auroc_interval(*data, unit=unit) for unit in ("patient", "image")]
        return [estimate.upper - estimate.lower for estimate in estimates]

    once, thrice = widths(1), widths(3)
    assert thrice[0] == pytest.approx(once[0], abs=1e-14)
    assert thrice[1] < 0.7 * once[1]


def test_an_estimate_says_what_it_was_made_from(screening):
    y_true, scores, patient = screening
    estimate = auroc_interval(y_true, scores, patient, n_bootstrap=300, confidence=0.9, seed=5)
    assert estimate.value == auroc(y_true, scores)
    assert estimate.lower < estimate.value < estimate.upper
    assert (estimate.n_images, estimate.n_patients) == (240, 60)
    assert estimate.n_malignant == y_true.sum()
    assert (estimate.confidence, estimate.n_bootstrap, estimate.seed) == (0.9, 300, 5)
    assert estimate.n_valid == 300
    assert (estimate.unit, estimate.method) == ("patient", "percentile bootstrap of patients")
    replicates = bootstrap_aurocs(y_true, scores, patient, 300, 5)[0]
    assert estimate.lower == pytest.approx(np.quantile(replicates, 0.05), abs=1e-15)
    assert estimate.upper == pytest.approx(np.quantile(replicates, 0.95), abs=1e-15)


def test_ten_thousand_replicates_are_drawn_unless_told_otherwise(screening):
    assert auroc_interval(*screening).n_bootstrap == 10_000


@pytest.mark.parametrize(
    ("options", "method"),
    [
        ({"unit": "image"}, "percentile bootstrap of images"),
        ({"bounds": "bca"}, "BCa bootstrap of patients"),
        ({"stratified": True}, "stratified percentile bootstrap of patients"),
        ({"stratified": True, "bounds": "bca"}, "stratified BCa bootstrap of patients"),
    ],
)
def test_the_method_is_told_in_words(screening, options, method):
    assert auroc_interval(*screening, n_bootstrap=10, **options).method == method


def bca_of_scipy(y_true, scores, replicates, confidence: float) -> tuple[float, float]:
    data = (y_true, scores)
    options = {"paired": True, "vectorized": False, "confidence_level": confidence}
    drawn = stats.bootstrap(data, auroc, n_resamples=2, method="percentile", **options)
    drawn.bootstrap_distribution = replicates
    found = stats.bootstrap(
        data, auroc, n_resamples=0, method="BCa", bootstrap_result=drawn, **options
    )
    return tuple(found.confidence_interval)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_bca_bounds_equal_those_of_scipy_from_the_same_replicates(screening, confidence):
    y_true, scores, patient = (array[::3] for array in screening)
    options = {"unit": "image", "n_bootstrap": 999, "confidence": confidence}
    found = auroc_interval(y_true, scores, patient, bounds="bca", **options)
    replicates = bootstrap_aurocs(y_true, scores, np.arange(len(y_true)), 999, 0)[0]
    expected = bca_of_scipy(y_true, scores, replicates, confidence)
    assert (found.lower, found.upper) == pytest.approx(expected, abs=1e-12)
    percentile = auroc_interval(y_true, scores, patient, **options)
    assert abs(found.lower - percentile.lower) > 1e-4


def test_replicates_equal_to_the_estimate_count_half_in_the_bias_of_bca_as_in_scipy():
    y_true = np.repeat([0, 1], 6)
    scores = np.array([0, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1])
    replicates = bootstrap_aurocs(y_true, scores, range(12), 500, 0, stratified=True)[0]
    assert np.mean(replicates == auroc(y_true, scores)) > 0.1
    for confidence in np.linspace(0.1, 0.99, 30):  # few values, so that many bounds are the same
        found = auroc_interval(
            y_true, scores, range(12),
            bounds="bca", n_bootstrap=500, stratified=True, confidence=confidence,
        )  # fmt: skip
        expected = bca_of_scipy(y_true, scores, replicates, confidence)
        assert (found.lower, found.upper) == pytest.approx(expected, abs=1e-12)


def test_stratified_bootstrap_agrees_with_that_of_proc(proc):
    """Golden: pROC's interval by 10,000 replicates, stratified and not.

    The quantile at p of R replicates has the standard error sqrt(p (1 - p) / R) / f, where f is the
    density there, by the normal distribution with DeLong's variance; the difference of two
    independent ones has sqrt(2) times it. Four of those are allowed, which chance exceeds once in
    16,000 times; at the median, likewise.
    """
    name = next(iter(proc.markers))
    spread = math.sqrt(proc.one(f"{name} auc # var # ci # # #")[1])
    for stratified, *quantiles in proc.all("boot10000 strat (TRUE|FALSE) # # #"):
        found = bootstrap_aurocs(
            proc.labels,
            proc.markers[name],
            proc.patients,
            10_000,
            seed=0,
            stratified=stratified == "TRUE",
        )[0]
        estimate = auroc_interval(
            proc.labels, proc.markers[name], proc.patients, stratified=stratified == "TRUE"
        )
        ours = estimate.lower, np.median(found), estimate.upper
        for level, golden, value in zip((0.025, 0.5, 0.975), quantiles, ours, strict=True):
            density = stats.norm.pdf(stats.norm.ppf(level)) / spread
            error = math.sqrt(2 * level * (1 - level) / 10_000) / density
            assert abs(value - golden) < 4 * error


def test_paired_stratified_replicates_spread_as_those_of_proc(proc):
    """Golden: the statistic of pROC's paired bootstrap test, difference over its spread.

    A standard deviation from R replicates is off by a share of 1 / sqrt(2 R); pROC draws at least
    2,000 replicates (its default), here are 10,000, and four errors of the ratio are allowed.
    """
    one, other = list(proc.markers.values())[:2]
    replicates = bootstrap_aurocs(
        proc.labels, np.stack([one, other]), proc.patients, 10_000, seed=0, stratified=True
    )
    difference = auroc(proc.labels, one) - auroc(proc.labels, other)
    found = difference / np.std(replicates[0] - replicates[1], ddof=1)
    error = math.sqrt(1 / 4000 + 1 / 20_000)
    assert found == pytest.approx(proc.one("boot paired D # #")[0], rel=4 * error)


def test_any_statistic_is_drawn_as_the_auroc_is(screening):
    def weighted(labels, scores, weights):
        return np.array([roc_auc_score(labels, scores, sample_weight=row) for row in weights])

    y_true, scores, patient = screening
    for unit in ("patient", "image"):
        found = statistic_interval(weighted, y_true, scores, patient, unit=unit, n_bootstrap=90)
        expected = auroc_interval(y_true, scores, patient, unit=unit, n_bootstrap=90)
        assert found.lower == pytest.approx(expected.lower, abs=1e-14)
        assert found.upper == pytest.approx(expected.upper, abs=1e-14)
        assert found.value == pytest.approx(expected.value, abs=1e-14)
        assert (found.method, found.n_valid) == (expected.method, 90)


def test_the_interval_of_a_statistic_does_not_depend_on_the_blocks(screening, monkeypatch):
    expected = statistic_interval(average_precision, *screening, n_bootstrap=100)
    assert expected.value == pytest.approx(average_precision_score(*screening[:2]), abs=1e-14)
    for numbers in (1, 1000):
        monkeypatch.setattr(draws, "_BLOCK_NUMBERS", numbers)
        found = statistic_interval(average_precision, *screening, n_bootstrap=100)
        assert found.lower == pytest.approx(expected.lower, abs=1e-15)
        assert found.upper == pytest.approx(expected.upper, abs=1e-15)


def test_replicates_of_one_class_are_counted_and_left_out():
    y_true, scores, patient = [1, 0, 0, 0], [0.9, 0.1, 0.2, 0.95], ["a", "b", "c", "d"]
    estimate = auroc_interval(y_true, scores, patient, n_bootstrap=2000, seed=0)
    positives_drawn = counts_by_hand(2000, [4], seed=0)[:, 0]
    assert estimate.n_valid == ((positives_drawn > 0) & (positives_drawn < 4)).sum()
    assert 0 < estimate.n_valid < 2000
    assert 0 <= estimate.lower <= estimate.upper <= 1


def test_stratified_replicates_always_hold_both_classes():
    y_true, scores, patient = [1, 0, 0, 0], [0.9, 0.1, 0.2, 0.95], ["a", "b", "c", "d"]
    estimate = auroc_interval(y_true, scores, patient, n_bootstrap=2000, stratified=True)
    assert estimate.n_valid == 2000


@pytest.mark.parametrize("bounds", ["percentile", "bca"])
@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.filterwarnings("ignore:no BCa interval")
def test_one_class_gives_nan_and_a_warning(bounds, stratified):
    with pytest.warns(UserWarning, match="one class"):
        estimate = auroc_interval(
            [0, 0, 0], [0.1, 0.2, 0.3], ["a", "b", "c"],
            n_bootstrap=10, bounds=bounds, stratified=stratified,
        )  # fmt: skip
    assert math.isnan(estimate.value)
    assert math.isnan(estimate.lower)
    assert math.isnan(estimate.upper)
    assert estimate.n_valid == 0


def test_one_patient_gives_no_interval():
    with pytest.warns(UserWarning, match="one patient"):
        estimate = auroc_interval([0, 1, 1], [0.1, 0.2, 0.3], ["a"] * 3, n_bootstrap=10)
    assert estimate.value == 1
    assert math.isnan(estimate.upper)
    with pytest.warns(UserWarning, match="one patient"):
        estimate = statistic_interval(
            average_precision, [0, 1, 1], [0.1, 0.2, 0.3], ["a"] * 3, n_bootstrap=10
        )
    assert estimate.value == 1
    assert math.isnan(estimate.lower)


def test_perfect_separation_has_no_width_by_percentiles_and_no_bca_interval():
    y_true, scores, patient = [0] * 5 + [1] * 5, range(10), range(10)
    estimate = auroc_interval(y_true, scores, patient, n_bootstrap=100)
    assert (estimate.lower, estimate.value, estimate.upper) == (1, 1, 1)
    with pytest.warns(UserWarning, match="no BCa interval"):
        estimate = auroc_interval(y_true, scores, patient, n_bootstrap=100, bounds="bca")
    assert estimate.value == 1
    assert math.isnan(estimate.lower)
    assert math.isnan(estimate.upper)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 30), st.integers(1, 80), st.integers(0, 2**64 - 1), st.booleans())
def test_replicates_are_probabilities_or_nan(n_images, n_bootstrap, seed, stratified):
    generator = np.random.default_rng(seed)
    y_true = generator.integers(0, 2, n_images)
    replicates = bootstrap_aurocs(
        y_true,
        generator.integers(0, 3, (2, n_images)),
        generator.integers(0, 5, n_images),
        n_bootstrap,
        seed,
        stratified=stratified,
    )
    assert replicates.shape == (2, n_bootstrap)
    finite = replicates[np.isfinite(replicates)]
    assert ((finite >= 0) & (finite <= 1)).all()
    assert (np.isnan(replicates[0]) == np.isnan(replicates[1])).all()


BAD = [
    ({"unit": "exam"}, "unit is 'exam'"),
    ({"confidence": 95}, "confidence is 95"),
    ({"confidence": math.nan}, "confidence is nan"),
    ({"n_bootstrap": 0}, "n_bootstrap is 0"),
    ({"seed": -1}, "seed is -1"),
    ({"patient_id": ["a", "b"]}, "2 patient identifiers for 3 images"),
    ({"patient_id": ["a", None, "b"]}, "identifier at position 1"),
    ({"patient_id": ["a", math.nan, "b"]}, "identifier at position 1"),
    ({"patient_id": ["a", "b", "  "]}, "identifier at position 2"),
    ({"y_score": [0.1, math.nan, 0.2]}, "y_score holds nan at position 1"),
    ({"y_true": [0, 1, 3]}, "y_true holds 3 at position 2"),
]


@pytest.mark.parametrize(
    ("change", "message"), [*BAD, ({"bounds": "normal"}, "bounds is 'normal'")]
)
def test_bad_input_is_named(change, message):
    arguments = {"y_true": [0, 1, 1], "y_score": [0.1, 0.2, 0.3], "patient_id": ["a", "b", "c"]}
    with pytest.raises(MammoError, match=message):
        auroc_interval(**(arguments | change))


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input_of_any_statistic_is_named(change, message):
    arguments = {"y_true": [0, 1, 1], "y_score": [0.1, 0.2, 0.3], "patient_id": ["a", "b", "c"]}
    with pytest.raises(MammoError, match=message):
        statistic_interval(average_precision, **(arguments | change))


def test_no_model_at_all_is_named():
    with pytest.raises(MammoError, match="no model"):
        bootstrap_aurocs([0, 1], np.empty((0, 2)), ["a", "b"], 10, 0)


def test_the_package_needs_neither_torch_nor_pydicom_nor_scikit_learn():
    import subprocess
    import sys

    code = (
        "import sys, mammo.evaluation;"
        "print({'torch', 'pydicom', 'sklearn', 'pandas'} & set(sys.modules))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"threads": 0}, "threads is 0"),
        ({"seed": 0.5}, "seed is 0.5"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(screening, change, message):
    with pytest.raises(MammoError, match=message):
        auroc_interval(*screening, n_bootstrap=10, **change)


def test_a_statistic_that_is_undefined_is_nan_and_warns():
    with pytest.warns(UserWarning, match="3 images, 0 of them malignant"):
        found = statistic_interval(
            average_precision, [0, 0, 0], [0.1, 0.2, 0.3], list("abc"), n_bootstrap=10
        )
    assert math.isnan(found.value) and math.isnan(found.lower)
    assert found.n_valid == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 4), st.sampled_from(["percentile", "bca"]))
def test_copies_of_every_patients_images_leave_the_interval_by_patient(seed, copies, bounds):
    generator = np.random.default_rng(seed)
    patient = np.repeat(np.arange(20), generator.integers(1, 4, 20))
    y_true = generator.random(len(patient)) < 0.5
    y_true[patient < 2] = [index % 2 == 0 for index in patient[patient < 2]]
    scores = np.round(generator.normal(size=len(patient)) + y_true, 1)
    once, more = (
        auroc_interval(*data, bounds=bounds, n_bootstrap=60, seed=1)
        for data in (
            (y_true, scores, patient),
            [np.tile(array, copies) for array in (y_true, scores, patient)],
        )
    )
    assert more.n_images == copies * once.n_images
    assert (more.value, more.lower, more.upper) == pytest.approx(
        (once.value, once.lower, once.upper), abs=1e-12
    )
