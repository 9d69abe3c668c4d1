"""A network as Keras describes it (``model_config``) to layers as `LayerGraph` has them.

Both what Keras 2.0.x wrote (class ``Model``) and what tf_keras writes (``Functional``) is read.
Nothing in the description is evaluated; whatever is not known is refused by name.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mammo.errors import WeightsError
from mammo.models.end2end.keras_layers import LAYERS, OF_MAPS, Config, KerasGraph, Shape

NETWORKS = ("Model", "Functional")
"""Classes of networks."""

_TRAINING = ("name", "trainable", "dtype", "batch_input_shape", "momentum", "noise_shape", "seed")
"""Settings that do not bear on inference; so do initialisers, regularisers and constraints."""
_FIXED: dict[str, tuple[Any, ...]] = {
    "data_format": ("channels_last",),
    "dilation_rate": ([1, 1],),
    "groups": (1,),
    "keepdims": (False,),
    "mode": ("sum",),
}
"""Settings with the values that are understood."""
_OF_MERGE = ("concat_axis", "dot_axes", "mode_type", "output_shape", "output_shape_type")
_OF_MERGE += ("output_mask", "output_mask_type", "arguments")
"""Settings of the old class Merge that say nothing where it sums."""


class Description(NamedTuple):
    """A network of a nested one, the backbone, and what follows it."""

    nested: str
    backbone: KerasGraph
    top: KerasGraph
    input_shape: tuple[int, int, int]


def read_description(description: Mapping[str, Any]) -> Description:
    """Return the two parts of a network.

    Parameters
    ----------
    description : mapping
        ``model_config`` of Keras 2.0 or later: ``class_name`` and ``config``.

    Raises
    ------
    WeightsError
        If the network is not a nested one of 3 channels and layers that end in the softmax of two
        classes, or a layer or setting is not understood.
    """
    if description["class_name"] not in NETWORKS:
        raise WeightsError(
            f"a network of class {description['class_name']}; expected {' or '.join(NETWORKS)}"
        )
    body, rest, shape = _parts(description["config"])
    backbone = _translate(body["config"], shape)
    if backbone.softmax or len(backbone.shape) != 3:
        raise WeightsError(f"the nested network '{body['name']}' does not end in feature maps")
    top = _translate(rest, backbone.shape)
    if not top.softmax or top.shape != (2,):
        raise WeightsError(
            f"the network ends in an output of shape {top.shape} "
            f"{'with' if top.softmax else 'without'} softmax; expected a softmax of two classes"
        )
    return Description(body["name"], backbone, top, shape)


def _translate(config: Config, shape: Shape) -> KerasGraph:
    """Return the graph of a network without networks in it.

    Parameters
    ----------
    config : mapping
        ``config`` of the network: ``layers``, ``input_layers``, ``output_layers``.
    shape : tuple of int
        Rows, columns and channels of the input.

    Raises
    ------
    WeightsError
        If a layer's class or a setting is not understood.
    """
    graph = KerasGraph(shape)
    names, shapes = {}, {}
    for layer in _in_order(config["layers"]):
        name, kind = layer["name"], layer["class_name"]
        sources = _inbound(layer)
        if kind == "InputLayer":
            names[name], shapes[name] = "input", shape
            continue
        if graph.softmax:
            raise WeightsError(f"layer '{name}' follows a softmax; expected the softmax at the end")
        if kind not in LAYERS:
            raise WeightsError(f"layer '{name}' is of {_unknown(kind)}")
        handler, settings = LAYERS[kind]
        _check_settings(name, kind, layer["config"], settings)
        graph.shape = shapes[sources[0]]
        if len(graph.shape) == 1 and kind in OF_MAPS:
            raise WeightsError(f"layer '{name}' of class {kind} has no maps as input")
        names[name] = handler(graph, name, layer["config"], [names[s] for s in sources])
        shapes[name] = graph.shape
        if min(graph.shape) < 1:
            raise WeightsError(f"layer '{name}' gives an output of the shape {graph.shape}")
    output = names[_end_of(config, "output_layers")]
    if not graph.layers or output != graph.layers[-1]["name"]:
        raise WeightsError(f"the output is layer '{output}', which is not the last one")
    return graph


def _parts(config: Mapping[str, Any]) -> tuple[dict, dict, tuple[int, int, int]]:
    """Return the nested network, the network behind it, and the input's shape."""
    layers = _in_order(config["layers"])
    bodies = [layer for layer in layers if layer["class_name"] in NETWORKS]
    if len(bodies) != 1:
        raise WeightsError(f"{len(bodies)} nested networks; expected one, the backbone")
    (body,), entry = bodies, _end_of(config, "input_layers")
    if _inbound(body) != [entry]:
        raise WeightsError(f"the nested network '{body['name']}' is not the first layer")
    (first,) = (layer for layer in layers if layer["name"] == entry)
    rows, columns, channels = first["config"]["batch_input_shape"][1:]
    if channels != 3 or not rows or not columns:
        raise WeightsError(
            f"the input's shape is {rows} x {columns} x {channels}; expected stated rows and "
            "columns and 3 channels (YaroslavNet, of one channel, is not among end2end's networks)"
        )
    stand_in = {**body, "class_name": "InputLayer", "inbound_nodes": []}
    behind = [layer for layer in layers if layer not in (body, first)]
    return body, {**config, "layers": [stand_in, *behind]}, (rows, columns, channels)


def _in_order(layers: Sequence[Config]) -> list[Config]:
    """Return layers so that each stands behind its inputs."""
    done: dict[str, Config] = {}
    waiting = list(layers)
    while waiting:
        before = len(done)
        for layer in waiting:
            if done.keys() >= set(_inbound(layer)):
                done[layer["name"]] = layer
        waiting = [layer for layer in waiting if layer["name"] not in done]
        if len(done) == before:
            lost = ", ".join(f"'{layer['name']}'" for layer in waiting[:3])
            raise WeightsError(f"the inputs of layer {lost} are not in the network")
    return list(done.values())


def _inbound(layer: Config) -> list[str]:
    """Return the names of a layer's inputs; refuse a layer that is used more than once."""
    nodes = layer["inbound_nodes"]
    if layer["class_name"] == "InputLayer":
        return []
    if len(nodes) != 1 or not isinstance(nodes[0], list) or not nodes[0]:
        raise WeightsError(
            f"layer '{layer['name']}' is used {len(nodes)} times, or described as Keras 3 does; "
            "expected one use, as Keras 2 describes it"
        )
    for source in nodes[0]:
        if len(source) > 3 and source[3]:
            raise WeightsError(f"layer '{layer['name']}' is called with arguments {source[3]}")
    return [source[0] for source in nodes[0]]


def _end_of(config: Config, which: str) -> str:
    """Return the name of the one input or output layer of a network."""
    ends = config[which]
    if len(ends) != 1:
        raise WeightsError(f"the network has {len(ends)} {which}; expected one")
    return ends[0][0]


def _unknown(kind: str) -> str:
    if kind == "Lambda":
        return "class Lambda, which holds program code; it is not run, and the file not read"
    if kind in NETWORKS:
        return f"class {kind}; expected one nested network, the backbone"
    return f"the unknown class {kind}; known: {', '.join(LAYERS)}"


def _check_settings(name: str, kind: str, config: Config, settings: Sequence[str]) -> None:
    for key, value in config.items():
        if key in _FIXED:
            value = list(value) if isinstance(value, tuple) else value
            if value not in _FIXED[key]:
                raise WeightsError(
                    f"layer '{name}' of class {kind}: {key} is {value!r}; expected "
                    f"{_FIXED[key][0]!r}"
                )
        elif key not in settings and not _says_nothing(key, kind):
            raise WeightsError(f"layer '{name}' of class {kind}: unknown setting '{key}' {value!r}")
    for key in settings:
        if key not in config:
            raise WeightsError(f"layer '{name}' of class {kind}: '{key}' is missing")


def _says_nothing(key: str, kind: str) -> bool:
    """Return whether a setting has no bearing on inference."""
    return (
        key in _TRAINING
        or key.endswith(("_initializer", "_regularizer", "_constraint"))
        or (kind == "Merge" and key in _OF_MERGE)
    )
