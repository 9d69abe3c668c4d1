"""Caffe's files as the tests need them: a ``.caffemodel`` of a network's values, and its prototxt.

The bytes follow Protocol Buffers' description of its encoding and the field numbers of caffe.proto;
no code is shared with the reader.
"""

import struct
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from mammo.models.frcnn_cad import BLOCKS, FasterRCNN

IN_CAFFE = {"rpn_conv_3x3": "rpn_conv/3x3"}


GAINS = {"rpn_cls_score": 0.7, "rpn_bbox_pred": 0.1, "cls_score": 0.6, "bbox_pred": 0.1}


def fill(network: FasterRCNN, seed: int) -> FasterRCNN:
    """Give a network random values whose scores are not saturated and whose boxes are spread.

    They are uniform numbers of a generator without transcendental functions, so that a seed gives
    the same bits everywhere.
    """
    generator = np.random.default_rng(seed)
    for name, module in network.named_children():
        if isinstance(module, nn.Dropout):
            continue
        spread = (GAINS.get(name, 2**0.5)) / module.weight[0].numel() ** 0.5
        spread /= 64 if name == "conv1_1" else 1
        for values, width in ((module.weight, spread), (module.bias, 0.1)):
            uniform = generator.random(values.shape, dtype=np.float32)
            uniform -= np.float32(0.5)
            uniform *= np.float32(width * 12**0.5)
            values.data = torch.from_numpy(uniform)
    return network.eval()


def number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(key: int, content: bytes | int) -> bytes:
    """A field of a message: a number, or text, a message or packed values by their bytes."""
    if isinstance(content, int):
        return number(key << 3) + number(content)
    return number(key << 3 | 2) + number(len(content)) + content


def blob(values: np.ndarray, shape: Sequence[int] | None = None) -> bytes:
    shape = values.shape if shape is None else shape
    dimensions = field(7, field(1, b"".join(number(side) for side in shape)))
    return dimensions + field(5, values.astype("<f4").tobytes())


def legacy_blob(values: np.ndarray) -> bytes:
    """A blob of before 2014, always of four dimensions."""
    shape = (1,) * (4 - values.ndim) + values.shape
    return b"".join(field(key + 1, side) for key, side in enumerate(shape)) + field(
        5, values.astype("<f4").tobytes()
    )


def unpacked(values: np.ndarray) -> bytes:
    """Values that each have their own key."""
    key = number(5 << 3 | 5)
    return b"".join(key + struct.pack("<f", value) for value in values.ravel())


def unpacked_blob(values: np.ndarray) -> bytes:
    """A blob whose sides and values each have their own key."""
    return field(7, b"".join(field(1, side) for side in values.shape)) + unpacked(values)


def layer(name: str, kind: str, *blobs: bytes) -> bytes:
    content = field(1, name.encode()) + field(2, kind.encode()) + field(3, b"bottom")
    return field(100, content + b"".join(field(7, blob) for blob in blobs))


def layers(network: FasterRCNN, write=blob) -> dict[str, bytes]:
    """Each layer of a network with values, by its name in Caffe."""
    return {
        IN_CAFFE.get(name, name): layer(
            IN_CAFFE.get(name, name),
            "Convolution" if isinstance(module, nn.Conv2d) else "InnerProduct",
            write(module.weight.detach().numpy()),
            write(module.bias.detach().numpy()),
        )
        for name, module in network.named_children()
        if isinstance(module, nn.Conv2d | nn.Linear)
    }


def caffemodel(network: FasterRCNN, write=blob) -> bytes:
    """A whole file, with layers between that have no values."""
    return (
        field(1, b"VGG_ILSVRC_16_layers")
        + b"".join(entry + layer("relu", "ReLU") for entry in layers(network, write).values())
        + layer("proposal", "Python")
    )


def _entry(name: str, kind: str, bottoms: Sequence[str], parameters: str = "") -> str:
    inputs = " ".join(f'bottom: "{bottom}"' for bottom in bottoms)
    return f'layer {{ name: "{name}" type: "{kind}" {inputs} top: "{name}" {parameters} }}\n'


def _inputs(**shapes: Sequence[int]) -> str:
    return "".join(
        f'input: "{name}" input_shape {{ {" ".join(f"dim: {side}" for side in shape)} }}\n'
        for name, shape in shapes.items()
    )


def _convolution(name: str, bottom: str, channels: int, side: int) -> str:
    parameters = f"num_output: {channels} kernel_size: {side} pad: {side // 2}"
    return _entry(name, "Convolution", [bottom], f"convolution_param {{ {parameters} }}")


def trunk_prototxt(network: FasterRCNN, rows: int, columns: int) -> str:
    """The network from its input to the scores and deltas of the anchors."""
    text = _inputs(data=(1, 3, rows, columns))
    last = "data"
    for index, block in enumerate(BLOCKS):
        if index:
            text += _entry(
                f"pool{index}",
                "Pooling",
                [last],
                "pooling_param { pool: MAX kernel_size: 2 stride: 2 }",
            )
            last = f"pool{index}"
        for name, published in block:
            text += _convolution(name, last, network.settings.channels(published), 3)
            last = name.replace("conv", "relu")
            text += _entry(last, "ReLU", [name])
    text += _convolution("rpn_conv/3x3", last, network.settings.channels(512), 3)
    text += _entry("rpn_relu", "ReLU", ["rpn_conv/3x3"])
    text += _convolution("rpn_cls_score", "rpn_relu", 2 * network.anchors, 1)
    text += _convolution("rpn_bbox_pred", "rpn_relu", 4 * network.anchors, 1)
    pairs = "reshape_param { shape { dim: 0 dim: 2 dim: -1 dim: 0 } }"
    text += _entry("pairs", "Reshape", ["rpn_cls_score"], pairs)
    text += _entry("pairs_prob", "Softmax", ["pairs"])
    back = f"reshape_param {{ shape {{ dim: 0 dim: {2 * network.anchors} dim: -1 dim: 0 }} }}"
    return text + _entry("rpn_cls_prob", "Reshape", ["pairs_prob"], back)


def proposal_prototxt(network: FasterRCNN, rows: int, columns: int) -> str:
    """Proposals of the anchors' probabilities and deltas on a map, in OpenCV's terms."""
    settings, anchors = network.settings, network.anchors
    parameters = (
        "feat_stride: 16 base_size: 16 ratio: 0.5 ratio: 1 ratio: 2 "
        + " ".join(f"scale: {scale}" for scale in settings.anchor_scales)
        + f" pre_nms_topn: {settings.pre_nms} post_nms_topn: {settings.post_nms}"
        + f" nms_thresh: {settings.nms_proposals}"
    )
    return _inputs(
        prob=(1, 2 * anchors, rows, columns), deltas=(1, 4 * anchors, rows, columns), im_info=(1, 3)
    ) + _entry(
        "rois", "Proposal", ["prob", "deltas", "im_info"], f"proposal_param {{ {parameters} }}"
    )


def head_prototxt(network: FasterRCNN, features: Sequence[int], proposals: int) -> str:
    """The network from features and proposals to probabilities and deltas."""
    text = _inputs(features=features, rois=(proposals, 5))
    pooling = "roi_pooling_param { pooled_w: 7 pooled_h: 7 spatial_scale: 0.0625 }"
    text += _entry("pool5", "ROIPooling", ["features", "rois"], pooling)
    last = "pool5"
    for name in ("fc6", "fc7", "cls_score", "bbox_pred"):
        units = getattr(network, name).out_features
        text += _entry(
            name, "InnerProduct", [last], f"inner_product_param {{ num_output: {units} }}"
        )
        if name in ("fc6", "fc7"):
            last = name.replace("fc", "relu")
            text += _entry(last, "ReLU", [name])
    return text + _entry("cls_prob", "Softmax", ["cls_score"])
