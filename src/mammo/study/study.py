"""The study: from parameters to artifacts, each step computed once and kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mammo.datasets import KNOWN, manifest, splits
from mammo.datasets.roles import EXTERNAL, INTERNAL
from mammo.files.artifacts import Artifacts, Processes, SingleProcess
from mammo.images.cropped_image import PreprocessingSettings
from mammo.images.store import ImageStore
from mammo.images.whole_image import WholeImageSettings
from mammo.parameters import Parameters, sources
from mammo.study.lesions import lesions_folder, read_lesions
from mammo.study.locations import Locations
from mammo.study.manifests import manifest_folder, read_manifest
from mammo.study.prepared_images import Settings, images_folder
from mammo.study.roles import TrainingData

if TYPE_CHECKING:
    from lightning.fabric import Fabric


class Study:
    """Everything that follows from a set of parameters.

    Parameters
    ----------
    parameters : Parameters
        Of all steps.
    processes : Processes, optional
        Processes that compute together; a launched Fabric under torchrun.
    variant_of : Study, optional
        A study of the same parameters, with which this one shares artifacts, places and tables.
    """

    def __init__(
        self,
        parameters: Parameters,
        processes: Processes | None = None,
        variant_of: Study | None = None,
    ) -> None:
        self.parameters = parameters
        self.processes = processes or SingleProcess()
        if variant_of is None:
            self.artifacts = Artifacts(sources.resolve(parameters.artifacts), self.processes)
            self.locations = Locations(parameters, self.artifacts)
            self._tables: dict[tuple[str, ...], pd.DataFrame] = {}
            self._stores: dict[tuple[str, Settings], Path] = {}
        else:
            self.artifacts, self.locations = variant_of.artifacts, variant_of.locations
            self._tables, self._stores = variant_of._tables, variant_of._stores

    def __reduce__(self) -> tuple[type[Study], tuple[Parameters]]:
        """Follow from the parameters in another process, too; a variant does not."""
        if type(self) is not Study:
            raise TypeError(f"a {type(self).__name__} has to be made anew in another process")
        return Study, (self.parameters,)

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """Names of the data sets: the internal one, the external ones or stand-ins, any further."""
        return (INTERNAL, *map(self.locations.in_place_of, EXTERNAL), *self.locations.further)

    @property
    def local(self) -> str:
        """Name of the set in the institution's place."""
        return self.locations.in_place_of(EXTERNAL[-1])

    @cached_property
    def fabric(self) -> Fabric:
        """Device and processes; those of torchrun if it started this program."""
        from lightning.fabric import Fabric

        from mammo.training import devices

        return self.processes if isinstance(self.processes, Fabric) else devices.launch()

    @property
    def sources(self) -> dict[str, str]:
        """Whether each data set is "real" or "synthetic"."""
        return {name: self.source(name) for name in self.datasets}

    def source(self, dataset: str) -> str:
        """Return "real" or "synthetic", as the manifest says, which knows a phantom set's mark."""
        return str(self.manifest(dataset)["source"].iloc[0])

    @property
    def workers(self) -> int:
        """Number of processes that read or write images."""
        return self.parameters.workers or os.cpu_count() or 1

    @property
    def preprocessing(self) -> PreprocessingSettings:
        """How an image is prepared for the paper's own models."""
        p = self.parameters
        how = p.named("aspect", "mask_background", "normalise")
        return PreprocessingSettings(size=p.image_size, **how)

    def manifest(self, dataset: str) -> pd.DataFrame:
        """Return a data set's manifest, excluded rows with their reasons included."""

        def read() -> pd.DataFrame:
            folder, location = self.manifest_folder(dataset), self.locations.of(dataset)
            return read_manifest(self.artifacts, folder, location)

        return self._once(("manifest", dataset), read)

    def manifest_folder(self, dataset: str) -> Path:
        """Return the artifact folder that holds a data set's manifest."""
        known, p = KNOWN[dataset], self.parameters
        means = {
            "cache": self.artifacts.root / "unpacked",
            "table": self.locations.labels,
            "workers": self.workers,
        }
        return manifest_folder(
            self.artifacts,
            dataset,
            self.locations.of(dataset),
            {argument: getattr(p, name) for argument, name in known.rules.items()},
            {name: means[name] for name in known.means},
        )

    def images(self, dataset: str) -> ImageStore:
        """Return a data set's prepared images."""
        return ImageStore(self.images_folder(dataset))

    def images_folder(self, dataset: str) -> Path:
        """Return the artifact folder of a data set's images as the paper's models take them."""
        return self._store(dataset, self.preprocessing)

    def whole_images_folder(self, dataset: str, shape: tuple[int, int]) -> Path:
        """Return the artifact folder of a data set's images as end2end takes them."""
        rows, columns = shape
        return self._store(dataset, WholeImageSettings(rows=rows, columns=columns))

    def _store(self, dataset: str, settings: Settings) -> Path:
        if (dataset, settings) not in self._stores:
            rows, location = self.manifest(dataset), self.locations.of(dataset)
            folder = images_folder(self.artifacts, rows, location, settings, self.workers)
            self._stores[dataset, settings] = folder
        return self._stores[dataset, settings]

    def files_digest(self, rows: pd.DataFrame) -> str:
        """Return the digest of the image files of a data set's rows."""
        return self.locations.of(rows["dataset"].iloc[0]).files_digest(rows["path"])

    def lesions(self, dataset: str) -> pd.DataFrame:
        """Return a data set's lesions (`mammo.datasets.lesions`), in native pixels."""
        return read_lesions(self.lesions_folder(dataset), self.table(dataset))

    def lesions_folder(self, dataset: str) -> Path:
        """Return the artifact folder with a data set's lesions."""
        rows, location = self.table(dataset), self.locations.of(dataset)
        return lesions_folder(self.artifacts, rows, location, self.workers)

    def summary(self) -> pd.DataFrame:
        """Return Table 1's counts, one row a data set (`mammo.datasets.manifest.summary`)."""
        return pd.concat([manifest.summary(self.manifest(name)) for name in self.datasets])

    def exclusions(self, dataset: str) -> pd.DataFrame:
        """Return what a data set lost and why: excluded by a rule, then unreadable files."""
        rows = self.manifest(dataset)
        by_rule = rows.loc[rows["excluded"].notna(), ["image_id", "excluded"]]
        unreadable = self.images(dataset).exclusions[["image_id", "reason"]]
        return pd.concat(
            [by_rule.rename(columns={"excluded": "reason"}), unreadable], ignore_index=True
        )

    def table(self, dataset: str) -> pd.DataFrame:
        """Return the manifest's rows of the images that are used: labelled and readable."""

        def read() -> pd.DataFrame:
            rows = manifest.used(self.manifest(dataset))
            kept = rows["image_id"].isin(self.images(dataset).index.index)
            return rows[kept].reset_index(drop=True)

        return self._once(("table", dataset), read)

    def split(self, dataset: str, training: TrainingData) -> pd.DataFrame:
        """Return `table` with a column ``split``: "train", "validation" (internal) or "test".

        Patients, not images, are divided: DDSM 4:1 and, for the mixed data, each external set 4:1
        (Wang et al. 2020, Materials and Methods). For the model trained on DDSM alone, all of an
        external set is for testing.
        """
        return self._once(("split", dataset, training), lambda: self._split(dataset, training))

    def _split(self, dataset: str, training: TrainingData) -> pd.DataFrame:
        rows = self.table(dataset)
        if dataset == INTERNAL:
            held_out = self.parameters.validation_fraction
            return rows.assign(split=splits.split_patients(rows, held_out, self.parameters.seed))
        if training == "ddsm":
            return rows.assign(split="test")
        held_out = 1 - self.parameters.mixed_fraction
        parts = splits.split_patients(rows, held_out, self.parameters.seed)
        return rows.assign(split=parts.replace("validation", "test"))

    def rows(self, training: TrainingData, *, is_trained_on: bool) -> pd.DataFrame:
        """Return the images of all data sets that a model learns from, or those it does not."""
        # So that a model of DDSM alone can be trained where no other set is asked for.
        datasets = (INTERNAL,) if (training, is_trained_on) == ("ddsm", True) else self.datasets
        rows = pd.concat([self.split(name, training) for name in datasets], ignore_index=True)
        return rows[(rows["split"] == "train") == is_trained_on].reset_index(drop=True)

    def _once(self, key: tuple[str, ...], read: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return a copy of a table that is read at its first call, and kept."""
        if key not in self._tables:
            self._tables[key] = read()
        return self._tables[key].copy()
