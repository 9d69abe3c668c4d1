"""The image store: all prepared images of a data set in one memory-mapped array."""

import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mammo.errors import MammoError
from mammo.images.geometry import Geometry

IMAGES, RECORDS = "images.npy", "images.jsonl"
PIXELS = "<u2"
WHITE = 65535
"""The stored value of 1.0."""

_INDEX = ["image_id", "row", *(field.name for field in fields(Geometry))]


class ImageStore:
    """A built store, opened read-only.

    Attributes
    ----------
    images : numpy.memmap of uint16, shape (N, rows, columns)
        65535 is 1.0. Rows of files that could not be prepared are 0.
    index : pandas.DataFrame
        Indexed by image_id: row, and the fields of `mammo.images.geometry.Geometry`.
    exclusions : pandas.DataFrame
        image_id of each image that is not in the store, and the reason.
    """

    def __init__(self, folder: Path) -> None:
        folder = Path(folder)
        records = read_records(folder)
        if not records:
            raise MammoError(f"{folder} holds no finished image store: build it first.")
        try:
            self.images = np.load(folder / IMAGES, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise MammoError(
                f"{folder / IMAGES} is damaged ({error}): delete its folder and run again."
            ) from None
        if len(records) != len(self.images):
            raise MammoError(f"{folder} holds no finished image store: build it first.")
        rows = [{"row": row, **record} for row, record in enumerate(records)]
        good = [record for record in rows if "reason" not in record]
        bad = [record for record in rows if "reason" in record]
        self.index = pd.DataFrame(good, columns=_INDEX).set_index("image_id")
        self.exclusions = pd.DataFrame(bad, columns=["image_id", "reason"])

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


def read_records(folder: Path) -> list[dict[str, Any]]:
    """Return what is known of each image whose row is on disk, in the order of the rows.

    Each has ``image_id``, and either ``pixels``, a digest of them, with the fields of
    `mammo.images.geometry.Geometry`, or the ``reason`` why it is excluded. A line that a killed
    build did not end does not count.
    """
    path = folder / RECORDS
    if not path.is_file():
        return []
    with path.open(encoding="ascii", newline="\n") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]
