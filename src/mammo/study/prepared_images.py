"""Prepared images: decoded once for each way of preparing them, whatever their labels."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from mammo.files.artifacts import Artifacts, digest, file_state
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
        "files": files_digest(used["path"], location),
        "facts": facts_digest(used, _FACTS),
        "settings": settings.model_dump(mode="json"),
    }

    def make(folder: Path) -> dict[str, Any]:
        built = store_building.build(manifest, settings, folder, workers)
        return {"images": len(built), "excluded": len(built.exclusions)}

    return artifacts.build("images", inputs, make)


def facts_digest(rows: pd.DataFrame, names: Iterable[str]) -> str:
    """Return the digest of some columns of a manifest."""
    facts = rows[list(names)].astype(object)
    return digest(facts.where(facts.notna(), None).to_numpy().tolist())


def files_digest(paths: Iterable[str], location: Location) -> str:
    """Return the digest of files of a data set: each one's place in it, and its state.

    Phantoms and what was unpacked from an archive are known by their set's fingerprint, so that a
    copy of the project, whose files have other times, finds them again.
    """
    return digest([_file(Path(path), location) for path in paths])


def _file(path: Path, location: Location) -> tuple[object, ...]:
    if not path.is_relative_to(location.path):
        return (path.name, location.fingerprint)
    place = path.relative_to(location.path).as_posix()
    if location.source == "synthetic":
        return (place, location.fingerprint)
    file_or_archive = next((one for one in (path, *path.parents) if one.is_file()), path)
    return (place, file_state(file_or_archive))
