"""Standardising the channels of an extractor with random weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mammo.models.transfer import Extractor


def calibrate(extractor: Extractor, grey: Tensor) -> None:
    """Standardise every channel of an extractor with random weights, in place.

    Random layers let the common mean of all images grow with depth until every image looks alike,
    and batch normalisation without statistics does nothing. So each convolution's output gets mean
    0 and variance 1 over training images and positions: through running statistics where the
    network has batch normalisation, else by scaling filter and bias, layer by layer, as in
    Krähenbühl et al., "Data-dependent initializations of CNNs", ICLR 2016, and Mishkin & Matas,
    "All you need is a good init" (LSUV), ICLR 2016. No label is used.

    Parameters
    ----------
    extractor : Extractor
        With random weights; pretrained weights must not be touched.
    grey : Tensor
        Training images (B, 1, S, S) in [0, 1]; a few dozen are enough.
    """
    normalisations = [m for m in extractor.modules() if isinstance(m, nn.BatchNorm2d)]
    with torch.no_grad():
        if normalisations:
            _estimate_running_statistics(normalisations, extractor, grey)
        else:
            _standardise_convolutions(extractor, grey)


def _estimate_running_statistics(
    layers: list[nn.BatchNorm2d], extractor: Extractor, grey: Tensor
) -> None:
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
        layer.training = True
    extractor(grey)
    for layer in layers:
        layer.training = False


def _standardise_convolutions(extractor: Extractor, grey: Tensor) -> None:
    def standardise(layer: nn.Conv2d, _: object, output: Tensor) -> Tensor:
        mean = output.mean((0, 2, 3))
        std = output.std((0, 2, 3)).clamp_min(1e-6)
        layer.weight.div_(std.view(-1, 1, 1, 1))
        layer.bias.copy_((layer.bias - mean) / std)
        return (output - mean.view(-1, 1, 1)) / std.view(-1, 1, 1)

    hooks = [
        layer.register_forward_hook(standardise)
        for layer in extractor.modules()
        if isinstance(layer, nn.Conv2d)
    ]
    extractor(grey)
    for hook in hooks:
        hook.remove()
