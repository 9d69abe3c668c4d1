"""Preparing many images in several processes: each its own rows, chunk by chunk, resumable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from mammo.errors import MammoError
from mammo.provenance import write_text
from mammo.workers import pool as open_pool

if TYPE_CHECKING:
    from mammo.images.geometry import Geometry
    from mammo.images.image import Image

IMAGES = "images.npy"
WHITE = 65535
"""The stored value of 1.0."""
_CHUNK = 16


class Source(NamedTuple):
    """One image to prepare, and what the manifest says of it."""

    row: int
    image_id: str
    path: str
    laterality: str | None
    patient_id: str | None
    view: str | None
    lesion_type: str | None


class Prepared(Protocol):
    """What a network takes in: ``pixels``, float32 in [0, 1], and the ``geometry`` of them."""

    pixels: np.ndarray
    geometry: Geometry


class Preparation(Protocol):
    """How images become rows of a store; a pydantic model, whose fields name it."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of every prepared image."""

    def prepare(self, image: Image, laterality: str | None) -> Prepared:
        """Prepare an image; raise `MammoError` where that cannot be."""

    def model_dump(self) -> dict[str, Any]:
        """Return everything that the prepared pixels depend on, beside the image."""


def prepare_all(
    sources: list[Source], settings: Preparation, folder: Path, workers: int
) -> list[dict[str, Any]]:
    """Write every image's row of ``images.npy``; what finished chunks reported is not done again.

    Parameters
    ----------
    sources : list of Source
        Their rows count from 0.
    settings : Preparation
    folder : Path
        Holds ``images.npy``, uint16, one row for each source; takes a folder of reports.
    workers : int
        Number of processes; 1 works in this one.

    Returns
    -------
    list of dict
        For each source in order its row, and either the digest of its prepared pixels with the
        fields of its geometry, or the reason why it has none.
    """
    from tqdm.auto import tqdm

    reports = folder / "reports"
    reports.mkdir(exist_ok=True)
    chunks = [sources[start : start + _CHUNK] for start in range(0, len(sources), _CHUNK)]
    missing = [chunk for chunk in chunks if not _report(folder, chunk).is_file()]
    done = len(sources) - sum(map(len, missing))
    with tqdm(total=len(sources), initial=done, desc="prepare images", unit="image") as bar:
        for chunk in _run(missing, settings, folder, min(workers, len(missing))):
            bar.update(len(chunk))
    return [entry for chunk in chunks for entry in json.loads(_report(folder, chunk).read_text())]


def _run(
    chunks: list[list[Source]], settings: Preparation, folder: Path, workers: int
) -> Iterator[list[Source]]:
    """Prepare the chunks, in this process or in others, and yield each when it is done."""
    if workers <= 1:
        for chunk in chunks:
            yield _prepare_chunk(chunk, settings, folder)
        return
    while chunks:
        try:
            with open_pool(workers) as pool:
                jobs = [pool.submit(_prepare_chunk, chunk, settings, folder) for chunk in chunks]
                try:
                    for job in as_completed(jobs):
                        yield job.result()
                finally:
                    pool.shutdown(cancel_futures=True)
        except BrokenProcessPool:
            for chunk in chunks:
                if _started(folder, chunk).exists() and not _report(folder, chunk).exists():
                    yield _prepare_singly(chunk, settings, folder)
        chunks = [chunk for chunk in chunks if not _report(folder, chunk).exists()]


def _prepare_chunk(chunk: list[Source], settings: Preparation, folder: Path) -> list[Source]:
    """Write the chunk's rows, then its report: a report vouches for the pixels on disk."""
    _started(folder, chunk).touch()
    rows = _open_rows(folder, chunk)
    entries = [_prepare_one(*one, settings) for one in zip(chunk, rows, strict=True)]
    rows.flush()
    write_text(_report(folder, chunk), json.dumps(entries))
    return chunk


def _prepare_singly(chunk: list[Source], settings: Preparation, folder: Path) -> list[Source]:
    """Prepare one image at a time, to find which of them killed the process of its chunk."""
    entries = []
    pool = open_pool(1)
    for source in chunk:
        try:
            entries.append(pool.submit(_open_and_prepare, source, settings, folder).result())
        except BrokenProcessPool:
            pool = open_pool(1)
            reason = (
                f"{source.path} killed the process that read it: it is damaged, or needs more"
                " memory than there is."
            )
            entries.append({"row": source.row, "reason": reason})
    pool.shutdown()
    write_text(_report(folder, chunk), json.dumps(entries))
    return chunk


def _open_and_prepare(source: Source, settings: Preparation, folder: Path) -> dict[str, Any]:
    return _prepare_one(source, _open_rows(folder, [source])[0], settings)


def _open_rows(folder: Path, chunk: list[Source]) -> np.memmap:
    """The chunk's rows alone, so that flushing them does not wait for all the others."""
    path = folder / IMAGES
    whole = np.lib.format.open_memmap(path, mode="r")
    start = whole.offset + chunk[0].row * whole[0].nbytes
    return np.memmap(path, whole.dtype, "r+", start, (len(chunk), *whole.shape[1:]))


def _prepare_one(source: Source, row: np.ndarray, settings: Preparation) -> dict[str, Any]:
    from mammo.images import read

    row[:] = 0
    try:
        prepared = settings.prepare(read(source.path), source.laterality)
    except (MammoError, MemoryError) as error:
        reason = str(error) or "it needs more memory than there is"
        reason = reason if source.path in reason else f"{source.path}: {reason}"
        return {"row": source.row, "reason": reason}
    pixels = np.rint(prepared.pixels * WHITE).astype(row.dtype)
    row[:] = pixels
    digest = hashlib.blake2b(pixels, digest_size=16).hexdigest()
    return {"row": source.row, "pixels": digest, **prepared.geometry.as_dict()}


def _report(folder: Path, chunk: list[Source]) -> Path:
    return folder / "reports" / f"{chunk[0].row:08d}.json"


def _started(folder: Path, chunk: list[Source]) -> Path:
    return _report(folder, chunk).with_suffix(".started")
