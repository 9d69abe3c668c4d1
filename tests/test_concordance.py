"""Weighted auROC, and that within parts, against scikit-learn and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from mammo.evaluation.auroc import auroc_within_parts, weighted_auroc


@given(st.integers(0, 10_000))
def test_the_weighted_auroc_is_that_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    labels = np.append(rng.random(30) < 0.4, [True, False])
    scores = rng.integers(0, 6, 32).astype(float)
    weights = rng.random((3, 32)) + 0.01
    wanted = [roc_auc_score(labels, scores, sample_weight=row) for row in weights]
    assert weighted_auroc(labels, scores, weights) == pytest.approx(wanted, abs=1e-12)


def test_a_class_without_weight_has_no_auroc():
    labels, scores = np.array([True, True, False]), np.array([0.1, 0.2, 0.3])
    found = weighted_auroc(labels, scores, np.array([[1, 1, 0], [1, 0, 1]]))
    assert np.isnan(found[0])
    assert found[1] == 0


def test_pairs_across_parts_do_not_count():
    # Each part is in perfect order; the second model's scores are all higher than the first's.
    labels = np.array([False, True, False, True])
    scores = np.array([0.1, 0.2, 0.8, 0.9])
    part, once = np.array([0, 0, 1, 1]), np.ones((1, 4))
    assert auroc_within_parts(labels, scores, part, once).tolist() == [1]
    assert weighted_auroc(labels, scores, once).tolist() == [0.75]


def test_a_part_counts_by_its_pairs():
    labels = np.array([True, False, True, True, False, False])
    scores = np.array([0.0, 1.0, 1.0, 1.0, 0.0, 0.0])
    part = np.array([0, 0, 1, 1, 1, 1])
    assert auroc_within_parts(labels, scores, part, np.ones((1, 6)))[0] == pytest.approx(4 / 5)


def test_one_part_is_the_whole():
    rng = np.random.default_rng(1)
    labels, scores = rng.random(40) < 0.5, rng.random(40)
    weights = rng.integers(0, 3, (5, 40))
    found = auroc_within_parts(labels, scores, np.zeros(40, int), weights)
    assert found == pytest.approx(weighted_auroc(labels, scores, weights))
