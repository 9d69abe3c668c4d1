"""Shen's models: patch classifier, then whole image; and their scores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mammo.learning.published import PublishedLearning
from mammo.models import MODELS
from mammo.provenance import digest

if TYPE_CHECKING:
    from mammo.models.end2end import End2End
    from mammo.samples import StoredImages
    from mammo.study import TrainingData

TRAINING_CODE = (
    "models.layer_graph",
    "models.end2end",
    "models.end2end_layers",
    "patches",
    "training.end2end",
    "splits",
    "devices",
    "checkpoint",
)
TOPS = {"end2end_vgg16": "512x1", "end2end_resnet50": "[512-512-1024]x2"}
"""Top of the network that is trained here; an imported file has its own."""


class End2EndLearning(PublishedLearning):
    """Patch classifiers, whole-image models, and their scores."""

    def shape(self, model: str) -> tuple[int, int]:
        """Return rows and columns of the images that a model takes in."""
        if record := self.authors_record(model):
            return tuple(record["input_size"])
        return self._trained_shape

    @property
    def _trained_shape(self) -> tuple[int, int]:
        rows = self.parameters.end2end_rows
        return rows, round(rows * 7 / 9)

    def network(self, model: str) -> End2End:
        """Return a model of the published form as a training here starts with it."""
        from mammo.models import end2end

        p, backbone = self.parameters, MODELS[model].backbone
        made = end2end.build(backbone, TOPS[model], width=p.published_width, seed=p.seed)
        if values := self.pretrained(model):
            end2end.load_imagenet(made, backbone, values)
        return made

    def trained(self, model: str) -> End2End:
        """Return a model with the values that the study scores with."""
        from mammo import checkpoint
        from mammo.models import library

        if file := self.authors_file(model):
            return library.load(file)
        made = self.network(model)
        checkpoint.load(made, self.checkpoint_folder(model))
        return made

    def patches_folder(self, model: str) -> Path:
        """Return the artifact folder of the patch classifier."""
        p, rows = self.parameters, self._training_rows()
        inputs = {
            **self._training_inputs(model, rows),
            "patches": p.end2end_patches,
            "epochs": p.end2end_patch_epochs,
            "rates": p.end2end_patch_rates,
            "lesions": self.study.lesions_folder("cbis_ddsm").name,
        }

        def make(folder: Path) -> dict[str, Any]:
            raise NotImplementedError

        return self.artifacts.build_together("patches", inputs, TRAINING_CODE, make)

    def checkpoint_folder(self, model: str) -> Path:
        """Return the artifact folder of the whole-image model: values, history, record."""
        p, rows = self.parameters, self._training_rows()
        inputs = {
            **self._training_inputs(model, rows),
            "labels": digest(rows["label"].tolist()),
            "patches": self.patches_folder(model).name,
            "epochs": p.end2end_image_epochs,
            "rates": p.end2end_image_rates,
            "batch_size": p.end2end_batch_size,
        }

        def make(folder: Path) -> dict[str, Any]:
            raise NotImplementedError

        return self.artifacts.build_together("checkpoint", inputs, TRAINING_CODE, make)

    def predictions_folder(self, model: str, training: TrainingData = "ddsm") -> Path:
        """Return the artifact folder with a model's scores of all images it has not seen."""
        rows = self.scored_rows(model, training)
        file = self.authors_file(model)
        inputs = {
            "model": model,
            "weights": self.authors_record(model) if file else self.checkpoint_folder(model).name,
            "images": [self._images_folder(model, name).name for name in rows["dataset"].unique()],
            "image_ids": digest(rows[["dataset", "image_id"]].to_numpy().tolist()),
            "flips": self.parameters.end2end_flips,
            "precision": self.parameters.precision,
        }

        def make(folder: Path) -> dict[str, Any]:
            from mammo.models.end2end import FlipAveraged
            from mammo.prediction import predict

            scorer = self.trained(model)
            scorer = FlipAveraged(scorer) if self.parameters.end2end_flips else scorer
            samples, fabric = self._samples(model, rows), self.study.fabric
            precision = self.parameters.precision
            table = predict(scorer, samples, rows, fabric, name=model, precision=precision)
            if fabric.is_global_zero:
                table.to_csv(folder / "predictions.csv", index=False)
            return {"images": len(table), "device": str(fabric.device)}

        code = (*TRAINING_CODE, "samples", "prediction")
        return self.artifacts.build_together("predictions", inputs, code, make)

    def _training_rows(self) -> pd.DataFrame:
        rows = self.study.split("cbis_ddsm", "ddsm")
        return rows[rows["split"] == "train"].reset_index(drop=True)

    def _training_inputs(self, model: str, rows: pd.DataFrame) -> dict[str, Any]:
        p = self.parameters
        start = self.study.transfer.extraction.extractor_folder(MODELS[model].backbone).name
        return {
            "model": model,
            "top": TOPS[model],
            "width": p.published_width,
            "start": start if p.published_width == 1 else None,
            "images": self.study.whole_images_folder("cbis_ddsm", self._trained_shape).name,
            "image_ids": digest(rows["image_id"].tolist()),
            "held_aside": p.early_stopping_fraction,
            "precision": p.precision,
            "seed": p.seed,
        }

    def _images_folder(self, model: str, dataset: str) -> Path:
        return self.study.whole_images_folder(dataset, self.shape(model))

    def _samples(self, model: str, rows: pd.DataFrame) -> StoredImages:
        """Return the inputs of images, in the order of their rows (one data set after another)."""
        from mammo.images.store import ImageStore
        from mammo.samples import StoredImages

        parts = []
        for dataset, group in rows.groupby("dataset", sort=False):
            store = ImageStore(self._images_folder(model, dataset))
            parts.append((store.images, store.rows(group["image_id"])))
        return StoredImages(parts)
