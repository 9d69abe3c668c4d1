"""How figures look: colours that all eyes tell apart, with line styles and markers beside them."""

import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import cycle
from types import MappingProxyType
from typing import Any, Literal

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mammo.paper.published import dataset_title
from mammo.report.page.render import ShownInNotebook, address

DISPLAY_WIDTH = 7.6
"""Inches across a page of the book, at `PIXELS_PER_INCH`."""
PHONE_WIDTH = 4.9
"""Inches of a figure that a phone shows whole, at the least scale."""
PIXELS_PER_INCH = 100
PANEL_SIDE = DISPLAY_WIDTH / 3
"""Inches across of one of the panels of a page."""
PANELS_ACROSS = 3
_LEAST_SCALE, _PHONE = 0.71, 350

INK, GREY, LIGHT = "#1a1a1a", "#595959", "#b0b0b0"

# Okabe M, Ito K. Color universal design, 2008; the purple is darkened for thin lines on white.
BLUE, VERMILLION, GREEN, ORANGE, PURPLE = "#0072b2", "#d55e00", "#009e73", "#e69f00", "#a8518a"


@dataclass(frozen=True)
class Look:
    """Colour, line and marker of one data set, the same in every figure."""

    color: str
    line: str
    marker: str


LOOKS = {
    "cbis_ddsm": Look(BLUE, "-", "o"),
    "mias": Look(VERMILLION, "--", "s"),
    "inbreast": Look(GREEN, "-.", "^"),
    "institution": Look(PURPLE, ":", "D"),
}
_OTHERS = (*LOOKS.values(), Look(ORANGE, (0, (3, 1, 1, 1, 1, 1)), "v"), Look(INK, "-", "X"))

NO_SOURCES: Mapping[str, str] = MappingProxyType({})
"""Of sets of which nobody said whether their images are real."""

_RC = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "svg.hashsalt": "mammo",
    "figure.facecolor": "white",
}


@dataclass(frozen=True)
class Picture(ShownInNotebook):
    """A figure with its text alternative, shown at full width and sharp on dense screens.

    ``kind`` is "svg" for lines and text, "png" (two pixels a display pixel) where images are in it;
    ``name`` is the anchor of one that has a number in the paper, as "fig-2".
    """

    figure: Figure
    alt: str
    caption: str = ""
    kind: Literal["svg", "png"] = "svg"
    name: str = ""

    @property
    def width(self) -> int:
        """Pixels across on a page."""
        return round(self.figure.get_figwidth() * PIXELS_PER_INCH)

    @property
    def least_width(self) -> int:
        """Pixels across on a narrower screen, where the figure scrolls to stay legible."""
        return min(self.width, max(_PHONE, round(_LEAST_SCALE * self.width)))

    @property
    def source(self) -> str:
        """The file as an address for ``<img>``."""
        return address({"svg": "image/svg+xml", "png": "image/png"}[self.kind], self.render())

    def __repr__(self) -> str:
        return f"Picture: {self.alt}"

    def render(self) -> bytes:
        """Return the file's bytes; the same figure gives the same bytes."""
        buffer = io.BytesIO()
        metadata = {"Date": None} if self.kind == "svg" else {"Software": None}
        with drawing():
            self.figure.savefig(
                buffer, format=self.kind, dpi=2 * PIXELS_PER_INCH, metadata=metadata
            )
        return buffer.getvalue()


def drawing() -> AbstractContextManager:
    """Style for the drawing of one figure, undone afterwards."""
    return mpl.rc_context(_RC)


@contextmanager
def chart(height: float, width: float = DISPLAY_WIDTH) -> Iterator[tuple[Figure, Axes]]:
    """Begin a figure of one pair of axes, of so many inches; within it the style holds."""
    with drawing():
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.subplots()


@contextmanager
def panels(
    number: int,
    height: float,
    width: float = PANEL_SIDE,
    below: float = 0,
    columns: int = PANELS_ACROSS,
) -> Iterator[tuple[Figure, Sequence[Axes]]]:
    """Begin a figure of panels, each of so many inches, some across at most; as `chart`."""
    n_columns = min(max(number, 1), columns)
    n_rows = max(math.ceil(number / n_columns), 1)
    with drawing():
        size = (width * n_columns, height * n_rows + below)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        for unused in axes[number:]:
            unused.set_axis_off()
        yield figure, axes[:number]


def looks(datasets: Iterable[str]) -> dict[str, Look]:
    """Looks of all data sets of a figure; the paper's keep theirs, others take what is free."""
    names = list(dict.fromkeys(datasets))
    free = [look for look in _OTHERS if look not in [LOOKS.get(name) for name in names]]
    others = cycle(free or _OTHERS)
    return {name: LOOKS.get(name) or next(others) for name in names}


def set_label(row: pd.Series) -> str:
    """Name a row's data set, and whether its images are real or synthetic where that is known."""
    title = dataset_title(row["dataset"])
    return title if pd.isna(row["source"]) else f"{title}, {row['source']}"


def light_grid(axes: Axes, axis: Literal["x", "y", "both"] = "both") -> None:
    """Draw faint grid lines behind the data."""
    axes.grid(axis=axis, color="#e3e3e3", linewidth=0.7)
    axes.set_axisbelow(True)


def named_rows(axes: Axes, heights: Sequence[float], names: Sequence[str]) -> None:
    """Name the rows of a figure whose other axis is an auROC."""
    axes.set_yticks(heights, names)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    light_grid(axes, "x")


def text_beside(axes: Axes, place: float, height: float, text: str, **how: Any) -> None:
    """Write beside a row, at a share of the axes' width."""
    usual = {"va": "center", "fontsize": 9, "transform": axes.get_yaxis_transform()}
    axes.text(place, height, text, **(usual | how))


def reference(axes: Axes, auroc: float, line: str, words: str = "", top: float = 0) -> None:
    """Draw a line across at an auROC, and say at its top what it is."""
    axes.axvline(auroc, color=GREY, linestyle=line, linewidth=1.2)
    if words:
        axes.text(auroc, top, words, ha="center", va="bottom", fontsize=9, color=GREY)


def interval(
    axes: Axes, height: float, numbers: Sequence[float], color: str, marker: str, **how: Any
) -> None:
    """Draw a number as a marker and its bounds (NaN for none) as a line, in a row."""
    value, lower, upper = numbers
    axes.plot([lower, upper], [height] * 2, color=color, linewidth=2)
    axes.plot(value, height, marker, color=color, **({"markersize": 6} | how))


def unit_square(axes: Axes, xlabel: str, ylabel: str) -> None:
    """Set both axes to shares from 0 to 1, with room at the edges, and draw the diagonal."""
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=(0, (1, 2)), linewidth=1.2, zorder=1)
    axes.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04), aspect="equal", xlabel=xlabel, ylabel=ylabel)
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    light_grid(axes)
