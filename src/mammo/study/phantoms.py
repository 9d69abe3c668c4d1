"""Phantom sets, written once in the place of data sets that are absent."""

import os
import shutil
from pathlib import Path

from mammo.datasets import phantom
from mammo.files.artifacts import Artifacts
from mammo.parameters import Parameters


def phantom_folder(parameters: Parameters, artifacts: Artifacts, dataset: str) -> Path:
    """Return the artifact folder whose ``set`` is a data set's phantoms in its native files."""
    recipe = {
        "dataset": dataset,
        "seed": parameters.seed,
        "scale": parameters.phantom_scale,
        "pixel_mm": parameters.phantom_pixel_mm,
        "lesions": parameters.phantom_lesions,
        "digitiser": parameters.phantom_digitiser,
    }

    def make(folder: Path) -> None:
        for unfinished in (folder / "set", *folder.glob(".set-*")):  # Of a run that was killed.
            shutil.rmtree(unfinished, ignore_errors=True)
        workers = parameters.workers or os.cpu_count() or 1
        phantom.write(**recipe, folder=folder / "set", workers=workers)

    return artifacts.build("phantoms", recipe, make)
