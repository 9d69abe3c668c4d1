"""Shen's models: patch classifier, then whole image; and their scores."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mammo.datasets.roles import INTERNAL
from mammo.datasets.splits import hold_out
from mammo.files.artifacts import digest
from mammo.images.store import ImageStore
from mammo.models import MODELS
from mammo.study.families.published import PublishedFamily
from mammo.study.roles import TrainingData

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    from mammo.models.end2end import End2End, PatchClassifier
    from mammo.training.end2end import Stage

TOPS = {"end2end_vgg16": "512x1", "end2end_resnet50": "[512-512-1024]x2"}
"""What stands on the backbone of a network trained here; an imported file has its own."""
COLUMNS_A_ROW = 896 / 1152
_ONE_IMAGE = 1152 * 896
_PIXELS_AT_ONCE = {"cuda": 16 * _ONE_IMAGE}
"""Pixels that are scored in one batch: an image of full size, on a GPU sixteen."""


class End2EndFamily(PublishedFamily):
    """Patch classifiers, whole-image models, and their scores."""

    def shape(self, model: str) -> tuple[int, int]:
        """Return rows and columns of the images that a model takes in."""
        record = self.authors_record(model)
        return tuple(record["input_size"]) if record else self._trained_shape

    @property
    def _trained_shape(self) -> tuple[int, int]:
        rows = self.parameters.end2end_rows
        return rows, round(rows * COLUMNS_A_ROW)

    @property
    def _training_images(self) -> Path:
        return self.study.whole_images_folder(INTERNAL, self._trained_shape)

    def images_folder(self, model: str, dataset: str) -> Path:
        """Return the artifact folder of a data set's images as a model takes them."""
        return self.study.whole_images_folder(dataset, self.shape(model))

    def trained(self, model: str) -> End2End:
        """Return a model with the values that the study scores with."""
        if file := self.authors_file(model):
            from mammo.models import imports

            return imports.load(file)
        from mammo.training import checkpoint

        made = self.untrained(model)
        checkpoint.load(made, self.checkpoint_folder(model))
        return made

    def untrained(self, model: str) -> End2End:
        """Return a network of the published form as a training here starts with it."""
        from mammo.models import end2end

        p, backbone = self.parameters, MODELS[model].backbone
        made = end2end.build(backbone, TOPS[model], width=p.published_width, seed=p.seed)
        if values := self._pretrained(model):
            end2end.load_imagenet(made, backbone, values)
        else:
            end2end.close_residual_branches(made.backbone)
        return made

    def course(self, model: str) -> dict[str, pd.DataFrame]:
        """Return the history of each step of a training here; empty for the authors' weights."""
        if self.authors_file(model):
            return {}
        folders = {"patches": self.patches_folder, "whole images": self.checkpoint_folder}
        return {step: pd.read_csv(of(model) / "history.csv") for step, of in folders.items()}

    def patches_folder(self, model: str) -> Path:
        """Return the artifact folder of the patch classifier: values, history, record."""
        p, rows = self.parameters, self._training_rows()
        inputs = {
            **self._training_inputs(model, rows),
            "images": self._training_images.name,
            **p.named("end2end_patches", "end2end_patch_batch"),
            **p.named("end2end_patch_epochs", "end2end_patch_rates"),
        }

        def make(folder: Path) -> dict[str, Any]:
            from mammo.training.end2end import PatchTask, StagedSettings
            from mammo.training.fit import fit
            from mammo.training.patches import Windows, sample

            store = ImageStore(self._training_images)
            outlined, lesions = self._outlined(rows)
            chosen = sample(store, outlined, lesions, per_lesion=p.end2end_patches, seed=p.seed)
            held_patients = rows.loc[self._held(rows), "patient_id"]
            task = PatchTask(
                self._patch_classifier(self.untrained(model)),
                Windows.of_patches(store, chosen),
                chosen["class"],
                chosen["patient_id"].isin(held_patients).to_numpy(),
                _stages(("last", "top", "all"), p.end2end_patch_epochs, p.end2end_patch_rates),
                StagedSettings(p.end2end_patch_batch, precision=p.precision),
                self.study.fabric,
                p.seed,
            )
            return fit(task, folder)

        return self.artifacts.build_together("patches", inputs, make)

    def checkpoint_folder(self, model: str) -> Path:
        """Return the artifact folder of the whole-image model: values, history, record."""
        p, rows = self.parameters, self._training_rows()
        inputs = {
            "model": model,
            "top": TOPS[model],
            "patches": self.patches_folder(model).name,
            **p.named("end2end_image_epochs", "end2end_image_rates", "end2end_image_batch"),
        }

        def make(folder: Path) -> dict[str, Any]:
            from mammo.models.weights import fingerprint
            from mammo.training import checkpoint
            from mammo.training.end2end import StagedSettings, WholeImageTask
            from mammo.training.fit import fit
            from mammo.training.patches import Windows

            network = self.untrained(model)
            checkpoint.load(self._patch_classifier(network), self.patches_folder(model))
            store = ImageStore(self._training_images)
            task = WholeImageTask(
                network,
                Windows.of_whole_images(store.images, store.rows(rows["image_id"])),
                rows["label"],
                self._held(rows),
                _stages(("top", "all"), p.end2end_image_epochs, p.end2end_image_rates),
                StagedSettings(p.end2end_image_batch, precision=p.precision),
                self.study.fabric,
                p.seed,
            )
            return {**fit(task, folder), "sha256": fingerprint(network.state_dict())}

        return self.artifacts.build_together("checkpoint", inputs, make)

    def predictions_folder(self, model: str, dataset: str, training: TrainingData = "ddsm") -> Path:
        """Return the artifact folder with a model's scores of the images it has not seen."""
        p, rows = self.parameters, self.scored_rows(dataset, training)
        inputs = {
            "model": model,
            "dataset": dataset,
            "weights": self._weights_digest(model),
            "images": self.images_folder(model, dataset).name,
            "image_ids": digest(rows["image_id"].tolist()),
            **p.named("end2end_flips", "precision"),
        }

        def make(folder: Path) -> dict[str, Any]:
            from mammo.training.prediction import predict
            from mammo.training.samples import StoredImages

            store, fabric = ImageStore(self.images_folder(model, dataset)), self.study.fabric
            pixels = math.prod(store.images.shape[1:])
            samples = StoredImages([(store.images, store.rows(rows["image_id"]))])
            size = max(1, _PIXELS_AT_ONCE.get(fabric.device.type, _ONE_IMAGE) // pixels)
            scorer = self._scorer(model)
            table = predict(
                scorer, samples, rows, fabric, name=model, batch_size=size, precision=p.precision
            )
            self.write_scores(table, folder)
            return {"images": len(table), "device": str(fabric.device)}

        return self.artifacts.build_together("predictions", inputs, make)

    def _patch_classifier(self, network: End2End) -> PatchClassifier:
        """Return a patch classifier that shares the network's backbone."""
        import torch

        from mammo.models.end2end import PatchClassifier

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.parameters.seed)
            return PatchClassifier(network.backbone, network.mean)

    def _scorer(self, model: str) -> nn.Module:
        from mammo.models.end2end import FlipAveraged

        scorer = self.trained(model).for_inference()
        return FlipAveraged(scorer) if self.parameters.end2end_flips else scorer

    def _held(self, rows: pd.DataFrame) -> np.ndarray:
        """Return which images are of the training patients that choose the epoch."""
        p = self.parameters
        labels, patients = rows["label"].to_numpy(int), rows["patient_id"].to_numpy(str)
        return hold_out(labels, patients, p.early_stopping_fraction, p.seed)


def _stages(parts: Iterable[str], epochs: Iterable[int], rates: Iterable[float]) -> list[Stage]:
    from mammo.training.end2end import Stage

    return [
        Stage(part, rate, count) for part, count, rate in zip(parts, epochs, rates, strict=True)
    ]
