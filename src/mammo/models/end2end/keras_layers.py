"""Layers of Keras as layers of `LayerGraph`: one function a class, and the settings it knows."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mammo.errors import WeightsError

Shape = tuple[int, ...]
"""(rows, columns, channels) of maps or (units,) of vectors."""
Config = Mapping[str, Any]


@dataclass(frozen=True)
class KerasWeight:
    """Where a weight of Keras goes.

    Parameters
    ----------
    key : str
        Name in the `LayerGraph`'s state.
    shape : tuple of int
        As Keras has it.
    axes : tuple of int
        Order of Keras's axes in torch.
    """

    key: str
    shape: Shape
    axes: tuple[int, ...]


@dataclass
class KerasGraph:
    """A network's layers and weights.

    Parameters
    ----------
    layers : list of dict
        As `LayerGraph` takes them.
    weights : dict
        By Keras's names of the layer and of the weight, such as ("conv1", "kernel").
    fill : dict of str to (int, float)
        Number of values and value of what torch's layer has and this one of Keras has not.
    shape : tuple of int
        Of the output.
    softmax : bool
        Whether the last layer is followed by a softmax.
    """

    shape: Shape
    layers: list[dict[str, Any]] = field(default_factory=list)
    weights: dict[tuple[str, str], KerasWeight] = field(default_factory=dict)
    fill: dict[str, tuple[int, float]] = field(default_factory=dict)
    softmax: bool = False

    def add(self, name: str, kind: str, inputs: Sequence[str], **settings: Any) -> str:
        """Append a layer and return its name."""
        self.layers.append({"name": name, "kind": kind, "inputs": list(inputs), **settings})
        return name

    def expect(self, layer: str, weight: str, key: str, shape: Shape, *axes: int) -> None:
        """Note a weight that the file has to hold."""
        order = axes or tuple(range(len(shape)))
        self.weights[layer, weight] = KerasWeight(f"{layer}.{key}", shape, order)


def _conv(graph: KerasGraph, name: str, config: Config, inputs: list[str]) -> str:
    channels, before, bias = config["filters"], graph.shape[2], config["use_bias"]
    window = _window(graph, name, config, "kernel_size")
    graph.shape = (*graph.shape[:2], channels)
    graph.add(name, "conv", inputs, channels=channels, bias=bias, **window)
    graph.expect(name, "kernel", "weight", (*window["kernel"], before, channels), 3, 2, 0, 1)
    if bias:
        graph.expect(name, "bias", "bias", (channels,))
    return _activation(graph, name, config, name)


def _dense(graph: KerasGraph, name: str, config: Config, inputs: list[str]) -> str:
    if len(graph.shape) != 1:
        raise WeightsError(f"layer '{name}' of class Dense has maps as input; expected a vector")
    units, before = config["units"], graph.shape[0]
    graph.shape = (units,)
    graph.add(name, "dense", inputs, units=units, bias=config["use_bias"])
    graph.expect(name, "kernel", "weight", (before, units), 1, 0)
    if config["use_bias"]:
        graph.expect(name, "bias", "bias", (units,))
    return _activation(graph, name, config, name)


def _batch_norm(graph: KerasGraph, name: str, config: Config, inputs: list[str]) -> str:
    axis, channels = config["axis"], graph.shape[-1]
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in (3, -1):
        raise WeightsError(
            f"layer '{name}' of class BatchNormalization: axis is {axis}; expected the last, 3"
        )
    graph.add(name, "batch_norm", inputs, epsilon=config["epsilon"])
    for has, weight, key, value in (
        (config["scale"], "gamma", "weight", 1.0),
        (config["center"], "beta", "bias", 0.0),
    ):
        if has:
            graph.expect(name, weight, key, (channels,))
        else:
            graph.fill[f"{name}.{key}"] = (channels, value)
    graph.expect(name, "moving_mean", "running_mean", (channels,))
    graph.expect(name, "moving_variance", "running_var", (channels,))
    return name


def _activation_layer(graph: KerasGraph, name: str, config: Config, inputs: list[str]) -> str:
    return _activation(graph, inputs[0], config, name)


def _activation(graph: KerasGraph, source: str, config: Config, name: str) -> str:
    """Append the activation of a layer called ``name``, and return the name of its output."""
    match config["activation"]:
        case "relu":
            return graph.add(f"{name}_relu" if source == name else name, "relu", [source])
        case "softmax" if len(graph.shape) == 1:
            graph.softmax = True
            return source
        case "linear":
            return source
        case other:
            raise WeightsError(
                f"layer '{name}': activation {other!r}; expected 'relu', 'linear', or 'softmax' "
                "of the last layer"
            )


def _max_pool(graph: KerasGraph, name: str, config: Config, inputs: list[str]) -> str:
    return graph.add(name, "max_pool", inputs, **_window(graph, name, config))


def _average_pool(graph: KerasGraph, name: str, config: Config, inputs: list[str]) -> str:
    window = _window(graph, name, config)
    if any(window.pop("padding")):
        raise WeightsError(f"layer '{name}' of class AveragePooling2D is padded; expected 'valid'")
    return graph.add(name, "average_pool", inputs, **window)


def _zero_pad(graph: KerasGraph, name: str, config: Config, inputs: list[str]) -> str:
    sides = [[side, side] if isinstance(side, int) else list(side) for side in config["padding"]]
    (top, bottom), (left, right) = sides
    rows, columns, channels = graph.shape
    graph.shape = (rows + top + bottom, columns + left + right, channels)
    return graph.add(name, "zero_pad", inputs, padding=[top, bottom, left, right])


def _sum(graph: KerasGraph, name: str, config: Config, inputs: list[str]) -> str:
    return graph.add(name, "add", inputs)


def _dropout(graph: KerasGraph, name: str, config: Config, inputs: list[str]) -> str:
    return graph.add(name, "dropout", inputs, rate=config["rate"])


def _global_average(graph: KerasGraph, name: str, config: Config, inputs: list[str]) -> str:
    graph.shape = graph.shape[2:]
    return graph.add(name, "global_average_pool", inputs)


def _flatten(graph: KerasGraph, name: str, config: Config, inputs: list[str]) -> str:
    graph.shape = (math.prod(graph.shape),)
    return graph.add(name, "flatten", inputs, units=graph.shape[0])


def _window(
    graph: KerasGraph, name: str, config: Config, size: str = "pool_size"
) -> dict[str, list[int]]:
    """Return kernel, stride, and TensorFlow's padding as four sides; set the graph's shape."""
    kernel, mode = list(config[size]), config["padding"]
    stride = list(config["strides"] or kernel)
    sides, sizes = [], []
    for size, width, step in zip(graph.shape[:2], kernel, stride, strict=True):
        if mode == "same":  # the end gets the odd pixel
            after = -(-size // step)
            total = max((after - 1) * step + width - size, 0)
            sides += [total // 2, total - total // 2]
        elif mode == "valid":
            after = (size - width) // step + 1
            sides += [0, 0]
        else:
            raise WeightsError(f"layer '{name}': padding {mode!r}; expected 'same' or 'valid'")
        sizes.append(after)
    graph.shape = (*sizes, graph.shape[2])
    return {"kernel": kernel, "stride": stride, "padding": sides}


Handler = Callable[[KerasGraph, str, Config, list[str]], str]

_POOL = ("pool_size", "strides", "padding")
LAYERS: dict[str, tuple[Handler, tuple[str, ...]]] = {
    "Conv2D": (_conv, ("filters", "kernel_size", "strides", "padding", "activation", "use_bias")),
    "BatchNormalization": (_batch_norm, ("axis", "epsilon", "scale", "center")),
    "Activation": (_activation_layer, ("activation",)),
    "MaxPooling2D": (_max_pool, _POOL),
    "AveragePooling2D": (_average_pool, _POOL),
    "ZeroPadding2D": (_zero_pad, ("padding",)),
    "Add": (_sum, ()),
    "Merge": (_sum, ("mode",)),
    "Dropout": (_dropout, ("rate",)),
    "GlobalAveragePooling2D": (_global_average, ()),
    "Flatten": (_flatten, ()),
    "Dense": (_dense, ("units", "activation", "use_bias")),
}
OF_MAPS = frozenset(LAYERS) - {"Activation", "Dropout", "Dense"}
"""Classes that take maps alone."""
