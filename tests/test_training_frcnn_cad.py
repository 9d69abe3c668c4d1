from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import roc_auc_score

from mammo.errors import MammoError
from mammo.models.frcnn_cad import DetectorSettings, build
from mammo.training import checkpoint
from mammo.training import frcnn_cad as training
from mammo.training.detection import Input, Inputs, detect_all
from mammo.training.devices import launch
from mammo.training.fit import HISTORY, fit
from mammo.training.frcnn_cad import DetectorTask, DetectorTraining
from mammo.training.frcnn_cad_losses import LOSSES
from mammo.training.frcnn_cad_start import standardise_detector

NETWORK = DetectorSettings(
    width=1 / 16,
    hidden=32,
    dropout=0.0,
    short_side=80,
    long_side=96,
    anchor_scales=(1, 2),
    pre_nms=100,
    post_nms=30,
    min_size=2,
)
SHORT = DetectorTraining("adamw", learning_rate=2e-3, images_a_step=3, epochs=2, held_aside=0.3)


@pytest.fixture(scope="module")
def fabric():
    return launch("cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return with_squares(tmp_path_factory.mktemp("images"), 32)


def with_squares(folder, n_images):
    """Images with one lesion each: malignant ones are bright squares, benign ones dim."""
    rng = np.random.default_rng(0)
    images, lesions = [], []
    for number in range(n_images):
        malignant = number % 2
        pixels = rng.integers(8000, 12000, (80, 80)).astype(np.uint16)
        pixels[0, 0] = 65535
        row, column = rng.integers(4, 46, 2)
        pixels[row : row + 30, column : column + 30] = 60000 if malignant else 25000
        path = folder / f"{number}.png"
        cv2.imwrite(str(path), pixels)
        name = f"i{number}"
        images.append(
            {"image_id": name, "path": str(path), "patient_id": f"p{number}", "label": malignant}
        )
        box = {"row_min": row, "col_min": column, "row_max": row + 30, "col_max": column + 30}
        lesions.append({"image_id": name, **box, "malignant": malignant, "lesion_type": "mass"})
    return pd.DataFrame(images), pd.DataFrame(lesions)


def fitted(data, folder, fabric, settings=SHORT, seed=0):
    folder.mkdir(exist_ok=True)
    network = build(NETWORK, seed)
    record = fit(DetectorTask(network, *data, settings, fabric, seed=seed), folder)
    return network, record


def same(one, other):
    values = other.state_dict()
    return all(torch.equal(value, values[name]) for name, value in one.state_dict().items())


def test_learns_where_lesions_are_and_which_are_malignant(fabric, tmp_path, tmp_path_factory):
    data = with_squares(tmp_path_factory.mktemp("images"), 64)
    settings = DetectorTraining("adamw", learning_rate=3e-3, epochs=12, held_aside=0.3)
    network = build(NETWORK, 0)
    standardise_detector(network, data[0], seed=0)
    record = fit(DetectorTask(network, *data, settings, fabric, seed=0), tmp_path)
    history = pd.read_csv(tmp_path / HISTORY)
    assert len(history) == record["epochs"] == 12
    assert list(history)[1:5] == [f"{name}_loss" for name in LOSSES]
    assert history["rpn_class_loss"].iloc[-1] < 0.3 * history["rpn_class_loss"].iloc[0]
    assert record["best_epoch"] == history["held_auroc"].idxmax()
    assert history["held_auroc"].iloc[-1] > 0.9
    assert record["n_train"] + record["n_held"] == 64 and record["n_lesions"] > 20
    found, scores = detect_all(network, data[0], fabric)
    assert roc_auc_score(data[0]["label"], scores) > 0.9
    best = found.groupby("image_id").first().loc[data[1]["image_id"]].reset_index()
    for low, high in (("row_min", "row_max"), ("col_min", "col_max")):
        centre = (best[low] + best[high]) / 2
        assert (centre.between(data[1][low], data[1][high])).mean() > 0.7
    assert not list(tmp_path.glob("epoch*")) and not list(tmp_path.glob("*.tmp"))


def test_a_standardised_network_has_outputs_of_mean_0_and_variance_1(data):
    network = build(NETWORK, 0)
    standardise_detector(network, data[0], seed=0)
    x = torch.cat([entry.x for entry in Inputs(data[0]["path"], NETWORK).read(range(32))])
    seen = {}
    for name in ("conv1_1", "conv3_2", "conv5_3", "rpn_conv_3x3"):
        layer = network.get_submodule(name)
        layer.register_forward_hook(
            lambda layer, _, out: seen.update({layer: out.detach().clone()})
        )
    with torch.no_grad():
        network.rpn(network.features(x))
    for output in seen.values():
        assert output.mean((0, 2, 3)).abs().max() < 0.05
        assert (output.std((0, 2, 3)) - 1).abs().max() < 0.05
    assert len(seen) == 4 and not network.training
    assert all(torch.isfinite(values).all() for values in network.state_dict().values())


def test_same_seed_gives_the_same_network_and_leaves_global_state_alone(data, fabric, tmp_path):
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    first, _ = fitted(data, tmp_path / "a", fabric)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(8)
    assert same(first, fitted(data, tmp_path / "b", fabric)[0])
    assert not same(first, fitted(data, tmp_path / "c", fabric, seed=1)[0])


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_killed_training_ends_with_the_same_numbers(data, fabric, tmp_path, monkeypatch, optimizer):
    settings = DetectorTraining(optimizer, epochs=2, held_aside=0.3)
    whole, record = fitted(data, tmp_path / "whole", fabric, settings)
    save = checkpoint.save_epoch

    def save_and_die(folder, model, optimizer, best, history):
        save(folder, model, optimizer, best, history)
        if len(history) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save_epoch", save_and_die)
    with pytest.raises(KeyboardInterrupt):
        fitted(data, tmp_path / "part", fabric, settings)
    monkeypatch.setattr(checkpoint, "save_epoch", save)
    resumed, again = fitted(data, tmp_path / "part", fabric, settings)
    assert again == record
    assert same(resumed, whole)


def test_a_short_step_takes_the_mean_gradient_of_its_own_images(data, fabric, tmp_path):
    short = DetectorTraining(images_a_step=100, epochs=1, held_aside=0.3, largest_gradient=1e9)
    found, record = fitted(data, tmp_path / "short", fabric, short)
    whole = replace(short, images_a_step=record["n_train"])
    assert same(found, fitted(data, tmp_path / "whole", fabric, whole)[0])


def test_finished_training_is_not_repeated(data, fabric, tmp_path, monkeypatch):
    network, record = fitted(data, tmp_path, fabric)
    monkeypatch.setattr(DetectorTask, "epoch", None)
    again, same_record = fitted(data, tmp_path, fabric)
    assert same_record == record and same(again, network)


def test_frozen_layers_stay_and_images_without_lesions_take_part(data, fabric, tmp_path):
    network = build(NETWORK, 0)
    network.conv1_1.requires_grad_(False)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    lesions = data[1][data[1]["malignant"] == 1]
    record = fit(DetectorTask(network, data[0], lesions, SHORT, fabric, seed=0), tmp_path)
    assert record["n_lesions"] < record["n_train"]
    assert torch.equal(network.conv1_1.weight, before["conv1_1.weight"])
    assert not torch.equal(network.conv5_3.weight, before["conv5_3.weight"])


def test_what_cannot_be_learnt_from_is_refused(data, fabric, tmp_path):
    images, lesions = data
    with pytest.raises(MammoError, match="lesion box"):
        fitted((images, lesions[:0]), tmp_path, fabric)
    with pytest.raises(MammoError, match="one class"):
        fitted((images.assign(label=0), lesions), tmp_path, fabric)


@pytest.mark.parametrize("is_flipped", [False, True])
def test_lesions_stay_on_their_pixels(is_flipped):
    x = torch.zeros(1, 3, 60, 40)
    x[0, :, 20:30, 4:12] = 1
    native = torch.tensor([[10.0, 2, 15, 6]])
    flipped, lesions = training._as_input(Input(0, x, 2.0, (30, 20)), native, is_flipped)
    x_min, y_min, x_max, y_max = lesions[0].int().tolist()
    inside = flipped[0, :, y_min : y_max + 1, x_min : x_max + 1]
    assert inside.min() == 1 and inside.sum() == x.sum()
