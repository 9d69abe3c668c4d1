"""Whole networks that Keras 2 saved as HDF5 (``.h5``), end2end's among them; read strictly.

The network is read from the file's own description, ``model_config``: padding, pooling, strides,
epsilon and biases differ between versions of Keras. Weights are matched by name, never by order:
the group of a nested network holds the trainable ones first. Nothing is unpickled or evaluated.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from torch import Tensor

from mammo.errors import WeightsError
from mammo.models.end2end.keras_config import read_description
from mammo.models.end2end.keras_layers import KerasGraph
from mammo.models.end2end.layer_graph import LayerGraph
from mammo.models.foreign_text import misfits, one_line, some_of

_DESCRIPTION_LIMIT = 2**24
"""Characters of a description; that of a ResNet50 has 10^5."""


@dataclass(frozen=True)
class KerasNetwork:
    """A network of a nested backbone and a top that ends in two classes.

    Parameters
    ----------
    backbone, top : list of dict
        Layers as `LayerGraph` takes them, for `mammo.models.end2end.End2End`.
    state : dict of str to Tensor
        Values, float32, by the names of End2End's ``state_dict``.
    input_shape : tuple of int
        Rows and columns.
    """

    backbone: list[dict[str, Any]]
    top: list[dict[str, Any]]
    state: dict[str, Tensor]
    input_shape: tuple[int, int]


def read_keras(path: Path) -> KerasNetwork:
    """Return the network of a file that ``model.save`` of Keras 2.0 or later wrote.

    A file from elsewhere is to be tried out before (`mammo.models.end2end.hdf5_trial`).

    Parameters
    ----------
    path : Path
        The ``.h5`` file.

    Raises
    ------
    WeightsError
        If the file is not HDF5, is truncated, has no description, or anything in it is unknown,
        missing, left over or of another shape; it is named.
    """
    if not path.is_file():
        raise WeightsError(f"{path}: no such file; expected a network that Keras saved as .h5")
    try:
        with h5py.File(path, "r") as file:
            return _network(file, path.stat().st_size)
    except WeightsError as error:
        raise WeightsError(f"{path}: {one_line(error)}") from None
    except OSError as error:
        raise WeightsError(
            f"{path}: not readable as HDF5, or truncated ({one_line(error)}); fetch the file again"
        ) from None
    except Exception as error:  # a foreign file may state anything
        raise WeightsError(
            f"{path}: not as Keras 2 saves a network ({type(error).__name__}: {one_line(error)})"
        ) from None


def _network(file: h5py.File, file_size: int) -> KerasNetwork:
    network = read_description(_description(file))
    with torch.device("meta"):  # refuses what it cannot compute, before anything is read
        LayerGraph(network.top.layers, LayerGraph(network.backbone.layers).out_channels)
    found = dict(_stored(_child(file, "model_weights", h5py.Group)))
    values = sum(dataset.nbytes for group in found.values() for _, dataset in group)
    if values > file_size:
        raise WeightsError(f"its weights claim {values} bytes, more than the file's {file_size}")
    nested = _by_layer(found.pop(network.nested, []), network.backbone)
    single = {
        name: {weight.rpartition("/")[2].removesuffix(":0"): data for weight, data in group}
        for name, group in found.items()
    }
    state = _state("backbone", network.backbone, nested) | _state("top", network.top, single)
    backbone, top = network.backbone.layers, network.top.layers
    return KerasNetwork(backbone, top, state, network.input_shape[:2])


def _description(file: h5py.File) -> dict[str, Any]:
    """Return ``model_config``, which is JSON."""
    if "model_config" not in file.attrs:
        held = ", ".join(sorted([*file.keys(), *file.attrs.keys()])[:5]) or "nothing"
        raise WeightsError(
            f"no description of the network (model_config); the file holds {held}; expected a "
            "whole network, saved by model.save, not weights alone"
        )
    text = _text(file.attrs["model_config"])
    if len(text) > _DESCRIPTION_LIMIT:
        raise WeightsError(f"a description of {len(text)} characters; expected a tenth of a MB")
    return json.loads(text)


def _stored(weights: h5py.Group) -> Iterator[tuple[str, list[tuple[str, h5py.Dataset]]]]:
    """Yield every layer's name with its weights' names and unread data; no dataset is left out."""
    named = set()
    for layer in _names(weights, "layer_names"):
        group = _child(weights, layer, h5py.Group)
        members = [(name, _dataset(group, name)) for name in _names(group, "weight_names")]
        named |= {f"{layer}/{name}" for name, _ in members}
        yield layer, members
    present: list[str] = []
    weights.visititems(
        lambda name, item: present.append(name) if isinstance(item, h5py.Dataset) else None
    )
    left_over = sorted(set(present) - named)
    if left_over:
        raise WeightsError(f"weight '{left_over[0]}' belongs to no layer of the network")


def _names(group: h5py.Group, attribute: str) -> list[str]:
    """Return a list of names; a long one is cut into ``attribute0``, ``attribute1`` and so on."""
    if attribute in group.attrs:
        return [_text(name) for name in group.attrs[attribute]]
    names: list[str] = []
    number = 0
    while f"{attribute}{number}" in group.attrs:
        names += [_text(name) for name in group.attrs[f"{attribute}{number}"]]
        number += 1
    if not number:
        raise WeightsError(f"group '{group.name}' has no {attribute}")
    return names


def _child(group: h5py.Group, name: str, kind: type) -> Any:
    """Return a group's member; refuse links, which may lead out of the file."""
    for part in name.split("/"):
        if not isinstance(group, h5py.Group) or part not in group:
            raise WeightsError(f"'{name}' is missing in '{group.name}'")
        if not isinstance(group.get(part, getlink=True), h5py.HardLink):
            raise WeightsError(f"'{name}' in '{group.name}' is a link; expected the data itself")
        group = group[part]
    if not isinstance(group, kind):
        raise WeightsError(f"'{name}' is a {type(group).__name__}; expected a {kind.__name__}")
    return group


def _dataset(group: h5py.Group, name: str) -> h5py.Dataset:
    dataset = _child(group, name, h5py.Dataset)
    if dataset.external or dataset.is_virtual:
        raise WeightsError(f"weight '{name}' is kept in another file; expected the data itself")
    if dataset.dtype.kind != "f":
        raise WeightsError(f"weight '{name}' is of type {dataset.dtype}; expected floating point")
    return dataset


def _by_layer(
    members: list[tuple[str, h5py.Dataset]], graph: KerasGraph
) -> dict[str, dict[str, h5py.Dataset]]:
    """Return a nested network's data by layer and weight.

    TensorFlow appends one and the same number to the scope of every layer, ``conv1_1/kernel:0``,
    where a network was built a second time in a process.
    """
    layers: dict[str, dict[str, h5py.Dataset]] = {}
    for name, data in members:
        scope, _, weight = name.rpartition("/")
        layers.setdefault(scope.rpartition("/")[2], {})[weight.removesuffix(":0")] = data
    expected = {layer for layer, _ in graph.weights}
    suffixes = {name.rpartition("_")[2] for name in layers}
    if layers.keys() != expected and len(suffixes) == 1 and min(suffixes).isdigit():
        stripped = {name.rpartition("_")[0]: group for name, group in layers.items()}
        if stripped.keys() == expected:
            return stripped
    return layers


def _state(
    part: str, graph: KerasGraph, stored: Mapping[str, Mapping[str, h5py.Dataset]]
) -> dict[str, Tensor]:
    """Return values by their names in End2End; every weight is there, and no other."""
    found = {f"{name}/{w}": data.shape for name in stored for w, data in stored[name].items()}
    wanted = {"/".join(name): weight.shape for name, weight in graph.weights.items()}
    if faults := misfits(found, wanted):
        raise WeightsError(f"the weights of the {part} do not fit: {some_of(faults, 3)}")
    state = {}
    for (layer, weight), expected in graph.weights.items():
        values = np.asarray(stored[layer][weight][()], np.float32).transpose(expected.axes)
        if not np.isfinite(values).all():
            raise WeightsError(f"weight '{layer}/{weight}' holds values that are not finite")
        state[f"{part}.{expected.key}"] = torch.from_numpy(np.ascontiguousarray(values))
    for key, (count, value) in graph.fill.items():
        state[f"{part}.{key}"] = torch.full((count,), value)
    counters = [layer["name"] for layer in graph.layers if layer["kind"] == "batch_norm"]
    return state | {f"{part}.{n}.num_batches_tracked": torch.tensor(0) for n in counters}


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
