import hashlib
import http.client
import urllib.error
from contextlib import nullcontext

import numpy as np
import pytest
import safetensors.torch
import torch
from torchvision.models import AlexNet_Weights, ResNet50_Weights, VGG16_Weights

from mammo.errors import WeightsError
from mammo.models import MODELS, WeightsSource, weights
from mammo.models.standardisation import calibrate
from mammo.models.transfer import Extractor, trunk


@pytest.fixture(scope="module")
def state():
    return weights.resolve("random", "alexnet", 1)[0]


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No weights on this machine, and no net."""

    def refuse(*_, **__):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    weights._why_unreachable.cache_clear()
    yield tmp_path
    weights._why_unreachable.cache_clear()


@pytest.mark.parametrize(
    ("backbone", "published"),
    [
        ("alexnet", AlexNet_Weights.IMAGENET1K_V1),
        ("vgg16", VGG16_Weights.IMAGENET1K_V1),
        ("resnet50", ResNet50_Weights.IMAGENET1K_V1),
    ],
)
def test_cards_name_the_files_that_torchvision_names(backbone, published):
    source = MODELS[backbone].weights
    assert source.url == published.url
    assert source.url.endswith(f"-{source.sha256}.pth")


def test_random_weights_depend_on_seed_and_backbone_alone(state):
    torch.manual_seed(99)
    before = torch.random.get_rng_state()
    again, record = weights.resolve("random", "alexnet", 1)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert record.sha256 == weights.fingerprint(state) == weights.fingerprint(again)
    assert weights.resolve("random", "alexnet", 2)[1].sha256 != record.sha256
    assert "random" in record.source and "not trained on ImageNet" in record.note


def test_random_convolutions_have_he_variance_and_normalisations_are_neutral():
    state, _ = weights.resolve("random", "resnet50", 1)
    kernel = state["layer3.1.conv2.weight"]
    assert kernel.std().item() == pytest.approx((2 / kernel[0].numel()) ** 0.5, rel=0.01)
    assert torch.equal(state["bn1.weight"], torch.ones(64))
    assert torch.equal(state["bn1.running_var"], torch.ones(64))
    assert torch.equal(state["bn1.bias"], torch.zeros(64))


@pytest.mark.parametrize("backbone", ["alexnet", "resnet50"])
def test_calibrated_random_features_tell_images_apart(backbone):
    rng = np.random.default_rng(0)
    grey = torch.from_numpy(0.8 + 0.02 * rng.random((16, 1, 64, 64), dtype=np.float32))
    extractor = Extractor(backbone, weights.resolve("random", backbone, 1)[0])

    def correlation() -> float:
        with torch.no_grad():
            return np.corrcoef(extractor(grey).flatten(1).numpy())[np.triu_indices(16, 1)].mean()

    before = correlation()
    calibrate(extractor, grey)
    assert before > 0.95
    assert correlation() < 0.8


def test_auto_without_network_falls_back_to_random_and_says_so(offline):
    state, record = weights.resolve("auto", "alexnet", 1)
    assert record.kind == "random"
    assert "could not be fetched; with weights 'imagenet' the error says why" in record.note
    assert "no route to host" not in record.note
    assert weights.fingerprint(state) == weights.resolve("random", "alexnet", 1)[1].sha256


def test_imagenet_without_network_is_refused_with_a_remedy(offline):
    with pytest.raises(WeightsError, match="no route to host"):
        weights.resolve("imagenet", "alexnet", 1)


@pytest.mark.parametrize(
    "fault",
    [OSError(28, "No space left on device"), http.client.IncompleteRead(b"", 9), RuntimeError("x")],
)
def test_a_download_that_breaks_off_is_no_absence(offline, monkeypatch, fault):
    def fail(*_, **__):
        raise fault

    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: nullcontext())
    monkeypatch.setattr("torch.hub.download_url_to_file", fail)
    with pytest.raises(WeightsError, match=r"alexnet\S*\.pth"):
        weights.resolve("auto", "alexnet", 1)


def test_cached_imagenet_weights_are_checked(offline, monkeypatch, state):
    folder = offline / "checkpoints"
    folder.mkdir()
    path = folder / "alexnet.pth"
    torch.save({f"features.{name}": values for name, values in state.items()}, path)
    card = MODELS["alexnet"]

    def expect(digest: str) -> None:
        source = WeightsSource("https://example.org/alexnet.pth", digest, "terms")
        changed = type(card)(**{**card.__dict__, "weights": source})
        monkeypatch.setitem(MODELS, "alexnet", changed)

    expect(hashlib.sha256(path.read_bytes()).hexdigest()[:8])
    found, record = weights.resolve("auto", "alexnet", 1)
    assert record.kind == "imagenet" and record.note == ""
    assert weights.fingerprint(found) == weights.fingerprint(state)
    expect("00000000")
    with pytest.raises(WeightsError, match="00000000"):
        weights.resolve("auto", "alexnet", 1)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_file_of_a_whole_network_gives_its_convolutional_part(tmp_path, state, suffix):
    whole = {f"features.{name}": values for name, values in state.items()}
    whole["classifier.1.weight"] = torch.zeros(2, 2)
    path = tmp_path / f"mine{suffix}"
    (safetensors.torch.save_file if suffix == ".safetensors" else torch.save)(whole, path)
    found, record = weights.resolve(str(path), "alexnet", 1)
    assert record.kind == "file" and record.source == path.name
    assert weights.fingerprint(found) == weights.fingerprint(state)


def test_file_that_does_not_fit_names_the_tensors(tmp_path, state):
    path = tmp_path / "other.safetensors"
    wrong = {**state, "extra.weight": torch.zeros(1), "3.bias": torch.zeros(5)}
    del wrong["0.weight"]
    safetensors.torch.save_file(wrong, path)
    with pytest.raises(WeightsError) as caught:
        weights.resolve(str(path), "alexnet", 1)
    for part in (
        "'0.weight' is missing",
        "'extra.weight' is unknown",
        "'3.bias' is (5,), expected (192,)",
    ):
        assert part in str(caught.value)


def test_pickled_objects_are_refused(tmp_path):
    path = tmp_path / "evil.pth"
    torch.save({"a": WeightsSource("", "", "")}, path)
    with pytest.raises(WeightsError, match="readable"):
        weights.resolve(str(path), "alexnet", 1)


def test_unknown_spec_is_refused():
    with pytest.raises(WeightsError, match=r"'imagnet'.*imagenet"):
        weights.resolve("imagnet", "alexnet", 1)


def test_trunks_cost_no_memory():
    assert all(values.is_meta for values in trunk("vgg16").state_dict().values())
