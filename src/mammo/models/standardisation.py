"""Standardising the channels of a network with random weights."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from mammo.models.transfer import Extractor


def calibrate(extractor: Extractor, grey: Tensor) -> None:
    """Standardise every channel of an extractor with random weights, in place.

    Random layers let the common mean of all images grow with depth until every image looks alike,
    and batch normalisation without statistics does nothing. So each convolution's output gets mean
    0 and variance 1 over training images and positions: through running statistics where the
    network has batch normalisation, else by `standardise`. No label is used.

    Parameters
    ----------
    extractor : Extractor
        With random weights; pretrained weights must not be touched.
    grey : Tensor
        Training images (B, 1, S, S) in [0, 1]; a few dozen are enough.
    """
    normalisations = [m for m in extractor.modules() if isinstance(m, nn.BatchNorm2d)]
    if normalisations:
        with torch.no_grad(), statistics_anew(normalisations):
            extractor(grey)
    else:
        convolutions = [m for m in extractor.modules() if isinstance(m, nn.Conv2d)]
        standardise(convolutions, lambda: extractor(grey))


@torch.no_grad()
def standardise(layers: Iterable[nn.Conv2d | nn.Linear], run: Callable[[], object]) -> None:
    """Scale filters and biases, layer by layer, so that every output has mean 0 and variance 1.

    As in Krähenbühl et al., "Data-dependent initializations of CNNs", ICLR 2016, and Mishkin &
    Matas, "All you need is a good init" (LSUV), ICLR 2016.

    Parameters
    ----------
    layers : iterable of Conv2d or Linear
        With random weights.
    run : callable
        Passes training data through the layers, at least once through each; the first time counts.
    """

    def change(layer: nn.Module, _: object, output: Tensor) -> Tensor:
        hooks.pop(layer).remove()
        channels = output.movedim(1, -1)
        mean = channels.flatten(0, -2).mean(0)
        std = channels.flatten(0, -2).std(0).clamp_min(1e-6)
        layer.weight.div_(std.view(-1, *[1] * (layer.weight.ndim - 1)))
        layer.bias.copy_((layer.bias - mean) / std)
        return ((channels - mean) / std).movedim(-1, 1)

    hooks = {layer: layer.register_forward_hook(change) for layer in layers}
    run()


@contextmanager
def statistics_anew(layers: list[nn.BatchNorm2d]) -> Iterator[None]:
    """Let layers take the plain mean of their statistics over the batches that pass meanwhile."""
    usual = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
        layer.train()
    yield
    for layer, momentum in zip(layers, usual, strict=True):
        layer.momentum = momentum
        layer.eval()
