"""Weights of Caffe: protobuf messages."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import torch

import caffe_files as caffe
from mammo.models.frcnn_cad import DetectorSettings, FasterRCNN, caffemodel

from .case import Case, Kind, Original
from .mutations import around, flipped, foreign, spread, truncated

TINY = DetectorSettings(width=0.01, hidden=5)


@cache
def _layers() -> dict[str, bytes]:
    return caffe.layers(caffe.fill(FasterRCNN(TINY), seed=0))


@cache
def network() -> Original:
    return Original("a network", "network.caffemodel", b"".join(_layers().values()))


def _edges() -> list[int]:
    """Where the layers begin, and the fields of the first one."""
    places, at = [], 0
    for content in _layers().values():
        places += [at, at + 1, at + 2, at + 4]
        at += len(content)
    return places


def _joined(**changed: bytes) -> bytes:
    return b"".join({**_layers(), **changed}.values())


def _fc7(*blobs: bytes) -> bytes:
    return _joined(fc7=caffe.layer("fc7", "InnerProduct", *blobs))


def _damaged() -> Iterator[tuple[str, bytes]]:
    good = caffe.blob(np.zeros((5, 5))), caffe.blob(np.zeros(5))
    for value in (np.nan, np.inf, -np.inf):
        yield f"a weight of {value}", _fc7(caffe.blob(np.full((5, 5), value)), good[1])
    for shape in ((5, 4), (4, 5), (25,), (5, 5, 1), (1, 5, 5), (0, 5), (2**62, 5), (2**40, 2**40)):
        yield f"a weight of the shape {shape}", _fc7(caffe.blob(np.zeros(25), shape), good[1])
    for count in (0, 1, 24, 26, 50):
        yield f"a weight of {count} values", _fc7(caffe.blob(np.zeros(count), (5, 5)), good[1])
    for number, blobs in enumerate(((), good[:1], good[1:], good[::-1], (*good, good[1]))):
        yield f"other blobs ({number})", _fc7(*blobs)
    for kind in ("", "Convolution", "Python", "\x1b[2J\n", "x" * 10_000):
        yield f"the type {kind[:9]!r}", _joined(fc7=caffe.layer("fc7", kind, *good))
    for name in ("", "fc8", "\x1b[2J\n", "x" * 10_000, "ü" * 99):
        yield f"the name {name[:9]!r}", _joined(fc7=caffe.layer(name, "InnerProduct", *good))
    yield "a name in no encoding", _joined(fc7=caffe.field(100, caffe.field(1, b"\xff\xfe") * 2))
    yield "a layer left out", _joined(fc7=b"")
    yield "a layer twice", _joined() + _layers()["fc7"]
    yield "a number in the place of a layer", _joined(fc7=caffe.field(100, 7))
    yield "a number in the place of a blob", _joined(fc7=caffe.field(100, caffe.field(7, 7)))
    yield "a number in the place of values", _fc7(caffe.field(5, 7), good[1])
    yield "double precision", _fc7(caffe.field(8, bytes(200)), good[1])
    yield "layers of before 2014", caffe.field(2, b"\x22\x01a") + _joined()
    yield "an unknown field", caffe.field(55, b"x") + _joined()
    yield "field 0", b"\x02\x00" + _joined()
    yield "a wire type that is none", b"\x0f" + _joined()
    yield "a group", b"\x0b\x0c" + _joined()
    yield "a number without an end", b"\x08" + b"\xff" * 1000
    yield "a length of 2 ** 63", b"\x0a" + b"\xff" * 9 + b"\x01"
    yield "a million numbers", b"\x08\x01" * 10**6
    yield "a million empty layers", caffe.field(100, b"") * 10**6
    yield "a layer of a million names", caffe.field(100, caffe.field(1, b"") * 10**6)
    yield "a million dimensions", _fc7(caffe.field(7, caffe.field(1, b"\1" * 10**6)), good[1])


def cases() -> Iterator[Case]:
    whole = network()
    length = len(whole.content)
    yield from foreign(whole)
    yield from truncated(whole, [*around(_edges()), *spread(0, length, 30)])
    yield from flipped(whole, spread(0, length, 80), "any")
    for name, content in _damaged():
        yield Case(name, whole, content, "refused")
    network_name = caffe.field(1, b"VGG16") + caffe.field(2 + 98 + 900, b"")
    yield Case("a field of a thousand", whole, network_name + whole.content, "refused")
    silent = caffe.layer("relu", "ReLU") * 20
    yield Case("layers without weights", whole, silent + whole.content, "same")


def read(path: Path) -> dict[str, torch.Tensor]:
    return caffemodel.read_caffemodel(path, TINY)


def check(state: dict[str, torch.Tensor]) -> None:
    assert all(torch.isfinite(values).all() for values in state.values())
    with torch.device("meta"):
        detector = FasterRCNN(TINY)
    detector.load_state_dict(state, strict=True, assign=True)


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


KIND = Kind(cases, read, check, same)
