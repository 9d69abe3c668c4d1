"""What a model takes in, sample by sample, and the logits that it gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


class Samples(Protocol):
    """Inputs of a model, by number, in any of their flips.

    Attributes
    ----------
    flips : tuple of str
        Keys of `FLIPS` that can be asked for; the first is "none".
    """

    flips: tuple[str, ...]

    def __len__(self) -> int: ...

    def batch(self, numbers: np.ndarray, flips: np.ndarray | None = None) -> Tensor:
        """Return the inputs with these numbers, each in the flip of this index; or all as is."""


class StoredImages:
    """Prepared images of one or more stores, in the order given; flipped when they are asked for.

    Parameters
    ----------
    parts : sequence of (ndarray of uint16 (n, S, S), ndarray of int)
        Each store with the rows that are taken from it.
    flips : sequence of str
        Keys of `FLIPS`.
    """

    def __init__(
        self, parts: Sequence[tuple[np.ndarray, np.ndarray]], flips: Sequence[str] = ("none",)
    ) -> None:
        self.flips = tuple(flips)
        self._images = [images for images, _ in parts]
        self._part = np.repeat(np.arange(len(parts)), [len(rows) for _, rows in parts])
        self._row = np.concatenate([np.asarray(rows, int) for _, rows in parts])

    def __len__(self) -> int:
        return len(self._part)

    def batch(self, numbers: np.ndarray, flips: np.ndarray | None = None) -> Tensor:
        """Return grey images (B, 1, S, S), float32 in [0, 1]."""
        images = [
            np.flip(self._images[self._part[n]][self._row[n]], FLIPS[self.flips[f]])
            for n, f in each(numbers, flips)
        ]
        return torch.from_numpy(np.stack(images)[:, None].astype(np.float32)).div_(65535)


def each(numbers: np.ndarray, flips: np.ndarray | None) -> Iterable[tuple[int, int]]:
    """Return each number with the index of its flip: the first if none is asked for."""
    return zip(numbers, np.zeros(len(numbers), int) if flips is None else flips, strict=True)


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
