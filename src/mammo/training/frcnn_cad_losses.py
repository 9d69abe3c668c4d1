"""What Faster R-CNN is trained to make small: errors of classes and of boxes, twice.

Ren et al., "Faster R-CNN", arXiv 1506.01497, section 3.1.2; Girshick, "Fast R-CNN", arXiv
1504.08083, section 2.3; numbers as in py-faster-rcnn's end-to-end training.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, smooth_l1_loss
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler, Matcher

from mammo.models.frcnn_cad import CLASSES, FasterRCNN, boxes

LOSSES = ("rpn_class", "rpn_box", "class", "box")

_ANCHORS = Matcher(0.7, 0.3, allow_low_quality_matches=True)
_PROPOSALS = Matcher(0.5, 0.5, allow_low_quality_matches=False)
_PROPOSALS_SAMPLED = BalancedPositiveNegativeSampler(128, 0.25)
_DELTA_SPREAD = (0.1, 0.1, 0.2, 0.2)
_RPN_BETA, _HEAD_BETA = 1 / 9, 1.0  # py-faster-rcnn's sigma of 3 and 1


class DetectorLosses(nn.Module):
    """The network with its four losses, one call a step, so that processes can share gradients.

    The head learns its deltas in units of about their spread (py-faster-rcnn's normalised
    targets). A network at rest, in a checkpoint or detecting, gives them plain: see
    `to_learnt_deltas` and `to_plain_deltas`.
    """

    def __init__(self, network: FasterRCNN, anchors_an_image: int = 256) -> None:
        super().__init__()
        self.network, self.anchors_an_image = network, anchors_an_image

    def forward(self, x: Tensor, scale: float, lesions: Tensor, classes: Tensor) -> Tensor:
        """Return the losses (4,), as `LOSSES` names them, of one image.

        Parameters
        ----------
        x : Tensor, shape (1, 3, rows, columns)
        scale : float
            Pixels of x for a pixel of the image.
        lesions : Tensor, shape (m, 4)
            In pixels of x, as `mammo.models.frcnn_cad.boxes` has them. There may be none: then
            everything found is background.
        classes : Tensor of int64, shape (m,)
            1 benign, 2 malignant.
        """
        network, size = self.network, x.shape[2:]
        features = network.features(x)
        scores, deltas = network.rpn(features)
        around = boxes.anchor_grid(network.settings.anchor_scales, *scores.shape[2:], like=lesions)
        targets = of_anchors(around, lesions, size, self.anchors_an_image)
        logits = scores.reshape(2, network.anchors, *scores.shape[2:]).permute(2, 3, 1, 0)
        rpn = class_and_box(
            logits.reshape(-1, 2)[targets.chosen],
            deltas[0].permute(1, 2, 0).reshape(-1, 4)[targets.chosen],
            targets.labels,
            targets.deltas,
            _RPN_BETA,
        )
        proposals = torch.cat([network.propose(scores, deltas, size, scale), lesions])
        targets = of_proposals(proposals, lesions, classes)
        logits, deltas = network.head(features, [proposals[targets.chosen]])
        of_class = torch.arange(len(logits), device=x.device), targets.labels
        head = class_and_box(
            logits,
            deltas.view(-1, len(CLASSES), 4)[of_class],
            targets.labels,
            targets.deltas / targets.deltas.new_tensor(_DELTA_SPREAD),
            _HEAD_BETA,
        )
        return torch.stack([*rpn, *head])

    def to_learnt_deltas(self) -> None:
        """Let the head give deltas in the units in which it learns them."""
        self._multiply_deltas([1 / spread for spread in _DELTA_SPREAD])

    def to_plain_deltas(self) -> None:
        """Let the head give plain deltas, as detection takes them."""
        self._multiply_deltas(_DELTA_SPREAD)

    @torch.no_grad()
    def _multiply_deltas(self, factors: tuple[float, ...] | list[float]) -> None:
        last = self.network.bbox_pred
        of_row = torch.tensor(factors, device=last.weight.device).repeat(len(CLASSES))
        last.weight *= of_row[:, None]
        last.bias *= of_row


def class_and_box(
    logits: Tensor, deltas: Tensor, labels: Tensor, true_deltas: Tensor, beta: float
) -> tuple[Tensor, Tensor]:
    """Return the cross entropy of classes and the smooth L1 loss of boxes, each over n boxes.

    Parameters
    ----------
    logits : Tensor, shape (n, classes)
    deltas : Tensor, shape (n, 4)
        For the true class of each.
    labels : Tensor of int64, shape (n,)
        0 is background, whose deltas do not count.
    true_deltas : Tensor, shape (n, 4)
    beta : float
        Error at which the smooth L1 loss becomes linear.
    """
    count, is_lesion = max(1, len(labels)), labels > 0
    wrong_class = cross_entropy(logits, labels, reduction="sum")
    wrong_box = smooth_l1_loss(
        deltas[is_lesion], true_deltas[is_lesion], reduction="sum", beta=beta
    )
    return wrong_class / count, wrong_box / count


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
