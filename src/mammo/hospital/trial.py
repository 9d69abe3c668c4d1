"""Some of a hospital's images prepared before anything is promised of them."""

import os
from dataclasses import replace
from pathlib import Path

import pandas as pd

from mammo.datasets.check_report import Finding
from mammo.datasets.exclusions import Exclusion, Kind
from mammo.datasets.institution.intake import Intake
from mammo.errors import MammoError
from mammo.files.workers import mapped
from mammo.images import read_image
from mammo.images.cropped_image import PreprocessingSettings
from mammo.images.store_building import without_place

MOST_PIXELS = 200_000_000
"""Of all images together that are tried: fifteen of full-field digital mammography, or all that a
small set has."""

_KIND = ["format", "transfer_syntax", "photometric_interpretation", "bits_stored", "manufacturer"]
_FEW_PIXELS = 40_000_000
"""For which no process of its own is worth while."""
_SETTINGS = PreprocessingSettings(size=64)


def tried(intake: Intake) -> tuple[Intake, tuple[Finding, ...]]:
    """Prepare some images of every kind, and leave out those that cannot be.

    A header does not tell whether pixels are damaged, contradict it or show no breast. Kinds are
    told apart by format, encoding and device, and take turns.

    Parameters
    ----------
    intake : Intake

    Returns
    -------
    intake : Intake
        With an exclusion for each image that was tried in vain.
    findings : tuple of Finding
        What the images that were not tried have to fear; empty where all were.
    """
    used = intake.used
    turns = used.groupby(_KIND, dropna=False).cumcount()
    pixels = (used["rows"].astype(float) * used["columns"].astype(float)).fillna(0)
    in_turn = pixels.loc[turns.sort_values(kind="stable").index]
    chosen = used.loc[in_turn.index[in_turn.cumsum().sub(in_turn) < MOST_PIXELS]]
    workers = (os.cpu_count() or 1) if in_turn[chosen.index].sum() > _FEW_PIXELS else 1
    bar = {"desc": "try images", "unit": "image", "delay": 2, "leave": False}
    faults = pd.Series(list(mapped(fault, chosen["place"], workers, **bar)), chosen.index, object)
    excluded = intake.files["excluded"].copy()
    for image, found in faults.dropna().items():
        excluded[image] = Exclusion(Kind.NOT_PREPARED, found)
    left = replace(intake, files=intake.files.assign(excluded=excluded))
    return left, tuple(_findings(faults, len(used)))


def fault(place: str | Path) -> str | None:
    """Return why a file cannot be prepared, without its place; None if it can be."""
    try:
        _SETTINGS.prepare(read_image(place), None)
    except (MammoError, MemoryError) as error:
        said = str(error) or "it needs more memory than there is"
        said = without_place(said, str(place), "the file")
        return said.removeprefix("the file cannot be read as a mammogram: ").rstrip(".")
    return None


def _findings(faults: pd.Series, n_used: int) -> list[Finding]:
    n_lost = int(faults.notna().sum())
    if len(faults) == n_used or not n_lost:
        return []
    is_hopeless = n_lost == len(faults)
    text = (
        f"{n_lost:,} of the {len(faults):,} images that were tried cannot be prepared, and "
        f"{n_used - len(faults):,} were not tried"
    )
    return [Finding("error" if is_hopeless else "warning", text, "mend the export first")]
