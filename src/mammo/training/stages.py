"""Training in stages: ever more of a network, each stage with its own learning rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from lightning.fabric import Fabric
from torch import Tensor, nn
from tqdm.auto import tqdm

from mammo.errors import MammoError, ParameterError
from mammo.files.disk import write_csv
from mammo.training import checkpoint
from mammo.training.batch_norm import set_to_training, take_anew
from mammo.training.devices import Precision, computing
from mammo.training.patches import Augmentation, Windows

HISTORY = "history.csv"
_STATISTICS_WINDOWS = 256


@dataclass(frozen=True)
class Stage:
    """A part of a network that is trained, how fast, and how long.

    Attributes
    ----------
    trained : str
        Name of the part; what is not of it keeps its values, batch norm statistics included.
    learning_rate : float
        Of AdamW in the first epoch; it falls linearly, to its part 1 / epochs in the last.
    epochs : int
        0 leaves the stage out.
    """

    trained: str
    learning_rate: float
    epochs: int


@dataclass(frozen=True)
class StagedSettings:
    """What all stages of a training share: windows a step over all processes, AdamW's decay, the
    precision of the model's computation (the loss is always float32), and how windows are varied.
    """

    batch_size: int = 32
    weight_decay: float = 1e-3
    precision: Precision = "float32"
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True)
class Task:
    """What is learnt, and how it is told whether it was.

    Attributes
    ----------
    title : str
        Of the progress bar.
    model : Module
        Grey windows (B, 1, h, w) to outputs (B,) or (B, k).
    inputs : Windows
        n windows.
    labels : ndarray of int, shape (n,)
        Classes, which all batches hold in equal parts.
    held : ndarray of bool, shape (n,)
        Whether a window is of a patient held aside, to choose the epoch that is kept.
    parts : mapping of str to list of Parameter
        Parts of the model, by the name that a stage calls them.
    loss : callable
        Outputs and labels to their summed loss.
    measure : callable
        Outputs and labels of the windows held aside to figures; the greatest ``held_auroc`` is
        the best.
    output_shape : tuple of int
        Of one window's output: () or (k,).
    """

    title: str
    model: nn.Module
    inputs: Windows
    labels: np.ndarray
    held: np.ndarray
    parts: Mapping[str, list[nn.Parameter]]
    loss: Callable[[Tensor, Tensor], Tensor]
    measure: Callable[[np.ndarray, np.ndarray], dict[str, float]]
    output_shape: tuple[int, ...] = ()


def train_in_stages(
    task: Task,
    stages: Sequence[Stage],
    settings: StagedSettings,
    folder: Path,
    fabric: Fabric,
    *,
    seed: int,
) -> dict[str, Any]:
    """Train a model in place, up to its best epoch of all stages; write checkpoint and history.

    An epoch takes as many windows as there are to learn from, each class equally often, in an
    order and with augmentations that depend on seed and epoch alone. A batch is shared out among
    the processes. After each epoch the state is written; an interrupted training goes on there and
    ends with the same numbers.

    Parameters
    ----------
    task : Task
    stages : sequence of Stage
        In their order; AdamW's moments are kept from one to the next.
    settings : StagedSettings
    folder : Path
        An existing folder, the same for all processes.
    fabric : Fabric
        Launched.
    seed : int

    Returns
    -------
    dict
        ``best_epoch``, ``epochs``, ``best`` (the history's row), ``n_train``, ``n_held``,
        ``stages``, ``settings``, ``seed``, ``processes``.

    Raises
    ------
    ParameterError
        If a stage names an unknown part, or no stage has an epoch.
    """
    if (folder / checkpoint.CHECKPOINT).is_file():
        return checkpoint.load(task.model, folder)
    epochs = [(stage, 1 - done / stage.epochs) for stage in stages for done in range(stage.epochs)]
    _check(task, stages, settings, fabric.world_size)
    task.model.to(fabric.device, memory_format=torch.channels_last)  # Twice as fast on a CPU.
    optimizer = torch.optim.AdamW(task.model.parameters(), weight_decay=settings.weight_decay)
    history, best = checkpoint.resume(folder, task.model, optimizer)
    bar = tqdm(
        epochs, task.title, initial=len(history), unit="epoch", disable=not fabric.is_global_zero
    )
    under_way = None
    for number in range(len(history), len(epochs)):
        stage, share = epochs[number]
        if stage is not under_way:
            under_way, prepared = stage, _prepare(task, stage, optimizer, fabric)
        for group in optimizer.param_groups:
            group["lr"] = share * stage.learning_rate
        row = _epoch(task, *prepared, settings, number, fabric, seed)
        history.append({"epoch": number, "trained": stage.trained, **row})
        if _best_epoch(history) == number:
            best = checkpoint.copy_state(task.model)
        if fabric.is_global_zero:
            checkpoint.save_epoch(folder, task.model, optimizer, best, history)
        bar.update()
        bar.set_postfix(auroc=f"{row['held_auroc']:.3f}")
    bar.close()
    task.model.requires_grad_(True)
    task.model.load_state_dict(best)
    record = {
        "best_epoch": _best_epoch(history),
        "epochs": len(history),
        "best": history[_best_epoch(history)],
        "n_train": int((~task.held).sum()),
        "n_held": int(task.held.sum()),
        "stages": [asdict(stage) for stage in stages],
        "settings": asdict(settings),
        "seed": seed,
        "processes": fabric.world_size,
    }
    if fabric.is_global_zero:
        write_csv(folder / HISTORY, pd.DataFrame(history))
        checkpoint.save(folder, best, record)
    fabric.barrier()
    return record


def _check(task: Task, stages: Sequence[Stage], settings: StagedSettings, processes: int) -> None:
    if not any(stage.epochs for stage in stages):
        raise ParameterError("the stages have no epoch: give one of them 1 or more")
    for stage in stages:
        if stage.trained not in task.parts:
            raise ParameterError(
                f"a stage trains '{stage.trained}': expected one of {', '.join(task.parts)}"
            )
    count = int((~task.held).sum())
    if min(count, settings.batch_size) < processes:
        raise MammoError(
            f"{count} training windows in batches of {settings.batch_size} are too few for "
            f"{processes} processes; start fewer"
        )


def _prepare(
    task: Task, stage: Stage, optimizer: torch.optim.Optimizer, fabric: Fabric
) -> tuple[nn.Module, Any]:
    """Free the stage's part of the model and freeze the rest; return what Fabric makes of it.

    DDP takes note of what is trained when it is made, hence once a stage.
    """
    task.model.requires_grad_(False)
    for parameter in task.parts[stage.trained]:
        parameter.requires_grad_(True)
    return fabric.setup(task.model, optimizer)


def _epoch(
    task: Task,
    wrapped: nn.Module,
    optimizer: Any,
    settings: StagedSettings,
    number: int,
    fabric: Fabric,
    seed: int,
) -> dict[str, float]:
    """Train one epoch; return its figures."""
    rng = np.random.default_rng([seed, number])
    order = balanced_order(np.flatnonzero(~task.held), task.labels, rng)
    total = torch.zeros((), device=fabric.device)
    cuda = [fabric.device] if fabric.device.type == "cuda" else []

    def own_part(places: np.ndarray) -> tuple[Tensor, Tensor, int]:
        """Return this process's share of a batch, given as places in the epoch's order."""
        own = places[fabric.global_rank :: fabric.world_size]
        generators = [np.random.default_rng([seed, number, place]) for place in own]
        inputs = task.inputs.augmented(order[own], settings.augmentation, generators)
        return inputs, torch.from_numpy(task.labels[order[own]]), len(places)

    steps = max(1, round(len(order) / settings.batch_size))
    with torch.random.fork_rng(devices=cuda):
        torch.manual_seed(int(rng.integers(2**31)) + fabric.global_rank)
        set_to_training(wrapped)
        for inputs, labels, count in _ahead(own_part, np.array_split(np.arange(len(order)), steps)):
            with computing(fabric.device, settings.precision):
                outputs = wrapped(inputs.to(fabric.device)).float()
            summed = task.loss(outputs, labels.to(fabric.device))
            # DDP averages gradients over processes; this makes that the mean over the whole batch.
            fabric.backward(summed * fabric.world_size / count)
            optimizer.step()
            optimizer.zero_grad()
            total += summed.detach()
    total = fabric.all_reduce(total, reduce_op="sum").item()
    sampled = order[fabric.global_rank : _STATISTICS_WINDOWS : fabric.world_size]
    parts = np.array_split(sampled, max(1, round(len(sampled) / settings.batch_size)))
    plain = (task.inputs.batch(part) for part in parts)
    take_anew(task.model, plain, fabric, settings.precision)
    found = _held_outputs(task, settings, fabric)
    return {"train_loss": total / len(order), **task.measure(found, task.labels[task.held])}


def balanced_order(numbers: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return as many numbers as are given, the classes in turn and each in random order.

    Of a class with more than its share a random part is taken; one with less is repeated.
    """
    classes = np.unique(labels[numbers])
    share = -(-len(numbers) // len(classes))
    columns = [np.resize(rng.permutation(numbers[labels[numbers] == c]), share) for c in classes]
    # In every row another order of the classes, or each of two processes would see one class.
    return rng.permuted(np.stack(columns, axis=1), axis=1).ravel()[: len(numbers)]


@torch.no_grad()
def _held_outputs(task: Task, settings: StagedSettings, fabric: Fabric) -> np.ndarray:
    """Return the outputs for the windows held aside, as they are, from all processes together."""
    task.model.eval()
    held, size = np.flatnonzero(task.held), settings.batch_size
    found = torch.zeros((len(held), *task.output_shape), device=fabric.device)
    with computing(fabric.device, settings.precision):
        for begin in range(fabric.global_rank * size, len(held), fabric.world_size * size):
            inputs = task.inputs.batch(held[begin : begin + size]).to(fabric.device)
            found[begin : begin + size] = task.model(inputs).float()
    return fabric.all_reduce(found, reduce_op="sum").cpu().numpy()


def _ahead(function: Callable[[np.ndarray], Any], items: Sequence[np.ndarray]) -> Iterator[Any]:
    """Yield the function's values, each computed in a thread while the one before is in use."""
    with ThreadPoolExecutor(1) as thread:
        next_value = thread.submit(function, items[0])
        for item in items[1:]:
            value, next_value = next_value, thread.submit(function, item)
            yield value.result()
        yield next_value.result()


def _best_epoch(history: list[dict[str, Any]]) -> int:
    return int(np.argmax([row["held_auroc"] for row in history]))
