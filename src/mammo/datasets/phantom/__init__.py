"""Synthetic phantom sets, written in the native files of the sets they stand for.

A patient is a latent anatomy (`anatomy`, `outline`, `tissue`) seen in views (`imaging`), with
lesions (`lesion_plan`, `lesions`, `calcifications`), acquired as the set was (`acquisition`,
`sheet`). Values come from cited facts, measurements on real images, or the eye, and say which;
docs/decisions.md tells how the contrast of masses was set.
"""

from functools import partial
from itertools import chain
from pathlib import Path
from types import ModuleType

from mammo.datasets.phantom.acquisition import documented
from mammo.datasets.phantom.imaging import Streams
from mammo.datasets.phantom.lesion_plan import LOOKS
from mammo.datasets.phantom.population import PUBLISHED_CASES, Case, cases
from mammo.errors import DatasetError, ParameterError
from mammo.files.disk import atomic_folder
from mammo.files.workers import mapped

__all__ = ["DATASETS", "MARKER", "write"]

DATASETS = tuple(PUBLISHED_CASES)
MARKER = "SYNTHETIC.txt"
PIXEL_RANGE_MM = (0.05, 1.0)
LARGEST_SCALE = 3.0
DIGITISERS = ("documented", "independent")

NOTICE = """\
SYNTHETIC PHANTOM IMAGES. No patient, no real mammogram.

Computed by mammo.datasets.phantom in the file format of the data set "{dataset}".
seed: {seed}
scale: {scale} of the published number of cases
pixel pitch: {pixel_mm} mm (mini-MIAS is always .2 mm)
lesions: {lesions}
digitiser of DDSM's films: {digitiser}
"""


def write(
    dataset: str,
    folder: Path | str,
    *,
    seed: int,
    scale: float,
    pixel_mm: float,
    lesions: str = "textbook",
    digitiser: str = "documented",
    workers: int = 1,
) -> Path:
    """Write a synthetic set in the native files of a data set.

    Parameters
    ----------
    dataset : str
        One of `DATASETS`.
    folder : path
        To be made; it appears when the whole set is written.
    seed : int
        Not negative. The same seed gives the same files, whatever the number of workers.
    scale : float
        Fraction of the published number of cases, in (0, 3].
    pixel_mm : float
        Pixel pitch, .05 to 1 mm; mini-MIAS always has .2 mm.
    lesions : str
        One of `lesion_plan.LOOKS`: how lesions look.
    digitiser : str
        "documented": a DDSM patient's films have a scanner in the shares of the diagnosis;
        "independent": every film any scanner.
    workers : int
        Number of processes.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    ParameterError
        If a parameter is unknown or out of range.
    DatasetError
        If the folder exists and is not empty.
    """
    low, high = PIXEL_RANGE_MM
    for name, value, is_right, expected in (
        ("dataset", dataset, dataset in DATASETS, f"one of {', '.join(DATASETS)}"),
        ("seed", seed, seed >= 0, "a whole number that is not negative"),
        ("scale", scale, 0 < scale <= LARGEST_SCALE, "more than 0 and at most 3"),
        ("pixel_mm", pixel_mm, low <= pixel_mm <= high, f"{low} to {high} mm"),
        ("workers", workers, workers >= 1, "at least 1"),
        ("lesions", lesions, lesions in LOOKS, f"one of {', '.join(LOOKS)}"),
        ("digitiser", digitiser, digitiser in DIGITISERS, f"one of {', '.join(DIGITISERS)}"),
    ):
        if not is_right:
            raise ParameterError(f"{name} is {value!r}: expected {expected}.")
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DatasetError(
            f"{folder} exists already: delete it or name another folder for the synthetic set."
        )
    with atomic_folder(folder) as unfinished:
        entropy = (seed, DATASETS.index(dataset))
        streams = Streams(entropy)
        planned = cases(dataset, scale, streams.generator("population"), LOOKS[lesions])
        if dataset == "cbis_ddsm" and digitiser == "documented":
            planned = documented(planned, streams.generator("artefact"))
        act = partial(_write_case, dataset, entropy, unfinished, pixel_mm)
        bar = {"desc": f"synthetic {dataset}", "unit": "case"}
        rows = chain.from_iterable(mapped(act, planned, workers, chunksize=4, **bar))
        _writer(dataset).write_tables(list(rows), unfinished)
        facts = {"dataset": dataset, "seed": seed, "scale": scale, "pixel_mm": pixel_mm}
        notice = NOTICE.format(**facts, lesions=lesions, digitiser=digitiser)
        (unfinished / MARKER).write_text(notice, encoding="utf-8")
    return folder


def _write_case(
    dataset: str, entropy: tuple[int, ...], folder: Path, pixel_mm: float, case: Case
) -> list[dict]:
    streams = Streams(entropy, 1 + case.number)
    return list(_writer(dataset).write_case(case, streams, folder, pixel_mm))


def _writer(dataset: str) -> ModuleType:
    from mammo.datasets.phantom import (
        write_cbis_ddsm,
        write_inbreast,
        write_institution,
        write_mias,
    )

    writers = (write_cbis_ddsm, write_inbreast, write_mias, write_institution)
    return dict(zip(DATASETS, writers, strict=True))[dataset]
