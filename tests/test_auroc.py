import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from golden import make_proc
from mammo.errors import MammoError
from mammo.evaluation import auroc
from mammo.evaluation.auroc import placements


@st.composite
def labelled_scores(draw, levels: int = 5):
    """Labels of both classes and few score levels, so that ties abound."""
    n = draw(st.integers(2, 40))
    y_true = draw(
        st.lists(st.integers(0, 1), min_size=n, max_size=n).filter(lambda y: 0 < sum(y) < len(y))
    )
    y_score = draw(st.lists(st.integers(0, levels), min_size=n, max_size=n))
    return np.array(y_true), np.array(y_score) / levels


@settings(deadline=None)
@given(labelled_scores())
def test_equals_scikit_learn_under_ties(data):
    y_true, y_score = data
    assert auroc(y_true, y_score) == pytest.approx(roc_auc_score(y_true, y_score), abs=1e-15)


@settings(deadline=None)
@given(labelled_scores())
def test_a_monotone_transform_changes_nothing(data):
    y_true, y_score = data
    assert auroc(y_true, np.exp(3 * y_score) - 7) == auroc(y_true, y_score)


@settings(deadline=None)
@given(labelled_scores())
def test_flipping_labels_or_scores_mirrors_it(data):
    y_true, y_score = data
    assert auroc(1 - y_true, y_score) == pytest.approx(1 - auroc(y_true, y_score), abs=1e-15)
    assert auroc(1 - y_true, -y_score) == auroc(y_true, y_score)


@settings(deadline=None)
@given(labelled_scores())
def test_every_image_twice_changes_nothing(data):
    y_true, y_score = data
    assert auroc(np.tile(y_true, 2), np.tile(y_score, 2)) == auroc(y_true, y_score)


@settings(deadline=None)
@given(labelled_scores())
def test_placements_are_shares_of_the_other_class_counted_pair_by_pair(data):
    y_true, y_score = data
    placed = placements(y_true == 1, y_score)
    for label, score, found in zip(y_true, y_score, placed, strict=True):
        others = y_score[y_true != label]
        ahead = others < score if label else others > score
        assert found == pytest.approx(np.mean(ahead + 0.5 * (others == score)), abs=1e-15)
    for one_class in (y_true == 1, y_true == 0):
        assert placed[one_class].mean() == pytest.approx(auroc(y_true, y_score), abs=1e-15)


def test_known_values():
    assert auroc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) == 0.75
    assert auroc([0, 1], [0.5, 0.5]) == 0.5
    assert auroc([False, True], [1, 2]) == 1.0
    assert auroc(pd.Series([0, 1], dtype="Int64"), pd.Series([0.9, 0.2])) == 0.0


@pytest.mark.parametrize("name", make_proc.SETS)
def test_equals_proc(name, request):
    """Golden: pROC's area, by tests/golden/make_proc.py."""
    proc = make_proc.read(name, request.getfixturevalue)
    for marker, area, *_ in proc.all("@ auc # var # ci # # #"):
        assert auroc(proc.labels, proc.markers[marker]) == pytest.approx(area, abs=1e-15)
    male, female = proc.one("male # female #")
    first = next(iter(proc.markers.values()))
    for gender, area in (("Male", male), ("Female", female)):
        inside = proc.genders == gender
        assert auroc(proc.labels[inside], first[inside]) == pytest.approx(area, abs=1e-15)


def test_one_class_is_nan_with_a_warning():
    with pytest.warns(UserWarning, match="one class"):
        assert math.isnan(auroc([1, 1, 1], [0.1, 0.2, 0.3]))


@pytest.mark.parametrize(
    ("y_true", "y_score", "message"),
    [
        ([0, 2], [0.1, 0.2], "y_true holds 2 at position 1"),
        ([0, math.nan], [0.1, 0.2], "y_true holds nan at position 1"),
        ([0, 1], [0.1, math.nan], "y_score holds nan at position 1"),
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
