"""Training a model on samples, with early stopping on patients set aside for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from lightning.fabric import Fabric
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from tqdm.auto import tqdm

from mammo.datasets.splits import hold_out
from mammo.errors import MammoError
from mammo.files.disk import write_csv
from mammo.training import checkpoint
from mammo.training.devices import Precision, computing
from mammo.training.samples import Samples, logits

HISTORY = "history.csv"
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


def train(
    model: nn.Module,
    samples: Samples,
    labels: np.ndarray,
    patients: np.ndarray,
    settings: TrainingSettings,
    folder: Path,
    fabric: Fabric,
    *,
    seed: int,
) -> dict[str, Any]:
    """Train a model in place, up to its best epoch; write checkpoint and history.

    A `Classifier` learns from `CachedMaps`; a `TransferModel` from `StoredImages` is trained as a
    whole. Every epoch takes each sample once, in an order and in flips that depend on seed and
    epoch alone; a batch is shared out among the processes, and its loss is the mean over the whole
    batch, so the steps are those of one process up to rounding and dropout. After each epoch the
    state is written; an interrupted training goes on there and ends with the same numbers.

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
    folder : Path
        An existing folder, the same for all processes.
    fabric : Fabric
        Launched.
    seed : int

    Returns
    -------
    dict
        ``best_epoch``, ``epochs``, ``best`` (the history's row), ``n_train``, ``n_early_stopping``,
        ``settings``, ``seed``, ``processes``.

    Raises
    ------
    MammoError
        If a class is missing, or there are fewer samples than processes.
    """
    labels = np.asarray(labels, int)
    if (folder / checkpoint.CHECKPOINT).is_file():
        return checkpoint.load(model, folder)
    held = hold_out(labels, patients, settings.early_stopping_fraction, seed)
    run = _Run(model, samples, labels, np.flatnonzero(~held), np.flatnonzero(held), settings, seed)
    run.check(fabric.world_size)
    model.to(fabric.device)
    _standardise(model, samples, run.train, settings, fabric, seed)
    optimizer = torch.optim.AdamW(
        [parameter for parameter in model.parameters() if parameter.requires_grad],
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
    )
    history, best = checkpoint.resume(folder, model, optimizer)
    wrapped, stepper = fabric.setup(model, optimizer)
    bar = tqdm(
        total=settings.epochs,
        initial=len(history),
        desc="training",
        unit="epoch",
        disable=not fabric.is_global_zero,
    )
    while not _is_over(history, settings):
        history.append(_epoch(run, wrapped, stepper, len(history), fabric))
        if _best_epoch(history, settings) == len(history) - 1:
            best = checkpoint.copy_state(model)
        if fabric.is_global_zero:
            checkpoint.save_epoch(folder, model, optimizer, best, history)
        bar.update()
        bar.set_postfix(auroc=f"{history[-1]['early_stopping_auroc']:.3f}")
    bar.close()
    model.load_state_dict(best)
    number = _best_epoch(history, settings)
    record = {
        "best_epoch": number,
        "epochs": len(history),
        "best": history[number],
        "n_train": len(run.train),
        "n_early_stopping": len(run.stop),
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

    model: nn.Module
    samples: Samples
    labels: np.ndarray
    train: np.ndarray
    stop: np.ndarray
    settings: TrainingSettings
    seed: int

    def check(self, processes: int) -> None:
        for name, part in (("training", self.train), ("early stopping", self.stop)):
            if len(np.unique(self.labels[part])) < 2:
                raise MammoError(
                    f"the images for {name} have one class only ({len(part)} images); more "
                    "patients of both classes are needed"
                )
        if min(len(self.train), self.settings.batch_size) < processes:
            raise MammoError(
                f"{len(self.train)} training images in batches of {self.settings.batch_size} are "
                f"too few for {processes} processes; start fewer"
            )

    def weights(self) -> np.ndarray:
        """Return each sample's weight in the loss: mean 1 over the training samples."""
        if not self.settings.balanced:
            return np.ones(len(self.labels))
        count = np.bincount(self.labels[self.train], minlength=2)
        return (count.sum() / (2 * count))[self.labels]


def _epoch(
    run: _Run, wrapped: nn.Module, optimizer: torch.optim.Optimizer, number: int, fabric: Fabric
) -> dict[str, float]:
    """Train one epoch; return its row of the history."""
    rng = np.random.default_rng([run.seed, number])
    order = rng.permutation(run.train)
    flips = rng.integers(len(run.samples.flips), size=len(run.labels))
    weights = run.weights()
    scores = torch.zeros(len(run.labels), device=fabric.device)
    total = torch.zeros((), device=fabric.device)
    cuda = [fabric.device] if fabric.device.type == "cuda" else []
    wrapped.train()
    with torch.random.fork_rng(devices=cuda):
        torch.manual_seed(int(rng.integers(2**31)) + fabric.global_rank)
        for batch in np.array_split(order, max(1, round(len(order) / run.settings.batch_size))):
            own = batch[fabric.global_rank :: fabric.world_size]
            inputs = run.samples.batch(own, flips[own]).to(fabric.device)
            with computing(fabric.device, run.settings.precision):
                found = wrapped(inputs).float()
            summed = binary_cross_entropy_with_logits(
                found,
                torch.from_numpy(run.labels[own]).float().to(fabric.device),
                torch.from_numpy(weights[own]).float().to(fabric.device),
                reduction="sum",
            )
            # DDP averages gradients over processes; this makes that the mean over the whole batch.
            fabric.backward(summed * fabric.world_size / len(batch))
            optimizer.step()
            optimizer.zero_grad()
            scores[torch.from_numpy(own)] = found.detach()
            total += summed.detach()
    scores = fabric.all_reduce(scores, reduce_op="sum").cpu().numpy()
    total = fabric.all_reduce(total, reduce_op="sum").item()
    stop = logits(
        run.model,
        run.samples,
        run.stop,
        fabric,
        batch_size=run.settings.batch_size,
        precision=run.settings.precision,
    )
    truth = run.labels[run.stop]
    losses = weights[run.stop] * np.logaddexp(0, np.where(truth == 1, -stop, stop))
    return {
        "epoch": number,
        "train_loss": total / len(run.train),
        "train_auroc": float(roc_auc_score(run.labels[run.train], scores[run.train])),
        "early_stopping_loss": float(losses.mean()),
        "early_stopping_auroc": float(roc_auc_score(truth, stop)),
    }


@torch.no_grad()
def _standardise(
    model: Any,
    samples: Samples,
    train: np.ndarray,
    settings: TrainingSettings,
    fabric: Fabric,
    seed: int,
) -> None:
    """Set the classifier's channel means and deviations from a sample of the training images."""
    chosen = np.sort(np.random.default_rng(seed).permutation(train)[:_STATISTICS_SAMPLES])
    model.eval()
    count, total, squares = 0, 0.0, 0.0
    with computing(fabric.device, settings.precision):
        for begin in range(0, len(chosen), settings.batch_size):
            part = chosen[begin : begin + settings.batch_size]
            inputs = samples.batch(part, np.zeros(len(part), int)).to(fabric.device)
            maps = model.feature_maps(inputs).cpu().double()
            count += maps.numel() // maps.shape[1]
            total = total + maps.sum((0, 2, 3))
            squares = squares + maps.square().sum((0, 2, 3))
    mean = total / count
    model.standardise_by(
        mean.float(), (squares / count - mean.square()).clamp_min(0).sqrt().float()
    )


def _best_epoch(history: list[dict[str, float]], settings: TrainingSettings) -> int:
    values = [row[f"early_stopping_{settings.monitor}"] for row in history]
    return int(np.argmin(values) if settings.monitor == "loss" else np.argmax(values))


def _is_over(history: list[dict[str, float]], settings: TrainingSettings) -> bool:
    if not history:
        return False
    waited = len(history) - 1 - _best_epoch(history, settings)
    return len(history) >= settings.epochs or waited >= settings.patience
