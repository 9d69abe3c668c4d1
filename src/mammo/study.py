"""The study: from parameters to artifacts, each step computed once and kept."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from mammo import config, splits
from mammo.config import Parameters
from mammo.datasets import DATASETS, manifest
from mammo.errors import ParameterError
from mammo.images.preprocessing import PreprocessingSettings
from mammo.images.store import ImageStore
from mammo.provenance import (
    Artifacts,
    Processes,
    SingleProcess,
    digest,
    folder_fingerprint,
)

if TYPE_CHECKING:
    from mammo.learning import Learning

INTERNAL = "cbis_ddsm"
EXTERNAL = ("mias", "inbreast", "institution")

TrainingData = Literal["ddsm", "mixed"]
"""What a model is trained on: DDSM's training patients, or also a part of each external set."""


@dataclass(frozen=True)
class Location:
    """Where a data set is read from.

    Attributes
    ----------
    path : Path
        Folder or archive.
    source : str
        "real", or "synthetic" where phantoms stand in for an absent set.
    fingerprint : str
        Digest of its files' names, sizes and times, or of the phantoms' recipe.
    """

    path: Path
    source: str
    fingerprint: str


class Study:
    """Everything that follows from a set of parameters.

    Parameters
    ----------
    parameters : Parameters
        Of all steps.
    processes : Processes, optional
        Processes that compute together; a launched Fabric under torchrun.
    """

    def __init__(self, parameters: Parameters, processes: Processes | None = None) -> None:
        self.parameters = parameters
        self.processes = processes or SingleProcess()
        self.artifacts = Artifacts(config.resolve(parameters.artifacts), self.processes)
        self._locations: dict[str, Location] = {}
        self._manifests: dict[str, pd.DataFrame] = {}

    @property
    def datasets(self) -> tuple[str, ...]:
        """Names of the data sets: the internal one, then the external ones."""
        return (INTERNAL, *EXTERNAL)

    @cached_property
    def learning(self) -> Learning:
        """The steps that need torch, imported when the first of them is asked for."""
        from mammo.learning import Learning

        return Learning(self)

    @property
    def fingerprint(self) -> str:
        """Digest of the data sets that are in place, real or synthetic."""
        return digest({name: asdict(self.location(name)) for name in self.datasets})

    @property
    def sources(self) -> dict[str, str]:
        """Whether each data set is "real" or "synthetic"."""
        return {name: self.source(name) for name in self.datasets}

    def source(self, dataset: str) -> str:
        """Return "real" or "synthetic", as the manifest says, which knows a phantom set's mark."""
        return str(self.manifest(dataset)["source"].iloc[0])

    def location(self, dataset: str) -> Location:
        """Return where a data set is, writing phantoms where it is absent."""
        if dataset not in self._locations:
            found = DATASETS[dataset].find(self._data_root)
            self._locations[dataset] = (
                Location(found, "real", folder_fingerprint(found))
                if found
                else self._phantoms(dataset)
            )
        return self._locations[dataset]

    @cached_property
    def _data_root(self) -> Path:
        root = config.data_root(self.parameters)
        if not root.is_dir() and root != config.resolve(config.DEFAULT_DATA_ROOT):
            raise ParameterError(
                f"{root}: no such folder of data sets; correct data_root or $MAMMO_DATA, or name "
                "neither to use synthetic sets"
            )
        return root

    def _phantoms(self, dataset: str) -> Location:
        from mammo.datasets import phantom

        recipe = {
            "dataset": dataset,
            "seed": self.parameters.seed,
            "scale": self.parameters.phantom_scale,
            "pixel_mm": self.parameters.phantom_pixel_mm,
        }
        folder = self.artifacts.build(
            "phantoms",
            recipe,
            ["datasets.phantom"],
            lambda partial: self._write_phantoms(phantom.write, recipe, partial),
        )
        return Location(folder / "set", "synthetic", folder.name)

    def _write_phantoms(self, write: Any, recipe: dict[str, Any], folder: Path) -> None:
        if not (folder / "set").is_dir():
            write(**recipe, folder=folder / "set", workers=self.workers)
        for unfinished in folder.glob(".set-*"):  # of a run that was killed
            shutil.rmtree(unfinished, ignore_errors=True)

    @property
    def workers(self) -> int:
        """Number of processes that read or write images."""
        return self.parameters.workers or os.cpu_count() or 1

    def manifest(self, dataset: str) -> pd.DataFrame:
        """Return a data set's manifest, excluded rows with their reasons included."""
        if dataset not in self._manifests:
            self._manifests[dataset] = manifest.read_csv(
                self.manifest_folder(dataset) / "manifest.csv"
            )
        return self._manifests[dataset]

    def manifest_folder(self, dataset: str) -> Path:
        """Return the artifact folder that holds a data set's manifest."""
        location = self.location(dataset)
        rules = self._rules(dataset)
        inputs = {"dataset": dataset, **asdict(location), "rules": rules}

        def make(folder: Path) -> dict[str, Any]:
            places = {"cache": self.artifacts.root / "unpacked"} if dataset == "mias" else {}
            source = {"source": location.source}
            found = DATASETS[dataset].load(location.path, **source, **rules, **places)
            manifest.write_csv(found, folder / "manifest.csv")
            return manifest.summary(found).reset_index().to_dict("records")[0]

        return self.artifacts.build("manifest", inputs, ["datasets"], make)

    def _rules(self, dataset: str) -> dict[str, Any]:
        p = self.parameters
        rules: dict[str, dict[str, Any]] = {
            "cbis_ddsm": {
                "label_rule": p.cbis_label_rule,
                "unit": p.cbis_unit,
                "lesions": p.cbis_lesions,
                "without_callback": p.cbis_without_callback,
            },
            "inbreast": {"positive": p.inbreast_positive, "excluded": p.inbreast_excluded},
            "mias": {"label_rule": p.mias_label_rule},
        }
        return rules.get(dataset, {})

    def images(self, dataset: str) -> ImageStore:
        """Return a data set's prepared images."""
        return ImageStore(self.images_folder(dataset))

    def images_folder(self, dataset: str) -> Path:
        """Return the artifact folder that holds a data set's image store."""
        from mammo.images import store

        p = self.parameters
        settings = PreprocessingSettings(
            size=p.image_size,
            aspect=p.aspect,
            mask_background=p.mask_background,
            normalise=p.normalise,
        )
        inputs = {
            "dataset": dataset,
            "manifest": self.manifest_folder(dataset).name,
            "settings": settings.model_dump(mode="json"),
        }

        def make(folder: Path) -> dict[str, Any]:
            built = store.build(self.manifest(dataset), settings, folder, self.workers)
            return {"images": len(built), "excluded": len(built.exclusions)}

        return self.artifacts.build("images", inputs, ["images"], make)

    def summary(self) -> pd.DataFrame:
        """Return Table 1's counts, one row a data set (`mammo.datasets.manifest.summary`)."""
        return pd.concat([manifest.summary(self.manifest(name)) for name in self.datasets])

    def exclusions(self, dataset: str) -> pd.DataFrame:
        """Return what a data set lost and why: excluded by a rule, then unreadable files."""
        rows = self.manifest(dataset)
        by_rule = rows.loc[rows["excluded"].notna(), ["image_id", "path", "excluded"]]
        unreadable = self.images(dataset).exclusions[["image_id", "path", "reason"]]
        return pd.concat(
            [by_rule.rename(columns={"excluded": "reason"}), unreadable], ignore_index=True
        )

    def table(self, dataset: str) -> pd.DataFrame:
        """Return the manifest's rows of the images that are used: labelled and readable."""
        rows = manifest.used(self.manifest(dataset))
        kept = rows[rows["image_id"].isin(self.images(dataset).index.index)]
        return kept.reset_index(drop=True)

    def split(self, dataset: str, training: TrainingData) -> pd.DataFrame:
        """Return `table` with a column ``split``: "train", "validation" (internal) or "test".

        Patients, not images, are divided: DDSM 4:1 and, for the mixed data, each external set 4:1
        (Wang et al. 2020, Materials and Methods). For the model trained on DDSM alone, all of an
        external set is for testing.
        """
        rows = self.table(dataset)
        if dataset == INTERNAL:
            held_out = self.parameters.validation_fraction
            return rows.assign(split=splits.split_patients(rows, held_out, self.parameters.seed))
        if training == "ddsm":
            return rows.assign(split="test")
        held_out = 1 - self.parameters.mixed_fraction
        parts = splits.split_patients(rows, held_out, self.parameters.seed)
        return rows.assign(split=parts.replace("validation", "test"))
