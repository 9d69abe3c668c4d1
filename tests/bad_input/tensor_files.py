"""Tensors by name: safetensors, torch's own files, and imported files of the library."""

import io
import json
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

import caffe_files as caffe
from mammo.models import imports, weights
from mammo.models.frcnn_cad import FasterRCNN
from mammo.models.releases import RELEASES
from mammo.models.transfer import trunk
from mammo.models.weights import fingerprint

from .caffe_files import TINY
from .case import Case, Expectation, Kind, Original
from .mutations import flipped, foreign, spread, truncated

BACKBONE = "alexnet"
State = dict[str, torch.Tensor]
_EXPECTED: dict[str, Expectation] = {
    "a list of numbers": "any",
    "a width below zero": "harmless",  # no layer has fewer than eight channels
    "no width": "harmless",
}


@cache
def _state() -> State:
    """Values of the smallest backbone's shapes, all of them alike, so that files pack well."""
    return {name: torch.full(v.shape, 0.01) for name, v in trunk(BACKBONE).state_dict().items()}


@cache
def extractor() -> Original:
    return Original("extractor", "extractor.safetensors", safetensors.torch.save(_state()))


@cache
def torch_file() -> Original:
    return Original("torch's file", "extractor.pth", _saved(_state()))


def _saved(value: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream)
    return stream.getvalue()


@cache
def imported() -> Original:
    """A file of the library: a small detector, and where it is from."""
    state = _detector()
    return Original("library", "frcnn_cad.safetensors", _with_record(state, _record(state)))


@cache
def _detector() -> State:
    return {key: v.detach() for key, v in caffe.fill(FasterRCNN(TINY), 0).state_dict().items()}


def _record(state: State, **changes: Any) -> dict[str, Any]:
    card = RELEASES["frcnn_cad"]
    record = {
        "release": card.name, "model": card.model, "mean": None, "input_size": None,
        "architecture": {"detector": {"width": 0.01, "hidden": 5}},
        "file": card.file, "file_bytes": 1, "file_sha256": "0" * 64, "sha256": fingerprint(state),
        "trained_on": ["mias"], "split": "none", "licence": "terms", "published_auroc": {},
        "imported": "2020-01-01", "version": "0",
    }  # fmt: skip
    return record | changes


def _with_record(state: State, record: Any) -> bytes:
    return safetensors.torch.save(state, {"record": json.dumps(record)})


def _headers(whole: Original) -> Iterator[Case]:
    """Headers that claim what is not there (safetensors: its length, JSON, the values)."""
    content = whole.content
    (length,) = struct.unpack_from("<Q", content)
    header, values = json.loads(content[8 : 8 + length]), content[8 + length :]
    first = next(name for name in header if name != "__metadata__")

    def put(changed: Any, raw: bytes | None = None) -> bytes:
        text = raw if raw is not None else json.dumps(changed).encode()
        return struct.pack("<Q", len(text)) + text + values

    entry = header[first]
    for name, changes in {
        "a type that is none": {"dtype": "F99"},
        "another type": {"dtype": "I32"},
        "half precision": {"dtype": "BF16"},
        "a shape of 2 ** 60": {"shape": [2**60]},
        "a shape below zero": {"shape": [-1]},
        "a shape of too many": {"shape": [2**32, 2**32, 2**32]},
        "a shape of text": {"shape": "x"},
        "places beyond the end": {"data_offsets": [0, 2**60]},
        "places in reverse": {"data_offsets": [16, 0]},
        "places below zero": {"data_offsets": [-16, 0]},
    }.items():
        made = put(header | {first: entry | changes})
        yield Case(f"{whole.name}: {name}", whole, made, "refused")
    for size in (0, 1, length - 1, length + 1, 2**31, 2**40, 2**63, 2**64 - 1):
        made = struct.pack("<Q", size) + content[8:]
        yield Case(f"{whole.name}: a header of {size} bytes", whole, made, "refused")
    for name, raw in {
        "not JSON": b"{" * 100,
        "nested without end": b'{"a":' * 100_000,
        "a list": b"[]",
        "nothing": b"{}",
        "a name twice": json.dumps(header).encode()[:-1] + b', "x": {}, "x": {}}',
        "no text": b"\xff\xfe" * 50,
    }.items():
        yield Case(f"{whole.name}: a header that is {name}", whole, put(None, raw), "refused")


def _states() -> Iterator[tuple[str, Expectation, dict[Any, Any]]]:
    state = _state()
    name = next(iter(state))
    values = state[name]
    for what, other in {
        "not a number": torch.full_like(values, torch.nan),
        "infinite": torch.full_like(values, torch.inf),
        "another shape": values[:1].clone(),
        "no shape": torch.tensor(1.0),
        "nothing": torch.zeros(0),
        "complex": values.to(torch.complex64),
    }.items():
        yield what, "refused", state | {name: other}
    yield "double precision", "same", state | {name: torch.full_like(values, 0.01).float()}
    yield "a tensor missing", "refused", {k: v for k, v in state.items() if k != name}
    yield "a tensor too many", "refused", state | {"x": values}
    yield "a name that a terminal obeys", "refused", state | {"\x1b[2J\n": values}
    yield "a name without an end", "refused", state | {"x" * 50_000: values}
    yield "no tensors", "refused", {}


class _Command:
    """Unpickling it would run a command."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        import os

        return os.system, ("true",)


def _torch_cases() -> Iterator[Case]:
    whole = torch_file()
    values: dict[str, Any] = {
        "a command": _Command(),
        "a command among tensors": _state() | {"x": _Command()},
        "a list": [torch.zeros(1)],
        "a tensor": torch.zeros(1),
        "a module": torch.nn.Linear(1, 1),
        "numbers as names": dict(enumerate(_state().values())),
        "texts as tensors": dict.fromkeys(_state(), "x"),
        "sparse tensors": {name: v.to_sparse() for name, v in _state().items()},
        "meta tensors": {name: v.to("meta") for name, v in _state().items()},
        "one value for all": {
            name: torch.zeros(1).expand(2**20, 2**20, 2**20) for name in _state()
        },
    }
    for name, value in values.items():
        yield Case(f"{whole.name}: {name}", whole, _saved(value), "refused")
    yield Case(f"{whole.name}: ordered", whole, _saved(OrderedDict(_state())), "same")
    yield Case(f"{whole.name}: a bare pickle", whole, pickle.dumps(_Command()), "refused")
    packed = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(whole.content))
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            target.writestr(member.filename, source.read(member))
    yield Case(f"{whole.name}: packed", whole, packed.getvalue(), "refused")
    for name, members in {
        "an archive of nothing": {},
        "an archive of something else": {"a.txt": b"x"},
        "an archive that leads out": {"../../data.pkl": b"x"},
    }.items():
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for path, content in members.items():
                archive.writestr(path, content)
        yield Case(f"{whole.name}: {name}", whole, stream.getvalue(), "refused")


def _library_cases() -> Iterator[Case]:
    whole, state = imported(), _detector()
    detector = {"width": 0.01, "hidden": 5}
    changes: dict[str, dict[str, Any]] = {
        "another release": {"release": "../../x"},
        "another model": {"model": "alexnet"},
        "a number as a release": {"release": 1},
        "another checksum": {"sha256": "0" * 64},
        "no architecture": {"architecture": {}},
        "an architecture of text": {"architecture": "x"},
        "an unknown setting": {"architecture": {"detector": detector | {"x": 1}}},
        "a width below zero": {"architecture": {"detector": detector | {"width": -1}}},
        "no width": {"architecture": {"detector": detector | {"width": 0}}},
        "a width without end": {"architecture": {"detector": detector | {"width": 1e30}}},
        "a width that is none": {"architecture": {"detector": detector | {"width": float("nan")}}},
        "a hidden layer of 2 ** 62": {"architecture": {"detector": detector | {"hidden": 2**62}}},
        "a hidden layer of text": {"architecture": {"detector": detector | {"hidden": "5"}}},
        "a million anchors": {
            "architecture": {"detector": detector | {"anchor_scales": [1.0] * 100_000}}
        },
        "layers of nothing": {"architecture": {"backbone": [], "top": []}, "mean": 1.0},
        "layers that are none": {"architecture": {"backbone": [1], "top": {}}, "mean": 1.0},
        "a hundred thousand layers": {
            "architecture": {"backbone": [{"kind": "relu", "name": "x"}] * 20_000, "top": []},
            "mean": 1.0,
        },
        "a file that a terminal obeys": {"file": "\x1b[2J"},
        "a licence of two lines": {"licence": "a\nb"},
        "a list of numbers": {"trained_on": [1, None]},
    }  # fmt: skip
    for name, change in changes.items():
        content = _with_record(state, _record(state, **change))
        expectation = _EXPECTED.get(name, "refused")
        yield Case(f"{whole.name}: {name}", whole, content, expectation)
    for name, record in {"a list": [1], "a number": 1, "nothing": None}.items():
        yield Case(f"{whole.name}: the record is {name}", whole, _with_record(state, record),
                   "refused")  # fmt: skip
    half = {name: v.to(torch.bfloat16) for name, v in state.items()}
    yield Case(
        f"{whole.name}: half precision everywhere",
        whole,
        _with_record(half, _record(state)),
        "refused",
    )
    nan = state | {"fc7.bias": torch.full((5,), torch.nan)}
    yield Case(f"{whole.name}: not a number", whole, _with_record(nan, _record(state)), "refused")


def cases() -> Iterator[Case]:
    for whole in (imported(), _small()):
        length = len(whole.content)
        yield from foreign(whole)
        yield from truncated(whole, [*range(1, 20, 3), *spread(0, length, 40)])
        yield from _headers(whole)
    yield from flipped(imported(), spread(0, len(imported().content), 80), "any")
    yield from _library_cases()
    for name, expectation, state in _states():
        safe = safetensors.torch.save({key: v.clone() for key, v in state.items()})
        yield Case(f"{extractor().name}: {name}", extractor(), safe, expectation)
        yield Case(f"{torch_file().name}: {name}", torch_file(), _saved(state), expectation)
    yield from truncated(torch_file(), spread(0, len(torch_file().content), 10))
    yield from _torch_cases()


@cache
def _small() -> Original:
    """A file of one tensor, which is damaged in many ways and fits no backbone anyway."""
    content = safetensors.torch.save({"0.weight": torch.zeros(4)})
    return Original("one tensor", "extractor.safetensors", content)


def read(path: Path) -> State:
    if path.name == imported().file:
        return imports.load(path).state_dict()
    return weights.resolve(str(path), BACKBONE, 0)[0]


def check(state: State) -> None:
    assert all(torch.isfinite(values).all() for values in state.values())


def same(one: State, other: State) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


KIND = Kind(cases, read, check, same)
