"""Files that hold the same image, found without decoding more than must be."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pandas as pd

from mammo.errors import UnreadableImageError
from mammo.files import containers
from mammo.images import read_image

_SAMPLE_BYTES = 2**16
_BLOCK_BYTES = 2**20


def same_instance(files: pd.DataFrame) -> pd.Series:
    """Return, for each file, the first file with its SOP Instance UID and its pixels.

    Anonymisers give one UID to different images, so that it alone says nothing. Files in one
    encoding are compared as `same_pixels` does, and those in several once they are decoded.

    Parameters
    ----------
    files : DataFrame
        ``instance``, ``transfer_syntax``, and what `same_pixels` takes, of
        `mammo.datasets.institution.inspection.COLUMNS`.

    Returns
    -------
    Series of int
        Index labels; a file's own where no file before is the same.
    """
    first = files.index.to_series()
    shared = files[files["instance"].notna() & files["instance"].duplicated(keep=False)]
    for _, group in shared.groupby("instance", sort=False):
        copies = same_pixels(group)
        left = group.loc[copies[copies == copies.index].index]
        if left["transfer_syntax"].nunique() > 1:
            decoded = left["place"].map(_decoded_digest)
            kept = left.index.to_series().groupby(decoded).transform("first")
            copies = copies.map(kept)
        first[copies.index] = copies
    return first


def _decoded_digest(place: Path) -> str:
    """Return a digest of an image, or the place itself of what cannot be decoded."""
    try:
        pixels = read_image(place).pixels
    except UnreadableImageError:
        return str(place)
    return hashlib.blake2b(pixels, digest_size=16).hexdigest() + f" {pixels.shape}"


def same_pixels(files: pd.DataFrame) -> pd.Series:
    """Return, for each file, the first file whose encoded pixels equal its own.

    A file's pixels are what follows its header. Only files of equal size there are compared: first
    by a sample of 64 KiB from the middle, then as a whole, so that of files that differ little more
    than the header is read. The same image in two encodings is not found here; the image store
    compares decoded pixels.

    Parameters
    ----------
    files : DataFrame
        ``place``, ``bytes``, ``pixels_at``, ``format``, ``rows`` and ``columns`` of
        `mammo.datasets.institution.inspection.COLUMNS`.

    Returns
    -------
    Series of int
        As `same_instance`.
    """
    sized = files[files["pixels_at"].notna()]
    pixel_bytes = sized["bytes"] - sized["pixels_at"]
    alike = sized.groupby(["format", "rows", "columns", pixel_bytes]).groups.values()
    for digest in (_sample_digest, _whole_digest):
        alike = [part for group in alike for part in _parted(files, group, digest)]
    first = files.index.to_series()
    for group in alike:
        first[group] = group[0]
    return first


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
    return _whole_digest(place, middle, min(end, middle + _SAMPLE_BYTES))


def _whole_digest(place: Path, start: int, end: int) -> bytes:
    found = hashlib.blake2b(digest_size=16)
    with containers.open_binary(place) as file:
        file.seek(start)
        while block := file.read(min(_BLOCK_BYTES, end - start)):
            found.update(block)
            start += len(block)
    return found.digest()
