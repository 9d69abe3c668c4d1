"""The image store: all prepared images of a data set in one memory-mapped array."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from mammo.errors import MammoError
from mammo.images.preprocessing import PreprocessingSettings

_CHUNK = 16
_IMAGES, _INDEX, _EXCLUSIONS = "images.npy", "index.csv", "exclusions.csv"
_PROGRESS, _PLAN = "progress", "plan.json"
_WHITE = 65535


class Source(NamedTuple):
    """One image to prepare: its row in the store, and what the manifest says of it."""

    row: int
    image_id: str
    path: str
    laterality: str | None
    scene: str
    """Patient, side and view, which two files may rightly share if `finding` differs."""
    finding: str


def build(
    manifest: pd.DataFrame,
    settings: PreprocessingSettings,
    folder: Path,
    workers: int | None = None,
) -> ImageStore:
    """Prepare every image of a manifest that is not excluded, and open the store.

    ``images.npy`` (uint16, N x size x size; 65535 is 1.0) is written in place by the workers,
    each its own rows; ``index.csv`` tells which row is which image and how it was cropped;
    ``exclusions.csv`` names each file that could not be used, with the reason, and its row stays
    0. The result does not depend on the number of workers. Memory is bounded by one native image
    a worker. A build that was killed goes on where it stopped; one of other images or other
    settings in the same folder starts anew.

    A file whose prepared pixels equal those of an earlier one is a duplicate and excluded, unless
    both show the same side and view of the same patient and differ in lesion type: CBIS-DDSM
    files 71 views twice, once for the calcifications and once for the masses.

    Parameters
    ----------
    manifest : pandas.DataFrame
        Columns image_id, path, laterality, excluded; patient_id, view and lesion_type where known.
    settings : PreprocessingSettings
    folder : Path
        Made if absent.
    workers : int, optional
        Number of processes; 1 works in this one, None takes one a core.

    Returns
    -------
    ImageStore

    Raises
    ------
    MammoError
        If the manifest holds no image to prepare, or none of them could be.
    """
    folder = Path(folder)
    sources = _sources(manifest)
    if not sources:
        raise MammoError("the manifest holds no image to prepare: all of its rows are excluded")
    if not _is_finished(folder, sources, settings):
        _start(folder, sources, settings)
        _prepare_all(sources, settings, folder, workers or os.cpu_count() or 1)
        _finish(folder, sources)
    return ImageStore(folder)


class ImageStore:
    """A built store, opened read-only.

    Attributes
    ----------
    images : numpy.memmap of uint16, shape (N, size, size)
    index : pandas.DataFrame
        Indexed by image_id: row, and the crop's geometry (`preprocessing.Geometry`).
    exclusions : pandas.DataFrame
        image_id, path and reason of each file that is not in the store.
    """

    def __init__(self, folder: Path) -> None:
        folder = Path(folder)
        if not (folder / _INDEX).is_file():
            raise MammoError(f"{folder} holds no finished image store: build it first.")
        self.images = np.load(folder / _IMAGES, mmap_mode="r", allow_pickle=False)
        self.index = _read_table(folder / _INDEX).set_index("image_id")
        self.exclusions = _read_table(folder / _EXCLUSIONS)

    def __len__(self) -> int:
        return len(self.index)

    def __contains__(self, image_id: str) -> bool:
        return image_id in self.index.index

    def rows(self, image_ids: Iterable[str]) -> np.ndarray:
        """Rows of the images, int64, in the order asked for.

        Raises
        ------
        MammoError
            If an image is not in the store; the text says why.
        """
        image_ids = list(image_ids)
        positions = self.index.index.get_indexer(image_ids)
        if (positions < 0).any():
            missing = image_ids[int((positions < 0).argmax())]
            reasons = self.exclusions.loc[self.exclusions["image_id"] == missing, "reason"]
            reason = reasons.iloc[0] if len(reasons) else "it is not of this data set"
            raise MammoError(f"image {missing} is not in the image store: {reason}")
        return self.index["row"].to_numpy(dtype=np.int64)[positions]

    def __getitem__(self, rows: int | slice | np.ndarray) -> np.ndarray:
        """Images of the rows as float32 in [0, 1], shape (..., size, size)."""
        return self.images[rows].astype(np.float32) / np.float32(_WHITE)


def _sources(manifest: pd.DataFrame) -> list[Source]:
    used = manifest[manifest["excluded"].isna()]
    unknown = pd.Series(None, index=used.index, dtype=object)
    facts = {
        name: used.get(name, unknown).astype(object).where(lambda column: column.notna(), None)
        for name in ("laterality", "patient_id", "view", "lesion_type")
    }
    scenes = zip(facts["patient_id"], facts["laterality"], facts["view"], strict=True)
    return [
        Source(row, str(image_id), str(path), side, json.dumps(scene), str(finding))
        for row, (image_id, path, side, scene, finding) in enumerate(
            zip(
                used["image_id"],
                used["path"],
                facts["laterality"],
                map(list, scenes),
                facts["lesion_type"],
                strict=True,
            )
        )
    ]


def _plan(sources: list[Source], settings: PreprocessingSettings) -> str:
    """Text that two builds share if, and only if, their stores must be equal."""
    digest = hashlib.sha256(json.dumps(sources).encode()).hexdigest()
    return json.dumps({"images": len(sources), "sha256": digest, **settings.model_dump()})


def _is_finished(folder: Path, sources: list[Source], settings: PreprocessingSettings) -> bool:
    return (folder / _INDEX).is_file() and _same_plan(folder, sources, settings)


def _same_plan(folder: Path, sources: list[Source], settings: PreprocessingSettings) -> bool:
    plan = folder / _PLAN
    return plan.is_file() and plan.read_text() == _plan(sources, settings)


def _start(folder: Path, sources: list[Source], settings: PreprocessingSettings) -> None:
    """Make the empty array, unless a killed build of the same plan left it behind."""
    if _same_plan(folder, sources, settings):
        return
    progress = folder / _PROGRESS
    progress.mkdir(parents=True, exist_ok=True)
    for stale in (folder / _PLAN, folder / _INDEX, *progress.iterdir()):
        stale.unlink(missing_ok=True)
    shape = (len(sources), settings.size, settings.size)
    np.lib.format.open_memmap(folder / _IMAGES, mode="w+", dtype="<u2", shape=shape).flush()
    _write_whole(folder / _PLAN, _plan(sources, settings))


def _prepare_all(
    sources: list[Source], settings: PreprocessingSettings, folder: Path, workers: int
) -> None:
    from tqdm.auto import tqdm

    (folder / _PROGRESS).mkdir(exist_ok=True)
    chunks = [sources[start : start + _CHUNK] for start in range(0, len(sources), _CHUNK)]
    chunks = [chunk for chunk in chunks if not _report(folder, chunk).is_file()]
    if not chunks:
        return
    with tqdm(total=len(sources), desc="prepare images", unit="image") as bar:
        bar.update(len(sources) - sum(map(len, chunks)))
        for done in _run(chunks, settings, folder, min(workers, len(chunks))):
            bar.update(done)


def _run(
    chunks: list[list[Source]], settings: PreprocessingSettings, folder: Path, workers: int
) -> Iterator[int]:
    """Prepare the chunks, in this process or in others; yields each one's number of images."""
    if workers == 1:
        for chunk in chunks:
            yield _prepare_chunk(chunk, settings, folder)
        return
    # spawn: a fork would copy the locks of a parent that runs threads (torch, OpenCV).
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_one_thread)
    with pool:
        jobs = [pool.submit(_prepare_chunk, chunk, settings, folder) for chunk in chunks]
        try:
            for job in as_completed(jobs):
                yield job.result()
        except BrokenProcessPool as error:
            raise MammoError(
                "a process that prepared images was killed, most likely for want of memory:"
                " start again with fewer workers, and the build goes on where it stopped"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _one_thread() -> None:
    import cv2

    cv2.setNumThreads(1)


def _prepare_chunk(chunk: list[Source], settings: PreprocessingSettings, folder: Path) -> int:
    """Write the chunk's rows, then its report: a report vouches for the pixels on disk."""
    images = np.lib.format.open_memmap(folder / _IMAGES, mode="r+")
    report = [_prepare_one(source, settings, images) for source in chunk]
    images.flush()
    _write_whole(_report(folder, chunk), json.dumps(report))
    return len(chunk)


def _prepare_one(source: Source, settings: PreprocessingSettings, images: np.memmap) -> dict:
    from mammo.images import read
    from mammo.images.preprocessing import prepare

    images[source.row] = 0
    try:
        prepared = prepare(read(source.path), source.laterality, settings)
    except (MammoError, OSError, MemoryError) as error:
        return {"row": source.row, "reason": str(error) or type(error).__name__}
    pixels = np.rint(prepared.pixels * _WHITE).astype("<u2")
    images[source.row] = pixels
    digest = hashlib.blake2b(pixels, digest_size=16).hexdigest()
    return {"row": source.row, "pixels": digest, **prepared.geometry.as_dict()}


def _report(folder: Path, chunk: list[Source]) -> Path:
    return folder / _PROGRESS / f"{chunk[0].row:08d}.json"


def _finish(folder: Path, sources: list[Source]) -> None:
    """Merge the reports into index.csv and exclusions.csv, the index last: it says finished."""
    reports = sorted((folder / _PROGRESS).glob("*.json"))
    entries = [entry for report in reports for entry in json.loads(report.read_text())]
    _exclude_duplicates(entries, sources)
    index, exclusions = [], []
    for entry in entries:
        source = sources[entry.pop("row")]
        reason = entry.pop("reason", None)
        if reason is None:
            del entry["pixels"]
            index.append({"image_id": source.image_id, "row": source.row, **entry})
        else:
            exclusions.append({"image_id": source.image_id, "path": source.path, "reason": reason})
    if not index:
        raise MammoError(
            f"none of the {len(sources)} images could be prepared; the first: "
            f"{exclusions[0]['reason']}"
        )
    columns = ["image_id", "path", "reason"]
    table = pd.DataFrame(exclusions, columns=columns)
    _write_whole(folder / _EXCLUSIONS, table.to_csv(index=False, lineterminator="\n"))
    _write_whole(folder / _INDEX, pd.DataFrame(index).to_csv(index=False, lineterminator="\n"))
    for report in reports:
        report.unlink()
    (folder / _PROGRESS).rmdir()


def _exclude_duplicates(entries: list[dict], sources: list[Source]) -> None:
    seen: dict[str, list[Source]] = {}
    for entry in entries:
        if "reason" in entry:
            continue
        source = sources[entry["row"]]
        alike = seen.setdefault(entry["pixels"], [])
        original = next((other for other in alike if not _filed_twice(other, source)), None)
        if original is None:
            alike.append(source)
            continue
        entry["reason"] = (
            f"{source.path} has the same pixels as image {original.image_id} ({original.path}):"
            " remove one of the two, or correct the table that names them."
        )


def _filed_twice(first: Source, second: Source) -> bool:
    return first.scene == second.scene and first.finding != second.finding


def _read_table(path: Path) -> pd.DataFrame:
    text = dict.fromkeys(("image_id", "path", "reason"), str)
    return pd.read_csv(path, dtype=text, keep_default_na=False)


def _write_whole(path: Path, text: str) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text)
    temporary.replace(path)
