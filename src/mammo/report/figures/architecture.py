"""Fig. 1 of the paper: the transfer model, drawn from the model's own layers."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from mammo.report.figures.style import DISPLAY_WIDTH, GREY, Picture, drawing

Layer = Mapping[str, Any]

# The paper's colours: blue pretrained model, grey extractor, yellow classifier.
_BLUE, _GREY, _YELLOW, _WHITE = "#d6e8f7", "#e4e4e4", "#fdf0c4", "#ffffff"

# Inches: the left column with the pretrained model, the right one with the data's way.
_LEFT, _LEFT_WIDTH, _RIGHT, _RIGHT_WIDTH = 0.05, 1.55, 2.35, 5.2
_BOX, _GAP, _HEADING, _MARGIN = 0.36, 0.16, 0.32, 0.12


def transfer_model(layers: Sequence[Layer], title: str, weights: str) -> Picture:
    """Fig. 1: pretrained model, feature extractor and classifier, with sizes and parameters.

    Parameters
    ----------
    layers : sequence of mapping
        As `mammo.models.transfer.describe` gives them: ``name``, ``type``, ``output`` (channels,
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
    height = 0.6 + 2 * _BOX + 3 * _GAP + _panel_height(blocks) + _panel_height(steps)
    with drawing():
        figure = Figure(figsize=(DISPLAY_WIDTH, height))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, DISPLAY_WIDTH), ylim=(0, height))
        axes.set_axis_off()
        axes.text(_LEFT, height - 0.1, title, weight="bold", fontsize=11, va="top")
        top = height - 0.42
        _box(axes, _RIGHT, top, _RIGHT_WIDTH, _BOX, _WHITE, "Mammogram")
        top = start = _advance(axes, top - _BOX)
        heading = f"2  Feature extractor, {how}: {_total(extractor)} parameters"
        top = end = _panel(axes, top, heading, blocks, _GREY)
        top = _advance(axes, top)
        heading = f"3  Classifier, trained: {_total(classifier)} parameters"
        top = _advance(axes, _panel(axes, top, heading, steps, _YELLOW))
        _box(axes, _RIGHT, top, _RIGHT_WIDTH, _BOX, _WHITE, "Benign or malignant")
        _pretrained(axes, weights, start, end)
    alt = (
        f"{title}: a mammogram passes the {how} extractor ({weights} weights; {'; '.join(blocks)}) "
        f"and the classifier ({'; '.join(steps)})."
    )
    return Picture(figure, alt)


def _stage(layer: Layer) -> object:
    """Name the stage of a network that has stages (ResNet); elsewhere the size of the map."""
    parts = layer["name"].split(".")
    return parts[1] if len(parts) > 2 else tuple(layer["output"][1:])


def _block(layers: Sequence[Layer]) -> str:
    convolutions = sum("Conv" in layer["type"] for layer in layers)
    plural = "" if convolutions == 1 else "s"
    what = f"{convolutions} convolution{plural}" if convolutions else "Pooling"
    return f"{what} to {_shape(layers[-1])}; {_total(layers)} parameters"


def _step(layer: Layer) -> str:
    name = "Convolution" if "Conv" in layer["type"] else layer["name"].upper()
    return f"{name} to {_shape(layer)}; {_total([layer])} parameters"


def _shape(layer: Layer) -> str:
    channels, *sides = layer["output"]
    if sides:
        return f"{channels} maps of {' × '.join(map(str, sides))}"
    return f"{channels} value{'' if channels == 1 else 's'}"


def _total(layers: Sequence[Layer]) -> str:
    count = sum(layer["parameters"] for layer in layers)
    if count >= 1_000_000:
        return f"{count / 1_000_000:.1f} million"
    return f"{count:,}" if count else "no"


def _panel_height(texts: Sequence[str]) -> float:
    return _HEADING + len(texts) * (_BOX + _GAP) - _GAP + _MARGIN


def _panel(axes: Axes, top: float, heading: str, texts: Sequence[str], color: str) -> float:
    """Draw a frame with its heading and its boxes downwards; return where it ends."""
    height = _panel_height(texts)
    _box(axes, _RIGHT, top, _RIGHT_WIDTH, height, _WHITE, "")
    axes.text(_RIGHT + _MARGIN, top - _HEADING / 2, heading, fontsize=10, va="center")
    for place, text in enumerate(texts):
        box_top = top - _HEADING - place * (_BOX + _GAP)
        if place:
            _advance(axes, box_top + _GAP)
        width = _RIGHT_WIDTH - 2 * _MARGIN
        _box(axes, _RIGHT + _MARGIN, box_top, width, _BOX, color, text)
    return top - height


def _advance(axes: Axes, bottom: float) -> float:
    """Draw the arrow that leads on from a box; return where the next one begins."""
    middle = _RIGHT + _RIGHT_WIDTH / 2
    _arrow(axes, (middle, bottom), (middle, bottom - _GAP))
    return bottom - _GAP


def _pretrained(axes: Axes, weights: str, top: float, bottom: float) -> None:
    if "random" in weights.lower():
        text = "1  Random weights: no pretraining in this build"
    elif "imagenet" in weights.lower():
        text = f"1  Pretrained on natural images: {weights}"
    else:
        text = f"1  Weights given: {weights}"
    text = textwrap.fill(text, 20)
    _box(axes, _LEFT, top, _LEFT_WIDTH, top - bottom, _BLUE, text)
    middle = (top + bottom) / 2
    _arrow(axes, (_LEFT + _LEFT_WIDTH, middle), (_RIGHT, middle))
    between = (_LEFT + _LEFT_WIDTH + _RIGHT) / 2
    axes.text(between, middle + 0.05, "weights", ha="center", va="bottom", fontsize=9)


def _box(
    axes: Axes, left: float, top: float, width: float, height: float, color: str, text: str
) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (left, top - height), width, height, boxstyle="round,pad=0,rounding_size=0.06",
            facecolor=color, edgecolor=GREY, linewidth=1,
        )
    )  # fmt: skip
    axes.text(left + width / 2, top - height / 2, text, ha="center", va="center", fontsize=9.5)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": 1.2})
