"""Figures of the images themselves: examples of every set and their intensities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from mammo.errors import MammoError
from mammo.paper.published import dataset_title
from mammo.report.figures.style import (
    DISPLAY_WIDTH,
    ORANGE,
    Picture,
    chart,
    drawing,
    light_grid,
    looks,
)

_BINS = 64
_TITLE, _CAPTION, _GAP = 0.36, 0.26, 0.05  # inches above, below and around an example image


@dataclass(frozen=True)
class Example:
    """One image to be shown.

    Parameters
    ----------
    dataset, source : str
        Name of the set; "real" or "synthetic".
    pixels : (rows, columns) float array
        In [0, 1], 0 black.
    caption : str
        A few words, as "left MLO, malignant".
    boxes : list of dict
        Lesion boxes in pixels of this array: row_min, col_min, row_max, col_max.
    """

    dataset: str
    source: str
    pixels: NDArray[np.floating]
    caption: str
    boxes: Sequence[Mapping[str, float]] = field(default_factory=list)


def example_images(examples: Sequence[Example]) -> Picture:
    """Example images, one row of panels a data set, each row marked real or synthetic.

    Raises
    ------
    MammoError
        If there are no examples.
    """
    if not examples:
        raise MammoError("there are no example images to show: give at least one")
    rows: dict[tuple[str, str], list[Example]] = {}
    for example in examples:
        rows.setdefault((example.dataset, example.source), []).append(example)
    n_columns = max(len(row) for row in rows.values())
    side = DISPLAY_WIDTH / max(n_columns, 4)
    width, step = side * n_columns, _TITLE + side + _CAPTION
    height = step * len(rows)
    with drawing():
        figure = Figure(figsize=(width, height))
        for place, ((dataset, source), row) in enumerate(rows.items()):
            top = height - place * step
            title = f"{dataset_title(dataset)}: {source} images"
            figure.text(
                _GAP / width, (top - 0.1) / height, title, va="top", weight="bold", fontsize=11
            )
            bottom = (top - _TITLE - side + _GAP) / height
            for column, example in enumerate(row):
                left = (column * side + _GAP) / width
                size = ((side - 2 * _GAP) / width, (side - 2 * _GAP) / height)
                _show_image(figure.add_axes((left, bottom, *size)), example)
    listed = "; ".join(
        f"{dataset_title(dataset)}, {source}: {', '.join(e.caption for e in row)}"
        for (dataset, source), row in rows.items()
    )
    caption = "Images of each data set; frames mark lesions"
    return Picture(figure, f"Example mammograms. {listed}.", caption, kind="png")


def intensity_histograms(
    pixels: Mapping[str, NDArray[np.floating]], sources: Mapping[str, str]
) -> Picture:
    """Distribution of the breast's pixel values, one line a data set.

    Parameters
    ----------
    pixels : mapping of str to array
        For each set the values in [0, 1] of pixels inside the breast, of many images.
    sources : mapping of str to str
        For each set "real" or "synthetic".
    """
    import seaborn

    medians = {name: float(np.median(values)) for name, values in pixels.items()}
    styles = looks(pixels)
    with chart(4.0) as (figure, axes):
        for name, values in pixels.items():
            seaborn.histplot(
                x=values, bins=_BINS, binrange=(0, 1), stat="density", element="step", fill=False,
                color=styles[name].color, linestyle=styles[name].line, linewidth=1.8, ax=axes,
                label=f"{dataset_title(name)} ({sources[name]}), median {medians[name]:.2f}",
            )  # fmt: skip
        axes.set(
            xlabel="Pixel value (0 black, 1 white)",
            ylabel="Density",
            xlim=(0, 1),
            title="Intensities inside the breast",
        )
        axes.set_ylim(bottom=0)
        light_grid(axes)
        figure.legend(loc="outside lower center", ncols=2, handlelength=3.2)
    listed = ", ".join(
        f"{dataset_title(name)} ({sources[name]}) {median:.2f}" for name, median in medians.items()
    )
    alt = f"Histograms of pixel values inside the breast; medians: {listed}."
    return Picture(figure, alt, "Grey values inside the breast, by data set")


def _show_image(axes: Axes, example: Example) -> None:
    axes.set_axis_off()
    axes.imshow(example.pixels, cmap="gray", vmin=0, vmax=1, interpolation="antialiased")
    axes.text(
        0.5, -0.03, example.caption, ha="center", va="top", fontsize=9, transform=axes.transAxes
    )
    for box in example.boxes:
        height, width = box["row_max"] - box["row_min"], box["col_max"] - box["col_min"]
        corner = (box["col_min"], box["row_min"])
        axes.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=ORANGE, lw=1.5))
