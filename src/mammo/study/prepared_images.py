"""Prepared images: decoded once for each way of preparing them, whatever their labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from mammo.files.artifacts import Artifacts, table_digest
from mammo.images import store_building
from mammo.images.cropped_image import PreprocessingSettings
from mammo.images.store_building import Source
from mammo.images.whole_image import WholeImageSettings

if TYPE_CHECKING:
    from mammo.study.locations import Location

Settings: TypeAlias = PreprocessingSettings | WholeImageSettings
"""How images are prepared."""

_FACTS = [name for name in Source._fields if name != "path"]


def images_folder(
    artifacts: Artifacts,
    manifest: pd.DataFrame,
    location: Location,
    settings: Settings,
    workers: int,
) -> Path:
    """Return the artifact folder with the prepared images of a data set's manifest."""
    used = manifest[manifest["excluded"].isna()]
    inputs = {
        "dataset": manifest["dataset"].iloc[0],
        "files": location.files_digest(used["path"]),
        "facts": table_digest(used[_FACTS]),
        "settings": settings.model_dump(mode="json"),
    }

    def make(folder: Path) -> dict[str, Any]:
        built = store_building.build(manifest, settings, folder, workers)
        return {"images": len(built), "excluded": len(built.exclusions)}

    return artifacts.build("images", inputs, make)
