"""Arithmetic on boxes as py-faster-rcnn does it, and its anchors: both edges belong to the box.

Boxes here are (x_min, y_min, x_max, y_max) in pixels, x along columns; a box from 3 to 5 is three
pixels wide. Ren et al., "Faster R-CNN", arXiv 1506.01497; lib/fast_rcnn
and lib/rpn of py-faster-rcnn.
"""

from collections.abc import Sequence

import numpy as np
import torch
import torchvision
from torch import Tensor

RATIOS = (0.5, 1.0, 2.0)
"""Height over width of the anchors."""
STRIDE = 16
"""Pixels between neighbours on the feature map, and the side of the box all anchors grow from."""


def from_native(boxes: Tensor) -> Tensor:
    """Return boxes (n, 4) of half-open (row_min, col_min, row_max, col_max)."""
    row_min, col_min, row_max, col_max = boxes.unbind(-1)
    return torch.stack([col_min, row_min, col_max - 1, row_max - 1], -1)


def to_native(boxes: Tensor) -> Tensor:
    """Return half-open (row_min, col_min, row_max, col_max) of boxes (n, 4)."""
    x_min, y_min, x_max, y_max = boxes.unbind(-1)
    return torch.stack([y_min, x_min, y_max + 1, x_max + 1], -1)


def encode(boxes: Tensor, anchors: Tensor) -> Tensor:
    """Return the deltas (n, 4) that move and stretch each anchor (n, 4) to its box (n, 4).

    They are the shift of the centre in widths and heights of the anchor, and the logarithms of
    the two ratios of sizes.
    """
    centre, size = _centre_and_size(boxes)
    anchor_centre, anchor_size = _centre_and_size(anchors)
    return torch.cat([(centre - anchor_centre) / anchor_size, (size / anchor_size).log()], -1)


def decode(deltas: Tensor, anchors: Tensor) -> Tensor:
    """Return the boxes (..., 4) that deltas (..., 4) make of anchors (..., 4).

    As in py-faster-rcnn it does not quite undo `encode`: the maximal edges come out 1 pixel larger,
    since a width counts both edges and the half of it is added to the centre. Published weights
    were tested so.
    """
    anchor_centre, anchor_size = _centre_and_size(anchors)
    shift, stretch = deltas.split(2, -1)
    centre = shift * anchor_size + anchor_centre
    half = stretch.exp() * anchor_size * 0.5
    return torch.cat([centre - half, centre + half], -1)


def clip(boxes: Tensor, rows: float, columns: float) -> Tensor:
    """Return boxes (..., 4) cut to an image of so many rows and columns."""
    return torchvision.ops.clip_boxes_to_image(boxes, (rows - 1, columns - 1))


def sizes(boxes: Tensor) -> Tensor:
    """Return widths and heights (n, 2) of boxes (n, 4)."""
    return boxes[..., 2:] - boxes[..., :2] + 1


def overlaps(boxes: Tensor, others: Tensor) -> Tensor:
    """Return intersection over union (n, m), in [0, 1], of boxes (n, 4) with others (m, 4)."""
    return torchvision.ops.box_iou(_half_open(boxes), _half_open(others))


def suppress(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    """Return indices, best score first, of boxes that no better one overlaps too much.

    Non-maximum suppression: a box goes when its intersection over union with a better one that
    stays is above ``threshold``.
    """
    return torchvision.ops.nms(_half_open(boxes), scores, threshold)


def _half_open(boxes: Tensor) -> Tensor:
    """Move the maximal edges, so that the library's plain differences count both edges."""
    return boxes + boxes.new_tensor([0, 0, 1, 1])


def _centre_and_size(boxes: Tensor) -> tuple[Tensor, Tensor]:
    size = sizes(boxes)
    return boxes[..., :2] + 0.5 * size, size


def base_anchors(scales: Sequence[float]) -> np.ndarray:
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


def anchor_grid(scales: Sequence[float], rows: int, columns: int, like: Tensor) -> Tensor:
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
    around = torch.as_tensor(base_anchors(scales), dtype=like.dtype, device=like.device)
    y, x = torch.meshgrid(
        STRIDE * torch.arange(rows, dtype=like.dtype, device=like.device),
        STRIDE * torch.arange(columns, dtype=like.dtype, device=like.device),
        indexing="ij",
    )
    shifts = torch.stack([x, y, x, y], -1)
    return (shifts.reshape(-1, 1, 4) + around).reshape(-1, 4)
