"""Batch norm statistics of a network in training: taken anew before it is judged."""

from collections.abc import Iterable

import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from mammo.models.standardisation import statistics_anew
from mammo.training.devices import Precision, computing


def set_to_training(model: nn.Module) -> None:
    """Set layers to training, but frozen ones to evaluation: their statistics stay too."""
    model.train()
    for module in model.modules():
        own = list(module.parameters(recurse=False))
        if own and not any(parameter.requires_grad for parameter in own):
            module.eval()


@torch.no_grad()
def take_anew(
    model: nn.Module, inputs: Iterable[Tensor], fabric: Fabric, precision: Precision
) -> None:
    """Set the statistics of all batch norm layers that are trained to their mean over batches.

    The running mean that a step updates is one of changing weights and of a few small batches, and
    with it a network's scores jump from epoch to epoch.

    Parameters
    ----------
    model : Module
        Left set to evaluation.
    inputs : iterable of Tensor
        This process's batches; the processes' statistics are averaged.
    fabric : Fabric
    precision : {"auto", "bfloat16", "float32"}
    """
    set_to_training(model)
    layers = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d) and m.training]
    model.eval()
    if not layers:
        return
    with statistics_anew(layers), computing(fabric.device, precision):
        for batch in inputs:
            model(batch.to(fabric.device))
    for layer in layers:
        for values in (layer.running_mean, layer.running_var):
            values.copy_(fabric.all_reduce(values, reduce_op="mean"))
