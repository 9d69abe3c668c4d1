"""Training end2end: a patch classifier first, then the whole-image network made of it.

Shen L, et al. "Deep learning to improve breast cancer detection on screening mammography", Sci Rep
2019;9:12495: patches of five classes in three stages, whole images in two.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from lightning.fabric import Fabric
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from mammo.errors import MammoError
from mammo.models.end2end import End2End, PatchClassifier
from mammo.models.end2end.layer_graph import LayerGraph
from mammo.training.patches import CLASSES, MALIGNANT, Windows
from mammo.training.stages import Stage, StagedSettings, Task, train_in_stages

TOP_CONVOLUTIONS = {"vgg16": 6, "resnet50": 13}
"""Last convolutions of a backbone that the patch classifier's second stage trains.

They are VGG16's blocks 4 and 5, and ResNet50's last stage with the unit before it: what Shen's "top
11" and "top 46 layers" of Keras hold.
"""
PATCH_STAGES = (Stage("last", 1e-3, 3), Stage("top", 1e-4, 10), Stage("all", 1e-5, 37))
"""Shen's stages of a patch classifier that starts with ImageNet's values."""
IMAGE_STAGES = (Stage("top", 1e-4, 30), Stage("all", 1e-5, 20))
"""Shen's stages of a whole-image network that starts with a patch classifier's backbone."""


def train_patches(
    model: PatchClassifier,
    patches: Windows,
    classes: np.ndarray,
    held: np.ndarray,
    stages: Sequence[Stage],
    folder: Path,
    fabric: Fabric,
    *,
    top_convolutions: int,
    settings: StagedSettings,
    seed: int,
) -> dict[str, Any]:
    """Train a patch classifier in place; keep the epoch that best tells cancer from the rest.

    The epoch is chosen by the auROC of malignant against all other patches of the patients held
    aside, scored by the log-odds of the two malignant classes together: what the whole-image
    network is to build on, and less erratic than an accuracy.

    Parameters
    ----------
    model : PatchClassifier
    patches : Windows
        n patches.
    classes : ndarray of int, shape (n,)
        Numbers of `mammo.training.patches.CLASSES`.
    held : ndarray of bool, shape (n,)
        Whether a patch is of a training patient held aside.
    stages : sequence of Stage
        They train "last" (the dense layer), "top" (also the backbone's last convolutions) or
        "all".
    folder, fabric, settings, seed
        See `mammo.training.stages.train_in_stages`, as for what is returned.
    top_convolutions : int
        How many of the backbone's convolutions "top" trains, with all that follows the first.

    Raises
    ------
    MammoError
        If the patches held aside, or the others, are all malignant or all not.
    """
    classes = np.asarray(classes, int)
    _refuse_one_kind(np.isin(classes, MALIGNANT), held, "patches")
    last = list(model.dense.parameters())
    parts = {
        "last": last,
        "top": [*_last_parameters(model.backbone, top_convolutions), *last],
        "all": list(model.parameters()),
    }
    task = Task(
        "train patches",
        model,
        patches,
        classes,
        held,
        parts,
        _patch_loss,
        _patch_figures,
        (len(CLASSES),),
    )
    return train_in_stages(task, stages, settings, folder, fabric, seed=seed)


def train_whole_image(
    model: End2End,
    images: Windows,
    labels: np.ndarray,
    held: np.ndarray,
    stages: Sequence[Stage],
    folder: Path,
    fabric: Fabric,
    *,
    settings: StagedSettings,
    seed: int,
) -> dict[str, Any]:
    """Train a whole-image network in place; keep the epoch of the best auROC.

    Parameters
    ----------
    model : End2End
        With the backbone of a trained patch classifier.
    images : Windows
        n whole images.
    labels : ndarray of int, shape (n,)
        0 or 1.
    held : ndarray of bool, shape (n,)
        Whether an image is of a training patient held aside; the patches' patients, so that the
        backbone has not learnt from them.
    stages : sequence of Stage
        They train "top" (what stands on the backbone) or "all".
    folder, fabric, settings, seed
        See `mammo.training.stages.train_in_stages`, as for what is returned.

    Raises
    ------
    MammoError
        If the images held aside, or the others, are of one class.
    """
    labels = np.asarray(labels, int)
    _refuse_one_kind(labels == 1, held, "images")
    parts = {"top": list(model.top.parameters()), "all": list(model.parameters())}
    task = Task(
        "train whole images", model, images, labels, held, parts, _image_loss, _image_figures
    )
    return train_in_stages(task, stages, settings, folder, fabric, seed=seed)


def malignant_log_odds(logits: np.ndarray) -> np.ndarray:
    """Return the log-odds of cancer (n,) of patches, from the logits (n, 5) of their classes."""
    others = [number for number in range(len(CLASSES)) if number not in MALIGNANT]
    sums = [np.logaddexp.reduce(logits[:, numbers], axis=1) for numbers in (MALIGNANT, others)]
    return sums[0] - sums[1]


def _refuse_one_kind(malignant: np.ndarray, held: np.ndarray, what: str) -> None:
    for name, part in (("training", ~held), ("choosing the epoch", held)):
        if len(np.unique(malignant[part])) < 2:
            raise MammoError(
                f"the {what} for {name} ({int(part.sum())}) are all malignant or all not; more "
                "patients of both kinds are needed"
            )


def _last_parameters(backbone: LayerGraph, convolutions: int) -> list[nn.Parameter]:
    """Return the parameters of the last convolutions and of all layers after the first of them."""
    places = [place for place, layer in enumerate(backbone.layers) if layer["kind"] == "conv"]
    names = [layer["name"] for layer in backbone.layers[places[-convolutions] :]]
    return [values for name in names for values in backbone.get_submodule(name).parameters()]


def _patch_loss(logits: Tensor, classes: Tensor) -> Tensor:
    return cross_entropy(logits, classes, reduction="sum")


def _patch_figures(logits: np.ndarray, classes: np.ndarray) -> dict[str, float]:
    malignant, right = np.isin(classes, MALIGNANT), logits.argmax(axis=1) == classes
    loss = np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(classes)), classes]
    return {
        "held_loss": float(loss.mean()),
        "held_accuracy": float(np.mean([right[classes == c].mean() for c in np.unique(classes)])),
        "held_auroc": float(roc_auc_score(malignant, malignant_log_odds(logits))),
    }


def _image_loss(log_odds: Tensor, labels: Tensor) -> Tensor:
    return binary_cross_entropy_with_logits(log_odds, labels.float(), reduction="sum")


def _image_figures(log_odds: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    loss = np.logaddexp(0, np.where(labels == 1, -log_odds, log_odds))
    return {
        "held_loss": float(loss.mean()),
        "held_auroc": float(roc_auc_score(labels, log_odds)),
    }
