import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from golden import make_proc
from mammo.errors import MammoError
from mammo.evaluation import auroc, auroc_covariance, delong_interval, obuchowski_interval


@pytest.fixture(params=make_proc.SETS)
def proc(request) -> make_proc.Proc:
    return make_proc.read(request.param, request.getfixturevalue)


@pytest.fixture
def screening() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two models on 150 images of 40 patients, many with images of both classes; nine levels."""
    generator = np.random.default_rng(1)
    patient = np.sort(np.append(np.arange(40), generator.integers(0, 40, 110)))
    y_true = generator.random(150) < 0.2 + 0.5 * (patient % 2)
    own = generator.normal(size=40)[patient]
    first, second = (y_true + own + generator.normal(size=150) for _ in range(2))
    return y_true.astype(int), np.round(np.stack([first, 0.5 * second])), patient


@st.composite
def clustered_scores(draw):
    """Tied scores of two models on images of patients, two or more of each class."""
    seed = draw(st.integers(0, 2**32))
    generator = np.random.default_rng(seed)
    n_patients = draw(st.integers(4, 10))
    n = n_patients + draw(st.integers(0, 25))
    patient = np.append(np.arange(n_patients), generator.integers(0, n_patients, n - n_patients))
    y_true = generator.integers(0, 2, n)
    y_true[:4] = [0, 0, 1, 1]
    return y_true, generator.integers(0, 6, (2, n)).astype(float), patient


def wins(one: float, other: float) -> float:
    return (one > other) + 0.5 * (one == other)


def delong_by_hand(y_true, models):
    """Areas and covariance from the structural components of DeLong 1988, pair by pair."""
    of_positive = [
        [np.mean([wins(x, y) for y in row[y_true == 0]]) for x in row[y_true == 1]]
        for row in models
    ]
    of_negative = [
        [np.mean([wins(x, y) for x in row[y_true == 1]]) for y in row[y_true == 0]]
        for row in models
    ]
    parts = [np.cov(part) / len(part[0]) for part in (of_positive, of_negative)]
    return np.mean(of_positive, axis=1), parts[0] + parts[1]


def obuchowski_by_hand(y_true, models, patient):
    """Areas and covariance, Obuchowski 1997, equations of her sections 2 and 3, by loops.

    For each cluster i, with m_i diseased and n_i healthy units, the sums of its components, V10 and
    V01, less as many times the area; their squares and products over the clusters that hold such
    units give S10 and S01, those over all clusters S11.
    """
    clusters = list(dict.fromkeys(patient.tolist()))
    n_diseased, n_healthy = int(np.sum(y_true == 1)), int(np.sum(y_true == 0))
    areas, diseased_sums, healthy_sums = [], [], []
    for row in models:
        diseased, healthy = row[y_true == 1], row[y_true == 0]
        area = sum(wins(x, y) for x in diseased for y in healthy) / (n_diseased * n_healthy)
        of_diseased, of_healthy = [], []
        for cluster in clusters:
            inside = patient == cluster
            v10 = [
                sum(wins(x, y) for y in healthy) / n_healthy for x in row[inside & (y_true == 1)]
            ]
            v01 = [
                sum(wins(x, y) for x in diseased) / n_diseased for y in row[inside & (y_true == 0)]
            ]
            of_diseased.append(sum(v10) - len(v10) * area)
            of_healthy.append(sum(v01) - len(v01) * area)
        areas.append(area)
        diseased_sums.append(of_diseased)
        healthy_sums.append(of_healthy)
    i10 = sum(bool(np.any(y_true[patient == cluster] == 1)) for cluster in clusters)
    i01 = sum(bool(np.any(y_true[patient == cluster] == 0)) for cluster in clusters)
    i = len(clusters)
    covariance = np.empty((len(models), len(models)))
    for k in range(len(models)):
        for other in range(len(models)):
            s10 = i10 / ((i10 - 1) * n_diseased) * np.dot(diseased_sums[k], diseased_sums[other])
            s01 = i01 / ((i01 - 1) * n_healthy) * np.dot(healthy_sums[k], healthy_sums[other])
            s11 = i / (i - 1) * np.dot(diseased_sums[k], healthy_sums[other])
            s11_mirrored = i / (i - 1) * np.dot(diseased_sums[other], healthy_sums[k])
            covariance[k, other] = (
                s10 / n_diseased + s01 / n_healthy + (s11 + s11_mirrored) / (n_diseased * n_healthy)
            )
    return np.array(areas), covariance


def test_delong_variances_and_intervals_equal_those_of_proc(proc):
    """Golden: pROC's var and ci, by tests/golden/make_proc.py."""
    for name, area, variance, *interval in proc.all("@ auc # var # ci # # #"):
        aurocs, covariance = auroc_covariance(proc.labels, proc.markers[name], proc.patients)
        assert aurocs[0] == pytest.approx(area, abs=1e-12)
        assert covariance[0, 0] == pytest.approx(variance, rel=1e-12)
        found = delong_interval(proc.labels, proc.markers[name], proc.patients)
        assert [found.lower, found.value, found.upper] == pytest.approx(interval, abs=1e-12)


def test_delong_covariances_equal_those_of_proc(proc):
    """Golden: pROC's cov, by tests/golden/make_proc.py."""
    for one, other, *_, expected in proc.all("@ @ paired Z # p # ci # # cov #"):
        both = np.stack([proc.markers[one], proc.markers[other]])
        _, covariance = auroc_covariance(proc.labels, both, proc.patients)
        assert covariance[0, 1] == pytest.approx(expected, rel=1e-12)
        assert covariance[1, 0] == covariance[0, 1]


def test_variances_of_parts_of_a_set_equal_those_of_proc(proc):
    """Golden: pROC's var of men and of women, by tests/golden/make_proc.py."""
    *_, male, female = proc.one("D # df # p # var # #")
    first = next(iter(proc.markers.values()))
    for gender, expected in (("Male", male), ("Female", female)):
        inside = proc.genders == gender
        _, covariance = auroc_covariance(proc.labels[inside], first[inside], proc.patients[inside])
        assert covariance[0, 0] == pytest.approx(expected, rel=1e-12)


@settings(deadline=None)
@given(clustered_scores())
def test_every_image_its_own_patient_is_delong(data):
    y_true, models, _ = data
    aurocs, covariance = auroc_covariance(y_true, models, np.arange(len(y_true)))
    expected = delong_by_hand(y_true, models)
    np.testing.assert_allclose(aurocs, expected[0], rtol=0, atol=1e-14)
    np.testing.assert_allclose(covariance, expected[1], rtol=0, atol=1e-14)


@settings(deadline=None)
@given(clustered_scores())
def test_equals_obuchowski_by_hand(data):
    aurocs, covariance = auroc_covariance(*data)
    expected = obuchowski_by_hand(*data)
    np.testing.assert_allclose(aurocs, expected[0], rtol=0, atol=1e-14)
    np.testing.assert_allclose(covariance, expected[1], rtol=0, atol=1e-14)


@settings(deadline=None)
@given(clustered_scores())
def test_a_covariance_has_no_negative_direction(data):
    _, covariance = auroc_covariance(*data)
    assert np.linalg.eigvalsh(covariance).min() > -1e-15


def test_every_image_twice_changes_nothing(screening):
    y_true, models, patient = screening
    aurocs, covariance = auroc_covariance(y_true, models, patient)
    twice = auroc_covariance(np.tile(y_true, 2), np.tile(models, 2), np.tile(patient, 2))
    np.testing.assert_allclose(twice[0], aurocs, rtol=0, atol=1e-15)
    np.testing.assert_allclose(twice[1], covariance, rtol=1e-13)


def test_every_patient_twice_halves_the_variance_but_for_the_degrees_of_freedom():
    generator = np.random.default_rng(4)
    patient = np.repeat(np.arange(30), 3)
    y_true = patient % 2
    scores = np.round(y_true + generator.normal(size=90), 1)
    _, once = auroc_covariance(y_true, scores, patient)
    _, twice = auroc_covariance(
        np.tile(y_true, 2), np.tile(scores, 2), np.append(patient, patient + 30)
    )
    # each class has 15 patients, then 30
    assert twice[0, 0] / once[0, 0] == pytest.approx((30 / 29) / (15 / 14) / 2, rel=1e-12)


@settings(deadline=None)
@given(clustered_scores())
def test_a_monotone_transform_changes_nothing(data):
    y_true, models, patient = data
    expected = auroc_covariance(*data)
    found = auroc_covariance(y_true, np.stack([np.exp(models[0]), 3 * models[1] - 9]), patient)
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


@settings(deadline=None)
@given(clustered_scores())
def test_flipping_labels_or_scores_mirrors_the_areas_alone(data):
    y_true, models, patient = data
    aurocs, covariance = auroc_covariance(*data)
    for flipped in ((1 - y_true, models), (y_true, -models)):
        found = auroc_covariance(*flipped, patient)
        np.testing.assert_allclose(found[0], 1 - aurocs, rtol=0, atol=1e-14)
        np.testing.assert_allclose(found[1], covariance, rtol=0, atol=1e-15)


def test_the_order_of_the_rows_does_not_matter(screening):
    y_true, models, patient = screening
    order = np.random.default_rng(0).permutation(len(y_true))
    found = auroc_covariance(y_true[order], models[:, order], patient[order])
    expected = auroc_covariance(*screening)
    np.testing.assert_allclose(found[0], expected[0], rtol=0, atol=1e-15)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)


def test_obuchowskis_interval_is_normal_on_the_logit_scale(screening):
    y_true, models, patient = screening
    found = obuchowski_interval(y_true, models[0], patient, confidence=0.9)
    error = math.sqrt(obuchowski_by_hand(y_true, models[:1], patient)[1][0, 0])
    area = auroc(y_true, models[0])
    middle = math.log(area / (1 - area))
    reach = stats.norm.ppf(0.95) * error / (area * (1 - area))
    expected = [1 / (1 + math.exp(-middle - side * reach)) for side in (-1, 1)]
    assert (found.lower, found.upper) == pytest.approx(expected, abs=1e-13)
    assert found.value == pytest.approx(area, abs=1e-15)
    assert (found.unit, found.confidence) == ("patient", 0.9)
    assert (found.n_images, found.n_patients, found.n_malignant) == (150, 40, y_true.sum())
    assert (found.n_bootstrap, found.seed) == (None, None)
    assert found.method == "Obuchowski's variance, logit"


def test_delongs_interval_takes_images_as_independent(screening):
    y_true, models, patient = screening
    found = delong_interval(y_true, models[0], patient)
    _, covariance = delong_by_hand(y_true, models)
    reach = stats.norm.ppf(0.975) * math.sqrt(covariance[0, 0])
    expected = (found.value - reach, found.value + reach)
    assert (found.lower, found.upper) == pytest.approx(expected, abs=1e-13)
    assert (found.unit, found.method, found.n_patients) == ("image", "DeLong", 40)


def test_delongs_interval_is_cut_at_one():
    found = delong_interval([0, 0, 1, 1], [1, 3, 2, 4], range(4))
    assert (found.value, found.upper) == (0.75, 1.0)


def test_perfect_separation_has_no_width_by_delong_and_no_interval_by_obuchowski():
    y_true, scores, patient = [0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], "abcd"
    found = delong_interval(y_true, scores, list(patient))
    assert (found.lower, found.value, found.upper) == (1, 1, 1)
    for flip, value in ((1, 1), (-1, 0)):
        with pytest.warns(UserWarning, match=f"{value} has no logit"):
            found = obuchowski_interval(y_true, [flip * x for x in scores], list(patient))
        assert found.value == value
        assert math.isnan(found.lower)
        assert math.isnan(found.upper)


@pytest.mark.parametrize("interval", [delong_interval, obuchowski_interval])
def test_one_class_gives_nan_and_a_warning(interval):
    with pytest.warns(UserWarning, match="one class"):
        found = interval([1, 1, 1], [0.1, 0.2, 0.3], ["a", "b", "c"])
    assert math.isnan(found.value)
    assert math.isnan(found.lower)
    assert math.isnan(found.upper)


def test_one_class_in_one_patient_has_an_area_and_no_variance():
    with pytest.warns(UserWarning, match="two patients"):
        found = obuchowski_interval([0, 0, 1, 1], [1, 3, 2, 4], ["a", "b", "c", "c"])
    assert found.value == 0.75
    assert math.isnan(found.lower)
    assert math.isnan(found.upper)


@pytest.mark.parametrize("interval", [delong_interval, obuchowski_interval])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"confidence": 95}, "confidence is 95"),
        ({"patient_id": ["a", "b"]}, "2 patient identifiers for 4 images"),
        ({"patient_id": ["a", "", "b", "c"]}, "identifier at position 1"),
        ({"y_score": [0.1, math.inf, 0.2, 0.3]}, "y_score holds inf at position 1"),
        ({"y_true": [0, 1, -1, 0]}, "y_true holds -1 at position 2"),
    ],
)
def test_bad_input_is_named(interval, change, message):
    arguments = {"y_true": [0, 1, 0, 1], "y_score": [1, 2, 3, 4], "patient_id": list("abcd")}
    with pytest.raises(MammoError, match=message):
        interval(**(arguments | change))
