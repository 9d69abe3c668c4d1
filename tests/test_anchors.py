import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import by_hand
from mammo.models.frcnn_cad import boxes

PUBLISHED = [
    [-84, -40, 99, 55],
    [-176, -88, 191, 103],
    [-360, -184, 375, 199],
    [-56, -56, 71, 71],
    [-120, -120, 135, 135],
    [-248, -248, 263, 263],
    [-36, -80, 51, 95],
    [-80, -168, 95, 183],
    [-168, -344, 183, 359],
]
"""As lib/rpn/generate_anchors.py of py-faster-rcnn prints them, counted from 0."""

edge = st.integers(0, 400)


@st.composite
def some_boxes(draw, least: int = 1) -> torch.Tensor:
    rows = draw(st.lists(st.tuples(edge, edge, edge, edge), min_size=least, max_size=12))
    return torch.tensor(
        [[x, y, x + width, y + height] for x, y, width, height in rows], dtype=torch.float64
    )


def test_anchors_are_the_published_ones():
    assert boxes.base_anchors((8, 16, 32)).tolist() == PUBLISHED


def test_anchors_stand_16_pixels_apart():
    grid = boxes.anchor_grid((8, 16, 32), 3, 5, torch.zeros(1)).view(3, 5, 9, 4)
    assert grid[0, 0].tolist() == PUBLISHED
    step = torch.tensor([16 * 4, 16 * 2, 16 * 4, 16 * 2])
    assert torch.equal(grid[2, 4] - grid[0, 0], step.expand(9, 4).float())


@given(some_boxes(), st.randoms())
def test_decoding_undoes_encoding_but_for_the_published_pixel(found, random):
    around = found[torch.tensor([random.randrange(len(found)) for _ in found])]
    back = boxes.decode(boxes.encode(found, around), around)
    torch.testing.assert_close(
        back - found, torch.tensor([0.0, 0, 1, 1]).expand(back.shape).double()
    )


@given(some_boxes(), st.randoms())
def test_deltas_of_a_decoded_box_are_those_given(around, random):
    deltas = torch.tensor([[random.uniform(-1, 1) for _ in range(4)] for _ in around])
    found = boxes.decode(deltas.double(), around) - torch.tensor([0, 0, 1, 1])
    torch.testing.assert_close(boxes.encode(found, around), deltas.double())


@given(some_boxes(), st.floats(0.05, 0.95), st.randoms())
def test_suppression_keeps_what_brute_force_keeps(found, threshold, random):
    ranks = random.sample(range(len(found)), len(found))
    scores = torch.tensor(ranks, dtype=torch.float64) / len(found)
    kept = boxes.suppress(found, scores, threshold)
    assert kept.tolist() == by_hand.suppress(found.tolist(), scores.tolist(), threshold)


@given(some_boxes(), some_boxes())
def test_overlaps_count_both_edges(found, others):
    expected = [
        [by_hand.overlap(one, other) for other in others.tolist()] for one in found.tolist()
    ]
    np.testing.assert_allclose(boxes.overlaps(found, others), expected, atol=1e-12)


@given(some_boxes(), st.integers(1, 300), st.integers(1, 300))
def test_clipped_boxes_lie_in_the_image(found, rows, columns):
    expected = [by_hand.clipped(box, rows, columns) for box in (found - 50).tolist()]
    assert boxes.clip(found - 50, rows, columns).tolist() == expected


@given(some_boxes())
def test_native_boxes_are_half_open_rows_first(found):
    native = boxes.to_native(found)
    row_min, col_min, row_max, col_max = native.unbind(1)
    assert torch.equal(torch.stack([col_max - col_min, row_max - row_min], 1), boxes.sizes(found))
    assert torch.equal(native[:, :2], found[:, [1, 0]])
    assert torch.equal(boxes.from_native(native), found)


def test_a_box_of_one_pixel_has_size_one():
    assert boxes.from_native(torch.tensor([[7, 3, 8, 4]])).tolist() == [[3, 7, 3, 7]]
    assert boxes.sizes(torch.tensor([[3, 7, 3, 7]])).tolist() == [[1, 1]]
    assert boxes.overlaps(torch.tensor([[3, 7, 3, 7]]), torch.tensor([[3, 7, 4, 7]])) == (
        pytest.approx(0.5)
    )
