"""The paper's transfer model: a feature extractor trained elsewhere and a CNN classifier."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from mammo.models import IMAGENET_MEAN, IMAGENET_STD

Stride = Literal[8, 16, 32]

_END_AT_STRIDE: dict[str, dict[int, int]] = {
    "alexnet": {8: 5, 16: 12, 32: 13},
    "vgg16": {8: 23, 16: 30, 32: 31},
    "resnet50": {8: 6, 16: 7, 32: 8},
}
_RESNET_STAGES = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")


def trunk(backbone: str) -> nn.Sequential:
    """Return a backbone's convolutional part, without its ImageNet classifier and without values.

    Parameters
    ----------
    backbone : str
        "alexnet", "vgg16" or "resnet50" as torchvision builds them.

    Returns
    -------
    Sequential
        On the meta device: shapes only, no memory, no random numbers drawn.
    """
    import torchvision

    with torch.device("meta"):
        network = torchvision.models.get_model(backbone)
    if backbone == "resnet50":
        return nn.Sequential(OrderedDict((name, getattr(network, name)) for name in _RESNET_STAGES))
    return network.features


class Extractor(nn.Module):
    """A frozen backbone: grey images (B, 1, S, S) in [0, 1] to feature maps (B, C, h, w).

    Parameters
    ----------
    backbone : str
        "alexnet", "vgg16" or "resnet50".
    weights : mapping of str to Tensor
        Values of `trunk`, as `mammo.models.weights.resolve` gives them.
    stride : {8, 16, 32}
        Pixels of the image between neighbours on the map: the map is the deepest one of that
        stride. 32 is the last of the network, the paper's choice.
    """

    def __init__(self, backbone: str, weights: Mapping[str, Tensor], stride: Stride = 32) -> None:
        super().__init__()
        self.backbone, self.stride = backbone, stride
        layers = trunk(backbone)
        layers.load_state_dict({k: v.clone() for k, v in weights.items()}, assign=True)
        self.layers = layers[: _END_AT_STRIDE[backbone][stride]]
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(3, 1, 1), persistent=False)
        self.requires_grad_(False).eval()
        self.to(memory_format=torch.channels_last)

    def forward(self, grey: Tensor) -> Tensor:
        """Return feature maps (B, C, h, w) of grey images (B, 1, S, S) in [0, 1]."""
        colour = (grey - self.mean) / self.std
        return self.layers(colour.contiguous(memory_format=torch.channels_last))

    def train(self, mode: bool = True) -> Extractor:
        """Stay in evaluation mode: batch statistics of few mammograms would spoil the features."""
        return super().train(False)


@dataclass(frozen=True)
class ClassifierSettings:
    """Layers of the classifier; the paper names FC1 and FC2 and leaves the rest open.

    Parameters
    ----------
    channels : int
        Output channels of the 1 x 1 convolution.
    hidden : int
        Units of FC1.
    dropout : float
        Fraction dropped of the inputs of FC1 and of FC2 while training, in [0, 1).
    """

    channels: int = 32
    hidden: int = 32
    dropout: float = 0.5


_LIMIT = 5.0
"""Of a channel that is silent in all training images, one spark elsewhere is thousands of
deviations; of a set darker than the training's, many channels are dozens. Either drives logits so
far that float64 knows one probability for all, and no order."""


class Classifier(nn.Module):
    """Feature maps (B, C, h, w) to one logit an image (B,).

    Standardise each channel and limit it to `_LIMIT` deviations, 1 x 1 convolution and ReLU, the
    maximum and the mean over the map (a lesion is local, density is not; neither depends on the
    image's size), FC1 and ReLU, FC2.
    """

    def __init__(self, in_channels: int, settings: ClassifierSettings) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(in_channels, 1, 1))
        self.register_buffer("std", torch.ones(in_channels, 1, 1))
        self.conv = nn.Conv2d(in_channels, settings.channels, kernel_size=1)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(settings.dropout)
        self.fc1 = nn.Linear(2 * settings.channels, settings.hidden)
        self.relu1 = nn.ReLU()
        self.dropout1 = nn.Dropout(settings.dropout)
        self.fc2 = nn.Linear(settings.hidden, 1)

    def feature_maps(self, maps: Tensor) -> Tensor:
        """Return the input: it is feature maps."""
        return maps

    def standardise_by(self, mean: Tensor, std: Tensor) -> None:
        """Take the mean and standard deviation (C,) of each channel over the training images."""
        self.mean.copy_(mean.view(-1, 1, 1))
        self.std.copy_(std.view(-1, 1, 1).clamp_min(1e-4))

    def forward(self, maps: Tensor) -> Tensor:
        """Return logits (B,) of feature maps (B, C, h, w) of any floating type."""
        standardised = ((maps.float() - self.mean) / self.std).clamp(-_LIMIT, _LIMIT)
        maps = self.relu(self.conv(standardised))
        pooled = torch.cat([maps.amax((2, 3)), maps.mean((2, 3))], dim=1)
        hidden = self.relu1(self.fc1(self.dropout(pooled)))
        return self.fc2(self.dropout1(hidden)).squeeze(1)


class TransferModel(nn.Module):
    """The whole of Fig. 1: grey images (B, 1, S, S) in [0, 1] to logits (B,)."""

    def __init__(self, extractor: Extractor, classifier: Classifier) -> None:
        super().__init__()
        self.extractor, self.classifier = extractor, classifier

    def feature_maps(self, grey: Tensor) -> Tensor:
        """Return the extractor's feature maps (B, C, h, w)."""
        return self.extractor(grey)

    def standardise_by(self, mean: Tensor, std: Tensor) -> None:
        """Hand the channels' statistics to the classifier."""
        self.classifier.standardise_by(mean, std)

    def forward(self, grey: Tensor) -> Tensor:
        """Return logits (B,)."""
        return self.classifier(self.extractor(grey))


def build_classifier(in_channels: int, settings: ClassifierSettings, seed: int) -> Classifier:
    """Return a classifier with PyTorch's initial values, drawn from a seed of its own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Classifier(in_channels, settings)


def map_shape(extractor: Extractor, size: int) -> tuple[int, int, int]:
    """Return channels, rows and columns of the feature maps of images of ``size`` pixels a side."""
    probe = copy.deepcopy(extractor).to("meta")
    return tuple(probe(torch.empty(1, 1, size, size, device="meta")).shape[1:])
