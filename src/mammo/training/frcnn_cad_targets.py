"""What Faster R-CNN's anchors and proposals are taught: which lesion each one is, and its box.

Ren et al., "Faster R-CNN", arXiv 1506.01497, section 3.1.2; Girshick, "Fast R-CNN", arXiv
1504.08083, section 2.3; numbers as in py-faster-rcnn's end-to-end training.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler, Matcher

from mammo.models.frcnn_cad import boxes

_ANCHORS = Matcher(0.7, 0.3, allow_low_quality_matches=True)
_PROPOSALS = Matcher(0.5, 0.5, allow_low_quality_matches=False)
_PROPOSALS_SAMPLED = BalancedPositiveNegativeSampler(128, 0.25)


@dataclass(frozen=True)
class Targets:
    """What some of the boxes are taught.

    Attributes
    ----------
    chosen : Tensor of int64, shape (n,)
        Which of the boxes.
    labels : Tensor of int64, shape (n,)
        Their classes, 0 for background.
    deltas : Tensor, shape (n, 4)
        From each to its lesion; without meaning for background.
    """

    chosen: Tensor
    labels: Tensor
    deltas: Tensor


def of_anchors(around: Tensor, lesions: Tensor, size: tuple[int, int], most: int = 256) -> Targets:
    """Choose some anchors, at most half of them lesions, from those inside of the image.

    An anchor is a lesion (1) from an overlap of 0.7, or where no other anchor overlaps the lesion
    more; background (0) below 0.3 with every lesion; neither in between. Overlap is intersection
    over union.

    Parameters
    ----------
    around : Tensor, shape (n, 4)
        Anchors, as `mammo.models.frcnn_cad.boxes` has them.
    lesions : Tensor, shape (m, 4)
        There may be none.
    size : (int, int)
        Rows and columns of the network's input.
    most : int
        Anchors to choose.
    """
    rows, columns = size
    is_inside = (around[:, :2] >= 0).all(1) & (around[:, 2] < columns) & (around[:, 3] < rows)
    inside = is_inside.nonzero()[:, 0]
    ones = torch.ones(len(lesions), dtype=torch.int64, device=lesions.device)
    found = _choose(
        around[inside], lesions, ones, _ANCHORS, BalancedPositiveNegativeSampler(most, 0.5)
    )
    return Targets(inside[found.chosen], found.labels, found.deltas)


def of_proposals(proposals: Tensor, lesions: Tensor, classes: Tensor) -> Targets:
    """Choose up to 128 proposals, at most a quarter of them lesions.

    A proposal is of its lesion's class from an overlap of 0.5, else background.

    Parameters
    ----------
    proposals : Tensor, shape (n, 4)
    lesions : Tensor, shape (m, 4)
        There may be none: then all is background.
    classes : Tensor of int64, shape (m,)
        Of the lesions, from 1.
    """
    return _choose(proposals, lesions, classes, _PROPOSALS, _PROPOSALS_SAMPLED)


def _choose(
    found: Tensor,
    lesions: Tensor,
    classes: Tensor,
    matcher: Matcher,
    sampler: BalancedPositiveNegativeSampler,
) -> Targets:
    """Match boxes with lesions and sample both kinds, by torch's random state."""
    labels = torch.zeros(len(found), dtype=torch.int64, device=found.device)
    matched = labels
    overlaps = boxes.overlaps(lesions, found)
    # A lesion that no box touches would be matched with all of them, each its best at 0.
    touched = (overlaps > 0).any(1)
    lesions, classes = lesions[touched], classes[touched]
    if len(lesions):
        matched = matcher(overlaps[touched])
        labels = classes[matched.clamp(min=0)]
        labels[matched == matcher.BELOW_LOW_THRESHOLD] = 0
        labels[matched == matcher.BETWEEN_THRESHOLDS] = -1
    (is_positive,), (is_negative,) = sampler([labels])
    chosen = (is_positive.bool() | is_negative.bool()).nonzero()[:, 0]
    deltas = found.new_zeros(len(chosen), 4)
    if len(lesions):
        of_lesion = lesions[matched[chosen].clamp(min=0)]
        deltas = boxes.encode(of_lesion, found[chosen])
    return Targets(chosen, labels[chosen], deltas)
