"""A store of twenty tiny images: what the tests of building, failing and resuming build."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image as Pillow

from mammo.files.artifacts import RECORD, Artifacts
from mammo.images import store_building
from mammo.images.cropped_image import PreprocessingSettings

SETTINGS = PreprocessingSettings(size=32)


def breast(seed: int) -> np.ndarray:
    """Return a bright half disk with texture, uint8, 120 x 90."""
    rows, columns = np.mgrid[:120, :90]
    distance = np.hypot((rows - 60) / 50, columns / (40 + seed % 30))
    texture = np.random.default_rng(seed).normal(0, 4, (120, 90))
    return np.clip((1 - distance) * 400, 0, 200 + texture).astype(np.uint8)


def write_images(folder: Path) -> pd.DataFrame:
    """Write twenty images, in two batches: one damaged, one absent, one excluded before."""
    rows = []
    for number in range(20):
        path = folder / f"{number:02d}.png"
        Pillow.fromarray(breast(number)).save(path)
        rows.append(
            {
                "image_id": f"image{number:02d}",
                "patient_id": f"patient{number // 2}",
                "path": str(path),
                "laterality": "LR"[number % 2],
                "view": "CC",
                "lesion_type": None,
                "excluded": None,
            }
        )
    (folder / "03.png").write_bytes((folder / "03.png").read_bytes()[:200])
    (folder / "17.png").unlink()
    rows[5]["excluded"] = "BI-RADS 3"
    return pd.DataFrame(rows)


def build(manifest: pd.DataFrame, artifacts: Path, workers: int = 1) -> Path:
    """Build the store among artifacts, as a study does."""

    def make(folder: Path) -> dict[str, Any]:
        return {"images": len(store_building.build(manifest, SETTINGS, folder, workers))}

    return Artifacts(artifacts).build("images", {"settings": SETTINGS.model_dump()}, make)


def finished(artifacts: Path) -> list[Path]:
    """Return the folders of the results that a run would take for finished."""
    records = artifacts.glob(f"*/*/{RECORD}")
    return [record.parent for record in records if record.parent.suffix != ".partial"]


def content(folder: Path) -> dict[str, bytes]:
    """Return all bytes of a result; of its record, those that are the same in every run."""
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    if RECORD in found:
        record = json.loads(found[RECORD])
        del record["started"], record["seconds"]
        found[RECORD] = json.dumps(record).encode()
    return found
