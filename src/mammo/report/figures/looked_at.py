"""What a model looked at on an image, and whether that was the lesion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo.report.figures.images import Example


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
        row_max, col_max. It may reach beyond the image, as a padded one does.
    """

    model: str
    score: float
    heat: NDArray[np.floating]
    covers: tuple[float, float, float, float]


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

    A classifier did where the cell of its map's highest value meets a lesion's box: the map is no
    finer than that. A detector did where the centre of its best malignant box lies in a lesion's
    (Ribli et al., Sci Rep 2018;8:4165). A model that found nothing did not.

    Parameters
    ----------
    panel : Activation or Detected
    lesions : sequence of mapping
        Boxes in pixels of the shown image: row_min, col_min, row_max, col_max.
    """
    if not found(panel):
        return False
    if isinstance(panel, Activation):
        row_min, col_min, row_max, col_max = highest_cell(panel)
    else:
        best = np.argmax(np.where(panel.malignant, panel.scores, -np.inf))
        row_min, col_min = row_max, col_max = panel.boxes[best].reshape(2, 2).mean(0)
    return any(
        row_min < lesion["row_max"]
        and row_max > lesion["row_min"]
        and col_min < lesion["col_max"]
        and col_max > lesion["col_min"]
        for lesion in lesions
    )


def found(panel: Panel) -> bool:
    """Say whether a model found anything that speaks for cancer."""
    if isinstance(panel, Activation):
        return bool(panel.heat.max() > 0)
    return bool(panel.malignant.any())


def highest_cell(panel: Activation) -> tuple[float, float, float, float]:
    """Return row_min, col_min, row_max, col_max of the map's highest cell on the image."""
    rows, columns = panel.heat.shape
    row, column = divmod(int(panel.heat.argmax()), columns)
    row_min, col_min, row_max, col_max = panel.covers
    height, width = (row_max - row_min) / rows, (col_max - col_min) / columns
    top, left = row_min + row * height, col_min + column * width
    return top, left, top + height, left + width
