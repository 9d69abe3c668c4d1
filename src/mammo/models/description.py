"""The layers of the models as they are, for a figure or a table to show."""

import copy
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from mammo.models.end2end import End2End
from mammo.models.frcnn_cad import FasterRCNN
from mammo.models.transfer import TransferModel

Layer = dict[str, Any]


def describe_transfer(model: TransferModel, size: int) -> list[Layer]:
    """Return the model's layers in the order in which data passes them.

    Parameters
    ----------
    model : TransferModel
    size : int
        Side of the input image in pixels.

    Returns
    -------
    list of dict
        ``name``, ``type``, ``output`` (channels, rows, columns or features), ``parameters``
        (their number), ``part`` ("extractor" or "classifier"), ``frozen`` (whether training
        leaves it as it is).
    """
    is_frozen = {
        part: not any(p.requires_grad for p in own.parameters())
        for part, own in model.named_children()
    }
    rows = []
    for layer in _layers_passed(model, lambda probe: probe(_nothing(1, size, size))):
        part, _, name = layer["name"].partition(".")
        kind = type(model.get_submodule(layer["name"])).__name__
        rows.append({**layer, "name": name, "type": kind, "part": part, "frozen": is_frozen[part]})
    return rows


def describe_end2end(model: End2End, rows: int, columns: int) -> list[Layer]:
    """Return the layers in the order in which data pass them, the input first.

    Parameters
    ----------
    model : End2End
    rows, columns : int
        Size of the input image in pixels.

    Returns
    -------
    list of dict
        ``name``, ``kind`` (as `mammo.models.end2end.layer_graph` has them, or "input"), ``output``
        (channels, rows, columns; or values), ``parameters`` (their number), ``part`` ("input",
        "backbone" or "top").
    """
    described = _layers_passed(model, lambda probe: probe(_nothing(1, rows, columns)))
    kinds = {
        f"{part}.{layer['name']}": layer["kind"]
        for part in ("backbone", "top")
        for layer in model.get_submodule(part).layers
    }
    layers = [_input(1, rows, columns)]
    for layer in described:
        part, _, name = layer["name"].partition(".")
        layers.append({**layer, "name": name, "kind": kinds[layer["name"]], "part": part})
    return layers


def describe_frcnn_cad(model: FasterRCNN, rows: int, columns: int) -> list[Layer]:
    """Return the convolutions and dense layers, the input first and the head for one proposal.

    Parameters
    ----------
    model : FasterRCNN
    rows, columns : int
        Size of the network's input in pixels.

    Returns
    -------
    list of dict
        As `describe_end2end`, with ``kind`` "input", "conv", "roi_pool" or "dense" and ``part``
        "input", "backbone", "rpn" or "head".
    """

    def run(probe: FasterRCNN) -> None:
        features = probe.features(_nothing(3, rows, columns))
        probe.rpn(features)
        probe.head(features, _nothing(5))

    layers = [_input(3, rows, columns)]
    for layer in _layers_passed(model, run):
        name = layer["name"]
        part = {"conv": "backbone", "rpn_": "rpn"}.get(name[:4], "head")
        kind = "conv" if len(layer["output"]) == 3 else "dense"
        if name == "fc6":
            layers.append(_pooled(model))
        if name != "dropout":
            layers.append({**layer, "kind": kind, "part": part})
    return layers


def _pooled(model: FasterRCNN) -> Layer:
    """Return the pooling of regions, which is a function and no module."""
    channels = model.conv5_3.out_channels
    side = math.isqrt(model.fc6.in_features // channels)
    output = (channels, side, side)
    named = {"name": "roi_pool", "kind": "roi_pool", "part": "head"}
    return {**named, "output": output, "parameters": 0}


def _nothing(*shape: int) -> Tensor:
    return torch.empty(1, *shape, device="meta")


def _input(*shape: int) -> Layer:
    return {"name": "input", "kind": "input", "output": shape, "parameters": 0, "part": "input"}


def _layers_passed(model: nn.Module, run: Callable[[Any], object]) -> list[Layer]:
    """Return ``name``, ``output`` and ``parameters`` of the modules that a run passes.

    Parameters
    ----------
    model : Module
        Left as it is.
    run : callable
        Takes a copy on the meta device and passes data through it.

    Returns
    -------
    list of dict
        One for each pass of a module without children; ``output`` is its shape without the batch,
        ``parameters`` their number.
    """
    probe = copy.deepcopy(model).to("meta").eval()
    layers: list[Layer] = []

    def note(name: str, module: nn.Module, _: Any, output: Tensor) -> None:
        parameters = sum(p.numel() for p in module.parameters())
        layers.append({"name": name, "output": tuple(output.shape[1:]), "parameters": parameters})

    for name, module in probe.named_modules():
        if not any(module.children()):
            module.register_forward_hook(partial(note, name))
    run(probe)
    return layers
