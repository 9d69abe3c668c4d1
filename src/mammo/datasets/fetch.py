"""Getting the data sets that may be downloaded without asking anybody."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mammo.datasets import DATASETS
from mammo.datasets.archives import unpack
from mammo.datasets.download import download
from mammo.errors import DatasetError, ParameterError


@dataclass(frozen=True)
class Download:
    """An archive that holds a data set.

    Parameters
    ----------
    url : str
        Where it is.
    archive, folder : str
        Names under the data root of the archive and of what it holds.
    contents : tuple of str
        Patterns of the files that the checksum covers.
    sha256 : str
        See `contents_sha256`. Of the contents, not of the archive: repacked copies are as good.
    max_bytes : int
        Bound on the archive.
    max_unpacked_bytes, max_files : int
        Bounds on what it holds.
    """

    url: str
    archive: str
    folder: str
    contents: tuple[str, ...]
    sha256: str
    max_bytes: int
    max_unpacked_bytes: int
    max_files: int


DOWNLOADS = {
    "mias": Download(
        url="http://peipa.essex.ac.uk/pix/mias/all-mias.tar.gz",
        archive="all-mias.tar.gz",
        folder="mias",
        contents=("*.pgm", "Info.txt"),
        sha256="f3e07a1b9abf211fc5237d6bc40998cc9ee1a191dd8e0f77c577656051d660b1",
        max_bytes=2**28,
        max_unpacked_bytes=2**30,
        max_files=1000,
    )
}
"""What `fetch` can get; a further set is an entry here."""


def fetch(name: str, data_root: Path, url: str | None = None) -> Path:
    """Download a data set, check it, and unpack it under the data root.

    What is there and right is not fetched again; an interrupted download resumes.

    Parameters
    ----------
    name : str
        Name of a data set (CBIS-DDSM and INbreast cannot be fetched; the error says how to get
        them).
    data_root : Path
        Made if absent.
    url : str, optional
        Another address of the same archive; file:// works as well.

    Returns
    -------
    Path
        The folder that holds the set.

    Raises
    ------
    ParameterError
        If the name is unknown.
    DatasetError
        If the set cannot be fetched automatically, the download fails, or its contents are not
        what they should be.
    """
    if name not in DATASETS:
        raise ParameterError(f"{name!r} is no data set; it must be one of {list(DATASETS)}")
    if name not in DOWNLOADS:
        raise DatasetError(how_to_get(name, data_root))
    wanted = DOWNLOADS[name]
    folder, archive = Path(data_root) / wanted.folder, Path(data_root) / wanted.archive
    if folder.is_dir():
        _verify(folder, wanted, f"{folder}: remove it and fetch it again")
        return folder
    if not archive.is_file():
        download(url or wanted.url, archive, max_bytes=wanted.max_bytes)
    return unpack(
        archive,
        folder,
        max_bytes=wanted.max_unpacked_bytes,
        max_files=wanted.max_files,
        verify=lambda unpacked: _verify(
            unpacked, wanted, f"{archive}: remove it and fetch it again, from another address"
        ),
    )


def how_to_get(name: str, data_root: Path) -> str:
    """Say how to get a data set by hand: page, licence, steps."""
    card = DATASETS[name].card
    steps = [step.replace("DATA_ROOT", str(data_root)) for step in card.how_to_get]
    fetchable = "" if name in DOWNLOADS else f"{name} cannot be fetched automatically. "
    return "\n".join(
        [
            f"{fetchable}Licence: {card.licence}. Page: {card.url}",
            *(f"  {number}. {step}" for number, step in enumerate(steps, start=1)),
        ]
    )


def contents_sha256(folder: Path, patterns: tuple[str, ...]) -> str:
    """SHA-256 of the sorted lines ``<sha256 of the file>  <name>`` that sha256sum would print."""
    files = sorted({file for pattern in patterns for file in folder.glob(pattern)})
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _verify(folder: Path, wanted: Download, remedy: str) -> None:
    found = contents_sha256(folder, wanted.contents)
    if found != wanted.sha256:
        raise DatasetError(
            f"the files do not have the checksum {wanted.sha256[:12]}... of the original but "
            f"{found[:12]}...; {remedy}"
        )
