"""Preparing many images in several processes: each its own rows, chunk by chunk, resumable."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol

import numpy as np

from mammo.errors import MammoError
from mammo.files.disk import write_text
from mammo.files.workers import pool as open_pool

if TYPE_CHECKING:
    from mammo.images.geometry import Geometry
    from mammo.images.image import Image

IMAGES, REPORTS = "images.npy", "reports"
PIXELS = "<u2"
WHITE = 65535
"""The stored value of 1.0."""
_CHUNK = 16
_DEADLY = "it killed the process that read it: it is damaged, or needs more memory than there is."


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

    reports = folder / REPORTS
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
            suspects = [
                chunk
                for chunk in chunks
                if _started(folder, chunk).exists() and not _report(folder, chunk).exists()
            ]
            for chunk in suspects:
                yield _prepare_singly(chunk, settings, folder)
            if not any(_report(folder, chunk).exists() for chunk in chunks):
                raise  # No process lives long enough to begin.
        chunks = [chunk for chunk in chunks if not _report(folder, chunk).exists()]


def _prepare_chunk(chunk: list[Source], settings: Preparation, folder: Path) -> list[Source]:
    """Write the chunk's rows, then its report: a report vouches for the pixels on disk."""
    _started(folder, chunk).touch()
    entries = []
    with _rows_from(folder, chunk[0]) as rows:
        for source in chunk:
            entry, pixels = _prepare_one(source, settings)
            rows.write(pixels)
            entries.append(entry)
    write_text(_report(folder, chunk), json.dumps(entries))
    return chunk


def _prepare_singly(chunk: list[Source], settings: Preparation, folder: Path) -> list[Source]:
    """Prepare one image at a time, to find which of them killed the process of its chunk."""
    entries = []
    pool = _open_lone_process()
    with _rows_from(folder, chunk[0]) as rows:
        for source in chunk:
            try:
                entry, pixels = pool.submit(_prepare_one, source, settings).result()
            except BrokenProcessPool:
                pool = _open_lone_process()
                entry, pixels = _without(source, settings, _DEADLY)
            rows.write(pixels)
            entries.append(entry)
    pool.shutdown()
    write_text(_report(folder, chunk), json.dumps(entries))
    return chunk


def _open_lone_process() -> ProcessPoolExecutor:
    """Open a pool of one process and see it alive, so that its death is an image's doing."""
    pool = open_pool(1)
    pool.submit(os.getpid).result()
    return pool


@contextmanager
def _rows_from(folder: Path, first: Source) -> Iterator[BinaryIO]:
    """The file of images where a row begins; what was written is on disk when this ends.

    A file and no memory map: what a map cannot write, the system answers by killing the process.
    """
    path = folder / IMAGES
    images = np.lib.format.open_memmap(path, mode="r")
    start = images.offset + first.row * images[0].nbytes
    with path.open("r+b") as file:
        file.seek(start)
        yield file
        file.flush()
        os.fsync(file.fileno())


def _prepare_one(source: Source, settings: Preparation) -> tuple[dict[str, Any], np.ndarray]:
    """Return what the report says of an image, and its row."""
    from mammo.images import read_image

    try:
        prepared = settings.prepare(read_image(source.path), source.laterality)
    except (MammoError, MemoryError) as error:
        return _without(source, settings, str(error) or "it needs more memory than there is")
    pixels = np.rint(prepared.pixels * WHITE).astype(PIXELS)
    digest = hashlib.blake2b(pixels, digest_size=16).hexdigest()
    return {"row": source.row, "pixels": digest, **prepared.geometry.as_dict()}, pixels


def _without(
    source: Source, settings: Preparation, reason: str
) -> tuple[dict[str, Any], np.ndarray]:
    """Return what the report says of an image that cannot be prepared, and an empty row.

    The reason names the image and not its file, whose name may be a patient's.
    """
    for name in (source.path, repr(source.path)[1:-1]):  # As it is, and as the system's errors do.
        reason = reason.replace(name, source.image_id)
    reason = reason if source.image_id in reason else f"{source.image_id}: {reason}"
    return {"row": source.row, "reason": reason}, np.zeros(settings.shape, PIXELS)


def _report(folder: Path, chunk: list[Source]) -> Path:
    return folder / REPORTS / f"{chunk[0].row:08d}.json"


def _started(folder: Path, chunk: list[Source]) -> Path:
    return _report(folder, chunk).with_suffix(".started")
