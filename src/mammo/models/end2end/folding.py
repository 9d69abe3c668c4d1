"""Batch normalisation folded into the convolutions before it, for inference."""

from collections import Counter
from typing import Any

import torch
from torch import Tensor

from mammo.models.end2end.layer_graph import LayerGraph


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
