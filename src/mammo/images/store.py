"""The image store: all prepared images of a data set in one memory-mapped array."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mammo.errors import MammoError
from mammo.files.artifacts import FileState, file_state
from mammo.files.disk import create_array, naming_errors, write_csv, write_text
from mammo.images.batch import IMAGES, PIXELS, REPORTS, WHITE, Preparation, Source, prepare_all
from mammo.images.geometry import Geometry

_INDEX, _EXCLUSIONS, _PLAN = "index.csv", "exclusions.csv", "plan.json"


class ImageStore:
    """A built store, opened read-only.

    Attributes
    ----------
    images : numpy.memmap of uint16, shape (N, rows, columns)
        65535 is 1.0. Rows of excluded files are 0.
    index : pandas.DataFrame
        Indexed by image_id: row, and the fields of `mammo.images.geometry.Geometry`.
    exclusions : pandas.DataFrame
        image_id of each image that is not in the store, and the reason.
    """

    def __init__(self, folder: Path) -> None:
        folder = Path(folder)
        if not (folder / _INDEX).is_file():
            raise MammoError(f"{folder} holds no finished image store: build it first.")
        try:
            self.images = np.load(folder / IMAGES, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise MammoError(
                f"{folder / IMAGES} is damaged ({error}): delete its folder and run again."
            ) from None
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
            reason = reasons.iloc[0] if len(reasons) else "it is not of this data set."
            raise MammoError(f"image {missing} is not in the image store: {reason}")
        return self.index["row"].to_numpy(dtype=np.int64)[positions]

    def geometry(self, image_id: str) -> Geometry:
        """Where the prepared image lies in its native one, to map lesion boxes."""
        facts = self.index.loc[image_id].to_dict()
        del facts["row"]
        return Geometry(**facts)

    def __getitem__(self, rows: int | slice | np.ndarray) -> np.ndarray:
        """Images of the rows as float32 in [0, 1], shape (..., rows, columns)."""
        return self.images[rows].astype(np.float32) / np.float32(WHITE)


def build(
    manifest: pd.DataFrame,
    settings: Preparation,
    folder: Path,
    workers: int | None = None,
) -> ImageStore:
    """Prepare every image of a manifest that is not excluded, and open the store.

    ``images.npy`` (uint16, N x rows x columns) is written in place by the workers, each its own
    rows; ``index.csv`` tells which row is which image and how it was cropped; ``exclusions.csv``
    names each image that could not be used, and why; the names of files are not kept. The result
    does not depend on the number of workers. Memory is bounded by one native image a worker. A
    build that was killed goes on where it stopped; one of other images or settings in the same
    folder starts anew.

    A file whose prepared pixels equal those of an earlier one is a duplicate and excluded, unless
    both show the same side and view of the same patient and differ in lesion type: CBIS-DDSM
    files 71 views twice, once for the calcifications and once for the masses.

    Parameters
    ----------
    manifest : pandas.DataFrame
        Columns image_id, path, laterality, excluded; patient_id, view, lesion_type where known.
    settings : PreprocessingSettings or WholeImageSettings
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
        If the manifest holds no image to prepare, none of them could be, a file changed meanwhile,
        or there is no room for the store.
    """
    folder = Path(folder)
    sources = _sources(manifest)
    if not sources:
        raise MammoError("The manifest holds no image to prepare: each of its rows is excluded.")
    states = _states(sources)
    plan = _plan(sources, states, settings)
    with naming_errors(folder):
        if not _is_planned(folder, plan):
            _start_anew(folder, (len(sources), *settings.shape), plan)
        if not (folder / _INDEX).is_file():
            entries = prepare_all(sources, settings, folder, workers or os.cpu_count() or 1)
            _check_unchanged(sources, states)
            _finish(folder, entries, sources)
    shutil.rmtree(folder / REPORTS, ignore_errors=True)
    return ImageStore(folder)


def _sources(manifest: pd.DataFrame) -> list[Source]:
    used = manifest[manifest["excluded"].isna()]
    facts = used.reindex(columns=list(Source._fields[1:])).astype(object)
    facts = facts.where(facts.notna(), None)
    return [Source(row, *fact) for row, fact in enumerate(facts.itertuples(index=False))]


def _states(sources: list[Source]) -> list[FileState]:
    return [file_state(Path(source.path)) for source in sources]


def _plan(sources: list[Source], states: list[FileState], settings: Preparation) -> str:
    """Text that two builds share if, and only if, their stores must be equal."""
    digest = hashlib.sha256(json.dumps([sources, states], default=str).encode()).hexdigest()
    return json.dumps({"images": len(sources), "sha256": digest, **settings.model_dump()})


def _is_planned(folder: Path, plan: str) -> bool:
    path = folder / _PLAN
    return path.is_file() and path.read_bytes() == plan.encode()


def _check_unchanged(sources: list[Source], states: list[FileState]) -> None:
    for source, before, after in zip(sources, states, _states(sources), strict=True):
        if before != after:
            raise MammoError(
                f"The file of image {source.image_id} changed while the images were read: run again"
                " when nothing writes to them."
            )


def _start_anew(folder: Path, shape: tuple[int, int, int], plan: str) -> None:
    """Make the empty array; the plan, written last, says that it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in (_PLAN, _INDEX, _EXCLUSIONS):
        (folder / stale).unlink(missing_ok=True)
    shutil.rmtree(folder / REPORTS, ignore_errors=True)
    create_array(folder / IMAGES, shape, PIXELS)
    write_text(folder / _PLAN, plan)


def _finish(folder: Path, entries: list[dict[str, Any]], sources: list[Source]) -> None:
    """Write exclusions.csv, then index.csv, which says that the store is finished."""
    _exclude_duplicates(entries, sources)
    table = pd.DataFrame(entries)
    table = table.reindex(columns=[*table.columns, *({"reason", "pixels"} - set(table.columns))])
    table.insert(0, "image_id", [source.image_id for source in sources])
    good = table["reason"].isna()
    if not good.any():
        shutil.rmtree(folder / REPORTS)
        raise MammoError(
            f"None of the {len(sources)} images could be prepared; the first: {table['reason'][0]}"
        )
    exclusions = table.loc[~good, ["image_id", "reason"]]
    index = table[good].drop(columns=["reason", "pixels"]).convert_dtypes()
    write_csv(folder / _EXCLUSIONS, exclusions)
    write_csv(folder / _INDEX, index)


def _exclude_duplicates(entries: list[dict[str, Any]], sources: list[Source]) -> None:
    seen: dict[str, list[Source]] = {}
    for entry, source in zip(entries, sources, strict=True):
        if "reason" in entry:
            continue
        alike = seen.setdefault(entry["pixels"], [])
        original = next((other for other in alike if not _filed_twice(other, source)), None)
        if original is None:
            alike.append(source)
            continue
        entry["reason"] = (
            f"{source.image_id} has the same pixels as image {original.image_id}: remove one of the"
            " two, or correct the table that names them."
        )


def _filed_twice(first: Source, second: Source) -> bool:
    """Whether one film may stand in the data set twice, once for each kind of lesion."""
    same_view = first.patient_id is not None and (
        (first.patient_id, first.laterality, first.view)
        == (second.patient_id, second.laterality, second.view)
    )
    return same_view and first.lesion_type != second.lesion_type


def _read_table(path: Path) -> pd.DataFrame:
    text = dict.fromkeys(("image_id", "reason"), str)
    return pd.read_csv(path, dtype=text, keep_default_na=False, encoding_errors="surrogateescape")
