"""Getting the data sets, and released results, that may be downloaded without asking anybody."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mammo.datasets import KNOWN, detections, reader_study
from mammo.datasets.mias import ARCHIVE_BOUNDS
from mammo.errors import DatasetError, ParameterError
from mammo.files.archives import unpack
from mammo.files.download import download


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
    """

    url: str
    archive: str
    folder: str
    contents: tuple[str, ...]
    sha256: str


DOWNLOADS = {
    "mias": Download(
        url="http://peipa.essex.ac.uk/pix/mias/all-mias.tar.gz",
        archive="all-mias.tar.gz",
        folder="mias",
        contents=("*.pgm", "Info.txt"),
        sha256="f3e07a1b9abf211fc5237d6bc40998cc9ee1a191dd8e0f77c577656051d660b1",
    )
}
"""Archives that `fetch` can get; a further set is an entry here."""


@dataclass(frozen=True)
class Files:
    """Single files that belong together.

    Parameters
    ----------
    urls : tuple of str
        Of the folder that holds them; a further one is tried where the one before has not got them.
    folder : str
        Name under the data root.
    sha256 : mapping of str to str
        File name to its checksum.
    terms : str
        What their owners allow, in words, and their page.
    """

    urls: tuple[str, ...]
    folder: str
    sha256: Mapping[str, str]
    terms: str


_MOST_BYTES, _MOST_ARCHIVE_BYTES = 2**20, 2**28
_NYU = "https://raw.githubusercontent.com/nyukat/mammography_metarepository"

RELEASED = {
    "reader-study": Files(
        urls=(f"{_NYU}/master/reader_study", f"{_NYU}/main/reader_study"),
        folder=reader_study.FOLDER,
        sha256={reader_study.FILE: reader_study.SHA256},
        terms=(
            "BSD-2-Clause, Copyright (c) 2022, Stadnick, Witowski, Rajiv, Chledowski, Shamout, "
            "Cho, Geras. Page: https://github.com/nyukat/mammography_metarepository"
        ),
    ),
    "frcnn-cad-predictions": Files(
        urls=("https://raw.githubusercontent.com/riblidezso/frcnn_cad/master/data",),
        folder=detections.FOLDER,
        sha256=detections.SHA256,
        terms=(
            "Their authors state no licence: they are fetched from the authors' page and never "
            "shipped here. Page: https://github.com/riblidezso/frcnn_cad"
        ),
    ),
}
"""Released results that `fetch` can get."""

EVIDENCE = ("reader-study", "frcnn-cad-predictions")
"""Released results that the chapter on real evidence is computed from; they are small."""


def fetch(name: str, data_root: Path, url: str | None = None) -> Path:
    """Download a data set or released results, check them, and put them under the data root.

    What is there and right is not fetched again; an interrupted download resumes.

    Parameters
    ----------
    name : str
        Name of a data set (CBIS-DDSM, CMMD and INbreast cannot be fetched; the error says how to
        get them), or a key of `RELEASED`.
    data_root : Path
        Made if absent.
    url : str, optional
        Another address of the same archive, or of the folder that holds the same files; file://
        works as well.

    Returns
    -------
    Path
        The folder that holds them.

    Raises
    ------
    ParameterError
        If the name is unknown.
    DatasetError
        If the set cannot be fetched automatically, the download fails, or its contents are not
        what they should be.
    """
    if name in RELEASED:
        return _fetch_files(name, Path(data_root), url)
    if name not in KNOWN:
        known = [*KNOWN, *RELEASED]
        raise ParameterError(f"{name!r} is no data set; it must be one of {known}")
    if name not in DOWNLOADS:
        raise DatasetError(how_to_get(name, data_root))
    wanted = DOWNLOADS[name]
    folder, archive = Path(data_root) / wanted.folder, Path(data_root) / wanted.archive
    if folder.is_dir():
        _verify(folder, wanted, f"{folder}: remove it and fetch it again")
        return folder
    if not archive.is_file():
        download(url or wanted.url, archive, max_bytes=_MOST_ARCHIVE_BYTES)
    remedy = f"{archive}: remove it and fetch it again, from another address"
    return unpack(
        archive, folder, **ARCHIVE_BOUNDS, verify=lambda partial: _verify(partial, wanted, remedy)
    )


def fetch_evidence(
    data_root: Path, further: Sequence[str] = (), url: str | None = None
) -> list[Path]:
    """Fetch the released results of `EVIDENCE`, and what else is named; see `fetch`.

    Parameters
    ----------
    data_root : Path
    further : sequence of str
        Names of data sets, as "mias".
    url : str, optional
        Of a folder laid out like a data root that holds them all; file:// works as well.
    """
    names = (*EVIDENCE, *further)
    return [fetch(name, data_root, url and _address_below(url, name)) for name in names]


def how_to_get(name: str, data_root: Path) -> str:
    """Say how to get a data set, or released results, by hand: page, licence, steps."""
    if name in RELEASED:
        wanted = RELEASED[name]
        return (
            f"Run 'mammo fetch {name}', or put {' and '.join(wanted.sha256)} from {wanted.urls[0]} "
            f"into {Path(data_root) / wanted.folder} by hand. {wanted.terms}"
        )
    card = KNOWN[name].card
    steps = [step.replace("DATA_ROOT", str(data_root)) for step in card.how_to_get]
    fetchable = "" if name in DOWNLOADS else f"{name} cannot be fetched automatically. "
    numbered = [f"  {number}. {step}" for number, step in enumerate(steps, start=1)]
    return "\n".join([f"{fetchable}Licence: {card.licence}. Page: {card.url}", *numbered])


def _address_below(url: str, name: str) -> str:
    """Return where a folder laid out like a data root has a set or released results."""
    places = {released: files.folder for released, files in RELEASED.items()}
    places |= {dataset: wanted.archive for dataset, wanted in DOWNLOADS.items()}
    return f"{url.rstrip('/')}/{places.get(name, name)}"


def _fetch_files(name: str, data_root: Path, url: str | None) -> Path:
    """Fetch into a folder of another name, which gets its own when everything in it is right."""
    wanted = RELEASED[name]
    folder = data_root / wanted.folder
    if folder.is_dir():
        _verify_files(folder, wanted, f"remove {folder} and fetch it again")
        return folder
    partial = data_root / f".{wanted.folder}.part"
    try:
        for file in wanted.sha256:
            _download(file, (url,) if url else wanted.urls, partial)
    except DatasetError as error:
        with suppress(OSError):  # Empty where nothing came.
            partial.rmdir()
        raise DatasetError(f"{error}\n{how_to_get(name, data_root)}") from error
    try:
        _verify_files(partial, wanted, "fetch it from another address")
    except DatasetError:
        shutil.rmtree(partial)
        raise
    partial.replace(folder)
    return folder


def _download(file: str, urls: Sequence[str], folder: Path) -> None:
    """Download a file that is not there yet; the last address has the last word on what fails."""
    if (folder / file).is_file():
        return
    *first, last = (f"{url.rstrip('/')}/{file}" for url in urls)
    for url in first:
        with suppress(DatasetError):
            download(url, folder / file, max_bytes=_MOST_BYTES)
            return
    download(last, folder / file, max_bytes=_MOST_BYTES)


def _verify_files(folder: Path, wanted: Files, remedy: str) -> None:
    for file, expected in wanted.sha256.items():
        path = folder / file
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "is absent"
        if found != expected:
            raise DatasetError(
                f"{path} does not have the checksum {expected[:12]}... of the original "
                f"({found[:12]}): {remedy}"
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
