"""Faster R-CNN's steps between its layers, box by box, from py-faster-rcnn's description of them.

Nothing but numpy and loops: these are what the vectorised code is held against.
"""

import math

import numpy as np


def overlap(one, other) -> float:
    """Intersection over union of two boxes, both edges of each inside."""
    width = min(one[2], other[2]) - max(one[0], other[0]) + 1
    height = min(one[3], other[3]) - max(one[1], other[1]) + 1
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (one, other)]
    return width * height / (sum(areas) - width * height)


def suppress(boxes, scores, threshold: float) -> list[int]:
    """Take the best box, drop those that overlap it too much, go on with the rest."""
    left = sorted(range(len(boxes)), key=lambda index: -scores[index])
    kept = []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [index for index in left if overlap(boxes[best], boxes[index]) <= threshold]
    return kept


def moved(box, delta) -> list[float]:
    """A box after its deltas."""
    width, height = box[2] - box[0] + 1, box[3] - box[1] + 1
    x = box[0] + width / 2 + delta[0] * width
    y = box[1] + height / 2 + delta[1] * height
    width, height = width * math.exp(delta[2]), height * math.exp(delta[3])
    return [x - width / 2, y - height / 2, x + width / 2, y + height / 2]


def clipped(box, rows: int, columns: int) -> list[float]:
    ends = (columns - 1, rows - 1, columns - 1, rows - 1)
    return [max(0, min(edge, end)) for edge, end in zip(box, ends, strict=True)]


def proposals(prob, deltas, anchors, size, scale, settings) -> np.ndarray:
    """Boxes of one map: ``prob`` (2A, h, w), ``deltas`` (4A, h, w), ``anchors`` (A, 4)."""
    found = []
    for row in range(prob.shape[1]):
        for column in range(prob.shape[2]):
            for number, anchor in enumerate(anchors):
                shifted = anchor + 16 * np.array([column, row, column, row])
                delta = deltas[4 * number : 4 * number + 4, row, column].astype(float)
                box = clipped(moved(shifted, delta), *size)
                least = settings.min_size * scale
                if box[2] - box[0] + 1 >= least and box[3] - box[1] + 1 >= least:
                    found.append((prob[len(anchors) + number, row, column], box))
    found = sorted(found, key=lambda entry: -entry[0])[: settings.pre_nms]
    scores, boxes = zip(*found, strict=True)
    kept = suppress(boxes, scores, settings.nms_proposals)[: settings.post_nms]
    return np.array([boxes[index] for index in kept])


def detections(rois, prob, deltas, shape, scale, threshold: float) -> list[tuple]:
    """(label, score, box) of proposals (n, 4), best first, in native pixels."""
    found = []
    for label in (1, 2):
        boxes = [
            clipped(moved(roi / scale, delta[4 * label : 4 * label + 4]), *shape)
            for roi, delta in zip(rois, deltas, strict=True)
        ]
        scores = prob[:, label]
        kept = suppress(boxes, scores, threshold)
        found += [(label, scores[index], boxes[index]) for index in kept]
    return sorted(found, key=lambda entry: -entry[1])
