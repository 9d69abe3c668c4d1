from types import SimpleNamespace

import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from mammo.errors import UnreadableImageError
from mammo.images import read_image
from mammo.models.frcnn_cad import DetectorSettings, build, image_score
from mammo.training import detection
from mammo.training.detection import Inputs, detect, detect_all
from mammo.training.devices import launch

SETTINGS = DetectorSettings(
    width=1 / 64,
    hidden=16,
    short_side=64,
    long_side=96,
    anchor_scales=(1, 2),
    pre_nms=100,
    post_nms=20,
    min_size=2,
)


@pytest.fixture(scope="module")
def fabric():
    return launch("cpu")


@pytest.fixture(scope="module")
def network():
    return build(SETTINGS, 0).eval()


@pytest.fixture
def images(tmp_path):
    rng = np.random.default_rng(0)
    rows = []
    for number, shape in enumerate([(80, 64), (120, 64), (64, 64), (90, 70), (70, 90)]):
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), rng.integers(0, 65536, shape).astype(np.uint16))
        rows.append({"image_id": f"image{number}", "path": str(path)})
    return pd.DataFrame(rows)


@pytest.mark.parametrize("workers", [0, 1])
def test_inputs_come_in_the_order_asked_for_and_again(images, workers):
    inputs = Inputs(images["path"], SETTINGS, workers)
    for order in ([3, 0, 3], [1], [], [4, 2]):
        found = list(inputs.read(order))
        assert [entry.number for entry in found] == order
    assert found[0].shape == (70, 90)
    assert tuple(found[0].x.shape) == (1, 3, 64, 82)
    assert found[0].scale == pytest.approx(64 / 70)


def test_reading_leaves_the_random_state_alone(images):
    before = torch.random.get_rng_state()
    list(Inputs(images["path"], SETTINGS).read([0, 1]))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_an_unreadable_file_is_named(images, tmp_path):
    (tmp_path / "3.png").write_bytes(b"no image")
    with pytest.raises(UnreadableImageError, match=r"3\.png"):
        list(Inputs(images["path"], SETTINGS).read([3]))


def test_all_images_are_detected_on_as_each_alone(images, network, fabric):
    table, scores = detect_all(network, images, fabric)
    assert tuple(table.columns) == detection.COLUMNS
    assert table["image_id"].drop_duplicates().tolist() == images["image_id"].tolist()
    for image, score in zip(images.itertuples(), scores, strict=True):
        alone = network.detect(read_image(image.path).pixels)
        rows = table[table["image_id"] == image.image_id]
        assert rows["label"].tolist() == alone.labels.tolist()
        np.testing.assert_allclose(rows["score"], alone.scores, rtol=1e-5)
        np.testing.assert_allclose(rows[list(detection.COLUMNS[3:])], alone.boxes, atol=1e-2)
        assert score == pytest.approx(image_score(alone))
        assert rows.loc[rows["label"] == 2, "score"].max() == pytest.approx(score)


def test_processes_share_the_images_and_find_the_same(images, network, fabric, monkeypatch):
    """Each of three processes in turn; the second time each is given what all of them found."""
    inputs, numbers = Inputs(images["path"], SETTINGS), [4, 1, 0, 2, 3]
    whole, scores = detect(network, inputs, numbers, fabric)
    given = []

    def gather(parts, own):
        given.append(own)
        parts[:] = given[:3] if len(given) > 3 else [own] * 3

    monkeypatch.setattr(torch.distributed, "all_gather_object", gather)
    facts = {"world_size": 3, "is_global_zero": False, "device": torch.device("cpu")}
    processes = [SimpleNamespace(global_rank=rank, **facts) for rank in range(3)]
    for process in processes:
        detect(network, inputs, numbers, process)
    for process in processes:
        table, values = detect(network, inputs, numbers, process)
        np.testing.assert_array_equal(table, whole)
        np.testing.assert_array_equal(values, scores)


def test_no_image_gives_an_empty_table(images, network, fabric):
    table, scores = detect_all(network, images[:0], fabric)
    assert table.empty and tuple(table.columns) == detection.COLUMNS and scores.shape == (0,)
