"""Shen's end2end networks: a patch classifier's backbone with convolutional blocks on top."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from mammo.errors import WeightsError
from mammo.models import IMAGENET_MEAN, IMAGENET_STD
from mammo.models.end2end.layer_graph import LayerGraph, fold
from mammo.models.end2end.layers import Backbone, Top, backbone_layers, top_layers

DDSM_MEAN = 52.18
"""Mean grey value, of 255, that the networks trained on DDSM subtract (INbreast: 44.33)."""


class End2End(nn.Module):
    """Grey images (B, 1, rows, columns) in [0, 1] to log-odds of cancer (B,).

    Parameters
    ----------
    backbone : LayerGraph
        Three channels to feature maps.
    top : LayerGraph
        The backbone's maps to two logits, of which the second is cancer.
    mean : float
        Grey value, of 255, subtracted from the input.
    """

    def __init__(self, backbone: LayerGraph, top: LayerGraph, mean: float) -> None:
        super().__init__()
        self.backbone, self.top, self.mean = backbone, top, mean

    def forward(self, grey: Tensor) -> Tensor:
        """Return the log-odds (B,): their sigmoid is the softmax's probability of cancer."""
        logits = self.top(self.backbone(_colour(grey, self.mean)))
        return logits[:, 1] - logits[:, 0]

    def for_inference(self) -> End2End:
        """Return the same network for evaluation alone, with fewer layers and faster."""
        model = End2End(fold(self.backbone), fold(self.top), self.mean).eval()
        return model.to(memory_format=torch.channels_last)


class PatchClassifier(nn.Module):
    """Grey patches (B, 1, h, w) in [0, 1] to logits (B, classes); its backbone is End2End's.

    Parameters
    ----------
    backbone : LayerGraph
        Shared with the End2End made of it.
    mean : float
        Grey value, of 255, subtracted from the input.
    classes : int
        Number of classes of a patch.
    """

    def __init__(self, backbone: LayerGraph, mean: float, classes: int = 5) -> None:
        super().__init__()
        self.backbone, self.mean = backbone, mean
        self.dense = nn.Linear(backbone.out_channels, classes)

    def forward(self, grey: Tensor) -> Tensor:
        """Return logits (B, classes)."""
        return self.dense(self.backbone(_colour(grey, self.mean)).mean((2, 3)))


class FlipAveraged(nn.Module):
    """Grey images (B, 1, rows, columns) to the log-odds (B,) of the mean probability over flips.

    The image and its three flips; taken from sums of logarithms, so that images whose probability
    is 1 in float32 keep their order.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, grey: Tensor) -> Tensor:
        """Return log-odds (B,)."""
        found = torch.stack([self.model(grey.flip(axes)) for axes in ((), (3,), (2,), (2, 3))])
        return logsigmoid(found).logsumexp(0) - logsigmoid(-found).logsumexp(0)


def build(
    backbone: Backbone,
    top: Top,
    *,
    seed: int,
    width: float = 1.0,
    dropout: float = 0.0,
    mean: float = DDSM_MEAN,
) -> End2End:
    """Return a network with He's normal initial values (fan in, for ReLU) from a seed of its own.

    Parameters
    ----------
    backbone, top, width, dropout
        As `backbone_layers` and `top_layers` take them.
    seed : int
        Of the initial values.
    mean : float
        Grey value, of 255, subtracted from the input.
    """
    with torch.device("meta"):
        body = LayerGraph(backbone_layers(backbone, width=width))
        head = top_layers(top, body.out_channels, width=width, dropout=dropout)
        model = End2End(body, LayerGraph(head, body.out_channels), mean)
    initialise(model.to_empty(device="cpu"), seed)
    return model


def initialise(model: nn.Module, seed: int) -> None:
    """Give every layer its initial values (He et al., ICCV 2015) from a seed."""
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Conv2d | nn.Linear):
            scale = (2 / module.weight[0].numel()) ** 0.5
            nn.init.normal_(module.weight, 0, scale, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def close_residual_branches(model: nn.Module) -> None:
    """Set the last normalisation of every residual branch to zero, so that shortcuts start alone.

    From random values a deep residual network learns its first steps far faster so (Goyal et al.,
    arXiv 1706.02677, section 5.1).
    """
    for name, module in model.named_modules():
        if isinstance(module, nn.BatchNorm2d) and name.endswith("_branch2c"):
            nn.init.zeros_(module.weight)


def load_imagenet(
    model: End2End | PatchClassifier, backbone: Backbone, trunk_state: Mapping[str, Tensor]
) -> None:
    """Give the backbone the values of torchvision's network trained on ImageNet.

    That network takes (grey - mean_c) / std_c of grey in [0, 1], this one 255 grey - mean; the
    difference is linear and goes into the first convolution, exactly but for the border, where
    zero padding means another grey value.

    Parameters
    ----------
    model : End2End or PatchClassifier
        Of full width, as `build` makes it.
    backbone : {"vgg16", "resnet50"}
    trunk_state : mapping of str to Tensor
        Values of `mammo.models.transfer.trunk`, as `mammo.models.weights.resolve` gives them.

    Raises
    ------
    WeightsError
        If the values do not fit the model's backbone.
    """
    std = torch.tensor(IMAGENET_STD).view(3, 1, 1)
    offset = (model.mean / 255 - torch.tensor(IMAGENET_MEAN).view(3, 1, 1)) / std
    state = {_own_name(name, backbone): values for name, values in trunk_state.items()}
    first = model.backbone.layers[0]["name"]
    kernel = state[f"{first}.weight"]
    shift = (kernel * offset).sum((1, 2, 3))
    state[f"{first}.weight"] = kernel / (255 * std)
    if f"{first}.bias" in state:
        state[f"{first}.bias"] = state[f"{first}.bias"] + shift
    else:  # the shift of a convolution without bias is one of the mean that follows it
        state["bn_conv1.running_mean"] = state["bn_conv1.running_mean"] - shift
    try:
        model.backbone.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsError(
            f"torchvision's {backbone} does not fit the backbone ({error}); expected width 1"
        ) from None


def _own_name(name: str, backbone: Backbone) -> str:
    """Return the name here of one of torchvision's tensors."""
    layer, _, tensor = name.rpartition(".")
    if backbone == "vgg16":
        return f"{backbone_layers(backbone)[int(layer)]['name']}.{tensor}"
    if "." not in layer:
        return f"{'bn_conv1' if layer == 'bn1' else layer}.{tensor}"
    stage, unit, part = layer.split(".", 2)
    is_shortcut = part.startswith("downsample")
    branch = "branch1" if is_shortcut else f"branch2{'abc'[int(part[-1]) - 1]}"
    kind = "bn" if part.startswith("bn") or part == "downsample.1" else "res"
    return f"{kind}{int(stage[-1]) + 1}{'abcdef'[int(unit)]}_{branch}.{tensor}"


def _colour(grey: Tensor, mean: float) -> Tensor:
    """Return three equal channels of grey values of 255 less the mean."""
    return (grey * 255 - mean).expand(-1, 3, -1, -1)
