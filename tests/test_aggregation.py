import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammo.errors import MammoError
from mammo.evaluation import aggregate, fill_missing

BREASTS = ["P2 L", "P1 L", "P2 L", "P1 R", "P1 L", "P2 L"]
Y_TRUE = [0, 0, 1, 0, 0, 0]
SCORES = [0.2, 0.7, 0.1, 0.4, -0.3, 0.9]


@pytest.mark.parametrize(
    ("rule", "expected"), [("mean", [0.2, 0.4, 0.4]), ("max", [0.7, 0.4, 0.9])]
)
def test_scores_of_breasts_by_hand(rule, expected):
    found = aggregate(Y_TRUE, SCORES, BREASTS, rule)
    assert found.y_true.tolist() == [0, 0, 1]
    assert found.y_score == pytest.approx(expected, abs=1e-15)
    assert found.first.tolist() == [1, 3, 0]
    assert found.n_images.tolist() == [2, 1, 3]


@pytest.mark.parametrize("rule", ["mean", "max"])
@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 8), st.integers(0, 2**32))
def test_a_group_has_the_rule_of_its_images_and_is_malignant_if_one_is(rule, n, n_groups, seed):
    generator = np.random.default_rng(seed)
    y_true, scores = generator.integers(0, 2, n), generator.normal(size=n)
    groups = generator.integers(0, n_groups, n)
    found = aggregate(y_true, scores, groups, rule)
    for place, group in enumerate(np.unique(groups)):
        inside = groups == group
        assert found.y_true[place] == y_true[inside].any()
        assert found.y_score[place] == pytest.approx(getattr(np, rule)(scores[inside]), abs=1e-14)
        assert groups[found.first[place]] == group
        assert not inside[: found.first[place]].any()
        assert found.n_images[place] == inside.sum()
    assert found.n_images.sum() == n


def test_single_images_stay_as_they_are():
    found = aggregate(Y_TRUE, SCORES, range(6), "mean")
    assert found.y_true.tolist() == Y_TRUE
    assert found.y_score.tolist() == SCORES


def test_images_without_a_score_are_refused_without_a_rule():
    with pytest.raises(
        MammoError,
        match=r"^2 of 4 images .*position 1\b",
    ):
        fill_missing([0.1, math.nan, 0.3, math.nan], None)


@pytest.mark.parametrize("rule", [0, 0.25])
def test_images_without_a_score_get_that_of_the_rule(rule):
    given_scores = np.array([0.1, math.nan, 0.3])
    assert fill_missing(given_scores, rule).tolist() == [0.1, rule, 0.3]
    assert math.isnan(given_scores[1])  # the caller's array is left as it is
    assert fill_missing([None, 0.5], rule).tolist() == [rule, 0.5]


def test_scores_that_are_all_there_need_no_rule():
    assert fill_missing([0.1, 0.2], None).tolist() == [0.1, 0.2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rule": "median"}, "rule is 'median'"),
        ({"y_score": [0.1, math.nan]}, "y_score holds nan at position 1"),
        ({"groups": ["a"]}, "1 patient identifiers for 2 images"),
        ({"groups": ["a", None]}, "identifier at position 1"),
        ({"y_true": [0, 5]}, "y_true holds 5 at position 1"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = {"y_true": [0, 1], "y_score": [0.1, 0.2], "groups": ["a", "b"], "rule": "max"}
    with pytest.raises(MammoError, match=message):
        aggregate(**(arguments | change))
