"""Training of the detector on lesion boxes, checked on patients set aside for it.

Proposals and their classes are learnt together, gradients not passing through the proposals'
coordinates, as py-faster-rcnn's end-to-end training does it (Ren et al., "Faster R-CNN", arXiv
1506.01497, section 3.2).
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from lightning.fabric import Fabric
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from tqdm.auto import tqdm

from mammo.datasets.splits import hold_out
from mammo.errors import MammoError
from mammo.files.disk import write_csv
from mammo.models.frcnn_cad import FasterRCNN, boxes
from mammo.training import checkpoint
from mammo.training.detection import Input, Inputs, detect
from mammo.training.devices import Precision, computing
from mammo.training.frcnn_cad_losses import LOSSES, DetectorLosses

HISTORY = "history.csv"

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


def train(
    network: FasterRCNN,
    images: pd.DataFrame,
    lesions: pd.DataFrame,
    settings: DetectorTraining,
    folder: Path,
    fabric: Fabric,
    *,
    seed: int,
    workers: int = 0,
) -> dict[str, Any]:
    """Train the detector in place, up to its best epoch; write checkpoint and history.

    Layers that do not require gradients stay as they are (py-faster-rcnn keeps VGG16's first two
    blocks where it starts from ImageNet's). After each epoch the state is written; an interrupted
    training goes on there and ends with the same numbers.

    Parameters
    ----------
    network : FasterRCNN
    images : DataFrame
        Training images: image_id, path, patient_id (unique over the sets that take part), label.
    lesions : DataFrame
        As `mammo.datasets.lesions.lesions` gives it; those of other images are passed over. An
        image without any teaches what is background.
    settings : DetectorTraining
    folder : Path
        An existing folder, the same for all processes.
    fabric : Fabric
        Launched.
    seed : int
    workers : int
        Processes that read images ahead, for each of the fabric's; 0 for none.

    Returns
    -------
    dict
        ``best_epoch``, ``epochs``, ``best`` (the history's row), ``n_train``, ``n_held_aside``,
        ``n_lesions`` (of the training images), ``settings``, ``seed``, ``processes``.

    Raises
    ------
    MammoError
        If a class is missing among the images set aside, or there is no lesion to learn from.
    """
    if (folder / checkpoint.CHECKPOINT).is_file():
        return checkpoint.load(network, folder)
    images = images.reset_index(drop=True)
    labels, patients = images["label"].to_numpy(int), images["patient_id"].to_numpy(str)
    held = hold_out(labels, patients, settings.held_aside, seed)
    inputs = Inputs(images["path"], network.settings, workers)
    lesions_of_each = _lesions_of_each(images["image_id"], lesions)
    run = _Run(
        inputs, lesions_of_each, labels, np.flatnonzero(~held), np.flatnonzero(held), settings, seed
    )
    run.check(fabric.world_size)
    network.to(fabric.device, memory_format=torch.channels_last)  # a third faster on a processor
    optimizer = _optimizer(network, settings)
    history, best = checkpoint.resume(folder, network, optimizer)
    losses = DetectorLosses(network, settings.anchors_an_image)
    wrapped, stepper = fabric.setup(losses, optimizer)
    for number in range(len(history), settings.epochs):
        losses.to_learnt_deltas()
        means = _epoch(run, wrapped, stepper, number, fabric)
        losses.to_plain_deltas()
        _, scores = detect(network, inputs, run.held, fabric, precision=settings.precision)
        auroc = float(roc_auc_score(labels[run.held], scores))
        history.append({"epoch": number, **means, "held_aside_auroc": auroc})
        if _best_epoch(history) == number:
            best = checkpoint.copy_state(network)
        if fabric.is_global_zero:
            checkpoint.save_epoch(folder, network, optimizer, best, history)
    network.load_state_dict(best)
    number = _best_epoch(history)
    record = {
        "best_epoch": number,
        "epochs": len(history),
        "best": history[number],
        "n_train": len(run.train),
        "n_held_aside": len(run.held),
        "n_lesions": sum(len(lesions_of_each[image][1]) for image in run.train),
        "settings": asdict(settings),
        "seed": seed,
        "processes": fabric.world_size,
    }
    if fabric.is_global_zero:
        write_csv(folder / HISTORY, pd.DataFrame(history))
        checkpoint.save(folder, best, record)
    fabric.barrier()
    return record


@dataclass(frozen=True)
class _Run:
    """What stays the same over a training's epochs."""

    inputs: Inputs
    lesions_of_each: list[tuple[Tensor, Tensor]]
    labels: np.ndarray
    train: np.ndarray
    held: np.ndarray
    settings: DetectorTraining
    seed: int

    def check(self, processes: int) -> None:
        if len(np.unique(self.labels[self.held])) < 2:
            raise MammoError(
                f"the images that choose the epoch have one class only ({len(self.held)} images); "
                "more patients of both classes are needed"
            )
        if not any(len(self.lesions_of_each[image][1]) for image in self.train):
            raise MammoError(
                f"none of the {len(self.train)} training images has a lesion box: a detector needs "
                "outlines, boxes or masks of lesions"
            )
        if len(self.train) < processes:
            raise MammoError(
                f"{len(self.train)} training images are too few for {processes} processes; start "
                "fewer"
            )

    def set_rate(self, optimizer: torch.optim.Optimizer, epochs_done: float) -> None:
        for group in optimizer.param_groups:
            fallen = (1 + math.cos(math.pi * epochs_done / self.settings.epochs)) / 2
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


def _epoch(
    run: _Run,
    wrapped: nn.Module,
    optimizer: torch.optim.Optimizer,
    number: int,
    fabric: Fabric,
) -> dict[str, float]:
    """Train one epoch; return the mean of each loss and of their sum."""
    rng = np.random.default_rng([run.seed, number])
    order, is_flipped = rng.permutation(run.train), rng.integers(2, size=len(run.labels)) == 1
    steps = len(order) // fabric.world_size  # as many in every process
    own = order[fabric.global_rank :: fabric.world_size][:steps]
    total = torch.zeros(len(LOSSES), device=fabric.device)
    cuda = [fabric.device] if fabric.device.type == "cuda" else []
    together = run.settings.images_a_step
    title = f"epoch {number + 1} of {run.settings.epochs}"
    bar = tqdm(total=steps, desc=title, unit="image", disable=not fabric.is_global_zero)
    wrapped.train()
    with bar, torch.random.fork_rng(devices=cuda):
        torch.manual_seed(int(rng.integers(2**31)) + fabric.global_rank)
        for step, entry in enumerate(run.inputs.read(own)):
            run.set_rate(optimizer, number + step / steps)
            lesions, classes = run.lesions_of_each[entry.number]
            x, lesions = _as_input(entry, lesions, is_flipped[entry.number])
            x, lesions, classes = (part.to(fabric.device) for part in (x, lesions, classes))
            is_last = (step + 1) % together == 0 or step + 1 == steps
            with fabric.no_backward_sync(wrapped, enabled=not is_last):
                with computing(fabric.device, run.settings.precision):
                    found = wrapped(x, entry.scale, lesions, classes)
                fabric.backward(found.sum() / together)
            if is_last:
                fabric.clip_gradients(wrapped, optimizer, max_norm=run.settings.largest_gradient)
                optimizer.step()
                optimizer.zero_grad()
            total += found.detach()
            bar.update()
    total = fabric.all_reduce(total, reduce_op="sum").cpu() / (steps * fabric.world_size)
    means = {f"{name}_loss": value.item() for name, value in zip(LOSSES, total, strict=True)}
    return {**means, "train_loss": total.sum().item()}


def _as_input(entry: Input, native: Tensor, is_flipped: bool) -> tuple[Tensor, Tensor]:
    """Return x and the lesions in its pixels, mirrored left to right or not."""
    lesions = boxes.clip(boxes.from_native(native * entry.scale), *entry.x.shape[2:])
    if not is_flipped:
        return entry.x, lesions
    last = entry.x.shape[3] - 1
    x_min, y_min, x_max, y_max = lesions.unbind(1)
    return entry.x.flip(3), torch.stack([last - x_max, y_min, last - x_min, y_max], 1)


def _best_epoch(history: list[dict[str, float]]) -> int:
    return int(np.argmax([row["held_aside_auroc"] for row in history]))
