"""Keras networks in HDF5.

Files at which the HDF5 library itself runs without end or takes all memory are no cases: they are
for `mammo.models.end2end.hdf5_trial`, which is too slow to be asked so often.
"""

import io
import json
import struct
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch

from mammo.models.end2end import End2End, keras_h5
from mammo.models.end2end.layer_graph import LayerGraph

from .case import Case, Kind, Original
from .mutations import flipped, foreign, spread, truncated

_SOFTMAX = "softmax"


def _layer(kind: str, name: str, inputs: list[str], **config: Any) -> dict[str, Any]:
    nodes = [[[source, 0, 0, {}] for source in inputs]] if inputs else []
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": nodes,
    }


def _convolution(name: str, source: str, **config: Any) -> dict[str, Any]:
    settings = {
        "filters": 2, "kernel_size": [3, 3], "strides": [1, 1], "padding": "same",
        "data_format": "channels_last", "dilation_rate": [1, 1], "activation": "relu",
        "use_bias": True,
    }  # fmt: skip
    return _layer("Conv2D", name, [source], **settings | config)


def description() -> dict[str, Any]:
    """One convolution as the backbone; pooling and a softmax of two classes behind it."""
    size = {"batch_input_shape": [None, 9, 8, 3], "dtype": "float32"}
    backbone = {
        "name": "body",
        "layers": [_layer("InputLayer", "input_1", [], **size), _convolution("conv", "input_1")],
        "input_layers": [["input_1", 0, 0]],
        "output_layers": [["conv", 0, 0]],
    }
    pooling = _layer("GlobalAveragePooling2D", "pool", ["body"], data_format="channels_last")
    dense = {"units": 2, "activation": _SOFTMAX, "use_bias": True}
    body = _layer("Model", "body", ["input_2"]) | {"config": backbone}
    top = {
        "name": "whole",
        "layers": [
            _layer("InputLayer", "input_2", [], **size), body, pooling,
            _layer("Dense", "dense", ["pool"], **dense),
        ],
        "input_layers": [["input_2", 0, 0]],
        "output_layers": [["dense", 0, 0]],
    }  # fmt: skip
    return {"class_name": "Model", "config": top}


def _values() -> dict[str, dict[str, np.ndarray]]:
    draw = np.random.default_rng(0).normal
    return {
        "body": {"conv/kernel:0": draw(size=(3, 3, 3, 2)), "conv/bias:0": draw(size=2)},
        "dense": {"dense/kernel:0": draw(size=(2, 2)), "dense/bias:0": draw(size=2)},
    }


def write(change: Callable[[h5py.File], object] = id, config: object = None) -> bytes:
    """The network's file after a change to it, with another description if there is one."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = "2.0.8", "tensorflow"
        text = config if isinstance(config, str) else json.dumps(config or description())
        encoded = text.encode(errors="surrogateescape")
        # An attribute has 64 KB at most, but text of any length, which lies elsewhere.
        is_long = len(encoded) > 60_000
        file.attrs["model_config"] = text if is_long else np.bytes_(encoded)
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [name.encode() for name in _values()]
        for group, members in _values().items():
            made = weights.create_group(group)
            made.attrs["weight_names"] = [name.encode() for name in members]
            for name, values in members.items():
                made[name] = values.astype("f4")
        change(file)
    return stream.getvalue()


@cache
def network() -> Original:
    return Original("a network", "network.h5", write())


_ABSURD = (None, 0, -1, 2, 10**30, 1e308, "x", [], {}, [1], [0, 0], [-1, -1], [10**9] * 2, True)


def _paths(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """Yield the way to everything in a description."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*path, key)
        if isinstance(item, dict | list):
            yield from _paths(item, (*path, key))


def _put(config: Any, path: tuple, value: Any) -> Any:
    for key in path[:-1]:
        config = config[key]
    config[path[-1]] = value
    return config


def _descriptions() -> Iterator[Case]:
    for number, path in enumerate(_paths(description())):
        shown = "/".join(map(str, path))
        config = description()
        parent = _put(config, path, None)
        del parent[path[-1]]
        yield Case(f"without {shown}", network(), write(config=config), "any")
        for value in (_ABSURD[number % len(_ABSURD)], _ABSURD[(7 * number + 3) % len(_ABSURD)]):
            config = description()
            _put(config, path, value)
            name = f"{shown} is {str(value)[:20]}"
            yield Case(f"{name} ({number})", network(), write(config=config), "any")
    for name, text in {
        "not JSON": "{",
        "a list": "[]",
        "a word": '"x"',
        "not a number": "NaN",
        "lists nested without end": "[" * 50_000,
        "mappings nested without end": '{"a":' * 50_000,
        "a long text": json.dumps({"class_name": "x" * 500_000}),
        "a name that a terminal obeys": json.dumps({"class_name": "\x1b[2J\n\nx"}),
        "surrogates": '{"class_name": "\\ud800"}',
    }.items():
        yield Case(f"the description is {name}", network(), write(config=text), "refused")


def _filled(shape: tuple[int, ...], value: float) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file["model_weights/dense/dense/kernel:0"]
        file["model_weights/dense/dense/kernel:0"] = np.full(shape, value, "f4")

    return change


def _with(**options: Any) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file["model_weights/dense/dense/kernel:0"]
        file.create_dataset("model_weights/dense/dense/kernel:0", **options)

    return change


def _attribute(group: str, name: str, value: Any) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        file[group].attrs[name] = value

    return change


def _link(target: Any) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file["model_weights/dense/dense/kernel:0"]
        file["model_weights/dense/dense/kernel:0"] = target

    return change


def _circle(file: h5py.File) -> None:
    file["model_weights/dense/again"] = file["model_weights"]


def _deep(file: h5py.File) -> None:
    file.create_group("model_weights/dense/" + "/".join("x" * 300))


_CONTENTS: dict[str, Callable[[h5py.File], Any]] = {
    "not finite": _filled((2, 2), np.nan),
    "infinite": _filled((2, 2), np.inf),
    "transposed and wider": _filled((2, 3), 0),
    "of three dimensions": _filled((2, 2, 1), 0),
    "empty": _with(shape=(0, 2), dtype="f4"),
    "no data space": _with(data=h5py.Empty("f4")),
    "one number": _with(data=np.float32(1)),
    "text": _with(data="x"),
    "a compound": _with(shape=(2, 2), dtype=[("a", "f4"), ("b", "i4")]),
    "references": _with(shape=(2, 2), dtype=h5py.ref_dtype),
    "whole numbers": _with(shape=(2, 2), dtype="i4"),
    "complex": _with(shape=(2, 2), dtype="c8"),
    "of a terabyte": _with(shape=(2**20, 2**18), dtype="f4"),
    "of a terabyte in chunks": _with(
        shape=(2**20, 2**18), dtype="f4", chunks=(2**10, 2**10), compression="gzip"
    ),
    "in another file": _with(shape=(2, 2), dtype="f4", external=[("/etc/hostname", 0, 16)]),
    "a link": _link(h5py.SoftLink("/elsewhere")),
    "a link to itself": _link(h5py.SoftLink("/model_weights/dense/dense/kernel:0")),
    "a link out of the file": _link(h5py.ExternalLink("/etc/other.h5", "/a")),
    "names of numbers": _attribute("model_weights/dense", "weight_names", [1, 2]),
    "one name": _attribute("model_weights/dense", "weight_names", b"dense/kernel:0"),
    "a name twice": _attribute(
        "model_weights/dense", "weight_names", [b"dense/kernel:0", b"dense/kernel:0"]
    ),
    "a name that leads out": _attribute(
        "model_weights/dense", "weight_names", [b"../body/conv/kernel:0", b"dense/bias:0"]
    ),
    "an absolute name": _attribute(
        "model_weights/dense", "weight_names", [b"/model_weights/body", b"dense/bias:0"]
    ),
    "an empty name": _attribute("model_weights/dense", "weight_names", [b"", b"dense/bias:0"]),
    "a name that a terminal obeys": _attribute(
        "model_weights/dense", "weight_names", [b"\x1b[2J\n", b"dense/bias:0"]
    ),
    "a name in no encoding": _attribute(
        "model_weights/dense", "weight_names", [b"\xff\xfe", b"dense/bias:0"]
    ),
    "no layers": _attribute("model_weights", "layer_names", []),
    "a layer twice": _attribute("model_weights", "layer_names", [b"body", b"body", b"dense"]),
    "groups in a circle": _circle,
    "groups 300 deep": _deep,
    "a version of numbers": _attribute("/", "keras_version", [1, 2]),
}
_HARMLESS = ("groups in a circle", "groups 300 deep", "a version of numbers", "a layer twice")


def endless() -> bytes:
    """The network's file with one byte changed: what is free of a heap of text has no size."""
    content = bytearray(network().content)
    place = content.index(b"GCOL") + 16
    while struct.unpack_from("<H", content, place)[0]:
        (length,) = struct.unpack_from("<Q", content, place + 8)
        place += 16 + -(-length // 8) * 8
    content[place + 9] = 0
    return bytes(content)


def enormous() -> bytes:
    """The network's file with one byte changed: a name says that it has 4 gigabytes."""
    content = bytearray(network().content)
    length, heap = struct.pack("<I", len("dense/bias:0")), content.index(b"GCOL")
    content[content.index(length + struct.pack("<Q", heap)) + 3] = 0xFF
    return bytes(content)


def cases() -> Iterator[Case]:
    whole = network()
    yield from foreign(whole)
    yield from truncated(whole, [*range(1, 100, 9), *spread(0, len(whole.content), 40)])
    yield from flipped(whole, spread(0, len(whole.content), 150), "any")
    for name, change in _CONTENTS.items():
        expectation = "harmless" if name in _HARMLESS else "refused"
        yield Case(f"a weight: {name}", whole, write(change), expectation)
    yield from _descriptions()


def read(path: Path) -> keras_h5.KerasNetwork:
    return keras_h5.read_keras(path)


def check(found: keras_h5.KerasNetwork) -> None:
    """Hold a network to its promise: a model takes the values and computes."""
    assert all(torch.isfinite(values).all() for values in found.state.values())
    with torch.device("meta"):
        backbone = LayerGraph(found.backbone)
        model = End2End(backbone, LayerGraph(found.top, backbone.out_channels), 50.0)
    model.load_state_dict(found.state, strict=True, assign=True)


def same(one: keras_h5.KerasNetwork, other: keras_h5.KerasNetwork) -> bool:
    return (one.backbone, one.top, one.input_shape) == (
        other.backbone, other.top, other.input_shape,
    ) and all(torch.equal(one.state[key], other.state[key]) for key in one.state)  # fmt: skip


def seeds() -> list[bytes]:
    return [json.dumps(description()).encode()]


def wrap(text: bytes) -> bytes:
    """A file with another description: HDF5 itself is not what is fuzzed."""
    return write(config=text.decode(errors="surrogateescape").replace("\0", " ") or " ")


KIND = Kind(cases, read, check, same, seeds, wrap)
