import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from inside import input_of
from mammo.models.activation_maps import class_activation_map
from mammo.models.end2end import End2End, initialise
from mammo.models.end2end.layer_graph import LayerGraph
from mammo.models.transfer import Classifier, ClassifierSettings, TransferModel, build_classifier

CELL, SIDE = 8, 8  # pixels of a cell of the maps, cells of a side


def conv(name: str, source: str, channels: int, kernel: int, stride: int) -> dict:
    return {
        "name": name,
        "kind": "conv",
        "inputs": [source],
        "channels": channels,
        "kernel": [kernel, kernel],
        "stride": [stride, stride],
        "padding": [0, 0, 0, 0],
        "bias": True,
    }


def layer(kind: str, source: str, **settings: float) -> dict:
    return {"name": kind, "kind": kind, "inputs": [source], **settings}


DENSE = layer("dense", "global_average_pool", units=2, bias=True)


def brightness_end2end() -> End2End:
    """A network whose one map is the mean grey of each cell, and the evidence for cancer."""
    backbone = LayerGraph([conv("mean", "input", 1, CELL, CELL)])
    model = End2End(backbone, LayerGraph([layer("global_average_pool", "input"), DENSE], 1), 0.0)
    with torch.no_grad():
        backbone.mean.weight.fill_(1 / (3 * 255 * CELL**2))
        backbone.mean.bias.zero_()
        model.top.dense.weight.copy_(torch.tensor([[0.0], [2.0]]))
        model.top.dense.bias.zero_()
    return model


def brightness_transfer() -> TransferModel:
    """A transfer model whose one map is the mean grey of each cell, its maximum the evidence."""
    classifier = Classifier(1, ClassifierSettings(channels=1, hidden=1))
    with torch.no_grad():
        for layer in (classifier.conv, classifier.fc1, classifier.fc2):
            layer.weight.fill_(1.0)
            layer.bias.zero_()
    return TransferModel(nn.AvgPool2d(CELL), classifier)


def random_end2end(seed: int) -> End2End:
    backbone = LayerGraph([conv("first", "input", 5, 5, 4), layer("relu", "first")])
    top = [
        conv("second", "input", 7, 3, 1),
        layer("batch_norm", "second", epsilon=1e-3),
        layer("relu", "batch_norm"),
        layer("dropout", "relu", rate=0.5),
        layer("global_average_pool", "dropout"),
        DENSE,
    ]
    model = End2End(backbone, LayerGraph(top, 5), mean=127.5)
    initialise(model, seed)
    return model


def random_transfer(seed: int) -> TransferModel:
    torch.manual_seed(seed)
    extractor = nn.Sequential(nn.Conv2d(1, 6, 5, stride=4), nn.BatchNorm2d(6), nn.ReLU())
    return TransferModel(extractor, build_classifier(6, ClassifierSettings(), seed))


def images(n: int, side: int = 64) -> torch.Tensor:
    return torch.rand((n, 1, side, side), generator=torch.Generator().manual_seed(3))


def scaled(values: torch.Tensor) -> np.ndarray:
    values = values.clamp_min(0)
    highest = values.amax((1, 2), keepdim=True)
    return (values / highest.where(highest > 0, 1)).numpy()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31 - 1))
def test_on_end2end_it_is_the_class_activation_map(seed):
    """Zhou et al. 2016: maps weighted by the dense layer; Grad-CAM is it but for a factor."""
    model = random_end2end(seed).eval()
    with torch.no_grad():
        maps = input_of(model.top.global_average_pool, lambda: model(images(2)))
        weights = model.top.dense.weight[1] - model.top.dense.weight[0]
        expected = torch.einsum("c,bchw->bhw", weights, maps)
    np.testing.assert_allclose(class_activation_map(model, images(2)), scaled(expected), atol=1e-5)


def test_on_a_transfer_model_it_is_grad_cam_on_the_maps_that_are_pooled():
    model = random_transfer(0).eval()
    classifier = model.classifier
    maps = classifier.relu(classifier.conv(model.extractor(images(3))).detach()).requires_grad_()
    pooled = torch.cat([maps.amax((2, 3)), maps.mean((2, 3))], dim=1)
    logits = classifier.fc2(classifier.relu1(classifier.fc1(pooled)))
    (gradient,) = torch.autograd.grad(logits.sum(), maps)
    expected = (gradient.mean((2, 3), keepdim=True) * maps.detach()).sum(1)
    assert (expected > 0).any()
    np.testing.assert_allclose(class_activation_map(model, images(3)), scaled(expected), atol=1e-5)


@pytest.mark.parametrize("make", [brightness_end2end, brightness_transfer])
@settings(max_examples=20, deadline=None)
@given(row=st.integers(0, SIDE - 1), column=st.integers(0, SIDE - 1))
def test_it_points_at_a_bright_square(make, row, column):
    grey = torch.full((1, 1, SIDE * CELL, SIDE * CELL), 0.1)
    grey[..., row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL] = 0.9
    found = class_activation_map(make(), grey)[0]
    assert np.unravel_index(found.argmax(), found.shape) == (row, column)
    assert found.max() == 1
    assert np.delete(found, row * SIDE + column) == pytest.approx(1 / 9, abs=1e-5)


@pytest.mark.parametrize("make", [brightness_end2end, brightness_transfer])
def test_what_speaks_against_cancer_is_not_shown(make):
    model = make()
    last = model.top.dense if isinstance(model, End2End) else model.classifier.fc2
    with torch.no_grad():
        last.weight.neg_()
    assert not class_activation_map(model, images(2, SIDE * CELL)).any()


@pytest.mark.parametrize("make", [random_end2end, random_transfer])
def test_each_image_has_its_own_map_whatever_it_comes_with(make):
    model = make(1)
    together = class_activation_map(model, images(3))
    assert together.dtype == np.float32
    assert together.min() >= 0
    assert set(together.max((1, 2))) <= {0.0, 1.0}
    for number in range(3):
        alone = class_activation_map(model, images(3)[number : number + 1])
        np.testing.assert_allclose(alone[0], together[number], atol=1e-4)
    with torch.no_grad():
        np.testing.assert_array_equal(class_activation_map(model, images(3)), together)


@pytest.mark.parametrize("make", [random_end2end, random_transfer])
def test_the_model_stays_as_it_was(make):
    model = make(2).train()
    part = next(model.children()).eval().requires_grad_(False)
    modes = [module.training for module in model.modules()]
    state = {name: value.clone() for name, value in model.state_dict().items()}
    class_activation_map(model, images(1))
    assert [module.training for module in model.modules()] == modes
    assert model.training
    assert not part.training
    assert not any(p.requires_grad for p in part.parameters())
    assert all(p.grad is None for p in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())
    for name, value in model.state_dict().items():
        assert torch.equal(value, state[name]), name


def test_nothing_is_kept_for_a_gradient_before_the_last_maps():
    model, kept = random_end2end(0), []

    def pack(values: torch.Tensor) -> torch.Tensor:
        kept.append(values.shape)
        return values

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda values: values):
        class_activation_map(model, images(1))
    channels = model.top.dense.in_features
    assert all(shape.numel() <= 2 * channels for shape in kept), kept


def test_a_classifier_on_feature_maps_gives_the_map_of_the_whole_model():
    grey = torch.rand(2, 1, CELL * SIDE, CELL * SIDE)
    model = brightness_transfer()
    with torch.no_grad():
        maps = model.feature_maps(grey)
    alone = class_activation_map(model.classifier, maps)
    assert np.array_equal(alone, class_activation_map(model, grey))
