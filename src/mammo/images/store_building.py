"""Building an image store: every image prepared, in several processes, and no file lost.

A store is ``images.npy`` (uint16, N x rows x columns) and ``images.jsonl``, which has a line for
each row. Both are written batch by batch in the order of the manifest, a batch's rows before its
lines: a line says that the row is on disk, and a build that was killed goes on behind the last one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from functools import partial
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from mammo.errors import MammoError
from mammo.files.artifacts import FileState, file_state
from mammo.files.disk import create_array, naming_errors
from mammo.files.workers import pool as open_pool
from mammo.images.store import IMAGES, PIXELS, RECORDS, WHITE, ImageStore, read_records

if TYPE_CHECKING:
    import pandas as pd

    from mammo.images.cropped_image import PreprocessingSettings
    from mammo.images.whole_image import WholeImageSettings

    Preparation = PreprocessingSettings | WholeImageSettings

_BATCH = 16
"""Images of a batch for each process."""
_DEADLY = "it killed the process that read it: it is damaged, or needs more memory than there is."


class Source(NamedTuple):
    """One image to prepare, and what the manifest says of it."""

    image_id: str
    path: str
    laterality: str | None
    patient_id: str | None
    view: str | None
    lesion_type: str | None


Row = tuple[dict[str, Any], np.ndarray]
"""The record of an image (`mammo.images.store.read_records`), and its row of ``images.npy``."""


def build(
    manifest: pd.DataFrame,
    settings: Preparation,
    folder: Path,
    workers: int | None = None,
) -> ImageStore:
    """Prepare every image of a manifest that is not excluded, and open the store.

    The store does not depend on the number of workers, and keeps no file's name. Memory is bounded
    by one native image and `_BATCH` prepared ones a worker.

    A file whose prepared pixels equal those of an earlier one is a duplicate and excluded, unless
    both show the same side and view of the same patient and differ in lesion type: CBIS-DDSM
    files 71 views twice, once for the calcifications and once for the masses.

    Parameters
    ----------
    manifest : pandas.DataFrame
        Columns image_id, path, laterality, excluded; patient_id, view, lesion_type where known.
    settings : PreprocessingSettings or WholeImageSettings
    folder : Path
        Made if absent. What a killed build left there must be of the same manifest and settings,
        as an artifact's folder vouches for.
    workers : int, optional
        Number of processes; 1 works in this one, None takes one a core.

    Returns
    -------
    ImageStore

    Raises
    ------
    MammoError
        If the manifest holds no image to prepare, none of them could be, a file changed meanwhile,
        or there is no room for the store.
    """
    folder = Path(folder)
    sources = _sources(manifest)
    if not sources:
        raise MammoError("The manifest holds no image to prepare: each of its rows is excluded.")
    states = _states(sources)
    with naming_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        records = read_records(folder)
        if not records:
            create_array(folder / IMAGES, (len(sources), *settings.shape), PIXELS)
        _write_missing(sources, records, settings, folder, workers or os.cpu_count() or 1)
        if fault := _changed(sources, states) or _none_prepared(records):
            (folder / RECORDS).unlink()
            raise MammoError(fault)
    return ImageStore(folder)


def _sources(manifest: pd.DataFrame) -> list[Source]:
    used = manifest[manifest["excluded"].isna()]
    facts = used.reindex(columns=list(Source._fields)).astype(object)
    facts = facts.where(facts.notna(), None)
    return list(map(Source._make, facts.itertuples(index=False)))


def _states(sources: list[Source]) -> list[FileState]:
    return [file_state(Path(source.path)) for source in sources]


def _changed(sources: list[Source], states: list[FileState]) -> str | None:
    for source, before, after in zip(sources, states, _states(sources), strict=True):
        if before != after:
            return (
                f"The file of image {source.image_id} changed while the images were read: run again"
                " when nothing writes to them."
            )
    return None


def _none_prepared(records: list[dict[str, Any]]) -> str | None:
    if any("pixels" in record for record in records):
        return None
    first = records[0]["reason"]
    return f"None of the {len(records)} images could be prepared; the first: {first}"


def _write_missing(
    sources: list[Source],
    records: list[dict[str, Any]],
    settings: Preparation,
    folder: Path,
    workers: int,
) -> None:
    """Prepare the images that have no record, write their rows and lines, and add their records."""
    from tqdm.auto import tqdm

    originals: dict[str, list[Source]] = {}
    for source, record in zip(sources, records, strict=False):
        _unless_duplicate(source, record, originals)
    missing = sources[len(records) :]
    with (
        naming_errors(folder / RECORDS),
        (folder / IMAGES).open("r+b") as images,  # a write that a memory map cannot do is a kill
        _open_records(folder / RECORDS) as lines,
        tqdm(total=len(sources), initial=len(records), desc="prepare images", unit="image") as bar,
    ):
        images.seek(-len(missing) * prod(settings.shape) * np.dtype(PIXELS).itemsize, os.SEEK_END)
        for batch in _prepare_all(missing, settings, workers):
            for record, pixels in batch:
                records.append(_unless_duplicate(sources[len(records)], record, originals))
                images.write(pixels)
            _flush(images)
            for record in records[-len(batch) :]:
                lines.write(json.dumps(record).encode() + b"\n")
            _flush(lines)
            bar.update(len(batch))


def _open_records(path: Path) -> BinaryIO:
    """Open the lines to add more, without one that a killed build did not end."""
    lines = path.open("a+b")
    lines.seek(0)
    lines.truncate(lines.read().rfind(b"\n") + 1)
    return lines


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _unless_duplicate(
    source: Source, record: dict[str, Any], originals: dict[str, list[Source]]
) -> dict[str, Any]:
    """Return a record, or why its image is excluded, being one of the originals by its pixels."""
    if "reason" in record:
        return record
    alike = originals.setdefault(record["pixels"], [])
    for original in alike:
        if not _filed_twice(original, source):
            reason = (
                f"{source.image_id} has the same pixels as image {original.image_id}: remove one "
                "of the two, or correct the table that names them."
            )
            return {"image_id": source.image_id, "reason": reason}
    alike.append(source)
    return record


def _filed_twice(first: Source, second: Source) -> bool:
    """Whether one film may stand in the data set twice, once for each kind of lesion."""
    same_view = first.patient_id is not None and (
        (first.patient_id, first.laterality, first.view)
        == (second.patient_id, second.laterality, second.view)
    )
    return same_view and first.lesion_type != second.lesion_type


def _prepare_all(sources: list[Source], settings: Preparation, workers: int) -> Iterator[list[Row]]:
    """Prepare images in this process or in others; yield them in their order, batch by batch."""
    prepare = partial(_prepare, settings=settings)
    size = _BATCH * workers
    batches = (sources[start : start + size] for start in range(0, len(sources), size))
    if workers == 1:
        yield from (list(map(prepare, batch)) for batch in batches)
        return
    pool = open_pool(workers)
    try:
        for batch in batches:
            try:
                rows = list(pool.map(prepare, batch))
            except BrokenProcessPool:
                rows = _prepare_singly(batch, prepare, settings)
                pool = open_pool(workers)
            yield rows
    finally:
        pool.shutdown(cancel_futures=True)


def _prepare_singly(
    batch: list[Source], prepare: Callable[[Source], Row], settings: Preparation
) -> list[Row]:
    """Prepare one image at a time, to find which of them killed the process that read it."""
    rows: list[Row] = []
    pool = None
    for source in batch:
        if pool is None:
            pool = open_pool(1)
            pool.submit(os.getpid).result()  # It lives, so that its death is an image's doing.
        try:
            rows.append(pool.submit(prepare, source).result())
        except BrokenProcessPool:
            rows.append(_without(source, settings, _DEADLY))
            pool = None
    if pool is not None:
        pool.shutdown()
    return rows


def _prepare(source: Source, settings: Preparation) -> Row:
    from mammo.images import read_image

    try:
        prepared = settings.prepare(read_image(source.path), source.laterality)
    except (MammoError, MemoryError) as error:
        return _without(source, settings, str(error) or "it needs more memory than there is")
    pixels = np.rint(prepared.pixels * WHITE).astype(PIXELS)
    digest = hashlib.blake2b(pixels, digest_size=16).hexdigest()
    record = {"image_id": source.image_id, "pixels": digest, **asdict(prepared.geometry)}
    return record, pixels


def without_place(reason: str, place: str, name: str) -> str:
    """Return a reason with a name where it has a file's place, which may be a patient's."""
    for written in (place, repr(place)[1:-1]):  # As it is, and as the system's errors do.
        reason = reason.replace(written, name)
    return reason


def _without(source: Source, settings: Preparation, reason: str) -> Row:
    """Return the record of an image that cannot be prepared, and an empty row.

    The reason names the image and not its file, whose name may be a patient's.
    """
    reason = without_place(reason, source.path, source.image_id)
    reason = reason if source.image_id in reason else f"{source.image_id}: {reason}"
    return {"image_id": source.image_id, "reason": reason}, np.zeros(settings.shape, PIXELS)
