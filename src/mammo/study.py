"""The study: from parameters to artifacts, each step computed once and kept."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from mammo import config, splits
from mammo.datasets import KNOWN, manifest
from mammo.images.preprocessing import PreprocessingSettings
from mammo.images.store import ImageStore
from mammo.images.whole import WholeImageSettings
from mammo.locations import Locations
from mammo.models import MODELS
from mammo.parameters import Parameters
from mammo.provenance import Artifacts, Processes, SingleProcess
from mammo.pseudonyms import key_fingerprint

if TYPE_CHECKING:
    from lightning.fabric import Fabric

    from mammo.learning.end2end import End2EndLearning
    from mammo.learning.frcnn_cad import DetectorLearning
    from mammo.learning.steps import Learning
    from mammo.learning.transfer import TransferLearning

INTERNAL = "cbis_ddsm"
EXTERNAL = ("mias", "inbreast", "institution")

TrainingData = Literal["ddsm", "mixed"]
"""What a model is trained on: DDSM's training patients, or also a part of each external set."""


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
        self.locations = Locations(parameters, self.artifacts)
        self._manifests: dict[str, pd.DataFrame] = {}

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """Names of the data sets: the internal one, then the external ones or their stand-ins."""
        return (INTERNAL, *map(self.locations.in_place_of, EXTERNAL))

    @property
    def local(self) -> str:
        """Name of the set in the institution's place."""
        return self.locations.in_place_of(EXTERNAL[-1])

    @cached_property
    def transfer(self) -> TransferLearning:
        """The paper's own models."""
        from mammo.learning.transfer import TransferLearning

        return TransferLearning(self)

    @cached_property
    def end2end(self) -> End2EndLearning:
        """Shen's models."""
        from mammo.learning.end2end import End2EndLearning

        return End2EndLearning(self)

    @cached_property
    def frcnn_cad(self) -> DetectorLearning:
        """Ribli's model."""
        from mammo.learning.frcnn_cad import DetectorLearning

        return DetectorLearning(self)

    def of_family(self, family: str) -> list[str]:
        """Return the study's models of a family ("ours", "end2end" or "frcnn_cad")."""
        return [name for name in self.parameters.models if MODELS[name].family == family]

    def learning(self, model: str) -> Learning:
        """Return the steps of the family that a model belongs to."""
        families = {"ours": "transfer", "end2end": "end2end", "frcnn_cad": "frcnn_cad"}
        return getattr(self, families[MODELS[model].family])

    def repetitions(self, model: str) -> list[Learning]:
        """Return the steps of each training of a model; the first is what the study shows.

        Only the paper's own models are trained more than once.
        """
        if MODELS[model].family != "ours":
            return [self.learning(model)]
        from mammo.learning.transfer import TransferLearning

        others = [TransferLearning(self, run) for run in range(1, self.parameters.runs)]
        return [self.transfer, *others]

    @cached_property
    def fabric(self) -> Fabric:
        """Device and processes; those of torchrun if it started this program."""
        from lightning.fabric import Fabric

        from mammo import devices

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

    def manifest(self, dataset: str) -> pd.DataFrame:
        """Return a data set's manifest, excluded rows with their reasons included."""
        if dataset not in self._manifests:
            stored = manifest.read_csv(self.manifest_folder(dataset) / "manifest.csv")
            if places := KNOWN[dataset].places:
                location = self.locations.of(dataset)
                stored = manifest.revealed(stored, places(location.path, location.source))
            self._manifests[dataset] = stored
        return self._manifests[dataset]

    def manifest_folder(self, dataset: str) -> Path:
        """Return the artifact folder that holds a data set's manifest."""
        location = self.locations.of(dataset)
        rules = self._rules(dataset)
        is_secret = KNOWN[dataset].places is not None
        place = {"key": key_fingerprint(location.source)} if is_secret else {"path": location.path}
        inputs = {
            "dataset": dataset,
            "source": location.source,
            "fingerprint": location.fingerprint,
            "rules": rules,
            **place,
        }

        def make(folder: Path) -> dict[str, Any]:
            found = KNOWN[dataset].load(
                location.path, source=location.source, **rules, **self._means(dataset)
            )
            kept = manifest.concealed(found) if is_secret else found
            manifest.write_csv(kept, folder / "manifest.csv")
            return manifest.summary(found).reset_index().to_dict("records")[0]

        return self.artifacts.build(
            "manifest", inputs, ["datasets", "pseudonyms", "spreadsheet"], make
        )

    def _means(self, dataset: str) -> dict[str, Any]:
        """Return what a loader is told beside the rules, and the manifest does not depend on."""
        if dataset == "mias":
            return {"cache": self.artifacts.root / "unpacked"}
        if dataset == "institution":
            return {"table": self.locations.labels, "workers": self.workers}
        return {}

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
            "institution": {
                "columns": p.institution_columns,
                "positive": p.institution_positive,
                "negative": p.institution_negative,
                "excluded": p.institution_excluded,
                "level": p.institution_level,
            },
        }
        return rules.get(dataset, {})

    def images(self, dataset: str) -> ImageStore:
        """Return a data set's prepared images."""
        return ImageStore(self.images_folder(dataset))

    def images_folder(self, dataset: str) -> Path:
        """Return the artifact folder of a data set's images as the paper's models take them."""
        p = self.parameters
        return self._store(
            dataset,
            PreprocessingSettings(
                size=p.image_size,
                aspect=p.aspect,
                mask_background=p.mask_background,
                normalise=p.normalise,
            ),
        )

    def whole_images_folder(self, dataset: str, shape: tuple[int, int]) -> Path:
        """Return the artifact folder of a data set's images as end2end takes them."""
        rows, columns = shape
        return self._store(dataset, WholeImageSettings(rows=rows, columns=columns))

    def _store(self, dataset: str, settings: PreprocessingSettings | WholeImageSettings) -> Path:
        from mammo.images import store

        inputs = {
            "dataset": dataset,
            "manifest": self.manifest_folder(dataset).name,
            "settings": settings.model_dump(mode="json"),
        }

        def make(folder: Path) -> dict[str, Any]:
            built = store.build(self.manifest(dataset), settings, folder, self.workers)
            return {"images": len(built), "excluded": len(built.exclusions)}

        return self.artifacts.build("images", inputs, ["images"], make)

    def lesions(self, dataset: str) -> pd.DataFrame:
        """Return the lesions of a data set's images (`mammo.lesions`), in native pixels."""
        return pd.read_csv(self.lesions_folder(dataset) / "lesions.csv", dtype={"image_id": str})

    def lesions_folder(self, dataset: str) -> Path:
        """Return the artifact folder with a data set's lesions."""

        def make(folder: Path) -> dict[str, Any]:
            from mammo.lesions import lesions

            found = lesions(self.table(dataset), self.workers)
            found.to_csv(folder / "lesions.csv", index=False)
            return {"lesions": len(found)}

        inputs = {"dataset": dataset, "manifest": self.manifest_folder(dataset).name}
        return self.artifacts.build("lesions", inputs, ["lesions", "datasets"], make)

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

    def rows(self, training: TrainingData, *, is_trained_on: bool) -> pd.DataFrame:
        """Return the images of all data sets that a model learns from, or those it does not."""
        # So that a model of DDSM alone can be trained where no other set is asked for.
        datasets = (INTERNAL,) if (training, is_trained_on) == ("ddsm", True) else self.datasets
        rows = pd.concat([self.split(name, training) for name in datasets], ignore_index=True)
        return rows[(rows["split"] == "train") == is_trained_on].reset_index(drop=True)
