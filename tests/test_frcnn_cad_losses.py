import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mammo.models.frcnn_cad import DetectorSettings, boxes, build
from mammo.training.frcnn_cad_losses import (
    DetectorLosses,
    class_and_box,
    of_anchors,
    of_proposals,
)

SIZE = (160, 128)
AROUND = boxes.anchor_grid((1, 2, 4), 10, 8, like=torch.zeros(1))


@st.composite
def lesions(draw):
    """Boxes inside of the input, at least 3 pixels wide and high."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        width, height = draw(st.integers(3, 100)), draw(st.integers(3, 100))
        x, y = draw(st.integers(0, 128 - width)), draw(st.integers(0, 160 - height))
        found.append([x, y, x + width - 1, y + height - 1])
    return torch.tensor(found, dtype=torch.float32)


def naive_labels(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Labels of all anchors by the words of the paper: 1, 0, or -1 where not used."""
    overlap = np.zeros((len(found), len(true)), np.float32)
    for i, a in enumerate(found):
        for j, b in enumerate(true):
            sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]) + 1
            common = np.prod(sides.clip(0))
            areas = np.prod(a[2:] - a[:2] + 1) + np.prod(b[2:] - b[:2] + 1)
            overlap[i, j] = common / (areas - common)
    labels = np.where(overlap.max(1) < np.float32(0.3), 0, -1)
    labels[overlap.max(1) >= np.float32(0.7)] = 1
    for j in range(len(true)):
        labels[overlap[:, j] == max(overlap[:, j].max(), np.float32(1e-9))] = 1
    return labels


@settings(max_examples=25, deadline=None)
@given(lesions(), st.integers(0, 2**31))
def test_anchors_are_taught_what_the_paper_says(true, seed):
    torch.manual_seed(seed)
    found = of_anchors(AROUND, true, SIZE)
    is_inside = (AROUND[:, :2] >= 0).all(1) & (AROUND[:, 2] < 128) & (AROUND[:, 3] < 160)
    expected = np.full(len(AROUND), -1)
    expected[is_inside.numpy()] = naive_labels(AROUND[is_inside].numpy(), true.numpy())
    np.testing.assert_array_equal(found.labels.numpy(), expected[found.chosen.numpy()])
    assert len(found.chosen.unique()) == len(found.chosen)
    positive = min((expected == 1).sum(), 128)
    assert (found.labels == 1).sum() == positive
    assert (found.labels == 0).sum() == min((expected == 0).sum(), 256 - positive)
    chosen = AROUND[found.chosen]
    for anchor, delta, row in zip(chosen, found.deltas, boxes.overlaps(chosen, true), strict=True):
        if row.max() >= 0.3:
            decoded = boxes.decode(delta, anchor) - torch.tensor([0, 0, 1, 1])
            torch.testing.assert_close(decoded, true[row.argmax()], atol=1e-2, rtol=0)


def test_every_lesion_an_anchor_touches_teaches_one():
    true = torch.tensor([[60.0, 60, 63, 62]])
    found = of_anchors(AROUND, true, SIZE)
    assert (found.labels == 1).sum() >= 1


def test_a_lesion_that_no_anchor_touches_teaches_none():
    around = torch.tensor([[0.0, 0, 15, 15], [16, 0, 31, 15]])
    found = of_anchors(around, torch.tensor([[100.0, 100, 110, 110]]), SIZE)
    assert found.labels.tolist() == [0, 0]


def test_without_lesions_everything_is_background():
    none = torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64)
    assert of_anchors(AROUND, none[0], SIZE).labels.unique().tolist() == [0]
    found = of_proposals(AROUND, *none)
    assert found.labels.unique().tolist() == [0] and len(found.labels) == 128
    assert torch.isfinite(found.deltas).all()


def test_proposals_get_their_lesions_class_and_a_quarter_are_lesions():
    true = torch.tensor([[10.0, 10, 49, 49], [70, 70, 109, 109]])
    near = torch.cat([true + i / 10 for i in range(40)])
    far = torch.tensor([[0.0, 100, 20, 120]]).repeat(200, 1)
    found = of_proposals(torch.cat([near, far]), true, torch.tensor([1, 2]))
    assert len(found.labels) == 128
    assert (found.labels > 0).sum() == 32
    positive = found.labels > 0
    assert found.labels[positive].tolist() == (1 + found.chosen[positive] % 2).tolist()
    assert (found.chosen[~positive] >= 80).all()


def test_a_proposal_half_covered_is_background():
    true = torch.tensor([[0.0, 0, 9, 9]])
    proposals = torch.tensor([[0.0, 0, 9, 9], [0, 0, 9, 19], [0, 0, 9, 20]])
    found = of_proposals(proposals, true, torch.tensor([2]))
    assert found.labels[found.chosen.argsort()].tolist() == [2, 2, 0]


def test_losses_are_means_over_the_boxes_and_background_has_no_box():
    labels = torch.tensor([0, 2])
    logits = torch.tensor([[9.0, 0, 0], [0, 0, 0]])
    deltas = torch.tensor([[5.0, 5, 5, 5], [0.5, 0, 0, 3]])
    wrong_class, wrong_box = class_and_box(logits, deltas, labels, torch.zeros(2, 4), beta=1.0)
    assert wrong_class.item() == pytest.approx(np.log(3) / 2, abs=1e-3)
    assert wrong_box.item() == pytest.approx((0.5 * 0.25 + 2.5) / 2)


@pytest.fixture
def network():
    return build(DetectorSettings(width=1 / 64, hidden=16, anchor_scales=(1, 2, 4), min_size=2), 0)


def test_every_layer_learns_with_lesions_and_without(network):
    losses = DetectorLosses(network)
    x = torch.randn(1, 3, *SIZE) * 50
    for true in (torch.tensor([[20.0, 20, 60, 60]]), torch.zeros(0, 4)):
        network.zero_grad()
        found = losses(x, 1.0, true, torch.full((len(true),), 2))
        found.sum().backward()
        assert found.shape == (4,) and torch.isfinite(found).all()
        assert (found[[1, 3]] > 0).all() == (len(true) > 0)
        assert all(values.grad is not None for values in network.parameters())


def test_learnt_deltas_are_plain_ones_over_their_spread(network):
    losses, hidden = DetectorLosses(network), torch.randn(2, 16)
    plain = network.bbox_pred(hidden).view(2, 3, 4)
    losses.to_learnt_deltas()
    learnt = network.bbox_pred(hidden).view(2, 3, 4)
    torch.testing.assert_close(learnt * torch.tensor([0.1, 0.1, 0.2, 0.2]), plain)
    losses.to_plain_deltas()
    torch.testing.assert_close(network.bbox_pred(hidden).view(2, 3, 4), plain)
