"""The images that a model gets most wrong: of whom, in which order, and how far off."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo.evaluation.tables.extremes import worst
from mammo.evaluation.tables.scores import Part


def part(*rows: tuple[str, str, int, float]) -> Part:
    columns = ["patient_id", "image_id", "y_true", "y_score"]
    return Part("model", "set", "test", pd.DataFrame(rows, columns=columns))


MADE = part(
    ("anna", "a1", 1, 0.1), ("anna", "a2", 1, 0.2), ("berta", "b1", 1, 0.2), ("cora", "c1", 1, 0.9),
    ("dora", "d1", 0, 0.9), ("dora", "d2", 0, 0.8), ("emma", "e1", 0, 0.3), ("emma", "e2", 0, 0.0),
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "images", "percentiles"),
    [
        ("false negative", ["a1", "b1", "c1"], [100 * place / 7 for place in (1, 2, 6)]),
        ("false positive", ["d1", "e1"], [100 * place / 7 for place in (6, 4)]),
    ],
)
def test_the_worst_come_first_and_each_of_another_patient(kind, images, percentiles):
    found = worst(MADE, kind, 9)
    assert found["image_id"].tolist() == images
    assert found["percentile"].tolist() == pytest.approx(percentiles)
    assert worst(MADE, kind, 1)["image_id"].tolist() == images[:1]


def test_of_equal_scores_the_name_decides_so_that_a_report_stays_the_same():
    tied = part(("a", "2", 1, 0.5), ("b", "1", 1, 0.5), ("c", "3", 0, 0.5))
    assert worst(tied, "false negative", 2)["image_id"].tolist() == ["1", "2"]
    shuffled = part(("b", "1", 1, 0.5), ("c", "3", 0, 0.5), ("a", "2", 1, 0.5))
    assert worst(shuffled, "false negative", 2)["image_id"].tolist() == ["1", "2"]


def test_a_set_of_one_image_or_of_one_class_has_no_more_than_it_has():
    lone = part(("a", "1", 1, 0.5))
    assert worst(lone, "false negative", 3)["percentile"].tolist() == [0]
    assert worst(lone, "false positive", 3).empty


@given(
    seed=st.integers(0, 2**32), n=st.integers(0, 6), kind=st.sampled_from(["negative", "positive"])
)
def test_nobody_who_is_left_out_is_worse_than_who_is_shown(seed, n, kind):
    generator = np.random.default_rng(seed)
    size = generator.integers(1, 40)
    rows = pd.DataFrame(
        {
            "patient_id": generator.integers(0, 8, size),
            "image_id": [f"{number}" for number in range(size)],
            "y_true": generator.integers(0, 2, size),
            "y_score": generator.integers(0, 10, size) / 9,
        }
    )
    found = worst(Part("m", "s", "test", rows), f"false {kind}", n)
    wrong = rows[rows["y_true"] == (kind == "negative")]
    sign = 1 if kind == "negative" else -1
    by_patient = (sign * wrong["y_score"]).groupby(wrong["patient_id"]).min().sort_values()
    assert (sign * found["y_score"]).tolist() == by_patient.head(n).tolist()
    assert found["patient_id"].is_unique
    assert found["percentile"].between(0, 100).all()
