"""Training end2end: a patch classifier first, then the whole-image network made of it.

Shen L, et al. "Deep learning to improve breast cancer detection on screening mammography", Sci Rep
2019;9:12495: patches of five classes in three stages, whole images in two.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from lightning.fabric import Fabric
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from mammo.models.end2end import End2End, PatchClassifier
from mammo.models.end2end.layer_graph import LayerGraph
from mammo.training.fit import refuse_one_class
from mammo.training.patches import CLASSES, MALIGNANT, Windows
from mammo.training.stages import Stage, StagedSettings, StagedTask

TOP_CONVOLUTIONS = {"vgg16": 6, "resnet50": 13}
"""Last convolutions of a backbone that the patch classifier's second stage trains.

They are VGG16's blocks 4 and 5, and ResNet50's last stage with the unit before it: what Shen's "top
11" and "top 46 layers" of Keras hold.
"""
PATCH_STAGES = (Stage("last", 1e-3, 3), Stage("top", 1e-4, 10), Stage("all", 1e-5, 37))
"""Shen's stages of a patch classifier that starts with ImageNet's values."""
IMAGE_STAGES = (Stage("top", 1e-4, 30), Stage("all", 1e-5, 20))
"""Shen's stages of a whole-image network that starts with a patch classifier's backbone."""


class PatchTask(StagedTask):
    """The class of patches; the epoch is kept that best tells cancer from the rest.

    It is chosen by the auROC of malignant against all other patches of the patients held aside,
    scored by the log-odds of the two malignant classes together: what the whole-image network is
    to build on, and less erratic than an accuracy.

    Parameters
    ----------
    model : PatchClassifier
    patches, classes, held, stages, settings, fabric, seed
        See `mammo.training.stages.StagedTask`; classes are numbers of
        `mammo.training.patches.CLASSES`, and stages train "last" (the dense layer), "top" (also
        the backbone's last convolutions) or "all".
    top_convolutions : int
        How many of the backbone's convolutions "top" trains, with all that follows the first.

    Raises
    ------
    MammoError
        If the patches held aside, or the others, are all malignant or all not.
    """

    title = "train patches"
    output_shape = (len(CLASSES),)

    def __init__(
        self,
        model: PatchClassifier,
        patches: Windows,
        classes: np.ndarray,
        held: np.ndarray,
        stages: Sequence[Stage],
        settings: StagedSettings,
        fabric: Fabric,
        *,
        top_convolutions: int,
        seed: int,
    ) -> None:
        classes = np.asarray(classes, int)
        refuse_one_class(np.isin(classes, MALIGNANT), held, "patches")
        last = list(model.dense.parameters())
        parts = {
            "last": last,
            "top": [*_last_parameters(model.backbone, top_convolutions), *last],
            "all": list(model.parameters()),
        }
        super().__init__(model, patches, classes, held, stages, parts, settings, fabric, seed)

    def loss(self, logits: Tensor, classes: Tensor) -> Tensor:
        """Return the summed cross entropy of logits (B, 5)."""
        return cross_entropy(logits, classes, reduction="sum")

    def figures(self, logits: np.ndarray, classes: np.ndarray) -> dict[str, float]:
        """Return loss, accuracy (the mean over classes) and auROC of cancer."""
        malignant, right = np.isin(classes, MALIGNANT), logits.argmax(axis=1) == classes
        loss = np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(classes)), classes]
        accuracy = np.mean([right[classes == c].mean() for c in np.unique(classes)])
        return {
            "held_loss": float(loss.mean()),
            "held_accuracy": float(accuracy),
            "held_auroc": float(roc_auc_score(malignant, malignant_log_odds(logits))),
        }


class WholeImageTask(StagedTask):
    """The label of whole images; the epoch of the best auROC is kept.

    Parameters
    ----------
    model : End2End
        With the backbone of a trained patch classifier.
    images, labels, held, stages, settings, fabric, seed
        See `mammo.training.stages.StagedTask`; labels are 0 or 1, the patients held aside those of
        the patches, so that the backbone has not learnt from them, and stages train "top" (what
        stands on the backbone) or "all".

    Raises
    ------
    MammoError
        If the images held aside, or the others, are of one class.
    """

    title = "train whole images"

    def __init__(
        self,
        model: End2End,
        images: Windows,
        labels: np.ndarray,
        held: np.ndarray,
        stages: Sequence[Stage],
        settings: StagedSettings,
        fabric: Fabric,
        *,
        seed: int,
    ) -> None:
        labels = np.asarray(labels, int)
        refuse_one_class(labels, held)
        parts = {"top": list(model.top.parameters()), "all": list(model.parameters())}
        super().__init__(model, images, labels, held, stages, parts, settings, fabric, seed)

    def loss(self, log_odds: Tensor, labels: Tensor) -> Tensor:
        """Return the summed cross entropy of log-odds (B,)."""
        return binary_cross_entropy_with_logits(log_odds, labels.float(), reduction="sum")

    def figures(self, log_odds: np.ndarray, labels: np.ndarray) -> dict[str, float]:
        """Return loss and auROC."""
        loss = np.logaddexp(0, np.where(labels == 1, -log_odds, log_odds))
        return {
            "held_loss": float(loss.mean()),
            "held_auroc": float(roc_auc_score(labels, log_odds)),
        }


def malignant_log_odds(logits: np.ndarray) -> np.ndarray:
    """Return the log-odds of cancer (n,) of patches, from the logits (n, 5) of their classes."""
    others = [number for number in range(len(CLASSES)) if number not in MALIGNANT]
    sums = [np.logaddexp.reduce(logits[:, numbers], axis=1) for numbers in (MALIGNANT, others)]
    return sums[0] - sums[1]


def _last_parameters(backbone: LayerGraph, convolutions: int) -> list[nn.Parameter]:
    """Return the parameters of the last convolutions and of all layers after the first of them."""
    places = [place for place, layer in enumerate(backbone.layers) if layer["kind"] == "conv"]
    names = [layer["name"] for layer in backbone.layers[places[-convolutions] :]]
    return [values for name in names for values in backbone.get_submodule(name).parameters()]
