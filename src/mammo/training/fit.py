"""The loop of every training: steps in seeded order, the best epoch kept, going on after a kill."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from lightning.fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer
from tqdm.auto import tqdm

from mammo.errors import MammoError
from mammo.files.disk import write_csv
from mammo.training import checkpoint
from mammo.training.batch_norm import set_to_training
from mammo.training.devices import computing, reproducible
from mammo.training.samples import Batches, logits

HISTORY = "history.csv"
Loss = Callable[[nn.Module, Any], Tensor]
"""The summed loss, or losses, of what a `Share` holds."""


class Share(NamedTuple):
    """What one process computes at once: a step's batch, or a part of it.

    Attributes
    ----------
    data : object
        What the loss takes in.
    of : int
        Samples of the whole step, over all its shares and processes.
    ends_step : bool
        Whether the optimizer makes its step after it.
    """

    data: Any
    of: int
    ends_step: bool = True


class Task(ABC):
    """What a model learns, and how it is told whether it has.

    Parameters
    ----------
    model : Module
        Trained in place; on the device.
    labels : ndarray of int, shape (n,)
        Of the samples.
    held : ndarray of bool, shape (n,)
        Whether a sample is of a patient held aside, to choose the epoch that is kept.
    optimizer : Optimizer
        Of the model's parameters.
    settings : dataclass
        With the ``precision`` of the model's computation.
    fabric : Fabric
        Launched; its processes share the samples of each step.
    seed : int
        What an epoch draws depends on it and on the epoch alone.

    Attributes
    ----------
    module : Module
        What the loss runs: the model, or a module that holds it.
    title, what : str
        Of the progress bar; what the samples are, in words.
    epochs : int
        At most so many.
    watched : str
        The figure that chooses the epoch: the least if it is a loss, else the greatest.
    patience : int
        Stop after so many epochs without improvement.
    largest_gradient : float, optional
        Norm to which longer gradients are cut.
    facts : dict
        What else the training's record is to hold.

    Raises
    ------
    MammoError
        If the samples held aside, or the others, are all of cancer or all not.
    """

    title, what = "train", "images"
    epochs: int
    watched = "held_auroc"
    patience: float = math.inf
    largest_gradient: float | None = None

    def __init__(
        self,
        model: nn.Module,
        labels: np.ndarray,
        held: np.ndarray,
        optimizer: Optimizer,
        settings: Any,
        fabric: Fabric,
        seed: int,
    ) -> None:
        _refuse_one_class(self.is_cancer(labels), held, self.what)
        self.model = self.module = model
        self.labels, self.train, self.held = labels, np.flatnonzero(~held), np.flatnonzero(held)
        self.optimizer, self.settings, self.fabric, self.seed = optimizer, settings, fabric, seed
        self.facts: dict[str, Any] = {}
        self._trained: list[bool] = []

    def is_cancer(self, labels: np.ndarray) -> np.ndarray:
        """Return which labels are of cancer."""
        return labels == 1

    @abstractmethod
    def epoch(self, number: int, rng: np.random.Generator) -> dict[str, Any]:
        """Train one epoch; return its figures."""

    def learn(self, shares: Iterable[Share], loss: Loss, rng: np.random.Generator) -> Tensor:
        """Take the steps of an epoch.

        Parameters
        ----------
        shares : iterable of Share
            As many in every process.
        loss : callable
            The module as Fabric wraps it, and a share's data, to the summed loss of its samples;
            several losses are added up.
        rng : Generator
            It seeds dropout.

        Returns
        -------
        Tensor
            The losses, summed over the samples of all processes.
        """
        fabric, precision = self.fabric, self.settings.precision
        module, optimizer = self._set_up()
        cuda = [fabric.device] if fabric.device.type == "cuda" else []
        total = torch.zeros((), device=fabric.device)
        set_to_training(module)
        with torch.random.fork_rng(devices=cuda), reproducible():
            torch.manual_seed(int(rng.integers(2**31)) + fabric.global_rank)
            for data, of, ends_step in shares:
                with fabric.no_backward_sync(module, enabled=not ends_step):
                    with computing(fabric.device, precision):
                        found = loss(module, data)
                    # DDP averages over processes; this makes it the mean over the whole step.
                    fabric.backward(found.sum() * fabric.world_size / of)
                if ends_step:
                    if self.largest_gradient:
                        fabric.clip_gradients(module, optimizer, max_norm=self.largest_gradient)
                    optimizer.step()
                    optimizer.zero_grad()
                total = total + found.detach()
        return fabric.all_reduce(total, reduce_op="sum").cpu()

    def _set_up(self) -> tuple[nn.Module, Any]:
        """Return module and optimizer wrapped; anew if other parts are trained: DDP notes those."""
        trained = [values.requires_grad for values in self.module.parameters()]
        if trained != self._trained:
            self._trained = trained
            self._wrapped = self.fabric.setup(self.module, self.optimizer)
        return self._wrapped

    def held_logits(self, samples: Batches, classes: tuple[int, ...] = ()) -> np.ndarray:
        """Return the model's logits of the samples held aside, as they are."""
        how = {"batch_size": self.settings.batch_size, "precision": self.settings.precision}
        return logits(self.model, samples, self.held, self.fabric, classes=classes, **how)

    def best_epoch(self, history: list[dict[str, Any]]) -> int:
        """Return the first of the best epochs."""
        values = [row[self.watched] for row in history]
        return int(np.argmin(values) if self.watched.endswith("loss") else np.argmax(values))

    def is_over(self, history: list[dict[str, Any]]) -> bool:
        """Return whether the last epoch is reached, or the patience is at its end."""
        waited = len(history) - 1 - self.best_epoch(history) if history else -1
        return len(history) >= self.epochs or waited >= self.patience


def fit(task: Task, folder: Path) -> dict[str, Any]:
    """Train a task's model, up to its best epoch; write checkpoint and history.

    After each epoch the state is written; an interrupted training goes on there and ends with the
    same numbers, and a finished one is read.

    Parameters
    ----------
    task : Task
    folder : Path
        An existing folder, the same for all processes.

    Returns
    -------
    dict
        ``best_epoch``, ``epochs``, ``best`` (the history's row), ``n_train``, ``n_held``, the
        task's facts, ``settings``, ``seed``, ``processes``.
    """
    model, fabric = task.model, task.fabric
    if (folder / checkpoint.CHECKPOINT).is_file():
        return checkpoint.load(model, folder)
    is_first = fabric.is_global_zero
    history, best = checkpoint.resume(folder, model, task.optimizer)
    with tqdm(None, task.title, task.epochs, unit="epoch", disable=not is_first) as bar:
        bar.update(len(history))
        while not task.is_over(history):
            number = len(history)
            row = task.epoch(number, np.random.default_rng([task.seed, number]))
            history.append({"epoch": number, **row})
            if task.best_epoch(history) == number:
                best = checkpoint.copy_state(model)
            if is_first:
                checkpoint.save_epoch(folder, model, task.optimizer, best, history)
            bar.update()
            bar.set_postfix({task.watched: f"{row[task.watched]:.3f}"})
    model.load_state_dict(best)
    number = task.best_epoch(history)
    record = {
        "best_epoch": number,
        "epochs": len(history),
        "best": history[number],
        "n_train": len(task.train),
        "n_held": len(task.held),
        **task.facts,
        "settings": asdict(task.settings),
        "seed": task.seed,
        "device": str(fabric.device),
        "processes": fabric.world_size,
    }
    if is_first:
        write_csv(folder / HISTORY, pd.DataFrame(history))
        checkpoint.save(folder, best, record)
    fabric.barrier()
    return record


def batches(numbers: np.ndarray, size: int) -> list[np.ndarray]:
    """Cut numbers into batches of about a size, all as nearly alike as can be."""
    return np.array_split(numbers, max(1, round(len(numbers) / size)))


def _refuse_one_class(labels: np.ndarray, held: np.ndarray, what: str) -> None:
    """Refuse samples of which those to learn from, or those held aside, are of one class."""
    for name, part in (("training", ~held), ("choosing the epoch", held)):
        if len(np.unique(labels[part])) < 2:
            raise MammoError(
                f"the {what} for {name} have one class only ({int(part.sum())} {what}); more "
                "patients of both classes are needed"
            )


def refuse_idle_processes(samples: int, processes: int) -> None:
    """Refuse more processes than there are samples for them to share."""
    if samples < processes:
        raise MammoError(
            f"{samples} training samples at once are too few for {processes} processes; start fewer"
        )
