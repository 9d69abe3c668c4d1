"""The network against OpenCV's Caffe layers, and its steps between them against plain loops."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torchvision.ops import roi_pool

import by_hand
import caffe_files
from caffe_opencv import OpenCV, random_input
from mammo.errors import ParameterError
from mammo.models import frcnn_cad
from mammo.models.frcnn_cad import (
    Detections,
    DetectorSettings,
    FasterRCNN,
    boxes,
    image_score,
    preparation,
)
from mammo.models.weights import fingerprint

NARROW = DetectorSettings(width=0.125, hidden=64, short_side=240, long_side=400)
SIZES = [(333, 251), (400, 416), (289, 561)]
"""Neither sides of the first and the last are multiples of 16: every pooling has to round up."""
GOLDEN = Path(__file__).parent / "golden" / "frcnn_cad" / "published.npz"

sizes = pytest.mark.parametrize("size", SIZES, ids=str)


def filled(settings: DetectorSettings, seed: int = 0) -> FasterRCNN:
    return caffe_files.fill(FasterRCNN(settings), seed)


def opencv_of(network: FasterRCNN) -> OpenCV:
    return OpenCV(network, caffe_files.caffemodel(network))


def differ(found: torch.Tensor, expected: np.ndarray) -> float:
    assert tuple(found.shape) == expected.shape
    return float(np.abs(found.numpy() - expected).max(initial=0))


@pytest.fixture(scope="module")
def narrow() -> FasterRCNN:
    return filled(NARROW)


@sizes
@torch.inference_mode()
def test_features_and_anchors_scores_are_opencvs(narrow, size):
    x = random_input(*size, seed=1)
    features = narrow.features(x)
    scores, deltas = narrow.rpn(features)
    expected = opencv_of(narrow).trunk(x.numpy())
    assert features.shape[2:] == tuple(-(-side // 16) for side in size)
    assert differ(features, expected["relu5_3"]) < 2e-4
    assert differ(scores, expected["rpn_cls_score"]) < 1e-4
    assert differ(deltas, expected["rpn_bbox_pred"]) < 2e-5
    lesion = scores.view(1, 2, 9, *scores.shape[2:]).softmax(1)[:, 1]
    assert differ(lesion, expected["rpn_cls_prob"][:, 9:]) < 5e-5
    assert lesion.min() < 0.05 and lesion.max() > 0.95


def anchors_scores(network: FasterRCNN, size) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    """Scores and deltas of the anchors on a random image, and the scores as probabilities."""
    scores, deltas = network.rpn(network.features(random_input(*size, seed=1)))
    prob = scores.view(1, 2, -1, scores.shape[3]).softmax(1).view(scores.shape)
    return scores, deltas, prob.numpy()


@sizes
@torch.inference_mode()
def test_proposals_are_opencvs(size):
    # OpenCV's layer has no least size; all else is as in py-faster-rcnn.
    network = filled(replace(NARROW, min_size=0, pre_nms=1500, post_nms=200))
    scores, deltas, prob = anchors_scores(network, size)
    expected = opencv_of(network).proposals(prob, deltas.numpy(), size)
    assert len(expected) > 150
    assert differ(network.propose(scores, deltas, size, 1.0), expected) < 1e-3


@sizes
@torch.inference_mode()
def test_proposals_follow_the_published_steps(size):
    settings = replace(NARROW, min_size=40, pre_nms=150, post_nms=40)
    network = filled(settings)
    scores, deltas, prob = anchors_scores(network, size)
    base = boxes.base_anchors(settings.anchor_scales)
    expected = by_hand.proposals(prob[0], deltas[0].numpy(), base, size, 1.5, settings)
    found = network.propose(scores, deltas, size, 1.5)
    assert 30 < len(expected) <= 40
    assert differ(found, expected) < 1e-3
    assert (found[:, 2:] - found[:, :2] + 1).min() >= 60


@sizes
@torch.inference_mode()
def test_pooling_and_head_are_opencvs(narrow, size):
    features = narrow.features(random_input(*size, seed=1))
    # Edges at 8 and 24 fall on half of a position, one box is a single pixel, one the image.
    awkward = [[8, 24, 40, 56], [24, 8, 24, 8], [0, 0, size[1] - 1, size[0] - 1]]
    proposals = torch.cat(
        [narrow.propose(*narrow.rpn(features), size, 1.0), torch.tensor(awkward).float()]
    )
    scores, deltas = narrow.head(features, [proposals])
    expected = opencv_of(narrow).head(features.numpy(), proposals.numpy())
    assert differ(roi_pool(features, [proposals], 7, 1 / 16), expected["pool5"]) == 0
    assert differ(scores.softmax(1), expected["cls_prob"]) < 1e-5
    assert differ(deltas, expected["bbox_pred"]) < 1e-5
    assert scores.softmax(1).std(0).min() > 0.02


@torch.inference_mode()
def test_boxes_may_name_their_image(narrow):
    features = narrow.features(torch.cat([random_input(200, 160, seed) for seed in (1, 2)]))
    found = torch.tensor([[3.0, 5, 80, 90], [30, 40, 150, 120]])
    named = torch.cat([torch.tensor([[0.0], [1]]), found], 1)
    each = narrow.head(features, [found[:1], found[1:]])
    together = narrow.head(features, named)
    for one, other in zip(each, together, strict=True):
        assert torch.equal(one, other)


@torch.inference_mode()
def test_full_width_is_opencvs():
    """All of VGG16's channels; fc6 and fc7 with 256 units, to stay small."""
    network = filled(DetectorSettings(hidden=256, min_size=0))
    size = (123, 171)
    x = random_input(*size, seed=2)
    features = network.features(x)
    scores, _ = network.rpn(features)
    opencv = opencv_of(network)
    trunk = opencv.trunk(x.numpy())
    assert differ(features, trunk["relu5_3"]) < 5e-4
    assert differ(scores, trunk["rpn_cls_score"]) < 2e-4
    rois = torch.from_numpy(opencv.proposals(trunk["rpn_cls_prob"], trunk["rpn_bbox_pred"], size))
    head = opencv.head(trunk["relu5_3"], rois.numpy())
    class_scores, box_deltas = network.head(features, [rois])
    assert differ(class_scores.softmax(1), head["cls_prob"]) < 2e-5
    assert differ(box_deltas, head["bbox_pred"]) < 2e-5


@pytest.mark.long  # over a gigabyte
@torch.inference_mode()
def test_published_network_gives_opencvs_numbers():
    """Golden: the whole of the published network, by tests/golden/make_frcnn_cad.py."""
    golden = np.load(GOLDEN, allow_pickle=False)
    network = filled(replace(frcnn_cad.PUBLISHED, min_size=0), seed=11)
    assert fingerprint(network.state_dict()) == golden["fingerprint"]
    size = (213, 301)
    features = network.features(random_input(*size, seed=11))
    scores, deltas = network.rpn(features)
    assert differ(features[0, ::16, ::3, ::3], golden["features"]) < 5e-4
    assert differ(scores[0, :, ::3, ::3], golden["scores"]) < 2e-4
    assert differ(deltas[0, :, ::3, ::3], golden["deltas"]) < 2e-4
    rois = torch.from_numpy(golden["rois"])
    assert differ(network.propose(scores, deltas, size, 1.0)[: len(rois)], golden["rois"]) < 1e-2
    class_scores, box_deltas = network.head(features, [rois])
    assert differ(class_scores.softmax(1), golden["probabilities"]) < 2e-5
    assert differ(box_deltas, golden["box_deltas"]) < 2e-5


@pytest.mark.parametrize("shape", [(301, 227), (200, 390), (420, 400)], ids=str)
def test_detections_are_those_of_the_published_test_code(shape):
    network = filled(replace(NARROW, min_size=2, post_nms=40))
    pixels = np.random.default_rng(3).random(shape)
    x, scale = preparation.prepare(pixels, 240, 400)
    with torch.inference_mode():
        rois, prob, deltas = (part.numpy() for part in network(x, scale))
    expected = by_hand.detections(rois, prob, deltas, shape, scale, NARROW.nms_detections)
    found = network.detect(pixels)
    assert found.labels.tolist() == [label for label, _, _ in expected]
    np.testing.assert_allclose(found.scores, [score for _, score, _ in expected])
    boxes = np.array([box for _, _, box in expected])[:, [1, 0, 3, 2]] + [0, 0, 1, 1]
    np.testing.assert_allclose(found.boxes, boxes, atol=2e-3)
    assert image_score(found) == max(score for label, score, _ in expected if label == 2)
    assert (found.boxes[:, 2:] <= shape).all() and set(found.labels) == {1, 2}


def test_low_scores_are_no_detections(narrow):
    pixels = np.random.default_rng(4).random((200, 150))
    every = narrow.detect(pixels)
    middle = np.median(every.scores)
    sure = filled(replace(NARROW, score_threshold=middle)).detect(pixels)
    np.testing.assert_array_equal(sure.scores, every.scores[every.scores >= middle])
    np.testing.assert_array_equal(sure.boxes, every.boxes[every.scores >= middle])


def test_an_image_without_proposals_has_no_detections():
    found = filled(replace(NARROW, min_size=1e6)).detect(np.ones((120, 90)))
    assert found.boxes.shape == (0, 4) and len(found.labels) == len(found.scores) == 0
    assert image_score(found) == 0.0


def test_a_black_image_is_read():
    assert 0 <= image_score(filled(NARROW).detect(np.zeros((120, 90), np.float32))) <= 1


@given(st.integers(0, 5), st.data())
def test_image_score_is_the_highest_malignant_one(count, data):
    scores = data.draw(arrays(np.float64, count, elements=st.floats(0, 1)))
    labels = data.draw(arrays(np.int64, count, elements=st.sampled_from([1, 2])))
    malignant = [score for score, label in zip(scores, labels, strict=True) if label == 2]
    found = Detections(np.zeros((count, 4)), labels, scores)
    assert image_score(found) == max(malignant, default=0.0)


@pytest.mark.parametrize(
    ("shape", "scale"),
    [
        ((1000, 820), 1700 / 820),
        ((3328, 2560), 2100 / 3328),
        ((900, 1000), 1700 / 900),
        ((852, 689), 2100 / 852),
    ],
    ids=str,
)
def test_input_is_that_of_py_faster_rcnn(shape, scale):
    values = np.random.default_rng(5).integers(0, 4096, shape)
    grey = (255 * values / values.max()).astype(np.uint8)
    colour = np.stack([grey] * 3, -1).astype(np.float32) - np.array(
        [[preparation.MEANS]], np.float32
    )
    expected = cv2.resize(colour, None, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    found, by = preparation.prepare(values.astype(np.float32) / 4095, 1700, 2100)
    assert by == scale
    assert differ(found[0], expected.transpose(2, 0, 1)) < 1e-3


def test_grey_levels_are_those_of_whole_numbers():
    stored = np.arange(3060).reshape(51, 60) + 1
    found, scale = preparation.prepare((stored / 4095).astype(np.float32), 51, 60)
    assert scale == 1
    grey = found[0, 2] + preparation.MEANS[2]
    np.testing.assert_allclose(grey, 255 * stored // stored.max(), atol=1e-4)


def test_window_lies_around_the_breasts_mode():
    stored = np.zeros((40, 40), np.int64)
    stored[10:30, :20] = 2000
    stored[:4, :5] = [1400, 1500, 1750, 2300, 3000]
    found, _ = preparation.prepare(stored / 4095, 40, 40, window=(500, 800), bits_stored=12)
    grey = found[0, 0] + preparation.MEANS[0]
    expected = [0, 0, 255 * 250 // 1300, 255 * 800 // 1300, 255]
    np.testing.assert_allclose(grey[0, :5], expected, atol=1e-4)
    assert grey[20, 5] == pytest.approx(255 * 500 // 1300) and grey[35, 35] == 0


def test_a_window_needs_the_bits():
    network = filled(replace(NARROW, window=(500, 800)))
    with pytest.raises(ParameterError, match="bits_stored"):
        network.detect(np.ones((50, 40)))
    assert network.detect(np.random.default_rng(6).random((50, 40)), bits_stored=12).labels.size


def test_a_seed_gives_a_network():
    one, same, other = (frcnn_cad.build(NARROW, seed).state_dict() for seed in (1, 1, 2))
    assert fingerprint(one) == fingerprint(same) != fingerprint(other)
    assert one["conv5_3.weight"].std() == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.05)
    features = frcnn_cad.build(NARROW, 1).eval().features(random_input(96, 80, 1))
    assert 0.1 < features.std() < 10


def test_narrow_networks_keep_eight_channels():
    assert DetectorSettings(width=0.01).channels(512) == 8
    assert DetectorSettings(width=0.5).channels(512) == 256
