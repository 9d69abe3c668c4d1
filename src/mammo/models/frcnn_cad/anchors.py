"""The reference boxes of Faster R-CNN, with the rounding of py-faster-rcnn.

Ren et al., "Faster R-CNN", arXiv 1506.01497, section 3.1.1; py-faster-rcnn, lib/rpn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

RATIOS = (0.5, 1.0, 2.0)
"""Height over width of the anchors."""
STRIDE = 16
"""Pixels between neighbours on the feature map, and the side of the box all anchors grow from."""


def base(scales: Sequence[float]) -> np.ndarray:
    """Return the anchors around the map's first position, three ratios for each scale.

    A square of `STRIDE` pixels gets each ratio at nearly equal area, its sides rounded to whole
    pixels, and is then enlarged about its centre by each scale.

    Parameters
    ----------
    scales : sequence of float
        Factors; the published ones are 8, 16 and 32.

    Returns
    -------
    numpy.ndarray of float64, shape (3 * len(scales), 4)
        (x_min, y_min, x_max, y_max) with both edges inside, ratio by ratio.
    """
    widths = np.rint(np.sqrt(STRIDE**2 / np.array(RATIOS)))
    heights = np.rint(widths * RATIOS)
    sides = np.stack([widths, heights], -1)[:, None] * np.asarray(scales, float)[:, None]
    half = 0.5 * (sides.reshape(-1, 2) - 1)
    centre = 0.5 * (STRIDE - 1)
    return np.concatenate([centre - half, centre + half], -1)


def grid(scales: Sequence[float], rows: int, columns: int, like: Tensor) -> Tensor:
    """Return the anchors of every position of a feature map.

    Parameters
    ----------
    scales : sequence of float
    rows, columns : int
        Size of the map.
    like : Tensor
        Gives device and floating type.

    Returns
    -------
    Tensor, shape (rows * columns * A, 4)
        In pixels of the network's input, by row, then column, then anchor.
    """
    around = torch.as_tensor(base(scales), dtype=like.dtype, device=like.device)
    y, x = torch.meshgrid(
        STRIDE * torch.arange(rows, dtype=like.dtype, device=like.device),
        STRIDE * torch.arange(columns, dtype=like.dtype, device=like.device),
        indexing="ij",
    )
    shifts = torch.stack([x, y, x, y], -1)
    return (shifts.reshape(-1, 1, 4) + around).reshape(-1, 4)
