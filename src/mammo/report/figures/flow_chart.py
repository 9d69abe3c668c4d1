"""A model as a flow chart: boxes and frames of boxes that data pass downwards."""

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from mammo.report.figures.style import DISPLAY_WIDTH, GREY, drawing

# The paper's colours: blue pretrained model, grey extractor, yellow classifier.
BLUE, PALE, YELLOW, WHITE = "#d6e8f7", "#e4e4e4", "#fdf0c4", "#ffffff"

# Inches; characters of the subtitle across the page, and of the box beside the first frame.
_BOX, _GAP, _HEADING, _MARGIN, _TITLE, _LINE, _FOOT = 0.36, 0.16, 0.32, 0.12, 0.42, 0.2, 0.18
_EDGE, _BESIDE_WIDTH, _RIGHT = 0.05, 1.55, 2.35
_ACROSS, _BESIDE_ACROSS = 112, 20


class Frame(NamedTuple):
    """Boxes that belong together: a heading, the text of each, and their colour."""

    heading: str
    texts: Sequence[str]
    color: str

    @property
    def height(self) -> float:
        """Inches of the frame."""
        return _HEADING + len(self.texts) * (_BOX + _GAP) - _GAP + _MARGIN


class Beside(NamedTuple):
    """What leads into the first frame from the left: the text of its box, and of its arrow."""

    text: str
    arrow: str


def flow_chart(
    title: str, subtitle: str, steps: Sequence[str | Frame], beside: Beside | None = None
) -> Figure:
    """Draw what data pass, one step below the other.

    Parameters
    ----------
    title, subtitle : str
        The subtitle may be empty; a long one takes several lines.
    steps : sequence of str or Frame
        A box each, or several in a frame.
    beside : Beside, optional
    """
    lines = textwrap.wrap(subtitle, _ACROSS)
    heights = [step.height if isinstance(step, Frame) else _BOX for step in steps]
    above = _TITLE + _LINE * len(lines)
    height = above + sum(heights) + _GAP * (len(steps) - 1) + _FOOT
    left = _RIGHT if beside else _EDGE
    width = DISPLAY_WIDTH - left - _EDGE
    with drawing():
        figure = Figure(figsize=(DISPLAY_WIDTH, height))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, DISPLAY_WIDTH), ylim=(0, height))
        axes.set_axis_off()
        axes.text(_EDGE, height - 0.1, title, weight="bold", fontsize=11, va="top")
        text = "\n".join(lines)
        axes.text(_EDGE, height - 0.34, text, fontsize=9.5, va="top", linespacing=1.3)
        top = height - above
        for place, (step, high) in enumerate(zip(steps, heights, strict=True)):
            if place:
                middle = left + width / 2
                _arrow(axes, (middle, top + _GAP), (middle, top))
            if isinstance(step, str):
                _box(axes, left, width, top, high, step)
            else:
                _frame(axes, left, width, top, step)
                if beside:
                    _draw_beside(axes, beside, top, high)
                    beside = None
            top -= high + _GAP
    return figure


def _frame(axes: Axes, left: float, width: float, top: float, frame: Frame) -> None:
    _box(axes, left, width, top, frame.height)
    axes.text(left + _MARGIN, top - _HEADING / 2, frame.heading, fontsize=10, va="center")
    top -= _HEADING
    for place, text in enumerate(frame.texts):
        if place:
            middle = left + width / 2
            _arrow(axes, (middle, top), (middle, top - _GAP))
            top -= _GAP
        _box(axes, left + _MARGIN, width - 2 * _MARGIN, top, _BOX, text, frame.color)
        top -= _BOX


def _draw_beside(axes: Axes, beside: Beside, top: float, height: float) -> None:
    text = textwrap.fill(beside.text, _BESIDE_ACROSS)
    _box(axes, _EDGE, _BESIDE_WIDTH, top, height, text, BLUE)
    right, middle = _EDGE + _BESIDE_WIDTH, top - height / 2
    _arrow(axes, (right, middle), (_RIGHT, middle))
    place = (right + _RIGHT) / 2, middle + 0.05
    axes.text(*place, beside.arrow, ha="center", va="bottom", fontsize=9)


def _box(
    axes: Axes, left: float, width: float, top: float, height: float, text: str = "",
    color: str = WHITE,
) -> None:  # fmt: skip
    axes.add_patch(
        FancyBboxPatch(
            (left, top - height), width, height, boxstyle="round,pad=0,rounding_size=0.06",
            facecolor=color, edgecolor=GREY, linewidth=1,
        )
    )  # fmt: skip
    middle = left + width / 2, top - height / 2
    axes.text(*middle, text, ha="center", va="center", fontsize=9.5)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": 1.2})
