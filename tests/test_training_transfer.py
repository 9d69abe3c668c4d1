import numpy as np
import pandas as pd
import pytest
import torch

from mammo.errors import MammoError
from mammo.models import transfer, weights
from mammo.training import checkpoint
from mammo.training.devices import launch
from mammo.training.fit import HISTORY, fit
from mammo.training.prediction import predict
from mammo.training.samples import StoredImages, logits
from mammo.training.transfer import TrainingSettings, TransferTask

SETTINGS = TrainingSettings(epochs=6, patience=6, batch_size=16, early_stopping_fraction=0.25)


class MadeMaps:
    """Feature maps in which one cell of channel 0 is bright where the label is 1."""

    flips = ("none", "vertical")

    def __init__(self, labels: np.ndarray, signal: float = 4.0) -> None:
        rng = np.random.default_rng(0)
        self.maps = rng.normal(3, 2, (len(labels), 2, 6, 4, 4)).astype(np.float16)
        self.maps[:, :, 0, 1, 2] += (signal * labels[:, None]).astype(np.float16)
        self.seen: list[int] = []

    def __len__(self) -> int:
        return len(self.maps)

    def batch(self, numbers: np.ndarray, flips: np.ndarray | int = 0) -> torch.Tensor:
        self.seen.extend(numbers)
        return torch.from_numpy(self.maps[numbers, flips])


@pytest.fixture(scope="module")
def fabric():
    return launch("cpu")


@pytest.fixture
def data():
    labels = (np.arange(120) % 3 == 0).astype(int)
    patients = np.array([f"P{i // 2}" for i in range(120)])
    return labels, patients


def fitted(samples, data, folder, fabric, settings=SETTINGS, seed=1):
    folder.mkdir(exist_ok=True)
    model = transfer.build_classifier(6, transfer.ClassifierSettings(8, 8, 0.1), seed)
    task = TransferTask(model, samples, *data, settings, fabric, seed=seed)
    record = fit(task, folder)
    scores = logits(
        model, samples, np.arange(len(samples)), fabric, batch_size=16, precision="float32"
    )
    return model, record, scores


def test_learns_a_local_signal_and_records_it(data, fabric, tmp_path):
    settings = TrainingSettings(epochs=40, batch_size=16, learning_rate=5e-3)
    _, record, scores = fitted(MadeMaps(data[0], 8), data, tmp_path, fabric, settings)
    assert scores[data[0] == 1].mean() > scores[data[0] == 0].mean() + 1
    assert record["best"]["early_stopping_auroc"] > 0.8
    assert record["n_train"] + record["n_held"] == 120
    history = pd.read_csv(tmp_path / HISTORY)
    assert len(history) == record["epochs"]
    assert record["best_epoch"] == history["early_stopping_loss"].idxmin()
    assert not list(tmp_path.glob("epoch*")) and not list(tmp_path.glob("*.tmp"))


def test_same_seed_gives_the_same_scores_and_leaves_global_state_alone(data, fabric, tmp_path):
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    first = fitted(MadeMaps(data[0]), data, tmp_path / "a", fabric)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(8)
    second = fitted(MadeMaps(data[0]), data, tmp_path / "b", fabric)
    other = fitted(MadeMaps(data[0]), data, tmp_path / "c", fabric, seed=2)
    np.testing.assert_array_equal(first[2], second[2])
    assert not np.array_equal(first[2], other[2])


def test_every_training_sample_is_seen_once_an_epoch(data, fabric, tmp_path):
    samples = MadeMaps(data[0])
    seen = []
    forward = transfer.Classifier.forward

    def note(self, maps):
        if self.training:
            seen.append(len(samples.seen))
        return forward(self, maps)

    settings = TrainingSettings(epochs=1, batch_size=16, early_stopping_fraction=0.25)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer.Classifier, "forward", note)
        _, record, _ = fitted(samples, data, tmp_path, fabric, settings)
    statistics = record["n_train"]
    trained = samples.seen[statistics : seen[-1]]
    assert len(trained) == record["n_train"] == len(set(trained))


def test_killed_training_ends_with_the_same_numbers(data, fabric, tmp_path, monkeypatch):
    whole = fitted(MadeMaps(data[0]), data, tmp_path / "whole", fabric)
    save = checkpoint.save_epoch

    def save_and_die(folder, model, optimizer, best, history):
        save(folder, model, optimizer, best, history)
        if len(history) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save_epoch", save_and_die)
    with pytest.raises(KeyboardInterrupt):
        fitted(MadeMaps(data[0]), data, tmp_path / "part", fabric)
    monkeypatch.setattr(checkpoint, "save_epoch", save)
    resumed = fitted(MadeMaps(data[0]), data, tmp_path / "part", fabric)
    assert resumed[1] == whole[1]
    np.testing.assert_array_equal(resumed[2], whole[2])


def test_finished_training_is_not_repeated(data, fabric, tmp_path):
    samples = MadeMaps(data[0])
    _, record, scores = fitted(samples, data, tmp_path, fabric)
    samples.seen.clear()
    _, again, same = fitted(samples, data, tmp_path, fabric)
    assert again == record
    assert len(samples.seen) == 120
    np.testing.assert_array_equal(same, scores)


def test_best_epoch_is_restored(data, fabric, tmp_path):
    """Random labels: the watched loss soon rises, and later epochs must leave no trace."""
    settings = TrainingSettings(epochs=15, patience=15, batch_size=16, learning_rate=2e-2)
    rng = np.random.default_rng(3)
    noise = (rng.permutation(data[0]), data[1])
    model, record, _ = fitted(MadeMaps(data[0], 0), noise, tmp_path / "long", fabric, settings)
    assert record["best_epoch"] < 14
    short = TrainingSettings(
        **{**record["settings"], "epochs": record["best_epoch"] + 1, "patience": 15}
    )
    fewer, _, _ = fitted(MadeMaps(data[0], 0), noise, tmp_path / "short", fabric, short)
    for name, values in fewer.state_dict().items():
        assert torch.equal(values, model.state_dict()[name]), name


def test_balanced_loss_does_not_depend_on_the_prevalence(data, fabric, tmp_path):
    labels = np.zeros(120, int)
    labels[::8] = 1
    _, _, scores = fitted(MadeMaps(labels, 0), (labels, data[1]), tmp_path, fabric)
    assert 0.3 < (1 / (1 + np.exp(-scores))).mean() < 0.7


def test_one_class_is_refused(data, fabric, tmp_path):
    with pytest.raises(MammoError, match="one class"):
        fitted(MadeMaps(data[0]), (np.zeros(120, int), data[1]), tmp_path, fabric)


def test_checkpoint_of_another_model_is_refused(data, fabric, tmp_path):
    fitted(MadeMaps(data[0]), data, tmp_path, fabric)
    other = transfer.build_classifier(5, transfer.ClassifierSettings(8, 8), 0)
    with pytest.raises(MammoError, match="another model"):
        checkpoint.load(other, tmp_path)
    with pytest.raises(MammoError, match="nowhere"):
        checkpoint.load(other, tmp_path / "nowhere")


def test_fine_tuning_trains_the_extractor_too(fabric, tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 65536, (16, 64, 64)).astype(np.uint16)
    labels, patients = np.arange(16) % 2, np.arange(16).astype(str)
    extractor = transfer.Extractor("alexnet", weights.resolve("random", "alexnet", 0)[0], 8)
    extractor.requires_grad_(True)
    before = extractor.layers[0].weight.clone()
    classifier = transfer.build_classifier(192, transfer.ClassifierSettings(4, 4), 0)
    model = transfer.TransferModel(extractor, classifier)
    samples = StoredImages([(images, np.arange(16))], ("none", "horizontal"))
    settings = TrainingSettings(epochs=1, batch_size=8, early_stopping_fraction=0.3)
    fit(TransferTask(model, samples, labels, patients, settings, fabric, seed=0), tmp_path)
    assert not torch.equal(extractor.layers[0].weight, before)
    manifest = pd.DataFrame(
        {
            "dataset": "mias",
            "patient_id": patients,
            "laterality": "L",
            "view": "MLO",
            "image_id": patients,
            "split": "test",
            "label": pd.array(labels, "Int64"),
        }
    )
    table = predict(model, samples, manifest, fabric, name="alexnet")
    assert len(table) == 16 and table["y_score"].between(0, 1).all()
    with pytest.raises(MammoError, match="16 inputs for 15 images"):
        predict(model, samples, manifest[1:], fabric, name="alexnet")
