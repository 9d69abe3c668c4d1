"""Boxes, panels and arrows of the architecture figures, and the words in them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from mammo.report.figures.style import DISPLAY_WIDTH, GREY

Layer = Mapping[str, Any]

# The paper's colours: blue pretrained model, grey extractor, yellow classifier.
BLUE, PALE, YELLOW, WHITE = "#d6e8f7", "#e4e4e4", "#fdf0c4", "#ffffff"

# Inches.
BOX, GAP, HEADING, MARGIN = 0.36, 0.16, 0.32, 0.12
TITLE, LINE = 0.42, 0.2
_CHARACTERS = 112  # of the subtitle across the page


def sheet(title: str, subtitle: str, height: float) -> tuple[Figure, Axes, float]:
    """Return a figure with its title, axes in inches, and where the drawing below begins.

    Parameters
    ----------
    title, subtitle : str
        The subtitle may be empty; a long one takes several lines.
    height : float
        Inches below title and subtitle.
    """
    lines = textwrap.wrap(subtitle, _CHARACTERS)
    height += TITLE + LINE * len(lines)
    figure = Figure(figsize=(DISPLAY_WIDTH, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, DISPLAY_WIDTH), ylim=(0, height))
    axes.set_axis_off()
    axes.text(0.05, height - 0.1, title, weight="bold", fontsize=11, va="top")
    text = "\n".join(lines)
    axes.text(0.05, height - 0.34, text, fontsize=9.5, va="top", linespacing=1.3)
    return figure, axes, height - TITLE - LINE * len(lines)


@dataclass(frozen=True)
class Column:
    """A column of boxes through which data pass downwards; lengths in inches."""

    axes: Axes
    left: float
    width: float

    @property
    def middle(self) -> float:
        """Where arrows run down."""
        return self.left + self.width / 2

    @property
    def right(self) -> float:
        """Right edge."""
        return self.left + self.width

    def inside(self) -> Column:
        """Return the column of the boxes in a panel of this one."""
        return Column(self.axes, self.left + MARGIN, self.width - 2 * MARGIN)

    def halves(self) -> tuple[Column, Column]:
        """Return two columns of boxes side by side in this one."""
        width = (self.width - GAP) / 2
        return Column(self.axes, self.left, width), Column(self.axes, self.right - width, width)

    def box(self, top: float, text: str, color: str = WHITE, height: float = BOX) -> float:
        """Draw a box; return where it ends."""
        self.axes.add_patch(
            FancyBboxPatch(
                (self.left, top - height), self.width, height,
                boxstyle="round,pad=0,rounding_size=0.06", facecolor=color, edgecolor=GREY,
                linewidth=1,
            )
        )  # fmt: skip
        self.axes.text(self.middle, top - height / 2, text, ha="center", va="center", fontsize=9.5)
        return top - height

    def advance(self, bottom: float) -> float:
        """Draw the arrow that leads on from a box; return where the next one begins."""
        arrow(self.axes, (self.middle, bottom), (self.middle, bottom - GAP))
        return bottom - GAP

    def panel(self, top: float, heading: str, texts: Sequence[str], color: str) -> float:
        """Draw a frame with its heading and its boxes downwards; return where it ends."""
        bottom = self.frame(top, heading, panel_height(texts))
        top -= HEADING
        for place, text in enumerate(texts):
            top = self.inside().box(self.advance(top) if place else top, text, color)
        return bottom

    def frame(self, top: float, heading: str, height: float) -> float:
        """Draw a frame with its heading; return where it ends."""
        bottom = self.box(top, "", height=height)
        place = (self.left + MARGIN, top - HEADING / 2)
        self.axes.text(*place, heading, fontsize=10, va="center")
        return bottom


def panel_height(texts: Sequence[str]) -> float:
    """Return the inches that a panel of these boxes takes."""
    return HEADING + len(texts) * (BOX + GAP) - GAP + MARGIN


def arrow(axes: Axes, *points: tuple[float, float]) -> None:
    """Draw an arrow through points, its head at the last."""
    *before, start, end = points
    if before:
        axes.plot(*zip(*before, start, strict=True), color=GREY, linewidth=1.2)
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": 1.2})


def blocks(layers: Sequence[Layer]) -> Iterator[list[Layer]]:
    """Divide layers where the size of the maps changes, a pooling layer ending its block.

    Parameters
    ----------
    layers : sequence of mapping
        With ``kind`` as `mammo.models.end2end.layer_graph` names it and ``output``. Padding belongs
        to the layer that it is for; values without rows and columns are a block each.
    """
    block: list[Layer] = []
    for layer in layers:
        after = block[-1] if block else layer
        pools, pads = layer["kind"].endswith("pool"), after["kind"] == "zero_pad"
        resized = layer["output"][1:] != after["output"][1:] and not (pools or pads)
        if block and (resized or after["kind"].endswith("pool") or len(layer["output"]) == 1):
            yield block
            block = []
        block.append(layer)
    yield block


def in_words(block: Sequence[Layer]) -> str:
    """Say what a block of convolutional layers does, its output and its parameters."""
    kinds = [layer["kind"] for layer in block]
    units, convolutions = kinds.count("add"), kinds.count("conv")
    parts = []
    if units:
        parts.append(counted(units, "residual unit"))
    elif convolutions:
        parts.append(counted(convolutions, "convolution"))
    if any(kind.endswith("pool") for kind in kinds):
        parts.append("pooling" if parts else "Pooling")
    return f"{', '.join(parts)} to {size(block[-1]['output'])}; {total(block)} parameters"


def size(output: Sequence[int]) -> str:
    """Say how many maps of which size, or how many values, a layer puts out."""
    channels, *sides = output
    if sides:
        return f"{channels} maps of {' × '.join(map(str, sides))}"
    return counted(channels, "value")


def total(layers: Sequence[Layer]) -> str:
    """Say how many parameters layers have."""
    count = sum(layer["parameters"] for layer in layers)
    if count >= 1_000_000:
        return f"{count / 1_000_000:.1f} million"
    return f"{count:,}" if count else "no"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun in the singular or plural."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
