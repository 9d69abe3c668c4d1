"""Feature maps: computed once for every image and flip, and kept in a memory-mapped file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from lightning.fabric import Fabric
from tqdm.auto import tqdm

from mammo.errors import MammoError
from mammo.files.disk import atomic_write, create_array, write_csv
from mammo.models.transfer import Extractor, map_shape
from mammo.training.devices import Precision, computing
from mammo.training.samples import FLIPS, Samples, StoredImages

_MAPS, _INDEX, _DONE = "features.npy", "index.csv", "done.npy"


class FeatureCache:
    """Feature maps of a folder that `extract` has written.

    Attributes
    ----------
    maps : memmap of float16, shape (m, C, h, w)
        One feature map for each image and flip.
    rows : Series of int
        Row of ``maps``, indexed by ``image_id`` and ``flip``.
    """

    def __init__(self, folder: Path) -> None:
        if not _is_complete(folder):
            raise MammoError(f"{folder}: no complete feature maps; extract them first")
        self.maps = np.load(folder / _MAPS, mmap_mode="r", allow_pickle=False)
        index = pd.read_csv(folder / _INDEX, dtype={"image_id": str})
        self.rows = pd.Series(
            np.arange(len(index)), pd.MultiIndex.from_frame(index[["image_id", "flip"]])
        )

    def find(self, image_ids: Sequence[str], flip: str = "none") -> np.ndarray:
        """Return the rows of images; refuse one that is not there."""
        keys = pd.MultiIndex.from_product([list(image_ids), [flip]])
        rows = self.rows.reindex(keys)
        if rows.isna().any():
            absent = rows.index[rows.isna()][0]
            raise MammoError(f"image '{absent[0]}' has no feature map for flip '{flip}'")
        return rows.to_numpy(int)


class CachedMaps(Samples):
    """Feature maps (C, h, w), float16, of images in one or more caches, in the order given.

    Parameters
    ----------
    parts : sequence of (FeatureCache, sequence of str)
        Each cache with the images that are taken from it.
    flips : sequence of str
        Flips that the caches hold for these images.
    """

    def __init__(
        self, parts: Sequence[tuple[FeatureCache, Sequence[str]]], flips: Sequence[str] = ("none",)
    ) -> None:
        rows = (np.stack([of.find(ids, flip) for flip in flips], axis=1) for of, ids in parts)
        super().__init__(list(zip((of.maps for of, _ in parts), rows, strict=True)), flips)

    def one(self, array: np.ndarray, row: np.ndarray, flip: int) -> np.ndarray:
        """Return a feature map of an image in its flip."""
        return array[row[flip]]


def extract(
    images: np.ndarray,
    image_ids: Sequence[str],
    extractor: Extractor,
    folder: Path,
    *,
    fabric: Fabric,
    rows: np.ndarray | None = None,
    flips: Sequence[str] = ("none",),
    flipped: np.ndarray | None = None,
    batch_size: int = 16,
    precision: Precision = "auto",
) -> None:
    """Write the feature maps of images, and of flipped ones, into a folder.

    The work is cut into batches that are the same however many processes share it: process r of W
    takes every W-th batch, and writes into the one file. A batch is marked done when it is on
    disk, so an interrupted extraction goes on where it stopped. Short batches are filled up, since
    a kernel may be chosen by the batch's shape.

    Parameters
    ----------
    images : ndarray of uint16, shape (N, S, S)
        Prepared images, 65535 is white; usually a memory map.
    image_ids : sequence of str, length n
        Names of the images that are taken.
    extractor : Extractor
    folder : Path
        An existing folder, the same for all processes.
    fabric : Fabric
        Launched.
    rows : ndarray of int, shape (n,), optional
        Where in ``images`` these are; by default they are all of them, in order.
    flips : sequence of str
        Keys of `mammo.training.samples.FLIPS`; must begin with "none".
    flipped : ndarray of bool, shape (n,), optional
        Images whose flips are computed; all by default. Flips serve training only.
    batch_size : int
        Images that are computed at once.
    precision : {"auto", "bfloat16", "float32"}
        Of the computation; the file is float16.
    """
    rows = np.arange(len(images)) if rows is None else np.asarray(rows)
    jobs = _jobs(len(rows), flips, flipped)
    batches = [jobs[i : i + batch_size] for i in range(0, len(jobs), batch_size)]
    shape = (len(jobs), *map_shape(extractor, images.shape[-1]))
    names, named_flips = np.asarray(image_ids, str)[jobs["row"]], np.asarray(flips)[jobs["flip"]]
    index = pd.DataFrame({"image_id": names, "flip": named_flips})
    if fabric.is_global_zero and not _is_begun(folder, shape, index, len(batches)):
        _begin(folder, shape, index, len(batches))
    fabric.barrier()
    maps = np.lib.format.open_memmap(folder / _MAPS, mode="r+")
    done = np.lib.format.open_memmap(folder / _DONE, mode="r+")
    stored = StoredImages([(images, rows)], flips)
    own = range(fabric.global_rank, len(batches), fabric.world_size)
    extractor = extractor.to(fabric.device)
    hidden = not fabric.is_global_zero
    with torch.inference_mode(), computing(fabric.device, precision):
        for number in tqdm(own, f"features ({extractor.backbone})", unit="batch", disable=hidden):
            if done[number]:
                continue
            batch = batches[number]
            filled = batch[np.minimum(np.arange(batch_size), len(batch) - 1)]
            grey = stored.batch(filled["row"], filled["flip"])
            found = extractor(grey.to(fabric.device))[: len(batch)].to(torch.float16).cpu().numpy()
            maps[number * batch_size : number * batch_size + len(batch)] = found
            maps.flush()
            done[number] = True
            done.flush()
    fabric.barrier()


def _jobs(n: int, flips: Sequence[str], flipped: np.ndarray | None) -> np.ndarray:
    """Return what to compute: row of the image and number of the flip, unflipped ones first."""
    unknown = [flip for flip in flips if flip not in FLIPS]
    if unknown or not flips or flips[0] != "none":
        raise MammoError(f"flips are {tuple(flips)}: expected 'none', then some of {[*FLIPS][1:]}")
    some = np.arange(n) if flipped is None else np.flatnonzero(flipped)
    rows = [np.arange(n), *(some for _ in flips[1:])]
    jobs = np.empty(sum(map(len, rows)), [("row", np.int64), ("flip", np.int64)])
    jobs["row"] = np.concatenate(rows)
    jobs["flip"] = np.repeat(np.arange(len(flips)), [len(part) for part in rows])
    return jobs


def _begin(folder: Path, shape: tuple[int, ...], index: pd.DataFrame, n_batches: int) -> None:
    """Lay out the files; the marks come last, so that their presence vouches for the others."""
    (folder / _DONE).unlink(missing_ok=True)
    create_array(folder / _MAPS, shape, "<f2")
    write_csv(folder / _INDEX, index)
    with atomic_write(folder / _DONE) as temporary:
        create_array(temporary, (n_batches,), "|b1")


def _is_begun(folder: Path, shape: tuple[int, ...], index: pd.DataFrame, n_batches: int) -> bool:
    if not (folder / _DONE).is_file():
        return False
    maps = np.load(folder / _MAPS, mmap_mode="r", allow_pickle=False)
    done = np.load(folder / _DONE, allow_pickle=False)
    there = pd.read_csv(folder / _INDEX, dtype={"image_id": str})
    return maps.shape == shape and len(done) == n_batches and there.equals(index)


def _is_complete(folder: Path) -> bool:
    done = folder / _DONE
    return done.is_file() and bool(np.load(done, allow_pickle=False).all())
