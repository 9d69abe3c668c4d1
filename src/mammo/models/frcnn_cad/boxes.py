"""Arithmetic on boxes as py-faster-rcnn does it: both edges belong to the box.

Boxes here are (x_min, y_min, x_max, y_max) in pixels, x along columns; a box from 3 to 5 is three
pixels wide. Ren et al., "Faster R-CNN", arXiv 1506.01497; py-faster-rcnn, lib/fast_rcnn.
"""

from __future__ import annotations

import torch
import torchvision
from torch import Tensor


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
    x_min, y_min, x_max, y_max = boxes.unbind(-1)
    x = [edge.clamp(0, columns - 1) for edge in (x_min, x_max)]
    y = [edge.clamp(0, rows - 1) for edge in (y_min, y_max)]
    return torch.stack([x[0], y[0], x[1], y[1]], -1)


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
