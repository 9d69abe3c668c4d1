"""frcnn_cad's released weights: the tensors in a Caffe ``.caffemodel``.

The file is a protobuf message, of which few fields matter (caffe.proto): NetParameter.layer = 100;
LayerParameter.name = 1, type = 2, blobs = 7; BlobProto.shape = 7 and data = 5, or the older
num, channels, height and width = 1 to 4. They are read here rather than by OpenCV's importer, which
wants a description of the network beside the file, passes over layers that it does not mention and
reports a misshapen one without its name; OpenCV 5 has no such importer any more.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mammo.errors import WeightsError
from mammo.models.foreign_text import one_line, some_of
from mammo.models.frcnn_cad import CLASSES, PUBLISHED, DetectorSettings, FasterRCNN

CAFFE_NAMES = {"rpn_conv_3x3": "rpn_conv/3x3"}
"""Layers that have another name in Caffe."""
_TYPES = {nn.Conv2d: "Convolution", nn.Linear: "InnerProduct"}
_LAYER, _LAYER_BEFORE_2014 = 100, 2
_NETWORK_FIELDS = range(1, 9)
_MOST_FIELDS = 128
"""Of one message: the published network has some 50 layers."""
_REMEDY = (
    f"expected the .caffemodel of a Faster R-CNN on VGG16 with {len(CLASSES)} classes "
    f"({', '.join(CLASSES)}); fetch vgg16_frcnn_cad.caffemodel again from its author"
)

_Value = int | np.ndarray


class _UnreadableError(Exception):
    """Bytes that are no protobuf message, or not the one expected."""


@dataclass
class _Layer:
    """A layer as the file has it, its blobs as shapes with the bytes of their values."""

    name: str = ""
    type: str = ""
    blobs: list[tuple[tuple[int, ...], np.ndarray]] = field(default_factory=list)


def read_caffemodel(path: Path, settings: DetectorSettings = PUBLISHED) -> dict[str, Tensor]:
    """Return the values of `FasterRCNN` from a ``.caffemodel``.

    The deltas of `bbox_pred` are taken as they stand, in widths and heights: py-faster-rcnn trains
    on deltas divided by their spread, but multiplies the weights by it in every snapshot it writes
    (lib/fast_rcnn/train.py), and its test code, which the author's demonstration calls, knows of no
    normalisation.

    Parameters
    ----------
    path : Path
    settings : DetectorSettings
        Of the network that the values are for; the published one by default.

    Returns
    -------
    dict of str to Tensor of float32
        Keys and shapes of the network's state; layers without weights, as ReLU, are passed over.

    Raises
    ------
    WeightsError
        If the file is not a whole ``.caffemodel``, or a layer is missing, unknown or misshapen.
    """
    with torch.device("meta"):
        network = FasterRCNN(settings)
    expected = {
        CAFFE_NAMES.get(name, name): (name, layer)
        for name, layer in network.named_children()
        if type(layer) in _TYPES
    }
    found = _layers(Path(path))
    faults = [f"layer '{name}' is missing" for name in expected if name not in found]
    faults += [f"layer '{name}' is unknown" for name in found if name not in expected]
    for name, (_, layer) in expected.items():
        if name in found:
            faults += _misfits(found[name], layer)
    if faults:
        raise WeightsError(f"{path}: {some_of(faults)}; {_REMEDY}")
    return {
        f"{name}.{part}": _tensor(values, getattr(layer, part).shape)
        for caffe_name, (name, layer) in expected.items()
        for part, (_, values) in zip(("weight", "bias"), found[caffe_name].blobs, strict=True)
    }


def _layers(path: Path) -> dict[str, _Layer]:
    """Return the layers of a file that have weights, by name; none of the weights is copied."""
    if not path.is_file():
        raise WeightsError(f"{path}: no such file; {_REMEDY}")
    if path.stat().st_size == 0:
        raise WeightsError(f"{path}: is empty; {_REMEDY}")
    found: dict[str, _Layer] = {}
    last = None
    try:
        for number, value in _fields(np.memmap(path, dtype=np.uint8, mode="r")):
            if number == _LAYER_BEFORE_2014:
                raise _UnreadableError("has Caffe's layers of before 2014 (field 2, V1)")
            if number not in _NETWORK_FIELDS and number != _LAYER:
                raise _UnreadableError(f"has field {number}, which no Caffe network has")
            if number == _LAYER:
                layer = _layer(_bytes(value, "a layer"))
                last = layer.name
                if layer.blobs and layer.name in found:
                    raise _UnreadableError("has this layer twice")
                if layer.blobs:
                    found[layer.name] = layer
    except _UnreadableError as error:
        where = f"after layer '{one_line(last)}', " if last is not None else ""
        raise WeightsError(
            f"{path}: not a whole .caffemodel: {where}it {one_line(error)}; {_REMEDY}"
        ) from None
    return found


def _layer(data: np.ndarray) -> _Layer:
    layer = _Layer()
    for number, value in _fields(data):
        if number in (1, 2):
            text = _bytes(value, "a layer's name or type").tobytes().decode(errors="replace")
            setattr(layer, "name" if number == 1 else "type", text)
        elif number == 7:
            layer.blobs.append(_blob(_bytes(value, f"a blob of '{layer.name}'")))
    return layer


def _blob(data: np.ndarray) -> tuple[tuple[int, ...], np.ndarray]:
    """Return the shape of a blob and the bytes of its values."""
    shape: tuple[int, ...] | None = None
    before = dict.fromkeys((1, 2, 3, 4), 0)
    chunks = []
    for number, value in _fields(data):
        if number == 7:
            shape = _dimensions(_bytes(value, "a shape"))
        elif number in before and isinstance(value, int):
            before[number] = value
        elif number == 5:
            chunks.append(_bytes(value, "values"))
        elif number == 8:
            raise _UnreadableError("has values of double precision, not float")
    values = chunks[0] if len(chunks) == 1 else np.concatenate([data[:0], *chunks])
    return shape if shape is not None else tuple(before.values()), values


def _dimensions(data: np.ndarray) -> tuple[int, ...]:
    dimensions: list[int] = []
    for number, value in _fields(data):
        if number == 1 and isinstance(value, int):
            dimensions.append(value)
        elif number == 1:
            if len(value) > _MOST_FIELDS:
                raise _UnreadableError(f"has a shape of more than {_MOST_FIELDS} bytes")
            position = 0
            while position < len(value):
                dimension, position = _varint(value, position)
                dimensions.append(dimension)
    return tuple(dimensions)


def _misfits(layer: _Layer, expected: nn.Module) -> list[str]:
    """Return what is wrong with a layer of the file, in words."""
    kind = _TYPES[type(expected)]
    if layer.type != kind:
        return [f"layer '{layer.name}' is of type '{layer.type}', expected {kind}"]
    if len(layer.blobs) != 2:
        return [f"layer '{layer.name}' has {len(layer.blobs)} blobs, expected weights and bias"]
    faults = []
    for part, (shape, values) in zip(("weight", "bias"), layer.blobs, strict=True):
        wanted = tuple(getattr(expected, part).shape)
        # Old files fill every shape up to four dimensions, from the left.
        padding = (1,) * (4 - len(wanted)) if len(shape) == 4 else ()
        what = f"layer '{layer.name}' has a {part}"
        if shape != (*padding, *wanted):
            faults.append(f"{what} of shape {shape}, expected {wanted}")
        elif len(values) != 4 * math.prod(wanted):
            faults.append(f"{what} of {len(values)} bytes, expected {4 * math.prod(wanted)}")
        elif not np.isfinite(np.frombuffer(values, "<f4")).all():
            faults.append(f"{what} with values that are not finite numbers")
    return faults


def _tensor(values: np.ndarray, shape: torch.Size) -> Tensor:
    return torch.from_numpy(np.frombuffer(values, "<f4").astype(np.float32)).view(shape)


def _fields(data: np.ndarray) -> Iterator[tuple[int, _Value]]:
    """Yield number and value of each field of a message: a number, or the bytes as a view.

    Protocol Buffers, "Encoding". Values that are repeated one by one, each with its own key, come
    as one run of bytes, as if they were packed.
    """
    position = count = 0
    while position < len(data):
        start = position
        count += 1
        if count > _MOST_FIELDS:
            raise _UnreadableError(f"has a message of more than {_MOST_FIELDS} fields")
        key, position = _varint(data, position)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, position = _varint(data, position)
            yield number, value
            continue
        if wire == 2:
            length, position = _varint(data, position)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise _UnreadableError(f"has a field of wire type {wire}")
        if number == 0 or length > len(data) - position:
            raise _UnreadableError(f"ends before its field {number} of {length} bytes does")
        if wire == 2:
            yield number, data[position : position + length]
            position += length
        else:
            run = _run(data[start:], position - start, length)
            yield number, run.reshape(-1)
            position = start + len(run) * (position - start + length)


def _run(data: np.ndarray, key: int, length: int) -> np.ndarray:
    """Return the values (n, length) that follow one another under the same key, their bytes."""
    rows = data[: len(data) // (key + length) * (key + length)].reshape(-1, key + length)
    count = 1
    while count < len(rows):
        same = (rows[count : 2 * count, :key] == rows[0, :key]).all(1)
        if not same.all():
            return rows[: count + same.argmin(), key:]
        count *= 2
    return rows[:, key:]


def _varint(data: np.ndarray, position: int) -> tuple[int, int]:
    """Return a number of 7 bits a byte, lowest first, and the position after it."""
    number = 0
    for index, byte in enumerate(data[position : position + 10].tolist()):
        number |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return number, position + index + 1
    raise _UnreadableError("ends within a number or is no protobuf message")


def _bytes(value: _Value, what: str) -> np.ndarray:
    if isinstance(value, int):
        raise _UnreadableError(f"has a number where {what} is expected")
    return value
