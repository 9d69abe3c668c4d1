"""Fig. 1 of the paper: the transfer model, drawn from the model's own layers."""

import re
import textwrap
from collections.abc import Sequence
from itertools import groupby

from mammo.report.figures.architecture_parts import (
    BLUE,
    BOX,
    GAP,
    PALE,
    YELLOW,
    Column,
    Layer,
    arrow,
    counted,
    panel_height,
    sheet,
    size,
    total,
)
from mammo.report.figures.style import Picture, drawing

# Inches: the left column with the pretrained model, the right one with the data's way.
_LEFT, _LEFT_WIDTH, _RIGHT, _RIGHT_WIDTH = 0.05, 1.55, 2.35, 5.2


def transfer_model(layers: Sequence[Layer], title: str, weights: str) -> Picture:
    """Fig. 1: pretrained model, feature extractor and classifier, with sizes and parameters.

    Parameters
    ----------
    layers : sequence of mapping
        As `mammo.models.description` gives them: ``name``, ``type``, ``output`` (channels,
        rows, columns; or features), ``parameters``, ``part`` ("extractor" or "classifier"),
        ``frozen``. Extractor layers of one stage share a box.
    title : str
        Name of the model.
    weights : str
        What the extractor started from, in words: "ImageNet", "random", or the file it came from.
    """
    extractor = [layer for layer in layers if layer["part"] == "extractor"]
    classifier = [layer for layer in layers if layer["part"] == "classifier"]
    blocks = [_block(list(group)) for _, group in groupby(extractor, key=_stage)]
    steps = [_step(layer) for layer in classifier if layer["parameters"]]
    how = "frozen" if all(layer["frozen"] for layer in extractor) else "trained too"
    height = 0.18 + 2 * BOX + 3 * GAP + panel_height(blocks) + panel_height(steps)
    with drawing():
        figure, axes, top = sheet(title, "", height)
        way = Column(axes, _RIGHT, _RIGHT_WIDTH)
        top = start = way.advance(way.box(top, "Mammogram"))
        heading = f"2  Feature extractor, {how}: {total(extractor)} parameters"
        top = end = way.panel(top, heading, blocks, PALE)
        heading = f"3  Classifier, trained: {total(classifier)} parameters"
        top = way.panel(way.advance(top), heading, steps, YELLOW)
        way.box(way.advance(top), "Benign or malignant")
        _pretrained(Column(axes, _LEFT, _LEFT_WIDTH), weights, start, end)
    alt = (
        f"{title}: a mammogram passes the {how} extractor ({weights} weights; {'; '.join(blocks)}) "
        f"and the classifier ({'; '.join(steps)})."
    )
    name = re.sub(r"[^a-z0-9]+", "-", f"fig-1-{title}".lower())
    return Picture(figure, alt, f"Fig. 1. The transfer-learning model: {title}", name=name)


def _stage(layer: Layer) -> object:
    """Name the stage of a network that has stages (ResNet); elsewhere the size of the map."""
    parts = layer["name"].split(".")
    return parts[1] if len(parts) > 2 else tuple(layer["output"][1:])


def _block(layers: Sequence[Layer]) -> str:
    convolutions = sum("Conv" in layer["type"] for layer in layers)
    what = counted(convolutions, "convolution") if convolutions else "Pooling"
    return f"{what} to {size(layers[-1]['output'])}; {total(layers)} parameters"


def _step(layer: Layer) -> str:
    name = "Convolution" if "Conv" in layer["type"] else layer["name"].upper()
    return f"{name} to {size(layer['output'])}; {total([layer])} parameters"


def _pretrained(column: Column, weights: str, top: float, bottom: float) -> None:
    if "random" in weights.lower():
        text = "1  Random weights: no pretraining in this build"
    elif "imagenet" in weights.lower():
        text = f"1  Pretrained on natural images: {weights}"
    else:
        text = f"1  Weights given: {weights}"
    column.box(top, textwrap.fill(text, 20), BLUE, top - bottom)
    middle = (top + bottom) / 2
    arrow(column.axes, (column.right, middle), (_RIGHT, middle))
    between = (column.right + _RIGHT) / 2
    column.axes.text(between, middle + 0.05, "weights", ha="center", va="bottom", fontsize=9)
