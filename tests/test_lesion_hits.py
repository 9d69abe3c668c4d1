"""Whether a cell is on a lesion, held against the rule of the figures; and chance."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo.book.lesion_hits import _compared, _hit, cells_on_lesions
from mammo.datasets.lesions import EDGES
from mammo.report.figures.looked_at import Activation, hit

SIZE = 64
COORDINATE = st.floats(0, SIZE, allow_nan=False)


@given(
    st.lists(st.tuples(COORDINATE, COORDINATE, COORDINATE, COORDINATE), min_size=1, max_size=3),
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
)
def test_it_is_the_rule_that_the_pictures_follow(corners, shape):
    boxes = np.array([[min(a, c), min(b, d), max(a, c), max(b, d)] for a, b, c, d in corners])
    found = cells_on_lesions(boxes, shape, SIZE)
    lesions = [dict(zip(EDGES, box, strict=True)) for box in boxes]
    for cell in np.ndindex(shape):
        heat = np.zeros(shape)
        heat[cell] = 1
        assert found[cell] == hit(Activation("", 0.5, heat, (0, 0, SIZE, SIZE)), lesions)


def test_chance_is_the_share_of_the_breasts_cells():
    grey = np.zeros((SIZE, SIZE), np.float32)
    grey[:, : SIZE // 2] = 0.5  # Half of the 64 cells are breast.
    heat = np.zeros((8, 8), np.float32)
    heat[1, 1] = 1
    found = _hit(heat, np.array([[8.0, 8, 24, 24]]), grey)
    assert found == {"hit": 1, "chance": pytest.approx(4 / 32)}
    heat[5, 5] = 2
    assert _hit(heat, np.array([[8.0, 8, 24, 24]]), grey)["hit"] == 0


def test_a_lesion_smaller_than_a_cell_does_not_count():
    heat, grey = np.ones((4, 4), np.float32), np.ones((SIZE, SIZE), np.float32)
    assert np.isnan(_hit(heat, np.array([[0.0, 0, 20, 15.9]]), grey)["hit"])
    assert _hit(heat, np.array([[0.0, 0, 20, 16]]), grey)["hit"] == 1


def test_a_map_without_evidence_hits_nothing():
    heat, grey = np.zeros((4, 4), np.float32), np.ones((SIZE, SIZE), np.float32)
    assert _hit(heat, np.array([[0.0, 0, 64, 64]]), grey)["hit"] == 0


def test_no_hit_among_thirteen_is_not_shown_to_be_fewer_than_chance(study):
    patients = [str(number) for number in range(13)]
    found = pd.DataFrame({"patient_id": patients, "hit": 0.0, "chance": 0.08})
    row = _compared(found, study)
    assert (row["share"], row["excess"]) == (0, pytest.approx(-0.08))
    assert row["lower"] == pytest.approx(-0.08)
    assert row["upper"] == pytest.approx(0.2281 - 0.08, abs=5e-5)  # Wilson, 0 of 13
