"""Running the detector over many images: inputs read ahead, detections in one table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from lightning.fabric import Fabric
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from tqdm.auto import tqdm

from mammo.images import read_image
from mammo.models.frcnn_cad import DetectorSettings, FasterRCNN, image_score, preparation
from mammo.training.devices import Precision, computing

COLUMNS = ("image_id", "label", "score", "row_min", "col_min", "row_max", "col_max")
"""One row a detection: label 1 benign or 2 malignant, its probability, half-open native pixels."""

_EDGES = 4


@dataclass(frozen=True)
class Input:
    """What the network takes in for one image.

    Attributes
    ----------
    number : int
        Of the image among those asked for.
    x : Tensor, shape (1, 3, rows, columns)
        As `mammo.models.frcnn_cad.preparation.prepare` makes it.
    scale : float
        Pixels of the input for a pixel of the image.
    shape : (int, int)
        Rows and columns of the image.
    """

    number: int
    x: Tensor
    scale: float
    shape: tuple[int, int]


class Inputs:
    """The inputs of images, read from their files in any order, as often as they are asked for.

    Parameters
    ----------
    paths : sequence of str
        Native files.
    settings : DetectorSettings
        Of the network that takes them in.
    workers : int
        Processes that read ahead, each a few images; 0 reads in this one.
    """

    def __init__(self, paths: Sequence[str], settings: DetectorSettings, workers: int = 0) -> None:
        self._order: list[int] = []
        self._loader = DataLoader(
            _Files(list(paths), settings),
            batch_size=None,
            sampler=self._order,
            num_workers=workers,
            multiprocessing_context="spawn" if workers else None,
            persistent_workers=workers > 0,
            generator=torch.Generator(),
        )

    def read(self, numbers: Sequence[int]) -> Iterator[Input]:
        """Yield the inputs with these numbers in this order; finish one reading before another.

        Raises
        ------
        UnreadableImageError
            Naming the file.
        """
        self._order[:] = [int(number) for number in numbers]
        yield from self._loader


class _Files(Dataset):
    def __init__(self, paths: list[str], settings: DetectorSettings) -> None:
        self.paths, self.settings = paths, settings

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: int) -> Input:
        image, kept = read_image(self.paths[number]), self.settings
        x, scale = preparation.prepare(
            image.pixels, kept.short_side, kept.long_side, kept.window, image.bits_stored
        )
        return Input(number, x, scale, image.pixels.shape)


def detect(
    model: FasterRCNN,
    inputs: Inputs,
    numbers: Sequence[int],
    fabric: Fabric,
    *,
    precision: Precision = "float32",
) -> tuple[np.ndarray, np.ndarray]:
    """Run the detector on the inputs with these numbers, shared out among the processes.

    Returns
    -------
    found : ndarray of float32, shape (k, 7)
        Detections in the order of ``numbers``, best first: position in ``numbers``, then as in
        `COLUMNS`. The same in every process.
    scores : ndarray of float64, shape (len(numbers),)
        Each image's highest malignant score, 0 without one.
    """
    rank, processes = fabric.global_rank, fabric.world_size
    own, rows = list(numbers)[rank::processes], []
    scores = np.zeros(len(numbers))
    model.eval()
    bar = tqdm(own, "detecting", unit="image", disable=not fabric.is_global_zero, leave=False)
    with bar, computing(fabric.device, precision):
        for position, entry in enumerate(inputs.read(own)):
            place = rank + position * processes
            one = model.detect_in(entry.x, entry.scale, entry.shape)
            scores[place] = image_score(one)
            head = np.stack([np.full(len(one.labels), place), one.labels, one.scores], axis=1)
            rows.append(np.concatenate([head, one.boxes], axis=1).astype(np.float32))
            bar.update()
    found = np.concatenate([np.zeros((0, 3 + _EDGES), np.float32), *rows])
    if processes > 1:
        parts: list[Any] = [None] * processes
        torch.distributed.all_gather_object(parts, (found, scores))
        found, scores = np.concatenate([part for part, _ in parts]), sum(s for _, s in parts)
    return found[np.argsort(found[:, 0], kind="stable")], scores


def detect_all(
    model: FasterRCNN,
    images: pd.DataFrame,
    fabric: Fabric,
    *,
    workers: int = 0,
    precision: Precision = "float32",
) -> tuple[pd.DataFrame, np.ndarray]:
    """Run the detector on images from their native files, a few in memory at a time.

    Parameters
    ----------
    model : FasterRCNN
    images : DataFrame
        With image_id and path.
    fabric : Fabric
        Launched; its processes share the images.
    workers : int
        Processes that read ahead, for each of the fabric's; 0 for none.
    precision : {"auto", "bfloat16", "float32"}

    Returns
    -------
    detections : DataFrame
        `COLUMNS`, in the order of the images, best first.
    scores : ndarray of float64, shape (len(images),)
        Each image's highest malignant score, 0 without one.
    """
    model = model.to(fabric.device, memory_format=torch.channels_last)
    inputs = Inputs(images["path"], model.settings, workers)
    found, scores = detect(model, inputs, range(len(images)), fabric, precision=precision)
    table = pd.DataFrame(found[:, 1:].astype(np.float64), columns=list(COLUMNS[1:]))
    names = images["image_id"].to_numpy()[found[:, 0].astype(int)]
    table.insert(0, "image_id", names)
    return table.astype({"label": "int64"}), scores
