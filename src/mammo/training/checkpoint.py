"""A training's state on disk: safetensors, each file whole or absent."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.optim import Optimizer

from mammo.errors import MammoError
from mammo.models.values import write_values

CHECKPOINT = "classifier.safetensors"
"""Values of the best epoch, with the training's record in the header."""
_EPOCH = "epoch.safetensors"
State, History = dict[str, Tensor], list[dict[str, float]]


def copy_state(model: nn.Module) -> State:
    """Return a copy of a model's values."""
    return {name: values.detach().clone() for name, values in model.state_dict().items()}


def save(folder: Path, state: State, record: Any) -> None:
    """Write the values of a finished training, and remove its intermediate state."""
    write_values(folder / CHECKPOINT, state, record)
    (folder / _EPOCH).unlink(missing_ok=True)


def load(model: nn.Module, folder: Path) -> dict[str, Any]:
    """Give a model the values of a finished training; return the training's record.

    Raises
    ------
    MammoError
        If there is no checkpoint, or it is damaged or one of another model.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        raise MammoError(f"{path}: no such checkpoint; train the model first")
    values = _read(path)
    try:
        model.load_state_dict(values)
    except RuntimeError as error:
        raise MammoError(f"{path}: a checkpoint of another model ({error})") from None
    return _record(path)


def save_epoch(
    folder: Path, model: nn.Module, optimizer: Optimizer, best: State, history: History
) -> None:
    """Write everything that the next epoch depends on."""
    parts = {"model": copy_state(model), "best": best}
    parts |= {f"optimizer/{n}": moments for n, moments in optimizer.state_dict()["state"].items()}
    state = {f"{part}/{name}": parts[part][name] for part in parts for name in parts[part]}
    write_values(folder / _EPOCH, state, history)


def resume(folder: Path, model: nn.Module, optimizer: Optimizer) -> tuple[History, State]:
    """Restore the last finished epoch, if there is one.

    Returns
    -------
    history : list of dict
        Rows of the finished epochs.
    best : dict of str to Tensor
        The model's values after the best of them; its present ones if there is none.
    """
    path = folder / _EPOCH
    if not path.is_file():
        return [], copy_state(model)
    parts: dict[str, State] = defaultdict(dict)
    for key, values in _read(path).items():
        part, _, name = key.rpartition("/")
        parts[part][name] = values
    model.load_state_dict(parts.pop("model"))
    best = parts.pop("best")
    moments = {int(part.removeprefix("optimizer/")): values for part, values in parts.items()}
    optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})
    return _record(path), best


def _read(path: Path) -> State:
    try:
        return safetensors.torch.load_file(path)
    except (OSError, SafetensorError) as error:
        raise MammoError(f"{path} cannot be read ({error}); delete it and run again") from error


def _record(path: Path) -> Any:
    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()["record"])
