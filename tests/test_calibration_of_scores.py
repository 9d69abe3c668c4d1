import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from mammo.errors import MammoError
from mammo.evaluation import (
    brier,
    calibration_line,
    debiased_calibration_error,
    expected_calibration_error,
    reliability_curve,
    statistic_interval,
    value_of,
)
from mammo.evaluation.design_effect import clustered_proportion


@pytest.fixture
def screening() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """200 images of 50 patients, with scores that are too extreme and too high."""
    generator = np.random.default_rng(2)
    patient = np.repeat(np.arange(50), 4)
    logits = generator.normal(size=200) + generator.normal(size=50)[patient]
    y_true = (generator.random(200) < special.expit(logits - 1)).astype(int)
    return y_true, special.expit(1.7 * logits), patient


def sandwich_by_hand(y_true, columns, risk, units) -> np.ndarray:
    """Robust standard errors, image by image and patient by patient."""
    bread = sum(r * (1 - r) * np.outer(row, row) for r, row in zip(risk, columns, strict=True))
    n_units = len(set(units))
    filling = np.zeros_like(bread)
    for unit in set(units):
        rows = [i for i, of in enumerate(units) if of == unit]
        pull = sum(columns[i] * (y_true[i] - risk[i]) for i in rows)
        filling += np.outer(pull, pull) * n_units / (n_units - 1)
    return np.sqrt(np.diag(np.linalg.inv(bread) @ filling @ np.linalg.inv(bread)))


def fit_by_scikit_learn(y_true, logits) -> tuple[float, float]:
    fit = LogisticRegression(C=np.inf, tol=1e-13, max_iter=1000, solver="newton-cholesky")
    fit.fit(logits[:, None], y_true)
    return float(fit.intercept_[0]), float(fit.coef_[0, 0])


def test_the_line_equals_the_logistic_regression_of_scikit_learn(screening):
    y_true, scores, _ = screening
    line = calibration_line(*screening)
    intercept, slope = fit_by_scikit_learn(y_true, special.logit(scores))
    assert line.intercept == pytest.approx(intercept, abs=1e-9)
    assert line.slope == pytest.approx(slope, abs=1e-9)
    assert slope < 1
    assert line.n_clipped == 0


def test_calibration_in_the_large_makes_risks_add_up_to_the_cases(screening):
    y_true, scores, _ = screening
    line = calibration_line(*screening)
    risk = special.expit(special.logit(scores) + line.in_the_large)
    assert np.sum(y_true - risk) == pytest.approx(0, abs=1e-9)
    assert line.in_the_large < 0


@pytest.mark.parametrize("unit", ["patient", "image"])
def test_intervals_are_robust_ones_by_hand(screening, unit):
    y_true, scores, patient = screening
    line = calibration_line(*screening, unit=unit, confidence=0.9)
    units = (patient if unit == "patient" else np.arange(200)).tolist()
    z = stats.norm.ppf(0.95)
    logits = special.logit(scores)
    columns = np.column_stack([np.ones(200), logits])
    errors = sandwich_by_hand(
        y_true, columns, special.expit(line.intercept + line.slope * logits), units
    )
    shift_error = sandwich_by_hand(
        y_true, columns[:, :1], special.expit(line.in_the_large + logits), units
    )
    for value, lower, upper, error in (
        (line.intercept, line.intercept_lower, line.intercept_upper, errors[0]),
        (line.slope, line.slope_lower, line.slope_upper, errors[1]),
        (line.in_the_large, line.in_the_large_lower, line.in_the_large_upper, shift_error[0]),
    ):
        assert (lower, upper) == pytest.approx((value - z * error, value + z * error), abs=1e-9)
    assert line.confidence == 0.9


def test_recalibrated_scores_lie_on_the_line(screening):
    y_true, scores, patient = screening
    line = calibration_line(*screening)
    moved = line.recalibrated(scores)
    assert (np.argsort(moved) == np.argsort(scores)).all()
    again = calibration_line(y_true, moved, patient)
    assert again.slope == pytest.approx(1, abs=1e-8)
    assert again.intercept == pytest.approx(0, abs=1e-8)
    assert again.in_the_large == pytest.approx(0, abs=1e-8)


def test_scores_of_0_and_1_have_their_logit_taken_next_to_it(screening):
    y_true, scores, patient = screening
    clipped = scores.copy()
    clipped[:3] = [0, 1, 1e-9]
    line = calibration_line(y_true, clipped, patient)
    assert line.n_clipped == 3
    inside = np.clip(clipped, 1e-6, 1 - 1e-6)
    assert line.slope == pytest.approx(calibration_line(y_true, inside, patient).slope, abs=1e-12)
    assert line.recalibrated([0.0, 1.0]) == pytest.approx(
        special.expit(line.intercept + line.slope * special.logit([1e-6, 1 - 1e-6]))
    )


@pytest.mark.parametrize("centre", [1e-5, 5.5e-4, 0.01, 0.3, 0.5, 0.97])
@pytest.mark.parametrize("spread", [1e-6, 1e-3, 0.05, 1, 4])
def test_lines_are_found_wherever_the_scores_lie_and_however_alike_they_are(centre, spread):
    generator = np.random.default_rng(9)
    place = generator.normal(size=150)
    y_true = generator.random(150) < special.expit(0.6 * place)
    scores = np.clip(special.expit(special.logit(centre) + spread * place), 1e-6, 1 - 1e-6)
    line = calibration_line(y_true, scores, np.arange(150))
    logits = special.logit(scores)
    standard = (logits - logits.mean()) / logits.std()
    intercept, slope = fit_by_scikit_learn(y_true, standard)
    assert line.slope * logits.std() == pytest.approx(slope, rel=1e-5)
    middle = line.intercept + line.slope * logits.mean()
    assert middle == pytest.approx(intercept, abs=1e-5)
    assert np.sum(y_true - special.expit(logits + line.in_the_large)) == pytest.approx(0, abs=1e-8)


@settings(deadline=None)
@given(st.floats(1e-6, 1 - 1e-6), st.integers(2, 20))
def test_equal_scores_have_a_shift_and_no_slope(score, n):
    y_true = np.arange(n) % 2
    with pytest.warns(UserWarning, match="or are all the same"):
        line = calibration_line(y_true, np.full(n, score), np.arange(n))
    assert math.isnan(line.slope)
    assert math.isnan(line.slope_lower)
    expected = special.logit(y_true.mean()) - special.logit(score)
    assert line.in_the_large == pytest.approx(expected, abs=1e-7)


@settings(deadline=None)
@given(st.integers(2, 30), st.integers(0, 2**32), st.booleans(), st.booleans())
def test_scores_that_part_the_classes_have_no_slope(n, seed, is_turned, is_tied):
    generator = np.random.default_rng(seed)
    scores = np.sort(generator.uniform(0.01, 0.99, n))
    n_negative = generator.integers(1, n)
    labels = np.arange(n) >= n_negative
    if is_tied:
        scores[n_negative] = scores[n_negative - 1]
    with pytest.warns(UserWarning, match="the scores part the classes"):
        line = calibration_line(labels != is_turned, scores, np.arange(n))
    assert math.isnan(line.slope)
    assert math.isnan(line.intercept_lower)
    with pytest.raises(MammoError, match="scores overlap"):
        line.recalibrated(scores)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_gives_nan_and_a_warning(label):
    with pytest.warns(UserWarning, match="one class"):
        line = calibration_line([label] * 3, [0.2, 0.5, 0.4], ["a", "b", "c"])
    numbers = (line.intercept, line.slope, line.slope_upper, line.in_the_large)
    assert np.isnan(numbers).all()


def test_one_patient_gives_no_interval(screening):
    y_true, scores, _ = screening
    line = calibration_line(y_true, scores, ["a"] * 200)
    assert math.isfinite(line.slope)
    for bound in ("slope_lower", "intercept_upper", "in_the_large_lower"):
        assert math.isnan(getattr(line, bound))


def test_the_brier_score_is_that_of_scikit_learn(screening):
    y_true, scores, _ = screening
    weights = np.random.default_rng(0).poisson(1, (4, 200)).astype(np.uint16)
    expected = [brier_score_loss(y_true, scores, sample_weight=row) for row in weights]
    np.testing.assert_allclose(brier(y_true == 1, scores, weights), expected, rtol=0, atol=1e-14)
    assert value_of(brier, y_true, scores) == pytest.approx(brier_score_loss(y_true, scores))


@pytest.mark.parametrize("n_bins", [1, 5, 10, 15])
def test_the_expected_calibration_error_is_that_of_torchmetrics(screening, n_bins):
    import torch
    from torchmetrics.functional.classification import binary_calibration_error

    y_true, scores, _ = screening
    weights = np.random.default_rng(0).poisson(1, (4, 200)).astype(np.uint16)
    found = expected_calibration_error(n_bins)(y_true == 1, scores, weights)
    for value, row in zip(found, weights, strict=True):
        expected = binary_calibration_error(
            torch.tensor(np.repeat(scores, row)),
            torch.tensor(np.repeat(y_true, row)),
            n_bins=n_bins,
            norm="l1",
        )
        assert value == pytest.approx(expected.item(), abs=1e-12)


def test_the_debiased_calibration_error_by_hand():
    """Each bin's gap less what a normal error would add to it, drawn a million times."""
    scores = np.repeat([0.15, 0.55, 0.85], [20, 30, 10])
    y_true = np.concatenate([np.arange(n) < k for n, k in ((20, 7), (30, 16), (10, 8))])
    found = debiased_calibration_error(y_true, scores, np.arange(60))
    draws, expected = np.random.default_rng(0).normal(size=1_000_000), 0.0
    for n, k, score in ((20, 7, 0.15), (30, 16, 0.55), (10, 8, 0.85)):
        gap, error = k / n - score, math.sqrt(score * (1 - score) / n)
        added = np.mean(np.abs(gap + error * draws)) - abs(gap)
        expected += n / 60 * (abs(gap) - added)
    assert found.value == pytest.approx(expected, abs=5e-4)
    raw = value_of(expected_calibration_error(10), y_true, scores)
    assert found.value < raw
    assert np.isnan([found.lower, found.upper]).all()
    assert (found.n_images, found.unit, found.method) == (
        60, "patient", "debiased by patient, no interval"
    )  # fmt: skip


@pytest.mark.parametrize("copies", [1, 4])
def test_calibrated_scores_have_two_thirds_at_most_of_the_error_that_chance_gives(copies):
    generator = np.random.default_rng(1)
    raw, debiased = [], []
    for _ in range(200):
        risk = special.expit(1.5 * generator.normal(size=400 // copies) - 1)
        y_true = np.repeat(generator.random(risk.size) < risk, copies)
        scores, patient = np.repeat(risk, copies), np.repeat(np.arange(risk.size), copies)
        raw.append(value_of(expected_calibration_error(10), y_true, scores))
        debiased.append(debiased_calibration_error(y_true, scores, patient).value)
    assert np.mean(debiased) < 0.66 * np.mean(raw)


def test_a_gross_error_of_calibration_is_not_taken_for_chance():
    scores, y_true = np.full(200, 0.9), np.arange(200) % 2
    found = debiased_calibration_error(y_true, scores, np.arange(200) // 4)
    assert found.value == pytest.approx(0.4, abs=1e-6)


def test_the_expected_calibration_error_by_hand():
    y_true, scores = [0, 1, 1, 1], [0.1, 0.3, 0.35, 1.0]
    # bins of a half: (0 + 1 + 1) / 3 beside 0.25, and 1 beside 1
    expected = 3 / 4 * (2 / 3 - 0.25)
    assert value_of(expected_calibration_error(2), y_true, scores) == pytest.approx(expected)
    # 0.5 and 1 belong to the upper bin, 0 to the lower one
    found = value_of(expected_calibration_error(2), [1, 1, 0], [0.0, 0.5, 1.0])
    assert found == pytest.approx(1 / 3 * 1 + 2 / 3 * 0.25)


def test_brier_and_calibration_error_have_bootstrap_intervals(screening):
    for statistic in (brier, expected_calibration_error()):
        found = statistic_interval(statistic, *screening, n_bootstrap=200)
        assert 0 < found.lower < found.upper < 1
        assert found.n_valid == 200


def test_bins_of_like_scores_by_hand():
    y_true, scores = [0, 1, 0, 1, 1, 1], [0.1, 0.2, 0.2, 0.3, 0.8, 0.9]
    patient = ["a", "a", "b", "c", "c", "d"]
    low, middle, high = reliability_curve(y_true, scores, patient, n_bins=3)
    assert [b.n_images for b in (low, middle, high)] == [3, 1, 2]
    assert [b.n_malignant for b in (low, middle, high)] == [1, 1, 2]
    assert [b.mean_score for b in (low, middle, high)] == pytest.approx([0.5 / 3, 0.3, 0.85])
    expected = clustered_proportion(np.array([False, True, False]), np.array([0, 0, 1]), 0.95)
    assert (low.share_malignant, low.lower, low.upper) == expected


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 12), st.integers(1, 30), st.integers(0, 2**32))
def test_bins_hold_every_image_once_and_never_part_equal_scores(n, n_bins, n_levels, seed):
    generator = np.random.default_rng(seed)
    y_true, scores = generator.integers(0, 2, n), generator.integers(0, n_levels + 1, n) / n_levels
    bins = reliability_curve(y_true, scores, np.arange(n), n_bins=n_bins, unit="image")
    assert len(bins) <= n_bins
    ordered = np.sort(scores)
    edges = np.cumsum([b.n_images for b in bins])
    assert edges[-1] == n
    for edge in edges[:-1]:
        assert ordered[edge - 1] < ordered[edge]
    for part, found in zip(np.split(ordered, edges[:-1]), bins, strict=True):
        assert found.mean_score == pytest.approx(part.mean())
        inside = (scores >= part[0]) & (scores <= part[-1])
        assert found.n_malignant == y_true[inside].sum()
        assert 0 <= found.lower <= found.share_malignant <= found.upper <= 1


def test_distinct_scores_fill_the_bins_equally():
    scores = np.random.default_rng(0).permutation(103) / 103
    bins = reliability_curve(scores > 0.5, scores, np.arange(103), n_bins=10)
    assert {b.n_images for b in bins} <= {10, 11}
    assert len(bins) == 10


BAD = [
    ({"y_score": [0.1, -0.2, 0.3]}, "y_score holds -0.2 at position 1"),
    ({"y_score": [0.1, 0.2, 1.5]}, "y_score holds 1.5 at position 2"),
    ({"y_score": [0.1, 0.2, math.nan]}, "y_score holds nan at position 2"),
    ({"y_true": [0, 2, 1]}, "y_true holds 2 at position 1"),
    ({"patient_id": ["a", "b", None]}, "identifier at position 2"),
    ({"unit": "breast"}, "unit is 'breast'"),
    ({"confidence": 95}, "confidence is 95"),
]


@pytest.mark.parametrize(
    "function",
    [
        calibration_line,
        reliability_curve,
        lambda **given: statistic_interval(brier, **given),
        debiased_calibration_error,
        lambda **given: statistic_interval(expected_calibration_error(), **given),
    ],
    ids=["line", "curve", "Brier", "debiased", "error"],
)
@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input_is_named(function, change, message):
    arguments = {"y_true": [0, 1, 1], "y_score": [0.1, 0.2, 0.3], "patient_id": ["a", "b", "c"]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(MammoError, match=message):
            function(**(arguments | change))


def test_a_curve_without_bins_is_refused():
    with pytest.raises(MammoError, match="n_bins is 0"):
        reliability_curve([0, 1], [0.2, 0.3], ["a", "b"], n_bins=0)
