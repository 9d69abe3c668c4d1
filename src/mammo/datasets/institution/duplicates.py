"""Files that hold the same image, found without decoding any."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pandas as pd

from mammo import containers

_SAMPLE_BYTES = 2**16
_BLOCK_BYTES = 2**20


def same_instance(files: pd.DataFrame) -> pd.Series:
    """Return, for each file that repeats a SOP Instance UID, the first file that has it.

    Parameters
    ----------
    files : DataFrame
        `mammo.datasets.institution.survey.COLUMNS`.

    Returns
    -------
    Series of int
        Index label of the first file; only files that repeat one are in it.
    """
    named = files["instance"].dropna()
    first = named.index.to_series().groupby(named).transform("first")
    return first[first != first.index].astype(int)


def same_pixels(files: pd.DataFrame) -> pd.Series:
    """Return, for each file whose encoded pixels equal those of an earlier one, the first of them.

    A file's pixels are what follows its header. Only files of equal size there are compared: first
    by a sample of 64 KiB from the middle, then as a whole, so that of files that differ little more
    than the header is read. The same image in two encodings is not found here; the image store
    compares decoded pixels.

    Parameters
    ----------
    files : DataFrame
        `mammo.datasets.institution.survey.COLUMNS`.

    Returns
    -------
    Series of int
        As `same_instance`.
    """
    sized = files[files["pixels_at"].notna()]
    pixel_bytes = sized["bytes"] - sized["pixels_at"]
    groups = sized.groupby(["format", "rows", "columns", pixel_bytes]).groups
    alike = [list(labels) for labels in groups.values()]
    for digest in (_sample_digest, _whole_digest):
        alike = [part for group in alike for part in _parted(files, group, digest)]
    found = {label: group[0] for group in alike for label in group[1:]}
    return pd.Series(found, dtype=int).sort_index()


def _parted(
    files: pd.DataFrame, group: Sequence[int], digest: Callable[[Path, int, int], bytes]
) -> Iterable[list[int]]:
    """Part a group of files into those of equal digest; what has no equal is left out."""
    if len(group) < 2:
        return []
    parts: dict[bytes, list[int]] = {}
    for label, place, size, start in zip(
        group, *(files.loc[group, name] for name in ("place", "bytes", "pixels_at")), strict=True
    ):
        try:
            parts.setdefault(digest(place, int(start), int(size)), []).append(label)
        except OSError:
            continue  # it was readable a moment ago; the preparation of images will say
    return [part for part in parts.values() if len(part) > 1]


def _sample_digest(place: Path, start: int, end: int) -> bytes:
    middle = max(start, (start + end - _SAMPLE_BYTES) // 2)
    with containers.open_binary(place) as file:
        file.seek(middle)
        return hashlib.blake2b(file.read(min(_SAMPLE_BYTES, end - middle)), digest_size=16).digest()


def _whole_digest(place: Path, start: int, end: int) -> bytes:
    found = hashlib.blake2b(digest_size=16)
    with containers.open_binary(place) as file:
        file.seek(start)
        while block := file.read(_BLOCK_BYTES):
            found.update(block)
    return found.digest()
