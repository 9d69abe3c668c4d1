"""What a model takes in, sample by sample, and the logits that it gives."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from mammo.training.devices import Precision, computing

FLIPS: dict[str, tuple[int, ...]] = {
    "none": (),
    "horizontal": (-1,),
    "vertical": (-2,),
    "both": (-2, -1),
}
"""Axes of an image that each flip turns round."""


class Samples(ABC):
    """Inputs of a model from one or more arrays, by number, in any of their flips.

    Parameters
    ----------
    parts : sequence of (ndarray, ndarray of int)
        Each array with the rows that are taken from it, in the order given.
    flips : sequence of str
        Keys of `FLIPS` that can be asked for; the first is "none".
    """

    def __init__(
        self, parts: Sequence[tuple[np.ndarray, np.ndarray]], flips: Sequence[str] = ("none",)
    ) -> None:
        self.flips = tuple(flips)
        self._arrays = [array for array, _ in parts]
        self._part = np.repeat(np.arange(len(parts)), [len(rows) for _, rows in parts])
        self._row = np.concatenate([np.asarray(rows, int) for _, rows in parts])

    def __len__(self) -> int:
        return len(self._part)

    def batch(self, numbers: np.ndarray, flips: np.ndarray | None = None) -> Tensor:
        """Return the inputs with these numbers, each in the flip of this index; or all as is."""
        flips = np.zeros(len(numbers), int) if flips is None else flips
        each = zip(numbers, flips, strict=True)
        rows = [self.one(self._arrays[self._part[n]], self._row[n], flip) for n, flip in each]
        return torch.from_numpy(np.stack(rows))

    @abstractmethod
    def one(self, array: np.ndarray, row: np.ndarray, flip: int) -> np.ndarray:
        """Return one input of an array, in the flip of this index."""


class StoredImages(Samples):
    """Prepared images, uint16 (n, S, S), as grey (1, S, S), float32 in [0, 1]."""

    def one(self, array: np.ndarray, row: np.ndarray, flip: int) -> np.ndarray:
        """Return an image, flipped."""
        grey = np.flip(array[row], FLIPS[self.flips[flip]])[None].astype(np.float32)
        return grey / np.float32(65535)


class Batches(Protocol):
    """Inputs of a model, by number, as they are: `Samples`, or windows of images."""

    def batch(self, numbers: np.ndarray) -> Tensor:
        """Return the inputs with these numbers."""


@torch.no_grad()
def logits(
    model: nn.Module,
    samples: Batches,
    numbers: np.ndarray,
    fabric: Fabric,
    *,
    batch_size: int,
    precision: Precision,
    classes: tuple[int, ...] = (),
) -> np.ndarray:
    """Return the logits of samples as they are, computed by all processes together.

    Parameters
    ----------
    model : Module
        Left set to evaluation.
    samples : Batches
    numbers : ndarray of int, shape (n,)
    fabric : Fabric
        Launched.
    batch_size : int
    precision : {"auto", "bfloat16", "float32"}
    classes : tuple of int
        Shape of one sample's logits: () or (k,).

    Returns
    -------
    ndarray of float32, shape (n, *classes)
        The same in every process.
    """
    model.eval()
    found = torch.zeros((len(numbers), *classes), device=fabric.device)
    own = range(fabric.global_rank * batch_size, len(numbers), fabric.world_size * batch_size)
    with computing(fabric.device, precision):
        for begin in own:
            inputs = samples.batch(numbers[begin : begin + batch_size]).to(fabric.device)
            found[begin : begin + batch_size] = model(inputs).float()
    return fabric.all_reduce(found, reduce_op="sum").cpu().numpy()
