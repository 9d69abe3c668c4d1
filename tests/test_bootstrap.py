from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from mammo.errors import MammoError
from mammo.evaluation import auroc, auroc_interval, bootstrap, bootstrap_aurocs


@pytest.fixture
def screening() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """240 images of 60 patients, scores in nine levels, half of the variance the patient's own."""
    generator = np.random.default_rng(7)
    patient = np.repeat(np.arange(60), 4)
    y_true = np.repeat(generator.random(60) < 0.4, 4).astype(int)
    noise = np.repeat(generator.normal(size=60), 4) + generator.normal(size=240)
    return y_true, np.clip(np.round(y_true + noise), -4, 4), patient


def draws_by_hand(n_bootstrap: int, n_groups: int, seed: int) -> np.ndarray:
    """The counts a seed stands for, in the plainest code."""
    generator = np.random.default_rng(seed)
    draws = generator.integers(0, n_groups, size=(n_bootstrap, n_groups))
    return np.array([np.bincount(row, minlength=n_groups) for row in draws])


def test_every_replicate_equals_the_weighted_auroc_of_scikit_learn(screening):
    y_true, scores, patient = screening
    models = np.stack([scores, np.roll(scores, 5), np.zeros_like(scores)])
    replicates = bootstrap_aurocs(y_true, models, patient, 150, seed=3)
    counts = draws_by_hand(150, 60, seed=3)[:, patient]
    expected = [
        [roc_auc_score(y_true, model, sample_weight=weights) for weights in counts]
        for model in models
    ]
    np.testing.assert_allclose(replicates, expected, rtol=0, atol=1e-14)
    assert (replicates[2] == 0.5).all()


def test_the_result_depends_on_the_seed_and_not_on_the_block(screening, monkeypatch):
    y_true, scores, patient = screening
    default = bootstrap_aurocs(y_true, scores, patient, 200, seed=1)
    other_seed = bootstrap_aurocs(y_true, scores, patient, 200, seed=2)
    for block in (1, 7, 1000):
        monkeypatch.setattr(bootstrap, "_BLOCK", block)
        np.testing.assert_array_equal(
            bootstrap_aurocs(y_true, scores, patient, 200, seed=1), default
        )
    assert not np.array_equal(default, other_seed)


def test_the_order_of_the_rows_does_not_matter(screening):
    y_true, scores, patient = screening
    order = np.random.default_rng(0).permutation(len(y_true))
    assert auroc_interval(y_true[order], scores[order], patient[order]) == auroc_interval(
        y_true, scores, patient
    )


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
    assert estimate.auroc == auroc(y_true, scores)
    assert estimate.lower < estimate.auroc < estimate.upper
    assert (estimate.n_images, estimate.n_patients) == (240, 60)
    assert estimate.n_malignant == y_true.sum()
    assert (estimate.confidence, estimate.n_bootstrap, estimate.seed) == (0.9, 300, 5)
    assert (estimate.unit, estimate.method) == ("patient", "percentile bootstrap of patients")
    replicates = bootstrap_aurocs(y_true, scores, patient, 300, 5)[0]
    assert estimate.lower == np.quantile(replicates, 0.05)
    assert estimate.upper == pytest.approx(np.quantile(replicates, 0.95), abs=1e-15)


def test_replicates_of_one_class_are_counted_and_left_out():
    y_true, scores, patient = [1, 0, 0, 0], [0.9, 0.1, 0.2, 0.95], ["a", "b", "c", "d"]
    estimate = auroc_interval(y_true, scores, patient, n_bootstrap=2000, seed=0)
    positives_drawn = draws_by_hand(2000, 4, seed=0)[:, 0]
    assert estimate.n_valid == ((positives_drawn > 0) & (positives_drawn < 4)).sum()
    assert 0 < estimate.n_valid < 2000
    assert 0 <= estimate.lower <= estimate.upper <= 1


def test_one_class_gives_nan_and_a_warning():
    with pytest.warns(UserWarning, match="one class"):
        estimate = auroc_interval([0, 0, 0], [0.1, 0.2, 0.3], ["a", "b", "c"], n_bootstrap=10)
    assert math.isnan(estimate.auroc)
    assert math.isnan(estimate.lower)
    assert estimate.n_valid == 0


def test_one_patient_gives_no_interval():
    with pytest.warns(UserWarning, match="all images are of one patient"):
        estimate = auroc_interval([0, 1, 1], [0.1, 0.2, 0.3], ["a"] * 3, n_bootstrap=10)
    assert estimate.auroc == 1
    assert math.isnan(estimate.upper)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 30), st.integers(1, 80), st.integers(0, 2**31))
def test_replicates_are_probabilities_or_nan(n_images, n_bootstrap, seed):
    generator = np.random.default_rng(seed)
    y_true = generator.integers(0, 2, n_images)
    replicates = bootstrap_aurocs(
        y_true,
        generator.integers(0, 3, (2, n_images)),
        generator.integers(0, 5, n_images),
        n_bootstrap,
        seed,
    )
    assert replicates.shape == (2, n_bootstrap)
    finite = replicates[np.isfinite(replicates)]
    assert ((finite >= 0) & (finite <= 1)).all()
    assert (np.isnan(replicates[0]) == np.isnan(replicates[1])).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": "exam"}, "unit is 'exam'"),
        ({"confidence": 95}, "confidence is 95"),
        ({"n_bootstrap": 0}, "n_bootstrap is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"patient_id": ["a", "b"]}, "2 patient identifiers for 3 images"),
        ({"patient_id": ["a", None, "b"]}, "identifier at position 1 is missing"),
        ({"patient_id": ["a", math.nan, "b"]}, "identifier at position 1 is missing"),
        ({"y_score": [0.1, math.nan, 0.2]}, "y_score holds nan"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = {"y_true": [0, 1, 1], "y_score": [0.1, 0.2, 0.3], "patient_id": ["a", "b", "c"]}
    with pytest.raises(MammoError, match=message):
        auroc_interval(**(arguments | change))


def test_the_module_needs_neither_torch_nor_pydicom_nor_scikit_learn():
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
