"""A convolutional network as data: a list of layers that stands in a file's header."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from mammo.errors import WeightsError

_OWN_OUTPUT = ("conv", "batch_norm", "add")
"""Kinds whose output nobody else holds and whose gradient does not need it."""


class LayerGraph(nn.Module):
    """Layers in order of computation, each a mapping with ``name``, ``kind`` and ``inputs``.

    Parameters
    ----------
    layers : sequence of mapping
        ``inputs`` are names of earlier layers, or "input". Beside them a layer states, by kind:
        zero_pad ``padding``; conv ``channels kernel stride padding bias``; batch_norm
        ``epsilon``; max_pool ``kernel stride padding`` (padded with minus infinity);
        average_pool ``kernel stride``; dropout ``rate``; flatten ``units`` (in the order rows,
        columns, channels, as Keras has it); dense ``units bias``; relu, add and
        global_average_pool nothing. ``kernel`` and ``stride`` are [rows, columns], ``padding``
        is [top, bottom, left, right] pixels. The last layer is the output.
    in_channels : int
        Channels of the input.

    Raises
    ------
    WeightsError
        If a kind, a setting or an input is unknown or missing; the layer is named.
    """

    def __init__(self, layers: Sequence[Mapping[str, Any]], in_channels: int = 3) -> None:
        super().__init__()
        if not layers:
            raise WeightsError("a network of no layers; expected a list of them")
        self.layers = [dict(layer) for layer in layers]
        self.in_channels = in_channels
        channels = {"input": in_channels}
        uses = Counter(name for layer in self.layers for name in layer.get("inputs", ()))
        kinds: dict[str, str] = {}
        for layer in self.layers:
            _check(layer, channels)
            name, inputs = layer["name"], layer["inputs"]
            module = _KINDS[layer["kind"]][1](layer, channels[inputs[0]])
            if isinstance(module, nn.ReLU):
                module.inplace = uses[inputs[0]] == 1 and kinds.get(inputs[0]) in _OWN_OUTPUT
            if hasattr(self, name):
                raise WeightsError(f"layer '{name}': the name occurs twice or is not allowed")
            self.add_module(name, module)
            kinds[name] = layer["kind"]
            channels[name] = layer.get("channels", layer.get("units", channels[inputs[0]]))
        self.out_channels = channels[self.layers[-1]["name"]]
        self._last_use = {name: i for i, x in enumerate(self.layers) for name in x["inputs"]}

    def forward(self, x: Tensor) -> Tensor:
        """Return the last layer's output, (B, C, h, w) or (B, k), of an input (B, C, h, w)."""
        values = {"input": x}
        del x
        for number, layer in enumerate(self.layers):
            inputs = [values[source] for source in layer["inputs"]]
            for source in layer["inputs"]:
                if self._last_use[source] == number:
                    values.pop(source, None)
            values[layer["name"]] = output = self.get_submodule(layer["name"])(*inputs)
            del inputs
        return output


class _Conv(nn.Conv2d):
    """A convolution whose padding may differ from side to side: [top, bottom, left, right]."""

    def __init__(self, layer: Mapping[str, Any], in_channels: int) -> None:
        even, self._uneven = _split_padding(layer["padding"])
        sizes = layer["channels"], layer["kernel"], layer["stride"], even
        super().__init__(in_channels, *sizes, bias=layer["bias"])

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(pad(x, self._uneven) if any(self._uneven) else x)


class _MaxPool(nn.MaxPool2d):
    """A maximum whose padding, of minus infinity, may differ from side to side."""

    def __init__(self, layer: Mapping[str, Any], _: int) -> None:
        even, self._uneven = _split_padding(layer["padding"])
        super().__init__(layer["kernel"], layer["stride"], padding=even)

    def forward(self, x: Tensor) -> Tensor:
        padded = pad(x, self._uneven, value=float("-inf")) if any(self._uneven) else x
        return super().forward(padded)


class _Add(nn.Module):
    def forward(self, first: Tensor, *others: Tensor) -> Tensor:
        for other in others:
            first = first + other
        return first


class _GlobalAveragePool(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3), dtype=torch.float32)


class _Dense(nn.Linear):
    """A dense layer that stays in float32: eight bits of bfloat16 would tie images' scores."""

    def forward(self, x: Tensor) -> Tensor:
        device = "cpu" if x.is_meta else x.device.type
        with torch.autocast(device, enabled=False):
            return super().forward(x.float())


class _Flatten(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


def _split_padding(padding: Sequence[int]) -> tuple[tuple[int, int], tuple[int, ...]]:
    """Return [rows, columns] where both sides agree, else all of it as `pad` takes it."""
    top, bottom, left, right = padding
    if top == bottom and left == right:
        return (top, left), (0, 0, 0, 0)
    return (0, 0), (left, right, top, bottom)


def _zero_pad(layer: Mapping[str, Any], _: int) -> nn.Module:
    top, bottom, left, right = layer["padding"]
    return nn.ZeroPad2d((left, right, top, bottom))


_KINDS: dict[str, tuple[set[str], Callable[[Mapping[str, Any], int], nn.Module]]] = {
    "zero_pad": ({"padding"}, _zero_pad),
    "conv": ({"channels", "kernel", "stride", "padding", "bias"}, _Conv),
    "batch_norm": ({"epsilon"}, lambda layer, width: nn.BatchNorm2d(width, eps=layer["epsilon"])),
    "relu": (set(), lambda *_: nn.ReLU()),
    "max_pool": ({"kernel", "stride", "padding"}, _MaxPool),
    "average_pool": (
        {"kernel", "stride"},
        lambda layer, _: nn.AvgPool2d(layer["kernel"], layer["stride"]),
    ),
    "add": (set(), lambda *_: _Add()),
    "dropout": ({"rate"}, lambda layer, _: nn.Dropout(layer["rate"])),
    "global_average_pool": (set(), lambda *_: _GlobalAveragePool()),
    "flatten": ({"units"}, lambda *_: _Flatten()),
    "dense": (
        {"units", "bias"},
        lambda layer, width: _Dense(width, layer["units"], bias=layer["bias"]),
    ),
}
"""Kinds of layers: what each states beside its name, kind and inputs, and how it is made of that
and of the channels that come in."""


def _check(layer: Mapping[str, Any], channels: Mapping[str, int]) -> None:
    """Refuse a layer that is not as `LayerGraph` states; ``channels`` are those before it."""
    name, kind, inputs = (layer.get(key) for key in ("name", "kind", "inputs"))
    if not isinstance(name, str) or not name or "." in name or name == "input":
        raise WeightsError(f"layer {json.dumps(name)}: expected a name without dots")
    if kind not in _KINDS:
        raise WeightsError(f"layer '{name}': unknown kind '{kind}'; known: {', '.join(_KINDS)}")
    settings, expected = layer.keys() - {"name", "kind", "inputs"}, _KINDS[kind][0]
    if settings != expected:
        faults = [f"'{s}' is missing" for s in sorted(expected - settings)]
        faults += [f"'{s}' is unknown" for s in sorted(settings - expected)]
        raise WeightsError(f"layer '{name}' of kind '{kind}': {', '.join(faults)}")
    for setting, length in (("kernel", 2), ("stride", 2), ("padding", 4)):
        value = layer.get(setting, [1] * length)
        low = 0 if setting == "padding" else 1
        if not _are_whole(value, length, low):
            raise WeightsError(
                f"layer '{name}': {setting} {value}; expected {length} whole numbers from {low} on"
            )
    absent = [source for source in inputs or () if source not in channels]
    if not inputs or absent:
        raise WeightsError(
            f"layer '{name}': inputs {inputs}; expected names of layers before it, or 'input'"
        )
    if (len(inputs) > 1) != (kind == "add"):
        raise WeightsError(
            f"layer '{name}' of kind '{kind}' has {len(inputs)} inputs; expected "
            f"{'two or more' if kind == 'add' else 'one'}"
        )
    if len({channels[source] for source in inputs}) > 1:
        widths = ", ".join(f"'{source}' {channels[source]}" for source in inputs)
        raise WeightsError(f"layer '{name}' adds maps of different channels: {widths}")


def _are_whole(values: Any, length: int, low: int) -> bool:
    return (
        isinstance(values, list | tuple)
        and len(values) == length
        and all(isinstance(value, int) and value >= low for value in values)
    )


def fold(graph: LayerGraph) -> LayerGraph:
    """Return a graph that computes the same in evaluation mode with fewer layers.

    Batch normalisation goes into the convolution before it, zero padding into the one behind it,
    dropout away; the layers that stay keep their names.

    Parameters
    ----------
    graph : LayerGraph

    Returns
    -------
    LayerGraph
        In evaluation mode, its values without gradients.
    """
    uses = Counter(source for layer in graph.layers for source in layer["inputs"])
    state = {name: values.detach().clone() for name, values in graph.state_dict().items()}
    kept: dict[str, dict[str, Any]] = {}
    now_called: dict[str, str] = {}
    for layer in graph.layers:
        name, first = layer["name"], layer["inputs"][0]
        layer = {**layer, "inputs": [now_called.get(s, s) for s in layer["inputs"]]}
        source = kept.get(layer["inputs"][0], {"kind": "input"})
        is_only_use = uses[first] == 1
        if layer["kind"] == "dropout":
            now_called[name] = layer["inputs"][0]
        elif layer["kind"] == "batch_norm" and source["kind"] == "conv" and is_only_use:
            _fold_values(state, source["name"], name, layer["epsilon"])
            source["bias"] = True
            now_called[name] = source["name"]
        elif layer["kind"] == "conv" and source["kind"] == "zero_pad" and is_only_use:
            both = zip(layer["padding"], source["padding"], strict=True)
            kept[name] = {**layer, "inputs": source["inputs"], "padding": [a + b for a, b in both]}
            del kept[source["name"]]
        else:
            kept[name] = layer
    with torch.device("meta"):
        folded = LayerGraph(list(kept.values()), graph.in_channels)
    folded.load_state_dict(state, assign=True)
    return folded.requires_grad_(False).eval()


def _fold_values(state: dict[str, Tensor], conv: str, norm: str, epsilon: float) -> None:
    """Replace a convolution's values, and remove those of the normalisation behind it."""
    weight, bias, mean, variance = (
        state.pop(f"{norm}.{key}").double()
        for key in ("weight", "bias", "running_mean", "running_var")
    )
    state.pop(f"{norm}.num_batches_tracked")
    factor = weight / (variance + epsilon).sqrt()
    kernel = state[f"{conv}.weight"]
    before = state.get(f"{conv}.bias", torch.zeros_like(mean))
    state[f"{conv}.weight"] = (kernel.double() * factor.view(-1, 1, 1, 1)).to(kernel)
    state[f"{conv}.bias"] = ((before.double() - mean) * factor + bias).to(kernel)
