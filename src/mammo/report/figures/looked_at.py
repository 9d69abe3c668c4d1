"""What a model looked at on an image, and whether that was the lesion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo.datasets.lesions import EDGES
from mammo.report.figures.images import Example

Box = tuple[float, float, float, float]
"""Edges in the order of `EDGES`, half open."""


@dataclass(frozen=True)
class Activation:
    """Where a classifier found evidence for cancer.

    Parameters
    ----------
    model : str
        Title of the model.
    score : float
        Probability of cancer, in [0, 1].
    heat : (h, w) float array
        In [0, 1], as `mammo.models.activation_maps` gives it.
    covers : (float, float, float, float)
        The part of the shown image that the map lies on, in its pixels: row_min, col_min,
        row_max, col_max. It may reach beyond the image, as a padded one does. Of a prepared image
        it is `mammo.images.geometry.Geometry.to_native` of all of it, with the columns of the
        ``heat`` reversed where it is ``flipped``.
    """

    model: str
    score: float
    heat: NDArray[np.floating]
    covers: Box


@dataclass(frozen=True)
class Detected:
    """What a detector found.

    Parameters
    ----------
    model : str
        Title of the model.
    score : float
        Score of the image, in [0, 1].
    boxes : (n, 4) float array
        row_min, col_min, row_max, col_max in pixels of the shown image.
    malignant : (n,) bool array
        Whether each box is taken for malignant; else it is taken for benign.
    scores : (n,) float array
        In [0, 1].
    """

    model: str
    score: float
    boxes: NDArray[np.floating]
    malignant: NDArray[np.bool_]
    scores: NDArray[np.floating]


Panel = Activation | Detected


@dataclass(frozen=True)
class Looked:
    """An image with its true lesions, and what each model looked at on it."""

    example: Example
    panels: Sequence[Panel]


def hit(panel: Panel, lesions: Sequence[Mapping[str, float]]) -> bool:
    """Say whether a model looked at a true lesion.

    A classifier did where the centre of its map's highest cell lies in a lesion's box, or, the map
    being no finer, that of a lesion in the cell. A detector did where the centre of its best
    malignant box lies in a lesion's (Ribli et al., Sci Rep 2018;8:4165). A model that found nothing
    did not.

    Parameters
    ----------
    panel : Activation or Detected
    lesions : sequence of mapping
        Boxes in pixels of the shown image: row_min, col_min, row_max, col_max.
    """
    boxes = [tuple(lesion[edge] for edge in EDGES) for lesion in lesions]
    if not found(panel):
        return False
    if isinstance(panel, Activation):
        cell = highest_cell(panel)
        return any(_holds(box, cell) or _holds(cell, box) for box in boxes)
    best = panel.boxes[np.argmax(np.where(panel.malignant, panel.scores, -np.inf))]
    return any(_holds(box, tuple(best)) for box in boxes)


def found(panel: Panel) -> bool:
    """Say whether a model found anything that speaks for cancer."""
    if isinstance(panel, Activation):
        return bool(panel.heat.max() > 0)
    return bool(panel.malignant.any())


def highest_cell(panel: Activation) -> Box:
    """Return row_min, col_min, row_max, col_max of the map's highest cell on the image."""
    rows, columns = panel.heat.shape
    row, column = divmod(int(panel.heat.argmax()), columns)
    row_min, col_min, row_max, col_max = panel.covers
    height, width = (row_max - row_min) / rows, (col_max - col_min) / columns
    top, left = row_min + row * height, col_min + column * width
    return top, left, top + height, left + width


def _holds(outer: Box, inner: Box) -> bool:
    """Say whether the centre of a box lies in another box."""
    row, column = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= row < outer[2] and outer[1] <= column < outer[3]
