"""The lesions of a data set's images, found once."""

from __future__ import annotations

import json
import warnings
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mammo.datasets.lesions import FACTS, find, with_labels, without_box
from mammo.files.artifacts import Artifacts, table_digest

if TYPE_CHECKING:
    from mammo.study.locations import Location

_FILE = "lesions.csv"


def lesions_folder(
    artifacts: Artifacts, rows: pd.DataFrame, location: Location, workers: int
) -> Path:
    """Return the artifact folder with the lesions of the images that are used."""
    masks = chain.from_iterable(chain.from_iterable(map(json.loads, rows["mask_paths"])))
    inputs = {
        "dataset": rows["dataset"].iloc[0],
        "facts": table_digest(rows[list(FACTS)]),
        "masks": location.files_digest(masks),
    }

    def make(folder: Path) -> dict[str, Any]:
        found = find(rows, workers)
        found.to_csv(folder / _FILE, index=False)
        lost = without_box(rows, found)
        if len(lost):
            warnings.warn(
                f"{lost.sum():,} lesions in {len(lost):,} images of {inputs['dataset']} have no "
                "box, since no mask of theirs is there: they teach no background, and no lesion "
                f"of theirs is learnt (the first: {lost.index[0]})",
                stacklevel=2,
            )
        return {"lesions": len(found), "without_box": int(lost.sum())}

    return artifacts.build("lesions", inputs, make)


def read_lesions(folder: Path, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the lesions of a folder that `lesions_folder` gave for the same rows."""
    return with_labels(pd.read_csv(folder / _FILE, dtype={"image_id": str}), rows)
