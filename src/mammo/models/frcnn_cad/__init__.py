"""frcnn_cad: Faster R-CNN on VGG16, which draws boxes around benign and malignant lesions.

Ribli et al., "Detecting and classifying lesions in mammograms with Deep Learning", Sci Rep
2018;8:4165; the network, its proposals and its box arithmetic are those of py-faster-rcnn (Ren et
al., "Faster R-CNN", arXiv 1506.01497).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.ops import roi_pool

from mammo.models.frcnn_cad import boxes, preparation

CLASSES = ("background", "benign", "malignant")
"""Names of the class scores, in order."""
BLOCKS = (
    (("conv1_1", 64), ("conv1_2", 64)),
    (("conv2_1", 128), ("conv2_2", 128)),
    (("conv3_1", 256), ("conv3_2", 256), ("conv3_3", 256)),
    (("conv4_1", 512), ("conv4_2", 512), ("conv4_3", 512)),
    (("conv5_1", 512), ("conv5_2", 512), ("conv5_3", 512)),
)
"""VGG16's convolutions and their channels, with a pooling between the blocks."""
_POOLED = 7
_GREY_SPREAD = 64.0
_OUTPUT_SPREAD = dict.fromkeys(("rpn_cls_score", "rpn_bbox_pred", "cls_score"), 0.01)
_OUTPUT_SPREAD["bbox_pred"] = 0.001
_MALIGNANT = CLASSES.index("malignant")


@dataclass(frozen=True)
class DetectorSettings:
    """Size of the network and of its input, and what becomes of its boxes.

    The defaults are the published model's, as the NYU metarepository ran it.

    Parameters
    ----------
    width : float
        Factor of the channels of every convolution, each of which keeps at least 8.
    hidden : int
        Units of fc6 and of fc7.
    dropout : float
        Fraction of them dropped in training.
    short_side, long_side : int
        Pixels of the input: its short side, unless its long side would become longer than
        ``long_side``. The author's demonstration has 1737 and 2145.
    window : (float, float) or None
        Stored values below and above the breast's most frequent one that become 0 and 255; None
        keeps the whole range. The author's for INbreast is (500, 800).
    anchor_scales : tuple of float
        Sides of the anchors in units of 16 pixels.
    pre_nms, post_nms : int
        Proposals kept before and after suppression, best first.
    nms_proposals, nms_detections : float
        Intersection over union above which the worse of two boxes goes.
    min_size : float
        Least width and height of a proposal, in pixels of the image before its resize.
    score_threshold : float
        Least probability of a detection; the author's list of detections starts at 0.07.
    """

    width: float = 1.0
    hidden: int = 4096
    dropout: float = 0.5
    short_side: int = 1700
    long_side: int = 2100
    window: tuple[float, float] | None = None
    anchor_scales: tuple[float, ...] = (8, 16, 32)
    pre_nms: int = 6000
    post_nms: int = 300
    nms_proposals: float = 0.7
    nms_detections: float = 0.1
    min_size: float = 16
    score_threshold: float = 0.0

    def channels(self, published: int) -> int:
        """Return the channels of a convolution that has so many in the published network."""
        return max(8, round(self.width * published))


PUBLISHED = DetectorSettings()
"""Those of the released weights."""


@dataclass(frozen=True)
class Detections:
    """What the detector found on one image, best first.

    Attributes
    ----------
    boxes : numpy.ndarray of float64, shape (n, 4)
        Half-open (row_min, col_min, row_max, col_max) in native pixels.
    labels : numpy.ndarray of int64, shape (n,)
        1 benign, 2 malignant.
    scores : numpy.ndarray of float64, shape (n,)
        Probability of the label, in [0, 1].
    """

    boxes: np.ndarray
    labels: np.ndarray
    scores: np.ndarray


def image_score(detections: Detections) -> float:
    """Return the highest malignant score of an image, 0.0 where nothing malignant was found."""
    return float(detections.scores[detections.labels == _MALIGNANT].max(initial=0.0))


class FasterRCNN(nn.Module):
    """Faster R-CNN on VGG16; each convolution and dense layer has the name it has in Caffe.

    Boxes inside of the network are (x_min, y_min, x_max, y_max) in pixels of its input, both edges
    inside (`mammo.models.frcnn_cad.boxes`).
    """

    def __init__(self, settings: DetectorSettings) -> None:
        super().__init__()
        self.settings = settings
        incoming = 3
        for name, published in (layer for block in BLOCKS for layer in block):
            channels = settings.channels(published)
            self.add_module(name, nn.Conv2d(incoming, channels, 3, padding=1))
            incoming = channels
        self.anchors = len(boxes.RATIOS) * len(settings.anchor_scales)
        between = settings.channels(512)
        self.rpn_conv_3x3 = nn.Conv2d(incoming, between, 3, padding=1)
        self.rpn_cls_score = nn.Conv2d(between, 2 * self.anchors, 1)
        self.rpn_bbox_pred = nn.Conv2d(between, 4 * self.anchors, 1)
        self.fc6 = nn.Linear(incoming * _POOLED**2, settings.hidden)
        self.fc7 = nn.Linear(settings.hidden, settings.hidden)
        self.cls_score = nn.Linear(settings.hidden, len(CLASSES))
        self.bbox_pred = nn.Linear(settings.hidden, 4 * len(CLASSES))
        self.dropout = nn.Dropout(settings.dropout)

    def features(self, x: Tensor) -> Tensor:
        """Return the maps (B, C, h, w) after conv5_3 of input (B, 3, rows, columns)."""
        for number, block in enumerate(BLOCKS):
            if number:
                # Caffe rounds a pooled size up.
                x = nn.functional.max_pool2d(x, 2, ceil_mode=True)
            for name, _ in block:
                x = self.get_submodule(name)(x).relu_()
        return x

    def rpn(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores (B, 2A, h, w) and deltas (B, 4A, h, w) of the A anchors of each position.

        The first A scores are logits of background, the next A of a lesion; an anchor's four
        deltas stand together.
        """
        between = self.rpn_conv_3x3(features).relu_()
        # Under autocast too, coordinates of boxes need float32.
        return self.rpn_cls_score(between).float(), self.rpn_bbox_pred(between).float()

    @torch.no_grad()
    def propose(
        self, scores: Tensor, deltas: Tensor, size: tuple[int, int], scale: float
    ) -> Tensor:
        """Return the boxes (n, 4) worth a look, best first; no gradient passes.

        Parameters
        ----------
        scores, deltas : Tensor
            Of `rpn`, for one image.
        size : (int, int)
            Rows and columns of the network's input.
        scale : float
            Pixels of the input for a pixel of the image.
        """
        kept = self.settings
        lesion = scores.reshape(2, self.anchors, *scores.shape[2:]).softmax(0)[1]
        lesion = lesion.permute(1, 2, 0).flatten()
        deltas = deltas[0].permute(1, 2, 0).reshape(-1, 4)
        around = boxes.anchor_grid(kept.anchor_scales, *scores.shape[2:], like=deltas)
        proposals = boxes.clip(boxes.decode(deltas, around), *size)
        large = (boxes.sizes(proposals) >= kept.min_size * scale).all(1)
        proposals, lesion = proposals[large], lesion[large]
        best = lesion.argsort(descending=True, stable=True)[: kept.pre_nms]
        proposals, lesion = proposals[best], lesion[best]
        return proposals[boxes.suppress(proposals, lesion, kept.nms_proposals)[: kept.post_nms]]

    def head(self, features: Tensor, proposals: Tensor | list[Tensor]) -> tuple[Tensor, Tensor]:
        """Return class scores (n, 3), as logits, and deltas (n, 12), four for each class.

        Parameters
        ----------
        features : Tensor, shape (B, C, h, w)
        proposals : Tensor, shape (n, 5), or list of Tensor, shape (n_i, 4)
            Boxes led by the number of their image in the batch, or a list of boxes for each image.
        """
        pooled = roi_pool(features.float(), proposals, _POOLED, 1 / boxes.STRIDE).flatten(1)
        hidden = self.dropout(self.fc6(pooled).relu())
        hidden = self.dropout(self.fc7(hidden).relu())
        return self.cls_score(hidden).float(), self.bbox_pred(hidden).float()

    def forward(self, x: Tensor, scale: float) -> tuple[Tensor, Tensor, Tensor]:
        """Return proposals (n, 4), probabilities (n, 3) and deltas (n, 12) of one input."""
        features = self.features(x)
        proposals = self.propose(*self.rpn(features), x.shape[2:], scale)
        scores, deltas = self.head(features, [proposals])
        return proposals, scores.softmax(1), deltas

    def detect(self, pixels: np.ndarray, bits_stored: int | None = None) -> Detections:
        """Find the lesions of one image; call it in evaluation mode.

        Parameters
        ----------
        pixels : numpy.ndarray of float, shape (rows, columns)
            Presentation values in [0, 1].
        bits_stored : int, optional
            As the image has it; needed where the settings have a window.
        """
        kept = self.settings
        x, scale = preparation.prepare(
            pixels, kept.short_side, kept.long_side, kept.window, bits_stored
        )
        return self.detect_in(x, scale, pixels.shape)

    @torch.inference_mode()
    def detect_in(self, x: Tensor, scale: float, shape: tuple[int, int]) -> Detections:
        """Find the lesions of one image of this native shape, given what `prepare` made of it."""
        proposals, probabilities, deltas = self(x.to(self.fc6.weight.device), scale)
        deltas = deltas.view(-1, len(CLASSES), 4)
        # The deltas of the classes are applied in native pixels.
        found = boxes.clip(boxes.decode(deltas, (proposals / scale)[:, None]), *shape)
        return self._select(found, probabilities)

    def _select(self, found: Tensor, probabilities: Tensor) -> Detections:
        """Keep, class by class, the boxes (n, 3, 4) that score and that no better one covers."""
        kept, labels, scores = [], [], []
        for label in range(1, len(CLASSES)):
            score = probabilities[:, label]
            chosen = boxes.suppress(found[:, label], score, self.settings.nms_detections)
            chosen = chosen[score[chosen] >= self.settings.score_threshold]
            kept.append(boxes.to_native(found[chosen, label]))
            labels.append(torch.full_like(chosen, label))
            scores.append(score[chosen])
        order = torch.cat(scores).argsort(descending=True, stable=True)
        return Detections(
            torch.cat(kept)[order].cpu().numpy().astype(np.float64),
            torch.cat(labels)[order].cpu().numpy(),
            torch.cat(scores)[order].cpu().numpy().astype(np.float64),
        )


def build(settings: DetectorSettings, seed: int) -> FasterRCNN:
    """Return a network with random values: He's for the layers with ReLU, else py-faster-rcnn's.

    He et al., "Delving deep into rectifiers", ICCV 2015. Its rule takes an input of unit variance;
    grey levels spread far wider, so that the first convolution is divided by their spread.

    Parameters
    ----------
    settings : DetectorSettings
    seed : int
    """
    with torch.device("meta"):
        network = FasterRCNN(settings)
    network.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, layer in network.named_children():
            if name == "dropout":
                continue
            spread = _OUTPUT_SPREAD.get(name, (2 / layer.weight[0].numel()) ** 0.5)
            layer.weight.normal_(0, spread, generator=generator)
            layer.bias.zero_()
        network.conv1_1.weight /= _GREY_SPREAD
    return network
