"""What each model looked at, beside the true lesion."""

import math
import textwrap
from collections.abc import Collection, Mapping, Sequence

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, Stroke
from numpy.typing import NDArray

from mammo.datasets.check_report import counted
from mammo.datasets.lesions import EDGES
from mammo.errors import MammoError
from mammo.paper.published import dataset_title
from mammo.report.figures.looked_at import (
    Activation,
    Box,
    Detected,
    Looked,
    Panel,
    found,
    highest_cell,
    hit,
)
from mammo.report.figures.style import DISPLAY_WIDTH, INK, ORANGE, Picture, drawing

_MOST = 4  # panels of models on a line; more take another line
_HEADING, _LINE, _SCORE, _GAP, _LEGEND = 0.31, 0.17, 0.42, 0.05, 0.72  # inches
_TALLEST = 1.45  # rows for a column of an image's place
_OVERLAY = "plasma"  # perceptually uniform, for all eyes, and nowhere grey
_OPACITY = 0.7
_LABEL = (0.17, 0.52)  # inches, height and width of a detection's label
_UPSAMPLED = 512  # pixels of the longer side of an overlay
_LABELLED = 2  # best detections of a class that are drawn

# Colour and line, each drawn on a dark edge so that it shows on white and on black.
_LESION = {"color": "#56b4e9", "linestyle": "-", "linewidth": 1.6}
_HIGHEST = {"color": "#ffffff", "linestyle": (0, (1, 1)), "linewidth": 1.5}
_MALIGNANT = {"color": ORANGE, "linestyle": "-", "linewidth": 1.6}
_BENIGN = {"color": "#f0e442", "linestyle": (0, (3, 1.5)), "linewidth": 1.6}
_BACKGROUND = "#4a4a4a"  # of the legend, where these lines look as they do on an image
_LEGENDS = (
    (Looked, _LESION, "True lesion"),
    (Activation, _HIGHEST, "Highest cell of a class activation map"),
    (Detected, _MALIGNANT, "M  Malignant detection"),
    (Detected, _BENIGN, "B  Benign detection"),
)


def attention_of_models(cases: Sequence[Looked]) -> Picture:
    """Each case's image with its true lesions, and on it what each model looked at.

    Parameters
    ----------
    cases : sequence of Looked
        With the same models in the same order. Of a detector the two best boxes of each class
        are drawn.

    Raises
    ------
    MammoError
        If there are no cases, or a case has no models.
    """
    if not cases or not all(case.panels for case in cases):
        raise MammoError("there is nothing to show: give at least one image, each with a model")
    n_models = max(len(case.panels) for case in cases)
    lines = math.ceil(n_models / _MOST)
    columns = math.ceil(n_models / lines)
    side = DISPLAY_WIDTH / max(columns + 1, 4)
    titles = [_wrap(panel.model, side) for case in cases for panel in case.panels]
    title = _LINE * max(text.count("\n") + 1 for text in titles) + 0.06
    tall = [side * min(_TALLEST, np.divide(*case.example.pixels.shape)) for case in cases]
    steps = [_HEADING + lines * (title + image + _SCORE) for image in tall]
    height = sum(steps) + _LEGEND
    with drawing():
        figure = Figure(figsize=(DISPLAY_WIDTH, height))
        top = height
        for case, image, step in zip(cases, tall, steps, strict=True):
            _heading(figure, case, top)
            places = [(0, 0), *((1 + k % columns, k // columns) for k in range(len(case.panels)))]
            for panel, (column, line) in zip((None, *case.panels), places, strict=True):
                above = top - _HEADING - line * (title + image + _SCORE) - title
                box = (column * side + _GAP, above - image, side - 2 * _GAP, image)
                _draw(_axes(figure, box), case, panel, side)
            top -= step
        _legend(figure, {Looked, *(type(panel) for case in cases for panel in case.panels)})
    caption = "What each model looked at on malignant images that it has not seen"
    return Picture(figure, _in_words(cases), caption, kind="png")


def _axes(figure: Figure, box: Box) -> Axes:
    """Return axes at a place in inches."""
    width, height = figure.get_size_inches()
    left, bottom, wide, high = box
    axes = figure.add_axes((left / width, bottom / height, wide / width, high / height))
    axes.set_axis_off()
    return axes


def _heading(figure: Figure, case: Looked, top: float) -> None:
    width, height = figure.get_size_inches()
    example = case.example
    text = f"{dataset_title(example.dataset)}, {example.source}: {example.caption}"
    place = (_GAP / width, (top - 0.1) / height)
    figure.text(*place, text, va="top", weight="bold", fontsize=11)


def _draw(axes: Axes, case: Looked, panel: Panel | None, side: float) -> None:
    """Draw an image with its lesions and what a model looked at, title above, score below."""
    example = case.example
    rows, columns = example.pixels.shape
    axes.imshow(
        example.pixels, cmap="gray", vmin=0, vmax=1, extent=(0, columns, rows, 0),
        interpolation="antialiased",
    )  # fmt: skip
    if isinstance(panel, Activation):
        _draw_heat(axes, panel)
    for lesion in example.boxes:
        _outline(axes, tuple(lesion[edge] for edge in EDGES), _LESION)
    if isinstance(panel, Detected):
        _draw_detections(axes, panel)
    axes.set(xlim=(0, columns), ylim=(rows, 0))
    if panel is None:
        n = len(example.boxes)
        title = "The image"
        below = f"{counted(n, 'lesion')} outlined" if n else "no lesion outlined"
    else:
        title, below = _wrap(panel.model, side), f"score {panel.score:.2f}\n{_verdict(panel, case)}"
    axes.set_title(title.strip(), fontsize=10, pad=4)
    axes.text(
        0.5, -0.02, below.strip(), ha="center", va="top", fontsize=9, transform=axes.transAxes
    )


def _wrap(text: str, side: float) -> str:
    return textwrap.fill(text, int(side * 72 / 6))


def _verdict(panel: Panel, case: Looked) -> str:
    """Say in two words whether the model looked at the lesion."""
    if not found(panel):
        return "no sign of cancer"
    if not case.example.boxes:
        return ""
    return "on a lesion" if hit(panel, case.example.boxes) else "not on a lesion"


def _draw_heat(axes: Axes, panel: Activation) -> None:
    rows, columns = panel.heat.shape
    scale = _UPSAMPLED / max(rows, columns)
    size = (round(columns * scale), round(rows * scale))
    smooth = cv2.resize(panel.heat.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    row_min, col_min, row_max, col_max = panel.covers
    extent = (col_min, col_max, row_max, row_min)
    axes.imshow(_overlay(smooth), extent=extent, interpolation="antialiased")
    if found(panel):
        _outline(axes, highest_cell(panel), _HIGHEST)


def _overlay(heat: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return colours (h, w, 4) of evidence in [0, 1]: the less, the more transparent."""
    heat = np.clip(heat, 0, 1)
    colors = mpl.colormaps[_OVERLAY](heat)
    colors[..., 3] = _OPACITY * heat
    return colors


def _draw_detections(axes: Axes, panel: Detected) -> None:
    """Draw the best boxes of each class, the malignant above the benign, and their labels."""
    taken: list[NDArray[np.floating]] = []
    for malignant, style, letter in ((False, _BENIGN, "B"), (True, _MALIGNANT, "M")):
        chosen = np.flatnonzero(panel.malignant == malignant)
        for place in chosen[np.argsort(-panel.scores[chosen], kind="stable")][:_LABELLED]:
            _outline(axes, tuple(panel.boxes[place]), style)
            _label(axes, panel.boxes[place], f"{letter} {panel.scores[place]:.2f}", taken)


def _label(
    axes: Axes, box: NDArray[np.floating], text: str, taken: list[NDArray[np.floating]]
) -> None:
    """Write a label beside its box, within the image and clear of the labels ``taken``."""
    columns, rows = axes.get_xlim()[1], axes.get_ylim()[0]
    inches = axes.get_position().size * axes.figure.get_size_inches()
    pixels = max(columns / inches[0], rows / inches[1])
    size = np.array(_LABEL) * pixels
    row_min, col_min, row_max, col_max = box
    corners = [
        np.clip((top, left), 0, (rows, columns) - size)
        for left in (col_min, col_max - size[1])
        for top in (row_min - size[0], row_max, row_min, row_max - size[0])
    ]
    clear = (
        corner
        for corner in corners
        if not any((np.abs(corner - other) < size).all() for other in taken)
    )
    corner = next(clear, corners[0])
    taken.append(corner)
    axes.text(
        *(corner + size / 2)[::-1], text, color="white", fontsize=9, ha="center", va="center",
        bbox={"facecolor": INK, "alpha": 0.6, "edgecolor": "none", "pad": 0.8},
    )  # fmt: skip


def _outline(axes: Axes, box: Box, style: Mapping) -> None:
    row_min, col_min, row_max, col_max = box
    axes.add_patch(
        Rectangle(
            (col_min, row_min), col_max - col_min, row_max - row_min, fill=False,
            edgecolor=style["color"], linestyle=style["linestyle"], linewidth=style["linewidth"],
            path_effects=_cased(style),
        )
    )  # fmt: skip


def _cased(style: Mapping) -> list[Stroke | Normal]:
    """Return the effects that draw a dark line beneath a coloured one."""
    return [Stroke(linewidth=style["linewidth"] + 1.2, foreground=INK, alpha=0.7), Normal()]


def _legend(figure: Figure, kinds: Collection[type]) -> None:
    """Explain the lines and the overlay at the foot of the figure, where they occur in it."""
    height = figure.get_figheight()
    shown = [(style, text) for kind, style, text in _LEGENDS if kind in kinds]
    handles = [Line2D([], [], **style, path_effects=_cased(style)) for style, _ in shown]
    figure.legend(
        handles, [text for _, text in shown], loc="lower left", ncols=2, handlelength=2.4,
        bbox_to_anchor=(_GAP / DISPLAY_WIDTH, _GAP / height), columnspacing=1.4, frameon=True,
        facecolor=_BACKGROUND, labelcolor="white", framealpha=1, borderaxespad=0, fancybox=False,
    )  # fmt: skip
    if Activation not in kinds:
        return
    strip = _axes(figure, (DISPLAY_WIDTH - 1.75, 0.3, 1.65, 0.16))
    strip.imshow(np.full((1, 2, 3), 0.3), extent=(0, 1, 0, 1), aspect="auto")
    strip.imshow(_overlay(np.linspace(0, 1, 256)[None]), extent=(0, 1, 0, 1), aspect="auto")
    strip.set(xlim=(0, 1), ylim=(0, 1))
    for place, text in ((0, "none"), (1, "highest")):
        strip.text(place, -0.3, text, ha=("left", "right")[place], va="top", fontsize=9)
    strip.text(0.5, 1.2, "Evidence for cancer", ha="center", va="bottom", fontsize=9)


def _in_words(cases: Sequence[Looked]) -> str:
    """Say on how many images with a lesion each model looked at it."""
    hits: dict[str, list[bool]] = {}
    for case in cases:
        for panel in case.panels if case.example.boxes else ():
            hits.setdefault(panel.model, []).append(hit(panel, case.example.boxes))
    listed = "; ".join(f"{model} on {sum(flags)} of {len(flags)}" for model, flags in hits.items())
    images = "; ".join(
        f"{dataset_title(case.example.dataset)}, {case.example.source}, {case.example.caption}"
        for case in cases
    )
    looked = f"Of the images with a lesion, it was looked at by: {listed}." if listed else ""
    return (
        f"Mammograms and what each model looked at: class activation maps of classifiers, boxes of "
        f"detectors. Images: {images}. {looked}"
    ).strip()
