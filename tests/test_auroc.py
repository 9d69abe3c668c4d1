from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from mammo.errors import MammoError
from mammo.evaluation import auroc
from mammo.evaluation.planning import hanley_mcneil_standard_error


@st.composite
def labelled_scores(draw, levels: int = 5):
    """Labels of both classes and few score levels, so that ties abound."""
    n = draw(st.integers(2, 40))
    y_true = draw(
        st.lists(st.integers(0, 1), min_size=n, max_size=n).filter(lambda y: 0 < sum(y) < len(y))
    )
    y_score = draw(st.lists(st.integers(0, levels), min_size=n, max_size=n))
    return np.array(y_true), np.array(y_score) / levels


@given(labelled_scores())
def test_equals_scikit_learn_under_ties(data):
    y_true, y_score = data
    assert auroc(y_true, y_score) == pytest.approx(roc_auc_score(y_true, y_score), abs=1e-15)


@given(labelled_scores())
def test_a_monotone_transform_changes_nothing(data):
    y_true, y_score = data
    assert auroc(y_true, np.exp(3 * y_score) - 7) == auroc(y_true, y_score)


@given(labelled_scores())
def test_flipping_labels_or_scores_mirrors_it(data):
    y_true, y_score = data
    assert auroc(1 - y_true, y_score) == pytest.approx(1 - auroc(y_true, y_score), abs=1e-15)
    assert auroc(1 - y_true, -y_score) == auroc(y_true, y_score)


@given(labelled_scores())
def test_every_image_twice_changes_nothing(data):
    y_true, y_score = data
    assert auroc(np.tile(y_true, 2), np.tile(y_score, 2)) == auroc(y_true, y_score)


def test_known_values():
    assert auroc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) == 0.75
    assert auroc([0, 1], [0.5, 0.5]) == 0.5
    assert auroc([False, True], [1, 2]) == 1.0
    assert auroc(pd.Series([0, 1], dtype="Int64"), pd.Series([0.9, 0.2])) == 0.0


@pytest.mark.parametrize(
    ("marker", "golden"),
    [
        ("s100b", 0.73136856368563685),
        ("ndka", 0.61195799457994582),
        ("wfns", 0.82367886178861793),
    ],
)
def test_equals_proc(real_data, marker, golden):
    # R 4.2, pROC 1.18: print(auc(aSAH$outcome, aSAH[[marker]], direction = "<"), digits = 17)
    table = pd.read_csv(real_data / "statistics" / "asah.csv")
    assert auroc(table["outcome"] == "Poor", table[marker].astype(float)) == pytest.approx(
        golden, abs=1e-15
    )


def test_one_class_is_nan_with_a_warning():
    with pytest.warns(UserWarning, match="all 3 images are of one class"):
        assert math.isnan(auroc([1, 1, 1], [0.1, 0.2, 0.3]))


@pytest.mark.parametrize(
    ("y_true", "y_score", "message"),
    [
        ([0, 2], [0.1, 0.2], r"y_true holds 2 at position 1 .*0 \(benign\) or 1"),
        ([0, math.nan], [0.1, 0.2], "y_true holds nan at position 1"),
        ([0, 1], [0.1, math.nan], "y_score holds nan at position 1 .*finite"),
        ([0, 1], [math.inf, 0.1], "y_score holds inf at position 0"),
        ([0, 1], [0.1, 0.2, 0.3], r"shape \(2,\) and y_score \(3,\)"),
        ([[0], [1]], [[0.1], [0.2]], "shape"),
        ([], [], "empty"),
        (["benign", "malignant"], [0.1, 0.2], "y_true holds values that are not numbers"),
        (pd.Series([0, pd.NA], dtype="Int64"), [0.1, 0.2], "y_true holds"),
    ],
)
def test_bad_input_is_named(y_true, y_score, message):
    with pytest.raises(MammoError, match=message):
        auroc(y_true, y_score)


def test_hanley_mcneil_at_one_half_is_the_null_variance_of_mann_whitney():
    n1, n0 = 51, 58
    expected = math.sqrt((n1 + n0 + 1) / (12 * n1 * n0))
    assert hanley_mcneil_standard_error(0.5, n1, n0) == pytest.approx(expected, rel=1e-12)


def test_hanley_mcneil_halves_with_four_times_the_images():
    small = hanley_mcneil_standard_error(0.7, 100, 100)
    large = hanley_mcneil_standard_error(0.7, 400, 400)
    assert large == pytest.approx(small / 2, rel=0.01)
