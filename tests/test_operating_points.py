import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from mammo.datasets.splits import hold_out
from mammo.errors import MammoError
from mammo.evaluation import (
    operating_point,
    threshold_for_sensitivity,
    threshold_for_specificity,
    youden_threshold,
)
from mammo.evaluation.design_effect import clustered_proportion
from mammo.evaluation.tables.operating_points import carried_over, criterion, rechosen
from mammo.evaluation.tables.scores import Settings

Y_TRUE = [0, 0, 0, 0, 0, 1, 1, 1, 1]
SCORES = [1, 2, 3, 3, 7, 3, 5, 6, 6]


@st.composite
def labelled_scores(draw):
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = draw(st.integers(2, 40))
    y_true = generator.integers(0, 2, n)
    y_true[:2] = [0, 1]
    return y_true, generator.integers(0, draw(st.integers(1, 12)), n) / 7


def shares(y_true, scores, threshold: float) -> tuple[float, float]:
    """Sensitivity and specificity, counted."""
    called = np.asarray(scores) >= threshold
    y_true = np.asarray(y_true)
    return called[y_true == 1].mean(), (~called[y_true == 0]).mean()


@pytest.mark.parametrize(
    ("least", "threshold"),
    [(0.1, 6), (0.5, 6), (0.51, 5), (0.75, 5), (0.76, 3), (0.999, 3)],
)
def test_thresholds_for_a_sensitivity_by_hand(least, threshold):
    assert threshold_for_sensitivity(Y_TRUE, SCORES, least) == threshold


@pytest.mark.parametrize(
    ("least", "threshold"),
    [(0.1, 2), (0.2, 2), (0.21, 3), (0.4, 3), (0.41, 5), (0.8, 5), (0.81, math.inf)],
)
def test_thresholds_for_a_specificity_by_hand(least, threshold):
    assert threshold_for_specificity(Y_TRUE, SCORES, least) == threshold


def test_youdens_threshold_by_hand_is_the_highest_of_several():
    assert youden_threshold(Y_TRUE, SCORES) == 5
    assert youden_threshold([0, 1, 0, 1], [1, 2, 3, 4]) == 4
    assert youden_threshold([1, 0], [1, 2]) == math.inf


@settings(deadline=None)
@given(labelled_scores(), st.floats(0.001, 0.999))
def test_the_sensitivity_asked_for_is_reached_and_by_no_higher_threshold(data, least):
    y_true, scores = data
    threshold = threshold_for_sensitivity(y_true, scores, least)
    assert threshold in scores
    assert shares(*data, threshold)[0] >= least - 1e-12
    for higher in scores[scores > threshold]:
        assert shares(*data, higher)[0] < least


@settings(deadline=None)
@given(labelled_scores(), st.floats(0.001, 0.999))
def test_the_specificity_asked_for_is_kept_and_by_no_lower_score(data, least):
    y_true, scores = data
    threshold = threshold_for_specificity(y_true, scores, least)
    assert threshold in scores or threshold == math.inf
    assert shares(*data, threshold)[1] >= least - 1e-12
    for lower in scores[scores < threshold]:
        assert shares(*data, lower)[1] < least


@pytest.mark.parametrize("n", [3, 7, 10, 49, 90])
def test_a_share_that_is_reached_exactly_is_enough_however_fractions_are_rounded(n):
    y_true, scores = np.repeat([1, 0], n), np.tile(np.arange(n), 2)
    for reached in range(1, n):
        assert threshold_for_sensitivity(y_true, scores, reached / n) == n - reached
        assert threshold_for_specificity(y_true, scores, reached / n) == reached
        assert threshold_for_sensitivity(y_true, scores, 1 - reached / n) == reached


@settings(deadline=None)
@given(labelled_scores())
def test_youdens_threshold_is_where_scikit_learns_curve_is_farthest_from_guessing(data):
    x, y, thresholds = metrics.roc_curve(*data, drop_intermediate=False)
    expected = thresholds[np.argmax(np.round(y - x, 12))]
    assert youden_threshold(*data) == expected
    best = sum(shares(*data, expected))
    assert all(sum(shares(*data, other)) <= best + 1e-12 for other in thresholds)


def test_values_at_a_threshold_by_hand():
    patients = list("aabbccdde")
    found = operating_point(Y_TRUE, SCORES, patients, 5)
    assert found.threshold == 5
    assert found.sensitivity.value == 3 / 4
    assert found.specificity.value == 4 / 5
    assert found.positive_predictive_value.value == 3 / 4
    assert found.negative_predictive_value.value == 4 / 5
    y_true, called = np.array(Y_TRUE) == 1, np.array(SCORES) >= 5
    units = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4])
    for estimate, hits, among in (
        (found.sensitivity, called, y_true),
        (found.specificity, ~called, ~y_true),
        (found.positive_predictive_value, y_true, called),
        (found.negative_predictive_value, ~y_true, ~called),
    ):
        expected = clustered_proportion(hits[among], units[among], 0.95)
        assert (estimate.value, estimate.lower, estimate.upper) == expected
        assert (estimate.n_images, estimate.n_patients, estimate.n_malignant) == (9, 5, 4)
        assert (estimate.unit, estimate.confidence) == ("patient", 0.95)
        assert estimate.method == "Wilson, effective number of patients"


def test_images_as_units_take_each_as_independent():
    found = operating_point(Y_TRUE, SCORES, ["a"] * 9, 5, unit="image", confidence=0.9)
    expected = clustered_proportion(np.array([0, 1, 1, 1]) == 1, np.arange(4), 0.9)
    estimate = found.sensitivity
    assert (estimate.value, estimate.lower, estimate.upper) == expected
    assert (estimate.unit, estimate.n_patients, estimate.confidence) == ("image", 1, 0.9)
    assert estimate.method.startswith("Wilson")


def test_a_threshold_chosen_on_one_set_is_carried_to_another():
    threshold = threshold_for_sensitivity(Y_TRUE, SCORES, 0.75)
    found = operating_point([0, 1, 1, 0], [6, 4.99, 5, 0], list("abcd"), threshold)
    assert (found.threshold, found.sensitivity.value, found.specificity.value) == (5, 0.5, 0.5)


def test_at_an_infinite_threshold_nothing_is_positive():
    found = operating_point(Y_TRUE, SCORES, range(9), math.inf)
    assert (found.sensitivity.value, found.specificity.value) == (0, 1)
    assert found.negative_predictive_value.value == 5 / 9
    for number in ("value", "lower", "upper"):
        assert math.isnan(getattr(found.positive_predictive_value, number))


def test_one_class_has_no_share_of_the_other():
    found = operating_point([1, 1], [0.2, 0.8], ["a", "b"], 0.5)
    assert found.sensitivity.value == 0.5
    assert math.isnan(found.specificity.value)
    assert math.isnan(found.specificity.lower)
    assert found.positive_predictive_value.value == 1


@pytest.mark.parametrize(
    "choose",
    [
        youden_threshold,
        lambda *data: threshold_for_sensitivity(*data, 0.9),
        lambda *data: threshold_for_specificity(*data, 0.9),
    ],
    ids=["Youden", "sensitivity", "specificity"],
)
def test_no_threshold_is_chosen_on_one_class(choose):
    with pytest.raises(MammoError, match="one class"):
        choose([1, 1], [0.2, 0.8])
    with pytest.raises(MammoError, match="nan at position 1"):
        choose([1, 0], [0.2, math.nan])


@pytest.mark.parametrize("least", [0, 1, 90, math.nan])
def test_shares_that_are_none_are_named(least):
    with pytest.raises(MammoError, match=f"sensitivity is {least}"):
        threshold_for_sensitivity(Y_TRUE, SCORES, least)
    with pytest.raises(MammoError, match=f"specificity is {least}"):
        threshold_for_specificity(Y_TRUE, SCORES, least)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": "breast"}, "unit is 'breast'"),
        ({"confidence": 0}, "confidence is 0"),
        ({"patient_id": ["a", None]}, "identifier at position 1"),
        ({"y_score": [0.1, math.inf]}, "y_score holds inf at position 1"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = {
        "y_true": [0, 1], "y_score": [0.1, 0.2], "patient_id": ["a", "b"], "threshold": 0.15,
    }  # fmt: skip
    with pytest.raises(MammoError, match=message):
        operating_point(**(arguments | change))


def test_a_threshold_that_is_no_number_is_refused():
    with pytest.raises(MammoError, match="threshold is NaN"):
        operating_point([0, 1], [0.2, 0.3], ["a", "b"], math.nan)


def table(**sets: tuple[str, list[int], list[float]]) -> pd.DataFrame:
    """A table of scores of one model; every image is of another patient."""
    parts = [
        pd.DataFrame({"y_true": labels, "y_score": scores}).assign(
            model="m", dataset=name, split=split,
            patient_id=[f"{name} {n}" for n in range(len(labels))],
            image_id=[f"{name} {n}" for n in range(len(labels))],
        )
        for name, (split, labels, scores) in sets.items()
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


HOME = ("validation", Y_TRUE, SCORES)
AWAY = ("test", [0, 1, 1, 0] * 3, [6, 4.99, 5, 0] * 3)


def test_criteria_are_what_their_texts_say():
    assert criterion("youden").name == "Youden"
    found = [criterion(f"{kind}=0.75") for kind in ("sensitivity", "specificity", "threshold")]
    assert [rule.name for rule in found] == [
        "sensitivity 0.75", "specificity 0.75", "threshold 0.75",
    ]  # fmt: skip
    assert [rule.choose(Y_TRUE, SCORES) for rule in found] == [5, 5, 0.75]
    assert [rule.is_given for rule in found] == [False, False, True]


@pytest.mark.parametrize(
    "text", ["", "best", "sensitivity", "sensitivity=1", "specificity=90", "threshold=nan"]
)
def test_what_is_no_criterion_is_refused_with_what_is_one(text):
    with pytest.raises(MammoError, match=f"operating point '{text}': give youden"):
        criterion(text)


def test_a_threshold_is_chosen_at_home_and_carried_to_every_other_set():
    found = carried_over(table(home=HOME, away=AWAY), [criterion("sensitivity=0.75")], Settings())
    assert found["threshold"].tolist() == [5, 5]
    assert found["split"].tolist() == ["validation", "test"]
    assert found["sensitivity"].tolist() == [3 / 4, 1 / 2]
    assert found["specificity"].tolist() == [4 / 5, 1 / 2]


def test_a_given_threshold_needs_no_home_and_a_chosen_one_does():
    rules = [criterion(text) for text in ("youden", "threshold=5", "sensitivity=0.9")]
    found = carried_over(table(away=AWAY), rules, Settings())
    assert found[["criterion", "threshold", "split"]].values.tolist() == [
        ["threshold 5", 5, "test"]
    ]
    assert (found["sensitivity"].iloc[0], found["specificity"].iloc[0]) == (0.5, 0.5)
    one_class = ("validation", [0, 0], [1.0, 2.0])
    alone = carried_over(table(home=one_class, away=AWAY), rules, Settings())
    assert alone[["criterion", "dataset"]].values.tolist() == [["threshold 5", "away"]]
    with_home = carried_over(table(home=HOME, away=AWAY), rules, Settings())
    assert with_home["criterion"].value_counts().to_dict() == dict.fromkeys(
        ("Youden", "threshold 5", "sensitivity 0.9"), 2
    )


def test_a_threshold_is_chosen_anew_on_some_patients_and_measured_on_the_others():
    generator = np.random.default_rng(0)
    labels = [0, 1] * 30
    scored = table(home=HOME, away=("test", labels, list(generator.normal(labels))))
    (row,) = rechosen(scored, [criterion("youden")], Settings(seed=3)).to_dict("records")
    away = scored[scored["dataset"] == "away"]
    is_chosen_on = hold_out(away["y_true"].to_numpy(), away["patient_id"].to_numpy(), 0.5, 3)
    chosen_on, others = away[is_chosen_on], away[~is_chosen_on]
    assert row["threshold"] == youden_threshold(chosen_on["y_true"], chosen_on["y_score"])
    assert (row["dataset"], row["n_images"]) == ("away", len(others))
    assert (row["sensitivity"], row["specificity"]) == shares(
        others["y_true"], others["y_score"], row["threshold"]
    )


def test_nothing_is_chosen_anew_where_it_is_given_or_only_one_class_is_there():
    assert rechosen(table(away=AWAY), [criterion("threshold=5")], Settings()).empty
    one_class = table(away=("test", [1, 1, 1, 1], [0.1, 0.2, 0.3, 0.4]))
    assert rechosen(one_class, [criterion("youden")], Settings()).empty
    lone = table(away=("test", [1, 0, 0, 0], [0.1, 0.2, 0.3, 0.4]))
    found = rechosen(lone, [criterion("youden")], Settings())
    assert len(found) <= 1  # whether the one malignant image is chosen on or not
