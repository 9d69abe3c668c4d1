"""Training end2end: stages, balanced batches, frozen parts, and the same numbers after a kill."""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mammo.errors import MammoError, ParameterError
from mammo.models import end2end as models
from mammo.training import checkpoint, end2end
from mammo.training.batch_norm import take_anew
from mammo.training.devices import launch
from mammo.training.end2end import Stage, StagedSettings, balanced_order
from mammo.training.fit import HISTORY, fit
from mammo.training.patches import Augmentation, Windows

SETTINGS = StagedSettings(batch_size=10, augmentation=Augmentation(rotation=10))
PATCH_STAGES = (Stage("last", 1e-2, 1), Stage("top", 1e-3, 1), Stage("all", 1e-3, 2))
IMAGE_STAGES = (Stage("top", 1e-3, 2), Stage("all", 1e-3, 1))


@pytest.fixture(scope="module")
def fabric():
    return launch("cpu")


def network(backbone: str = "vgg16", seed: int = 0) -> models.End2End:
    top = {"vgg16": "512x1", "resnet50": "[512-512-1024]x2"}[backbone]
    return models.build(backbone, top, seed=seed, width=1 / 64)


def patches() -> tuple[Windows, np.ndarray, np.ndarray]:
    """Forty patches, eight a class, whose grey tells their class; those held aside at the end."""
    classes = np.arange(40) % 5
    rng = np.random.default_rng(0)
    images = rng.integers(0, 20000, (40, 40, 40))
    images[:, 8:24, 8:24] += (9000 * classes)[:, None, None]
    places = np.column_stack([np.arange(40), np.full((40, 2), 4)])
    windows = Windows(images.astype(np.uint16), places, (32, 32))
    return windows, classes, np.arange(40) >= 30


def whole_images() -> tuple[Windows, np.ndarray, np.ndarray]:
    labels = np.arange(20) % 2
    images = np.random.default_rng(1).integers(0, 20000, (20, 160, 128))
    images[labels == 1, 40:90, 30:80] += 40000
    windows = Windows.of_whole_images(images.astype(np.uint16), np.arange(20))
    return windows, labels, np.arange(20) >= 14


def patch_classifier(backbone: str, seed: int) -> models.PatchClassifier:
    whole = network(backbone)
    model = models.PatchClassifier(whole.backbone, whole.mean)
    models.initialise(model, seed)
    return model


def fit_patches(folder, fabric, schedule=PATCH_STAGES, backbone="vgg16", seed=1):
    folder.mkdir(exist_ok=True)
    model = patch_classifier(backbone, seed)
    task = end2end.PatchTask(model, *patches(), schedule, SETTINGS, fabric, seed)
    return model, fit(task, folder)


def fit_whole_images(folder, fabric, schedule=IMAGE_STAGES, backbone="vgg16"):
    folder.mkdir(exist_ok=True)
    model = network(backbone)
    task = end2end.WholeImageTask(model, *whole_images(), schedule, SETTINGS, fabric, 1)
    return model, fit(task, folder)


def changed(before: dict[str, torch.Tensor], model: torch.nn.Module) -> set[str]:
    return {
        name for name, values in model.state_dict().items() if not torch.equal(values, before[name])
    }


def test_patch_classifier_learns_what_grey_tells(fabric, tmp_path):
    model, record = fit_patches(tmp_path, fabric, (Stage("all", 2e-3, 25),))
    history = pd.read_csv(tmp_path / HISTORY)
    assert list(history["epoch"]) == list(range(25))
    assert record["best"]["held_auroc"] == pytest.approx(history["held_auroc"].max())
    assert record["best_epoch"] == history["held_auroc"].idxmax()
    assert record["best"]["held_auroc"] > 0.7
    assert history["train_loss"].iloc[-3:].mean() < 0.8 * history["train_loss"].iloc[0]
    assert (record["n_train"], record["n_held"]) == (30, 10)
    again = models.PatchClassifier(network().backbone, model.mean)
    assert checkpoint.load(again, tmp_path) == json.loads(json.dumps(record))
    assert changed(again.state_dict(), model) == set()


def test_whole_image_network_learns_a_bright_square(fabric, tmp_path):
    model, record = fit_whole_images(tmp_path, fabric, (Stage("all", 3e-3, 15),))
    assert record["best"]["held_auroc"] > 0.7
    assert not list(tmp_path.glob("epoch*")) and not list(tmp_path.glob("*.tmp"))
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize(
    ("backbone", "untrained"), [("vgg16", "block3_conv3"), ("resnet50", "res4e_branch2c")]
)
def test_each_stage_of_the_patches_trains_its_part(fabric, tmp_path, backbone, untrained):
    start = patch_classifier(backbone, 1).state_dict()
    last, _ = fit_patches(tmp_path / "last", fabric, (Stage("last", 1e-2, 1),), backbone)
    assert changed(start, last) == {"dense.weight", "dense.bias"}
    top, _ = fit_patches(tmp_path / "top", fabric, (Stage("top", 1e-2, 1),), backbone)
    names = changed(start, top)
    layers = [layer["name"] for layer in top.backbone.layers]
    first = min(layers.index(name.split(".")[1]) for name in names if name.startswith("backbone"))
    assert layers[first] in ("block4_conv1", "res4f_branch2a")
    assert first > layers.index(untrained)
    every, _ = fit_patches(tmp_path / "all", fabric, (Stage("all", 1e-2, 1),), backbone)
    assert f"backbone.{layers[0]}.weight" in changed(start, every)


def test_statistics_of_frozen_layers_stay(fabric, tmp_path):
    before = network("resnet50").state_dict()
    model, _ = fit_whole_images(tmp_path, fabric, (Stage("top", 1e-3, 1),), "resnet50")
    names = changed(before, model)
    assert names and all(name.startswith("top.") for name in names)
    assert any(name.endswith("running_mean") for name in names)


def test_statistics_are_taken_from_the_windows_as_they_are(fabric):
    model = network("resnet50")
    model.top.requires_grad_(False)
    top = {name: values.clone() for name, values in model.top.state_dict().items()}
    windows, _, _ = whole_images()
    batches = [windows.batch(np.arange(begin, begin + 5)) for begin in range(0, 20, 5)]
    take_anew(model, batches, fabric, "float32")
    grey = (torch.cat(batches) * 255 - model.mean).expand(-1, 3, -1, -1)
    with torch.no_grad():
        maps = model.backbone.conv1(grey)
    first = model.backbone.get_submodule("bn_conv1")
    torch.testing.assert_close(first.running_mean, maps.mean((0, 2, 3)), rtol=1e-4, atol=1e-2)
    assert first.momentum == 0.1 and not any(module.training for module in model.modules())
    assert changed(top, model.top) == set()


def test_a_stage_without_epochs_is_left_out(fabric, tmp_path):
    schedule = (Stage("last", 1e-2, 0), Stage("all", 1e-3, 1))
    _, record = fit_patches(tmp_path, fabric, schedule)
    assert record["epochs"] == 1 and record["best"]["trained"] == "all"


@pytest.mark.parametrize("kill_after", [1, 2, 3])
def test_killed_training_ends_with_the_same_numbers(fabric, tmp_path, monkeypatch, kill_after):
    """Killed after a stage's last epoch, after its first, and between the two."""
    whole = fit_patches(tmp_path / "whole", fabric)
    save = checkpoint.save_epoch

    def save_and_die(folder, model, optimizer, best, history):
        save(folder, model, optimizer, best, history)
        if len(history) == kill_after:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save_epoch", save_and_die)
        with pytest.raises(KeyboardInterrupt):
            fit_patches(tmp_path / "part", fabric)
    resumed = fit_patches(tmp_path / "part", fabric)
    assert resumed[1] == whole[1]
    assert changed(whole[0].state_dict(), resumed[0]) == set()
    histories = [(tmp_path / name / HISTORY).read_text() for name in ("whole", "part")]
    assert histories[0] == histories[1]


def test_finished_training_is_not_repeated_and_the_seed_matters(fabric, tmp_path):
    first, record = fit_patches(tmp_path / "a", fabric)
    again, same = fit_patches(tmp_path / "a", fabric)
    assert same == json.loads(json.dumps(record))
    assert changed(first.state_dict(), again) == set()
    other, _ = fit_patches(tmp_path / "b", fabric, seed=2)
    assert changed(first.state_dict(), other)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(0, 99))
def test_batches_hold_the_classes_in_equal_parts(labels, seed):
    labels = np.array([*labels, 5])  # The last is held aside.
    numbers = np.arange(len(labels) - 1)
    order = balanced_order(numbers, labels, np.random.default_rng(seed))
    assert len(order) == len(numbers) and set(order) <= set(numbers)
    classes = np.unique(labels[numbers])
    for begin in range(0, len(order) - len(classes) + 1, len(classes)):
        assert set(labels[order[begin : begin + len(classes)]]) == set(classes)
    share = -(-len(numbers) // len(classes))
    for one in classes:
        alike = order[labels[order] == one]
        available = int((labels[numbers] == one).sum())
        assert len(set(alike)) >= min(len(alike), available) - (share > available)


def test_classes_that_cannot_be_told_apart_are_refused(fabric):
    windows, labels, held = whole_images()
    with pytest.raises(MammoError, match="one class"):
        end2end.WholeImageTask(
            network(),
            windows,
            np.where(held, 1, labels),
            held,
            IMAGE_STAGES,
            SETTINGS,
            fabric,
            seed=0,
        )


def test_unknown_parts_and_empty_schedules_are_refused(fabric, tmp_path):
    with pytest.raises(ParameterError, match=r"'head'.*top, all"):
        fit_whole_images(tmp_path, fabric, (Stage("head", 1e-3, 1),))
    with pytest.raises(ParameterError, match="no epoch"):
        fit_whole_images(tmp_path, fabric, (Stage("all", 1e-3, 0),))


def test_log_odds_of_cancer_sum_its_classes():
    logits = np.log([[0.1, 0.2, 0.3, 0.25, 0.15]]) + 7
    np.testing.assert_allclose(end2end.malignant_log_odds(logits), np.log(0.45 / 0.55))


PROGRAM = """
import sys
from pathlib import Path
import torch
import test_training_end2end as own
from mammo.training.devices import launch

fabric = launch("cpu")
out = Path(sys.argv[1])
model, _ = own.fit_whole_images(out, fabric, backbone="resnet50")
torch.save(model.state_dict(), out / f"state_{fabric.global_rank}.pt")
"""


@pytest.mark.long
def test_two_processes_train_one_model(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    run = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    subprocess.run(
        [*run, "program.py", str(tmp_path / "out")],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        timeout=300,
    )
    states = [torch.load(tmp_path / "out" / f"state_{rank}.pt") for rank in (0, 1)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    history = pd.read_csv(tmp_path / "out" / HISTORY)
    assert len(history) == 3 and np.isfinite(history["train_loss"]).all()
