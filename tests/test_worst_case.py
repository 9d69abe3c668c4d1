import itertools
import math

import numpy as np
import pandas as pd
import pytest

from mammo.evaluation import auroc
from mammo.evaluation.tables.worst_case import GIVEN, missing_scores, unverified_labels
from mammo.evaluation.worst_case import bounds_of_missing_scores, bounds_of_unknown_labels

LABELS = np.array([1, 1, 0, 0, 0, 1, 0])
SCORES = np.array([0.9, 0.4, 0.4, 0.1, 0.7, 0.2, 0.3])


def test_missing_scores_are_bounded_by_every_value_that_they_could_have():
    missing = np.array([False, True, False, True, True, False, False])
    tried = []
    for values in itertools.product([-1, 0.15, 0.25, 0.35, 0.5, 0.8, 2], repeat=3):
        scores = SCORES.copy()
        scores[missing] = values
        tried.append(auroc(LABELS, scores))
    found = bounds_of_missing_scores(LABELS, SCORES, missing)
    assert (found.lowest, found.highest) == (min(tried), max(tried))
    assert found.n_unknown == 3
    none = bounds_of_missing_scores(LABELS, SCORES, np.zeros(7, bool))
    assert none.lowest == none.highest == auroc(LABELS, SCORES)


@pytest.mark.parametrize("seed", range(5))
def test_unknown_labels_are_bounded_by_every_label_that_they_could_have(seed):
    rng = np.random.default_rng(seed)
    unknown = rng.choice([0.05, 0.2, 0.35, 0.4, 0.6, 0.95], size=6)
    tried = [
        auroc(np.concatenate([LABELS, labels]), np.concatenate([SCORES, unknown]))
        for labels in itertools.product([0, 1], repeat=6)
    ]
    found = bounds_of_unknown_labels(LABELS, SCORES, unknown)
    assert (found.lowest, found.highest) == pytest.approx((min(tried), max(tried)), abs=1e-12)
    assert bounds_of_unknown_labels(LABELS, SCORES, []).lowest == auroc(LABELS, SCORES)


def test_labels_of_findings_that_are_followed_are_bounded():
    table = pd.DataFrame({"y_true": LABELS, "y_score": SCORES, "patient_id": range(7)})
    table = table.assign(model="m", dataset="d", split="test", image_id=range(7))
    assert unverified_labels(table).empty
    rated = ["4", "3", "BI-RADS 3", "1", "3.0", None, "13"]
    row = unverified_labels(table.assign(birads=rated)).iloc[0]
    is_open = np.array([False, True, True, False, True, False, False])
    wanted = bounds_of_unknown_labels(LABELS[~is_open], SCORES[~is_open], SCORES[is_open])
    assert row["n_unverified"] == 3 and row["auroc"] == auroc(LABELS, SCORES)
    assert (row["lowest"], row["highest"]) == (wanted.lowest, wanted.highest)
    assert unverified_labels(table.assign(birads="3")).empty  # nothing is left to compare with


def test_parts_in_which_scores_are_missing_are_bounded():
    table = pd.DataFrame({"y_true": LABELS, "y_score": SCORES, "patient_id": range(7)})
    table = table.assign(model="m", dataset="d", split="test", image_id=range(7))
    assert missing_scores(table).empty
    assert missing_scores(table.assign(**{GIVEN: "yes"})).empty
    given = ["yes", "no", "yes", "mixed", "yes", "yes", "yes"]
    row = missing_scores(table.assign(**{GIVEN: given})).iloc[0]
    assert row["n_missing"] == 2 and row["auroc"] == auroc(LABELS, SCORES)
    assert row["lowest"] < row["auroc"] < row["highest"]
    assert not math.isnan(row["lowest"])
