"""The layers of end2end's networks: VGG16 and ResNet50, and the blocks on top of them.

Shen L, et al. "Deep learning to improve breast cancer detection on screening mammography",
Sci Rep 2019;9:12495. The networks are built from the description; no code of theirs is used.
"""

from typing import Any, Literal

from mammo.errors import ParameterError

Backbone = Literal["vgg16", "resnet50"]
Top = Literal["512x1", "[512-512-1024]x2"]
Layers = list[dict[str, Any]]

_VGG_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
_RESNET_STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
_RESNET_EPSILON = 1e-5
_TOP_DEPTH = 512
_TOP_EPSILON = 1e-3


def backbone_layers(name: Backbone, *, width: float = 1.0) -> Layers:
    """Return the layers of a backbone: VGG16 to block5_pool, ResNet50 to its last activation.

    ResNet50 is torchvision's; the authors' files state their own, which is one of Keras's.

    Parameters
    ----------
    name : {"vgg16", "resnet50"}
    width : float
        Factor on the number of channels of every layer; at least 8 remain.
    """
    if name == "vgg16":
        return _vgg16(width)
    if name == "resnet50":
        return _resnet50(width)
    raise ParameterError(f"backbone '{name}': expected 'vgg16' or 'resnet50'")


def top_layers(kind: Top, in_channels: int, *, width: float = 1.0, dropout: float = 0.0) -> Layers:
    """Return the layers on top of a backbone, two blocks and the dense layer of two logits.

    A bottleneck strides in its 3 x 3 convolution, which sees all of the map. Keras's first one, of
    1 x 1, passes over three of four places, and two of them over 15 of 16: a lesion that is smaller
    than that is lost.

    Parameters
    ----------
    kind : {"512x1", "[512-512-1024]x2"}
        Blocks of one VGG unit of depth 512, or of two bottlenecks of depths 512, 512 and 1024.
        Their table names these "two blocks".
    in_channels : int
        Channels of the backbone's maps.
    width : float
        Factor on the number of channels of every layer; at least 8 remain.
    dropout : float
        Fraction dropped after each activation and before the dense layer, in [0, 1).
    """
    if kind not in ("512x1", "[512-512-1024]x2"):
        raise ParameterError(f"top '{kind}': expected '512x1' or '[512-512-1024]x2'")
    layers: Layers = []
    depth, wide = _scaled(_TOP_DEPTH, width), _scaled(2 * _TOP_DEPTH, width)
    for block in (6, 7):
        if kind == "512x1":
            _vgg_unit(layers, f"block{block}", depth, dropout)
            continue
        for unit, stride in ((f"{block}a", 2), (f"{block}b", 1)):
            _bottleneck(layers, unit, depth, wide, stride, dropout)
    _add(layers, "pool", "global_average_pool")
    _add(layers, "dropout", "dropout", rate=dropout)
    _add(layers, "dense", "dense", units=2, bias=True)
    return layers


def _scaled(channels: int, width: float) -> int:
    return max(8, round(channels * width))


def _add(layers: Layers, name: str, kind: str, *inputs: str, **settings: Any) -> str:
    """Append a layer behind ``inputs``, by default behind the last one; return its name."""
    before = inputs or ((layers[-1]["name"] if layers else "input"),)
    layers.append({"name": name, "kind": kind, "inputs": list(before), **settings})
    return name


def _conv(
    layers: Layers,
    name: str,
    channels: int,
    kernel: int,
    *inputs: str,
    stride: int = 1,
    bias: bool = True,
) -> str:
    """Append a square convolution, padded on both sides to keep the size."""
    window = {"kernel": [kernel] * 2, "stride": [stride] * 2, "padding": [kernel // 2] * 4}
    return _add(layers, name, "conv", *inputs, channels=channels, **window, bias=bias)


def _pool(layers: Layers, name: str, kernel: int, padding: int = 0) -> str:
    return _add(layers, name, "max_pool", kernel=[kernel] * 2, stride=[2, 2], padding=[padding] * 4)


def _vgg16(width: float) -> Layers:
    layers: Layers = []
    for block, (depth, convolutions) in enumerate(_VGG_BLOCKS, 1):
        for number in range(1, convolutions + 1):
            _conv(layers, f"block{block}_conv{number}", _scaled(depth, width), 3)
            _relu(layers, f"_block{block}_conv{number}", None)
        _pool(layers, f"block{block}_pool", 2)
    return layers


def _resnet50(width: float) -> Layers:
    layers: Layers = []
    _conv(layers, "conv1", _scaled(64, width), 7, stride=2, bias=False)
    _add(layers, "bn_conv1", "batch_norm", epsilon=_RESNET_EPSILON)
    _relu(layers, "_conv1", None)
    _pool(layers, "pool1", 3, padding=1)
    for stage, (depth, units) in enumerate(_RESNET_STAGES, 2):
        thin, thick = _scaled(depth, width), _scaled(4 * depth, width)
        for unit in range(units):
            stride = 2 if unit == 0 and stage > 2 else 1
            _bottleneck(layers, f"{stage}{'abcdef'[unit]}", thin, thick, stride)
    return layers


def _bottleneck(
    layers: Layers, name: str, thin: int, thick: int, stride: int, dropout: float | None = None
) -> None:
    """Append a residual unit: three convolutions beside a shortcut, the input or (in "a") of it.

    Those of the top have biases and dropout, those of ResNet50 neither.
    """
    bias = dropout is not None
    epsilon = _TOP_EPSILON if bias else _RESNET_EPSILON
    source = before = layers[-1]["name"] if layers else "input"
    for letter, depth, kernel in (("a", thin, 1), ("b", thin, 3), ("c", thick, 1)):
        branch, step = f"{name}_branch2{letter}", stride if letter == "b" else 1
        _conv(layers, f"res{branch}", depth, kernel, source, stride=step, bias=bias)
        source = _add(layers, f"bn{branch}", "batch_norm", epsilon=epsilon)
        if letter != "c":
            source = _relu(layers, branch, dropout)
    shortcut = before
    if name.endswith("a"):
        branch = f"{name}_branch1"
        _conv(layers, f"res{branch}", thick, 1, before, stride=stride, bias=bias)
        shortcut = _add(layers, f"bn{branch}", "batch_norm", epsilon=epsilon)
    _add(layers, f"res{name}_add", "add", source, shortcut)
    _relu(layers, name, dropout)


def _relu(layers: Layers, name: str, dropout: float | None) -> str:
    """Append an activation, and dropout where there is any; return the last one's name."""
    last = _add(layers, f"relu{name}", "relu")
    return last if dropout is None else _add(layers, f"drop{name}", "dropout", rate=dropout)


def _vgg_unit(layers: Layers, name: str, depth: int, dropout: float) -> None:
    _conv(layers, f"{name}_conv", depth, 3)
    _add(layers, f"{name}_bn", "batch_norm", epsilon=_TOP_EPSILON)
    _relu(layers, f"_{name}", dropout)
    _pool(layers, f"{name}_pool", 2)
