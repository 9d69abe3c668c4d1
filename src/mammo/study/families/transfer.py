"""The paper's own models: from feature maps (or images) to scores."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mammo.files.artifacts import digest, read_record, table_digest
from mammo.study.families.extraction import Extraction
from mammo.study.families.family import ModelFamily
from mammo.study.roles import TrainingData

if TYPE_CHECKING:
    from torch import nn

    from mammo.models.transfer import TransferModel
    from mammo.study import Study
    from mammo.training.samples import Samples


_CLASSIFIER = ("classifier_channels", "classifier_hidden", "dropout", "fine_tune", "flips")
_SETTINGS = (
    *("learning_rate", "weight_decay", "batch_size", "epochs", "patience"),
    *("early_stopping_fraction", "monitor", "balanced"),
)
"""Parameters of the model and of its training: without torch, so that a digest is found at once."""


class TransferFamily(ModelFamily):
    """Classifiers on frozen features, and their scores.

    Parameters
    ----------
    study : Study
    run : int
        Number of the training: 0 for the one that the study shows, others for its repetitions,
        which differ in the seed of the classifier's start and course, and in nothing else.
    """

    def __init__(self, study: Study, run: int = 0) -> None:
        super().__init__(study)
        self.seed = study.parameters.seed + run

    @cached_property
    def extraction(self) -> Extraction:
        """The steps from images to feature maps."""
        return Extraction(self.study)

    def model(self, model: str) -> TransferModel:
        """Return the whole model as training starts with it: extractor and new classifier."""
        from mammo.models import transfer

        p = self.parameters
        extractor = self.extraction.extractor(model)
        extractor.requires_grad_(p.fine_tune)
        layers = transfer.ClassifierSettings(p.classifier_channels, p.classifier_hidden, p.dropout)
        channels = transfer.map_shape(extractor, p.image_size)[0]
        classifier = transfer.build_classifier(channels, layers, self.seed)
        return transfer.TransferModel(extractor, classifier)

    def trained(self, model: str, training: TrainingData = "ddsm") -> TransferModel:
        """Return the whole model with the values that the study scores with."""
        from mammo.training import checkpoint

        whole = self.model(model)
        checkpoint.load(self._trainable(whole), self.checkpoint_folder(model, training))
        return whole.eval()

    def checkpoint_folder(self, model: str, training: TrainingData = "ddsm") -> Path:
        """Return the artifact folder of a trained model: values, history, record."""
        rows = self.study.rows(training, is_trained_on=True)
        p = self.parameters
        inputs = {
            "model": model,
            "training": training,
            "inputs": self._inputs(model, training, rows),
            "extractor": self.extraction.extractor_folder(model).name,
            "image_ids": table_digest(rows[["dataset", "image_id"]]),
            "labels": digest(rows["label"].tolist()),
            "classifier": p.named(*_CLASSIFIER),
            "settings": p.named(*_SETTINGS),
            "seed": self.seed,
        }

        def make(folder: Path) -> dict[str, Any]:
            from mammo.training.fit import fit
            from mammo.training.transfer import TrainingSettings, TransferTask

            task = TransferTask(
                self._trainable(self.model(model)),
                self._samples(model, training, rows),
                rows["label"].to_numpy(int),
                (rows["dataset"] + "/" + rows["patient_id"]).to_numpy(str),
                TrainingSettings(**p.named(*_SETTINGS)),
                self.study.fabric,
                seed=self.seed,
            )
            patients = rows.groupby("dataset", sort=False)["patient_id"].nunique().to_dict()
            return {**fit(task, folder), "learnt_from": patients}

        return self.artifacts.build_together("checkpoint", inputs, make)

    def start_in_words(self, model: str) -> str:
        """Say what the extractor's values are."""
        kind = self.origin(model)["kind"]
        return {"imagenet": "ImageNet", "file": "own file"}.get(kind, kind)

    def origin(self, model: str) -> dict[str, str]:
        """Return where the extractor's values come from."""
        facts = read_record(self.extraction.extractor_folder(model))["facts"]
        return {name: facts[name] for name in ("kind", "source", "sha256", "licence", "note")}

    def weights_in_words(self, model: str, training: TrainingData = "ddsm") -> str:
        """Say what the extractor started from and which images the classifier was trained on."""
        return f"{self.start_in_words(model)}; {self.trained_on_in_words(training)}"

    def may_have_seen(self, model: str) -> tuple[str, ...]:
        """Return no data set: what is scored was held out of this study's training."""
        return ()

    def history(self, model: str, training: TrainingData = "ddsm") -> pd.DataFrame:
        """Return a training's history, one row an epoch."""
        return pd.read_csv(self.checkpoint_folder(model, training) / "history.csv")

    def best_epoch(self, model: str, training: TrainingData = "ddsm") -> int:
        """Return the epoch whose values were kept."""
        return read_record(self.checkpoint_folder(model, training))["facts"]["best_epoch"]

    def _trainable(self, whole: TransferModel) -> nn.Module:
        return whole if self.parameters.fine_tune else whole.classifier

    def predictions_folder(self, model: str, dataset: str, training: TrainingData = "ddsm") -> Path:
        """Return the artifact folder with a model's scores of the images it has not seen."""
        rows = self.scored_rows(dataset, training)
        inputs = {
            "model": model,
            "dataset": dataset,
            "training": training,
            "checkpoint": self.checkpoint_folder(model, training).name,
            "inputs": self._inputs(model, training, rows),
            "image_ids": table_digest(rows[["dataset", "image_id"]]),
        }

        def make(folder: Path) -> dict[str, Any]:
            from mammo.training.prediction import predict

            trained, samples = self.trained_with_inputs(model, training, rows)
            table = predict(trained, samples, rows, self.study.fabric, name=model)
            self.write_scores(table, folder)
            return {"images": len(table)}

        return self.artifacts.build_together("predictions", inputs, make)

    def trained_with_inputs(
        self, model: str, training: TrainingData, rows: pd.DataFrame
    ) -> tuple[nn.Module, Samples]:
        """Return what was trained, and what it takes in for images: classifier and feature maps.

        Where the whole network is trained they are the whole model and the images.
        """
        trained = self._trainable(self.trained(model, training))
        return trained, self._samples(model, training, rows)

    def _inputs(self, model: str, training: TrainingData, rows: pd.DataFrame) -> list[str]:
        """Return the names of the artifacts that the images' inputs are read from."""
        datasets = rows["dataset"].unique()
        if self.parameters.fine_tune:
            return [self.study.images_folder(dataset).name for dataset in datasets]
        return [
            self.extraction.features_folder(model, dataset, training).name for dataset in datasets
        ]

    def _samples(self, model: str, training: TrainingData, rows: pd.DataFrame) -> Samples:
        """Return the inputs of images, in the order of their rows (one data set after another)."""
        from mammo.training.features import CachedMaps, FeatureCache
        from mammo.training.samples import StoredImages

        groups = [(name, part["image_id"]) for name, part in rows.groupby("dataset", sort=False)]
        flips = self.extraction.flips(rows)
        if self.parameters.fine_tune:
            stores = [(self.study.images(name), image_ids) for name, image_ids in groups]
            return StoredImages([(store.images, store.rows(ids)) for store, ids in stores], flips)
        folders = [self.extraction.features_folder(model, name, training) for name, _ in groups]
        caches = zip(map(FeatureCache, folders), (list(ids) for _, ids in groups), strict=True)
        return CachedMaps(list(caches), flips)
