"""A data set's manifest, read once from its native files and kept without a place in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mammo.datasets import KNOWN, manifest
from mammo.files.artifacts import Artifacts
from mammo.files.pseudonyms import key_fingerprint

if TYPE_CHECKING:
    from mammo.study.locations import Location

_FILE = "manifest.csv"


def manifest_folder(
    artifacts: Artifacts,
    dataset: str,
    location: Location,
    rules: Mapping[str, Any],
    means: Mapping[str, Any],
) -> Path:
    """Return the artifact folder that holds a data set's manifest.

    Parameters
    ----------
    artifacts : Artifacts
    dataset : str
        Key in `mammo.datasets.KNOWN`.
    location : Location
        Where its files are.
    rules : mapping
        The label rules that its loader is given.
    means : mapping
        What its loader is given beside them, and the manifest does not depend on.
    """
    is_secret = KNOWN[dataset].places is not None
    inputs = {
        "dataset": dataset,
        "source": location.source,
        "fingerprint": location.fingerprint,
        "rules": dict(rules),
        "key": key_fingerprint(location.source) if is_secret else None,
    }

    def make(folder: Path) -> dict[str, Any]:
        found = KNOWN[dataset].load(location.path, source=location.source, **rules, **means)
        bases = _bases(artifacts, location)
        kept = manifest.concealed(found) if is_secret else manifest.relative_to(found, bases)
        manifest.write_csv(kept, folder / _FILE)
        return manifest.summary(found).reset_index().to_dict("records")[0]

    return artifacts.build("manifest", inputs, make)


def read_manifest(artifacts: Artifacts, folder: Path, location: Location) -> pd.DataFrame:
    """Return the manifest of a folder that `manifest_folder` gave, with the files' places now."""
    stored = manifest.read_csv(folder / _FILE)
    if places := KNOWN[stored["dataset"].iloc[0]].places:
        return manifest.revealed(stored, places(location.path, location.source))
    return manifest.below(stored, _bases(artifacts, location))


def _bases(artifacts: Artifacts, location: Location) -> dict[str, Path]:
    """Return what paths are kept relative to: the set, or where its archive was unpacked."""
    return {"set": location.path, "artifacts": artifacts.root}
