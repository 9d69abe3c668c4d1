"""The published models, end2end and frcnn_cad, drawn from the models' own layers."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mammo.report.figures.architecture_parts import (
    BLUE,
    BOX,
    GAP,
    HEADING,
    MARGIN,
    PALE,
    YELLOW,
    Column,
    Layer,
    arrow,
    blocks,
    in_words,
    panel_height,
    sheet,
    size,
    total,
)
from mammo.report.figures.style import DISPLAY_WIDTH, Picture, drawing

if TYPE_CHECKING:
    from mammo.models.frcnn_cad import DetectorSettings

# Inches: columns of end2end, then of frcnn_cad.
_LEFT, _LEFT_WIDTH, _RIGHT, _RIGHT_WIDTH = 0.05, 1.55, 2.35, 5.2
_HALF, _TALL = 3.6, 0.54
_STEPS = {"global_average_pool": "Global average pooling", "flatten": "All", "dense": "Dense layer"}
_PATCHES = "background, benign or malignant calcification, benign or malignant mass"


def end2end_model(layers: Sequence[Layer], title: str, weights: str) -> Picture:
    """Shen's network: a patch classifier's backbone, convolutional blocks on top, two classes.

    Parameters
    ----------
    layers : sequence of mapping
        As `mammo.models.description.describe_end2end` gives them.
    title : str
        Name of the model.
    weights : str
        Where the weights come from, in words, as "the authors' (ddsm_vgg16_s10_512x1.h5)" or
        "trained here, with 1/4 of the published channels".
    """
    image, *layers = layers
    backbone = [layer for layer in layers if layer["part"] == "backbone"]
    top = [layer for layer in layers if layer["part"] == "top"]
    maps = [layer for layer in top if len(layer["output"]) == 3]
    first = [in_words(block) for block in blocks(backbone)]
    second = [in_words(block) for block in blocks(maps)] if maps else []
    second += [_step(layer) for layer in top[len(maps) :] if layer["kind"] in _STEPS]
    height = 0.18 + 2 * BOX + 3 * GAP + panel_height(first) + panel_height(second)
    with drawing():
        figure, axes, down = sheet(title, _weights(weights, layers), height)
        way = Column(axes, _RIGHT, _RIGHT_WIDTH)
        down = start = way.advance(way.box(down, f"Mammogram, {_pixels(image)}"))
        heading = f"2  Backbone: {total(backbone)} parameters"
        down = end = way.panel(down, heading, first, PALE)
        heading = f"3  Layers on top: {total(top)} parameters"
        down = way.panel(way.advance(down), heading, second, YELLOW)
        way.box(way.advance(down), "Softmax: probability of cancer")
        text = (
            f"1  Patch classifier: the same backbone first learns from small patches ({_PATCHES})"
        )
        patches = Column(axes, _LEFT, _LEFT_WIDTH)
        patches.box(start, textwrap.fill(text, 20), BLUE, start - end)
        middle = (start + end) / 2
        arrow(axes, (patches.right, middle), (_RIGHT, middle))
        axes.text((patches.right + _RIGHT) / 2, middle + 0.05, "start", ha="center", fontsize=9)
    alt = (
        f"{title}. {_weights(weights, layers)} A mammogram of {_pixels(image)} passes the backbone "
        f"({'; '.join(first)}), which has learnt from patches first, and the layers on top "
        f"({'; '.join(second)})."
    )
    return Picture(figure, alt, f"What {title} is made of")


def frcnn_model(
    layers: Sequence[Layer], settings: DetectorSettings, title: str, weights: str
) -> Picture:
    """Ribli's detector: VGG16, region proposals, and a class and a box for each of them.

    Parameters
    ----------
    layers : sequence of mapping
        As `mammo.models.description.describe_frcnn_cad` gives them.
    settings : DetectorSettings
        Of the model that the layers are of.
    title, weights : str
        As `end2end_model`.
    """
    image, *layers = layers
    named = {layer["name"]: layer for layer in layers}
    backbone, rpn, head = (
        [layer for layer in layers if layer["part"] == part] for part in ("backbone", "rpn", "head")
    )
    texts = [in_words(block) for block in blocks(backbone)]
    rows = 3 * BOX + _TALL + 3 * GAP
    below = HEADING + rows + MARGIN
    height = 0.18 + 3 * BOX + 5 * GAP + panel_height(texts) + below
    with drawing():
        figure, axes, down = sheet(title, _weights(weights, layers), height)
        way = Column(axes, 0.05, DISPLAY_WIDTH - 0.1)
        regions, each = Column(axes, way.left, _HALF), Column(axes, way.right - _HALF, _HALF)
        down = way.advance(way.box(down, f"Mammogram, here {_pixels(image)}: {_sides(settings)}"))
        heading = (
            f"1  Backbone, VGG16 to conv5_3, pooling between boxes: {total(backbone)} parameters"
        )
        down = way.panel(down, heading, texts, PALE)
        regions.advance(down)
        down = each.advance(down)
        regions.frame(down, f"2  Region proposals: {total(rpn)} parameters", below)
        end = each.frame(down, f"3  For each proposal: {total(head)} parameters", below)
        top, bottom = down - HEADING, down - HEADING - rows
        proposals = _draw_regions(regions.inside(), top, bottom, named, settings)
        between, pooling = (regions.right + each.left) / 2, top - BOX / 2
        start, left = regions.inside().right, each.inside().left
        arrow(axes, (start, proposals), (between, proposals), (between, pooling), (left, pooling))
        _draw_head(each.inside(), top, named)
        text = f"Detections: the best of those that overlap by over {settings.nms_detections:g}"
        down = way.advance(way.box(each.advance(end), text))
        way.box(down, "Image score: the highest malignant score, 0 without a detection")
    alt = (
        f"{title}. {_weights(weights, layers)} A mammogram of {_pixels(image)} passes the backbone "
        f"({'; '.join(texts)}). From {_anchors(named)} anchors at each position of its maps come "
        f"{settings.post_nms} region proposals at most; each is pooled and classed as background, "
        "benign or malignant, with a box for each class. The image's score is the highest "
        "malignant one."
    )
    return Picture(figure, alt, f"What {title} is made of")


def _draw_regions(
    column: Column,
    top: float,
    bottom: float,
    named: Mapping[str, Layer],
    settings: DetectorSettings,
) -> float:
    """Draw how proposals come about; return the height of the middle of the last box."""
    anchors, maps = _anchors(named), named["rpn_conv_3x3"]["output"][0]
    top = column.box(top, f"1 convolution to {maps} maps", BLUE)
    for half, what, name in zip(
        column.halves(), ("Scores", "Shifts"), ("rpn_cls_score", "rpn_bbox_pred"), strict=True
    ):
        maps = named[name]["output"][0]
        text = f"{what}: {maps} maps\n({maps // anchors} × {anchors} anchors)"
        end = half.advance(half.box(half.advance(top), text, BLUE, _TALL))
    text = (
        f"The {settings.pre_nms} best anchors, shifted;\n"
        f"of those that overlap by over {settings.nms_proposals:g}, the best;\n"
        f"{settings.post_nms} proposals at most"
    )
    column.box(end, text, BLUE, end - bottom)
    return (end + bottom) / 2


def _draw_head(column: Column, top: float, named: Mapping[str, Layer]) -> None:
    """Draw what becomes of each proposal."""
    pooled = size(named["roi_pool"]["output"])
    top = column.box(top, f"RoI max pooling to {pooled}", YELLOW)
    for name in ("fc6", "fc7"):
        text = f"{name} to {size(named[name]['output'])}; {total([named[name]])} parameters"
        top = column.box(column.advance(top), text, YELLOW)
    classes = named["cls_score"]["output"][0]
    texts = (
        f"{classes} class scores: none,\nbenign, malignant",
        f"Shifts of the box:\n{named['bbox_pred']['output'][0] // classes} × {classes} classes",
    )
    for half, text in zip(column.halves(), texts, strict=True):
        half.box(half.advance(top), text, YELLOW, _TALL)


def _weights(weights: str, layers: Sequence[Layer]) -> str:
    return f"Weights: {weights}. {total(layers)} parameters."


def _step(layer: Layer) -> str:
    """Say what a layer after the last maps does."""
    text = f"{_STEPS[layer['kind']]} to {size(layer['output'])}"
    return f"{text}; {total([layer])} parameters" if layer["parameters"] else text


def _pixels(image: Layer) -> str:
    return f"{' × '.join(map(str, image['output'][1:]))} pixels"


def _sides(settings: DetectorSettings) -> str:
    return f"short side {settings.short_side}, long side at most {settings.long_side}"


def _anchors(named: Mapping[str, Layer]) -> int:
    return named["rpn_cls_score"]["output"][0] // 2
