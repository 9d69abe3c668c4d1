"""The transfer model's training, with early stopping on patients set aside for it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from lightning.fabric import Fabric
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from mammo.datasets.splits import hold_out
from mammo.training.devices import Precision, computing
from mammo.training.fit import Share, Task, batches, refuse_idle_processes
from mammo.training.samples import Samples

_STATISTICS_SAMPLES = 512


@dataclass(frozen=True)
class TrainingSettings:
    """How a model is trained; the paper states none of it.

    Parameters
    ----------
    learning_rate, weight_decay : float
        Of AdamW.
    batch_size : int
        Images a step, over all processes.
    epochs, patience : int
        At most so many epochs; stop after so many without improvement.
    early_stopping_fraction : float
        Fraction of the training patients set aside to watch, in (0, 1).
    monitor : {"loss", "auroc"}
        What is watched.
    balanced : bool
        Whether the loss gives benign and malignant images the same total weight.
    precision : {"auto", "bfloat16", "float32"}
        Of the model's computation; the loss is always float32.
    """

    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    batch_size: int = 32
    epochs: int = 60
    patience: int = 10
    early_stopping_fraction: float = 0.15
    monitor: Literal["loss", "auroc"] = "loss"
    balanced: bool = True
    precision: Precision = "float32"


class TransferTask(Task):
    """The labels of samples; every epoch takes each once, in random order and flips.

    A `Classifier` learns from `CachedMaps`; a `TransferModel` from `StoredImages` is trained as a
    whole. A batch is shared out among the processes, so the steps are those of one process up to
    rounding and dropout.

    Parameters
    ----------
    model : Module
        With ``feature_maps`` and ``standardise_by``, as in `mammo.models.transfer`.
    samples : Samples
        n inputs.
    labels : ndarray of int, shape (n,)
        0 or 1.
    patients : ndarray of str, shape (n,)
        Unique over the data sets that take part.
    settings : TrainingSettings
    fabric : Fabric
        Launched.
    seed : int

    Raises
    ------
    MammoError
        If a class is missing, or there are fewer samples than processes.
    """

    title = "training"

    def __init__(
        self,
        model: nn.Module,
        samples: Samples,
        labels: np.ndarray,
        patients: np.ndarray,
        settings: TrainingSettings,
        fabric: Fabric,
        *,
        seed: int,
    ) -> None:
        held = hold_out(labels, patients, settings.early_stopping_fraction, seed)
        optimizer = torch.optim.AdamW(
            [values for values in model.to(fabric.device).parameters() if values.requires_grad],
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
        )
        super().__init__(model, np.asarray(labels, int), held, optimizer, settings, fabric, seed)
        refuse_idle_processes(min(len(self.train), settings.batch_size), fabric.world_size)
        self.samples = samples
        self.watched = f"early_stopping_{settings.monitor}"
        self.epochs, self.patience = settings.epochs, settings.patience

    def epoch(self, number: int, rng: np.random.Generator) -> dict[str, float]:
        """Train one epoch; return loss and auROC of training and of the samples held aside."""
        if number == 0:
            self._standardise()
        order = rng.permutation(self.train)
        flips = rng.integers(len(self.samples.flips), size=len(self.labels))
        labels, weights, fabric = self.labels, self._weights(), self.fabric
        scores = torch.zeros(len(labels), device=fabric.device)

        def loss(module: nn.Module, own: np.ndarray) -> Tensor:
            found = module(self.samples.batch(own, flips[own]).to(fabric.device)).float()
            scores[torch.from_numpy(own)] = found.detach()
            truth, weight = (torch.from_numpy(values[own]).float() for values in (labels, weights))
            truth, weight = truth.to(fabric.device), weight.to(fabric.device)
            return binary_cross_entropy_with_logits(found, truth, weight, reduction="sum")

        shares = (
            Share(batch[fabric.global_rank :: fabric.world_size], len(batch))
            for batch in batches(order, self.settings.batch_size)
        )
        total = self.learn(shares, loss, rng).item()
        scores = fabric.all_reduce(scores, reduce_op="sum").cpu().numpy()
        held, truth = self.held_logits(self.samples), labels[self.held]
        losses = weights[self.held] * np.logaddexp(0, np.where(truth == 1, -held, held))
        return {
            "train_loss": total / len(self.train),
            "train_auroc": float(roc_auc_score(labels[self.train], scores[self.train])),
            "early_stopping_loss": float(losses.mean()),
            "early_stopping_auroc": float(roc_auc_score(truth, held)),
        }

    def _weights(self) -> np.ndarray:
        """Return each sample's weight in the loss: mean 1 over the training samples."""
        if not self.settings.balanced:
            return np.ones(len(self.labels))
        count = np.bincount(self.labels[self.train], minlength=2)
        return (count.sum() / (2 * count))[self.labels]

    @torch.no_grad()
    def _standardise(self) -> None:
        """Set the classifier's channel means and deviations from some of the training images."""
        order = np.random.default_rng(self.seed).permutation(self.train)
        chosen, size = np.sort(order[:_STATISTICS_SAMPLES]), self.settings.batch_size
        self.model.eval()
        count, total, squares = 0, 0.0, 0.0
        with computing(self.fabric.device, self.settings.precision):
            for begin in range(0, len(chosen), size):
                inputs = self.samples.batch(chosen[begin : begin + size]).to(self.fabric.device)
                maps = self.model.feature_maps(inputs).cpu().double()
                count += maps.numel() // maps.shape[1]
                total = total + maps.sum((0, 2, 3))
                squares = squares + maps.square().sum((0, 2, 3))
        mean = total / count
        std = (squares / count - mean.square()).clamp_min(0).sqrt()
        self.model.standardise_by(mean.float(), std.float())
