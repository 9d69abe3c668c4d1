"""The study's steps from images to scores: extractor, feature maps, classifier, predictions.

Torch is imported where a step is computed, not where its result is found, so that a chapter whose
artifacts are in place opens at once.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mammo.provenance import Processes, digest, read_record

if TYPE_CHECKING:
    from lightning.fabric import Fabric
    from torch import nn

    from mammo.models.transfer import Extractor, TransferModel
    from mammo.samples import Samples
    from mammo.study import Study, TrainingData

EXTRACTOR = "extractor.safetensors"
CALIBRATION_IMAGES = 64
TRANSFER_CODE = ("models", "features", "devices")
TRAINING_CODE = (*TRANSFER_CODE, "samples", "splits", "training", "checkpoint", "prediction")


class Learning:
    """The learning steps of a study.

    Parameters
    ----------
    study : Study
        Gives parameters, images, splits and artifact folders.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.parameters = study.parameters
        self.artifacts = study.artifacts

    @cached_property
    def fabric(self) -> Fabric:
        """Device and processes; those of torchrun if it started this program."""
        from lightning.fabric import Fabric

        from mammo import devices

        processes: Processes = self.study.processes
        return processes if isinstance(processes, Fabric) else devices.launch()

    # -- extractor ---------------------------------------------------------------------------

    def extractor_folder(self, model: str) -> Path:
        """Return the artifact folder of a model's extractor: values, and where they came from.

        What ``weights: auto`` finds is kept, so that a study does not change when the network
        comes or goes.
        """
        p = self.parameters
        inputs = {
            "model": model,
            "weights": p.weights,
            "seed": p.seed,
            "stride": p.stride,
            "images": self.study.images_folder("cbis_ddsm").name,
            "calibrated_on": self._calibration_ids(),
        }
        return self.artifacts.build(
            "extractor", inputs, TRANSFER_CODE, lambda folder: self._make_extractor(model, folder)
        )

    def _calibration_ids(self) -> list[str]:
        rows = self.study.split("cbis_ddsm", "ddsm")
        training = rows.loc[rows["split"] == "train", "image_id"].sort_values().to_numpy()
        chosen = np.random.default_rng(self.parameters.seed).permutation(training)
        return sorted(chosen[:CALIBRATION_IMAGES].tolist())

    def _make_extractor(self, model: str, folder: Path) -> dict[str, Any]:
        import safetensors.torch
        import torch

        from mammo.models import weights
        from mammo.models.calibration import calibrate
        from mammo.models.transfer import Extractor

        state, record = weights.resolve(self.parameters.weights, model, self.parameters.seed)
        extractor = Extractor(model, state, stride=self.parameters.stride)
        if record.kind == "random":
            images = self.study.images("cbis_ddsm")
            grey = torch.from_numpy(images[images.rows(self._calibration_ids())])
            calibrate(extractor, grey[:, None])
        values = {**state, **extractor.layers.state_dict()}
        values = {name: tensor.contiguous() for name, tensor in values.items()}
        safetensors.torch.save_file(values, folder / EXTRACTOR)
        if record.note:
            print(f"{model}: {record.note}")
        return asdict(record)

    def extractor(self, model: str) -> Extractor:
        """Return a model's frozen extractor."""
        import safetensors.torch

        from mammo.models.transfer import Extractor

        state = safetensors.torch.load_file(self.extractor_folder(model) / EXTRACTOR)
        return Extractor(model, state, stride=self.parameters.stride)

    # -- feature maps ------------------------------------------------------------------------

    def features_folder(self, model: str, dataset: str, training: TrainingData) -> Path:
        """Return the artifact folder with the feature maps of a data set's images.

        Every image is there unflipped; those that the model is trained on in all flips as well.
        """
        rows = self.study.split(dataset, training)
        is_trained_on = (rows["split"] == "train").to_numpy()
        flips = self._flips(rows)
        inputs = {
            "model": model,
            "dataset": dataset,
            "images": self.study.images_folder(dataset).name,
            "extractor": self.extractor_folder(model).name,
            "image_ids": digest(rows["image_id"].tolist()),
            "flips": flips,
            "flipped": digest(is_trained_on.tolist()) if len(flips) > 1 else None,
            "precision": self.parameters.precision,
        }

        def make(folder: Path) -> dict[str, Any]:
            from mammo import features

            images = self.study.images(dataset)
            features.extract(
                images.images,
                images.rows(rows["image_id"]),
                rows["image_id"],
                self.extractor(model),
                folder,
                fabric=self.fabric,
                flips=flips,
                flipped=is_trained_on,
                precision=self.parameters.precision,
            )
            return {"device": str(self.fabric.device), "processes": self.fabric.world_size}

        return self.artifacts.build_together("features", inputs, TRANSFER_CODE, make)

    def _flips(self, rows: pd.DataFrame) -> list[str]:
        return list(self.parameters.flips) if (rows["split"] == "train").any() else ["none"]

    # -- training ----------------------------------------------------------------------------

    def model(self, model: str) -> TransferModel:
        """Return the whole model as training starts with it: extractor and new classifier."""
        from mammo.models.transfer import (
            ClassifierSettings,
            TransferModel,
            build_classifier,
            map_shape,
        )

        p = self.parameters
        extractor = self.extractor(model)
        extractor.requires_grad_(p.fine_tune)
        settings = ClassifierSettings(p.classifier_channels, p.classifier_hidden, p.dropout)
        channels = map_shape(extractor, p.image_size)[0]
        return TransferModel(extractor, build_classifier(channels, settings, p.seed))

    def checkpoint_folder(self, model: str, training: TrainingData = "ddsm") -> Path:
        """Return the artifact folder of a trained model: values, history, record."""
        rows = self._rows(training, is_trained_on=True)
        p = self.parameters
        names = ("classifier_channels", "classifier_hidden", "dropout", "fine_tune", "flips")
        inputs = {
            "model": model,
            "training": training,
            "inputs": self._inputs(model, training, rows),
            "extractor": self.extractor_folder(model).name,
            "image_ids": digest(rows[["dataset", "image_id"]].to_numpy().tolist()),
            "labels": digest(rows["label"].tolist()),
            "classifier": {name: getattr(p, name) for name in names},
            "settings": self._settings(),
            "seed": p.seed,
        }

        def make(folder: Path) -> dict[str, Any]:
            from mammo.training import TrainingSettings, train

            record = train(
                self._trainable(model),
                self._samples(model, training, rows),
                rows["label"].to_numpy(int),
                (rows["dataset"] + "/" + rows["patient_id"]).to_numpy(str),
                TrainingSettings(**self._settings()),
                folder,
                self.fabric,
                seed=p.seed,
            )
            return {**record, "device": str(self.fabric.device)}

        return self.artifacts.build_together("checkpoint", inputs, TRAINING_CODE, make)

    def history(self, model: str, training: TrainingData = "ddsm") -> pd.DataFrame:
        """Return a training's history, one row an epoch."""
        return pd.read_csv(self.checkpoint_folder(model, training) / "history.csv")

    def best_epoch(self, model: str, training: TrainingData = "ddsm") -> int:
        """Return the epoch whose values were kept."""
        return read_record(self.checkpoint_folder(model, training))["facts"]["best_epoch"]

    def layers(self, model: str) -> list[dict[str, Any]]:
        """Return a model's layers, as `mammo.models.transfer.describe` gives them."""
        from mammo.models.transfer import describe

        return describe(self.model(model), self.parameters.image_size)

    def _trainable(self, model: str) -> nn.Module:
        whole = self.model(model)
        return whole if self.parameters.fine_tune else whole.classifier

    def _settings(self) -> dict[str, Any]:
        names = (
            "learning_rate",
            "weight_decay",
            "batch_size",
            "epochs",
            "patience",
            "early_stopping_fraction",
            "monitor",
            "balanced",
        )
        return {name: getattr(self.parameters, name) for name in names}

    # -- scores ------------------------------------------------------------------------------

    def predictions_folder(self, model: str, training: TrainingData = "ddsm") -> Path:
        """Return the artifact folder with a model's scores of all images it was not trained on."""
        rows = self._rows(training, is_trained_on=False)
        inputs = {
            "model": model,
            "training": training,
            "checkpoint": self.checkpoint_folder(model, training).name,
            "inputs": self._inputs(model, training, rows),
            "image_ids": digest(rows[["dataset", "image_id"]].to_numpy().tolist()),
        }

        def make(folder: Path) -> dict[str, Any]:
            from mammo import checkpoint
            from mammo.prediction import predict

            trained = self._trainable(model)
            checkpoint.load(trained, self.checkpoint_folder(model, training))
            samples = self._samples(model, training, rows)
            table = predict(trained, samples, rows, self.fabric, name=model)
            if self.fabric.is_global_zero:
                table.to_csv(folder / "predictions.csv", index=False)
            return {"images": len(table)}

        return self.artifacts.build_together("predictions", inputs, TRAINING_CODE, make)

    # -- inputs of training and prediction ---------------------------------------------------

    def _rows(self, training: TrainingData, *, is_trained_on: bool) -> pd.DataFrame:
        """Return the images of all data sets that a model learns from, or those it does not."""
        rows = pd.concat(
            [self.study.split(dataset, training) for dataset in self.study.datasets],
            ignore_index=True,
        )
        return rows[(rows["split"] == "train") == is_trained_on].reset_index(drop=True)

    def _inputs(self, model: str, training: TrainingData, rows: pd.DataFrame) -> list[str]:
        """Return the names of the artifacts that the images' inputs are read from."""
        datasets = rows["dataset"].unique()
        if self.parameters.fine_tune:
            return [self.study.images_folder(dataset).name for dataset in datasets]
        return [self.features_folder(model, dataset, training).name for dataset in datasets]

    def _samples(self, model: str, training: TrainingData, rows: pd.DataFrame) -> Samples:
        """Return the inputs of images, in the order of their rows (one data set after another)."""
        from mammo.features import FeatureCache
        from mammo.samples import CachedMaps, StoredImages

        groups = [(name, part["image_id"]) for name, part in rows.groupby("dataset", sort=False)]
        flips = self._flips(rows)
        if self.parameters.fine_tune:
            stores = [(self.study.images(name), image_ids) for name, image_ids in groups]
            return StoredImages([(store.images, store.rows(ids)) for store, ids in stores], flips)
        caches = [self.features_folder(model, name, training) for name, _ in groups]
        image_ids = [list(ids) for _, ids in groups]
        return CachedMaps(
            list(zip(map(FeatureCache, caches), image_ids, strict=True)),
            flips,
        )
