"""Where on an image a classifier found evidence for cancer.

Selvaraju et al., "Grad-CAM", ICCV 2017, arXiv 1610.02391; where global average pooling and one
dense layer follow the maps, as in end2end, it is the class activation map of Zhou et al., "Learning
deep features for discriminative localization", CVPR 2016, arXiv 1512.04150.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

from mammo.models.end2end import End2End
from mammo.models.transfer import Classifier, TransferModel

Model: TypeAlias = End2End | TransferModel | Classifier
"""A `Classifier` takes feature maps where the others take images."""


def class_activation_map(model: Model, inputs: Tensor) -> NDArray[np.float32]:
    """Return where each image's evidence for cancer is, in shares of the image's highest.

    Each of the last maps before pooling counts with the mean of the log-odds' gradient on it; of
    the sum, what speaks for cancer is kept. The highest value of an image is 1, so that maps tell
    where and not how much; all is 0 where nothing speaks for cancer.

    Parameters
    ----------
    model : End2End, TransferModel or Classifier
        Left as it is, and run in evaluation mode.
    inputs : Tensor, shape (B, 1, rows, columns) or (B, C, rows, columns)
        Grey images in [0, 1], or the feature maps that a classifier takes; on the model's device.

    Returns
    -------
    numpy.ndarray of float32, shape (B, h, w)
        In [0, 1], at the resolution of the last maps.
    """
    maps, gradient = _maps_and_gradient(model, inputs)
    evidence = (gradient.mean((2, 3), keepdim=True) * maps).sum(1).relu()
    highest = evidence.amax((1, 2), keepdim=True)
    return (evidence / highest.where(highest > 0, 1)).float().cpu().numpy()


def _maps_and_gradient(model: Model, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Return the last maps (B, C, h, w) and the gradient of each image's log-odds on them."""
    kept: list[Tensor] = []

    def begin_graph(_: nn.Module, __: tuple[Tensor], output: Tensor) -> Tensor:
        kept.append(output.detach().requires_grad_())
        return kept[0]

    # Detached values: no graph, and no memory for one, in the layers before the maps.
    values = {name: value.detach() for name, value in model.named_parameters()}
    handle = _last_layer(model).register_forward_hook(begin_graph)
    try:
        with torch.enable_grad(), _evaluating(model):
            log_odds = functional_call(model, values, inputs)
            gradient = torch.autograd.grad(log_odds.sum(), kept[0])[0]
    finally:
        handle.remove()
    return kept[0].detach(), gradient


def _last_layer(model: Model) -> nn.Module:
    """Return the layer that puts out the last maps before pooling."""
    if isinstance(model, TransferModel):
        return model.classifier.relu
    if isinstance(model, Classifier):
        return model.relu
    pooling = ("global_average_pool", "flatten")
    name = next(x["inputs"][0] for x in model.top.layers if x["kind"] in pooling)
    return model.backbone if name == "input" else model.top.get_submodule(name)


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Run a model in evaluation mode; each of its layers is in its own mode afterwards."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
