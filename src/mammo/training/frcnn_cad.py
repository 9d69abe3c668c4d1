"""The detector's training on lesion boxes, checked on patients set aside for it.

Proposals and their classes are learnt together, gradients not passing through the proposals'
coordinates, as py-faster-rcnn's end-to-end training does it (Ren et al., "Faster R-CNN", arXiv
1506.01497, section 3.2).
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import torch
from lightning.fabric import Fabric
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from tqdm.auto import tqdm

from mammo.datasets.splits import hold_out
from mammo.errors import MammoError
from mammo.models.frcnn_cad import FasterRCNN, boxes
from mammo.training.detection import Input, Inputs, detect
from mammo.training.devices import Precision
from mammo.training.fit import Share, Task, refuse_idle_processes
from mammo.training.frcnn_cad_losses import LOSSES, DetectorLosses

_NARROW_INPUTS = 72  # of a 3 x 3 convolution of 8 channels: it learns at the full rate
_EDGES = ["row_min", "col_min", "row_max", "col_max"]


@dataclass(frozen=True)
class DetectorTraining:
    """How the detector is trained.

    Parameters
    ----------
    optimizer : {"sgd", "adamw"}
        SGD has momentum 0.9, as py-faster-rcnn; AdamW suits small networks without pretraining.
    learning_rate, weight_decay : float
        Of the optimizer; the rate falls to nought along half a cosine over all epochs.
    images_a_step : int
        Images, one after another in each process, whose mean gradient makes a step. The lesions of
        one image are mostly of one class, which makes the steps of single images disagree.
    anchors_an_image : int
        Anchors that teach where lesions are. On small images a lesion has about one anchor, which
        counts more among fewer.
    epochs : int
        Each takes every training image once, flipped or not; the best by auROC is kept.
    held_aside : float
        Fraction of the patients that choose the epoch, in (0, 1).
    largest_gradient : float
        Norm to which longer gradients are cut.
    precision : {"auto", "bfloat16", "float32"}
        Of convolutions and dense layers; boxes and losses are float32.
    """

    optimizer: Literal["sgd", "adamw"] = "sgd"
    learning_rate: float = 1e-3
    weight_decay: float = 5e-4
    images_a_step: int = 1
    anchors_an_image: int = 256
    epochs: int = 10
    held_aside: float = 0.15
    largest_gradient: float = 10.0
    precision: Precision = "float32"


class DetectorTask(Task):
    """Lesions and their classes; every epoch takes each image once, flipped or not.

    Layers that do not require gradients stay as they are (py-faster-rcnn keeps VGG16's first two
    blocks where it starts from ImageNet's).

    Parameters
    ----------
    network : FasterRCNN
    images : DataFrame
        Training images: image_id, path, patient_id (unique over the sets that take part), label.
    lesions : DataFrame
        As `mammo.datasets.lesions.lesions` gives it; those of other images are passed over. An
        image without any teaches what is background.
    settings : DetectorTraining
    fabric : Fabric
        Launched.
    seed : int
    workers : int
        Processes that read images ahead, for each of the fabric's; 0 for none.

    Raises
    ------
    MammoError
        If a class is missing, there is no lesion to learn from, or fewer images than processes.
    """

    title = "train detector"

    def __init__(
        self,
        network: FasterRCNN,
        images: pd.DataFrame,
        lesions: pd.DataFrame,
        settings: DetectorTraining,
        fabric: Fabric,
        *,
        seed: int,
        workers: int = 0,
    ) -> None:
        labels, patients = images["label"].to_numpy(int), images["patient_id"].to_numpy(str)
        held = hold_out(labels, patients, settings.held_aside, seed)
        # A third faster on a processor.
        network.to(fabric.device, memory_format=torch.channels_last)
        optimizer = _optimizer(network, settings)
        super().__init__(network, labels, held, optimizer, settings, fabric, seed)
        refuse_idle_processes(len(self.train), fabric.world_size)
        self.module = DetectorLosses(network, settings.anchors_an_image)
        self.epochs, self.largest_gradient = settings.epochs, settings.largest_gradient
        self.inputs = Inputs(list(images["path"]), network.settings, workers)
        self.lesions_of_each = _lesions_of_each(images["image_id"], lesions)
        n_lesions = sum(len(self.lesions_of_each[image][1]) for image in self.train)
        self.facts = {"n_lesions": n_lesions}
        if not n_lesions:
            raise MammoError(
                f"none of the {len(self.train)} training images has a lesion box: a detector needs "
                "outlines, boxes or masks of lesions"
            )

    def epoch(self, number: int, rng: np.random.Generator) -> dict[str, float]:
        """Train one epoch; return the mean losses and the auROC of the images held aside."""
        fabric, precision = self.fabric, self.settings.precision
        order, is_flipped = rng.permutation(self.train), rng.integers(2, size=len(self.labels)) == 1
        steps = len(order) // fabric.world_size  # as many in every process
        own = order[fabric.global_rank :: fabric.world_size][:steps]

        def loss(module: nn.Module, entry: Input) -> Tensor:
            lesions, classes = self.lesions_of_each[entry.number]
            x, lesions = _as_input(entry, lesions, is_flipped[entry.number])
            x, lesions, classes = (part.to(fabric.device) for part in (x, lesions, classes))
            return module(x, entry.scale, lesions, classes)

        self.module.to_learnt_deltas()
        total = self.learn(self._shares(own, number), loss, rng) / (steps * fabric.world_size)
        self.module.to_plain_deltas()
        _, scores = detect(self.model, self.inputs, self.held, fabric, precision=precision)
        means = {f"{name}_loss": value.item() for name, value in zip(LOSSES, total, strict=True)}
        auroc = float(roc_auc_score(self.labels[self.held], scores))
        return {**means, "train_loss": total.sum().item(), "held_auroc": auroc}

    def _shares(self, own: np.ndarray, number: int) -> Iterator[Share]:
        """Yield the images, the learning rate falling with each; some make a step together."""
        together, fabric = self.settings.images_a_step, self.fabric
        title = f"epoch {number + 1} of {self.settings.epochs}"
        read = self.inputs.read(own)
        bar = tqdm(
            read, title, len(own), unit="image", leave=False, disable=not fabric.is_global_zero
        )
        for place, entry in enumerate(bar):
            self._set_rate(number + place / len(own))
            count = min(together, len(own) - place // together * together)
            is_last = (place + 1) % together == 0 or place + 1 == len(own)
            yield Share(entry, count * fabric.world_size, is_last)

    def _set_rate(self, epochs_done: float) -> None:
        fallen = (1 + math.cos(math.pi * epochs_done / self.settings.epochs)) / 2
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate * fallen * group["share"]


def _lesions_of_each(image_ids: pd.Series, lesions: pd.DataFrame) -> list[tuple[Tensor, Tensor]]:
    """Return each image's lesions, half open in native pixels, and their classes."""
    of_image = lesions.groupby("image_id")
    found = []
    for image in image_ids:
        own = of_image.get_group(image) if image in of_image.groups else lesions[:0]
        native = torch.from_numpy(own[_EDGES].to_numpy(np.float32, copy=True))
        malignant = torch.from_numpy(own["malignant"].to_numpy(np.int64, copy=True))
        found.append((native.view(-1, 4), 1 + malignant))
    return found


def _optimizer(network: FasterRCNN, settings: DetectorTraining) -> torch.optim.Optimizer:
    """Return the optimizer; each of its groups has its share of the learning rate.

    A step of AdamW moves every weight alike, and so an output by as much as it has inputs: fc6 with
    its thousands would go dead at a rate at which the first layers hardly learn. The share of a
    layer falls with its inputs (Yang et al., "Tensor Programs V", arXiv 2203.03466).
    """
    learnt = [values for values in network.parameters() if values.requires_grad]
    rates = {"lr": settings.learning_rate, "weight_decay": settings.weight_decay}
    if settings.optimizer == "sgd":
        return torch.optim.SGD([{"params": learnt, "share": 1.0}], momentum=0.9, **rates)
    alike: dict[float, list[nn.Parameter]] = defaultdict(list)
    for values in learnt:
        alike[min(1.0, _NARROW_INPUTS / values[0].numel())].append(values)
    groups = [{"params": values, "share": share} for share, values in alike.items()]
    return torch.optim.AdamW(groups, **rates)


def _as_input(entry: Input, native: Tensor, is_flipped: bool) -> tuple[Tensor, Tensor]:
    """Return x and the lesions in its pixels, mirrored left to right or not."""
    lesions = boxes.clip(boxes.from_native(native * entry.scale), *entry.x.shape[2:])
    if not is_flipped:
        return entry.x, lesions
    last = entry.x.shape[3] - 1
    x_min, y_min, x_max, y_max = lesions.unbind(1)
    return entry.x.flip(3), torch.stack([last - x_max, y_min, last - x_min, y_max], 1)
