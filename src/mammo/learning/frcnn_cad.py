"""Ribli's detector: training on lesion boxes, detections, and the scores that follow from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mammo.learning.published import PublishedLearning
from mammo.provenance import digest

if TYPE_CHECKING:
    from mammo.models.frcnn_cad import DetectorSettings, FasterRCNN
    from mammo.study import TrainingData

TRAINING_CODE = (
    "models.anchors",
    "models.boxes",
    "models.frcnn_cad",
    "models.frcnn_input",
    "training.frcnn_cad",
    "splits",
    "devices",
    "checkpoint",
)
DETECTIONS = "detections.csv"


class DetectorLearning(PublishedLearning):
    """The detector, its detections, and the scores of images."""

    @property
    def settings(self) -> DetectorSettings:
        """The network as it is trained here."""
        from mammo.models.frcnn_cad import DetectorSettings

        p = self.parameters
        short = p.frcnn_short_side
        return DetectorSettings(
            width=p.published_width,
            hidden=p.frcnn_hidden,
            short_side=short,
            long_side=round(short * 2100 / 1700),
        )

    def trained(self, model: str) -> FasterRCNN:
        """Return the detector with the values that the study scores with."""
        from mammo import checkpoint
        from mammo.models import frcnn_cad, library

        if file := self.authors_file(model):
            return library.load(file)
        network = frcnn_cad.build(self.settings, self.parameters.seed)
        checkpoint.load(network, self.checkpoint_folder(model))
        return network

    def checkpoint_folder(self, model: str) -> Path:
        """Return the artifact folder of the detector as trained here."""
        raise NotImplementedError

    def detections(self, model: str) -> pd.DataFrame:
        """Return every box that was found: data set, image, label, score, native pixels."""
        folder = self.predictions_folder(model)
        return pd.read_csv(folder / DETECTIONS, dtype={"image_id": str})

    def predictions_folder(self, model: str, training: TrainingData = "ddsm") -> Path:
        """Return the artifact folder with detections, and the scores of images from them."""
        rows = self.scored_rows(model, training)
        inputs = {"image_ids": digest(rows[["dataset", "image_id"]].to_numpy().tolist())}

        def make(folder: Path) -> dict[str, Any]:
            raise NotImplementedError

        return self.artifacts.build_together("predictions", inputs, TRAINING_CODE, make)
