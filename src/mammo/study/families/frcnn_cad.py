"""Ribli's detector: training on lesion boxes, detections, and the scores that follow from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mammo.files.artifacts import digest
from mammo.parameters import PublishedModelParameters
from mammo.study.families.published import PublishedFamily
from mammo.study.roles import TrainingData

if TYPE_CHECKING:
    from mammo.models.frcnn_cad import DetectorSettings, FasterRCNN
    from mammo.training.frcnn_cad import DetectorTraining

DETECTIONS = "detections.csv"
_SETTINGS = [name for name in PublishedModelParameters.model_fields if name.startswith("frcnn_")]
"""Parameters of a detector trained here: without torch, so that a digest is found at once."""


class FrcnnCadFamily(PublishedFamily):
    """The detector, its detections, and the scores of images."""

    def trained(self, model: str) -> FasterRCNN:
        """Return the detector with the values that the study scores with."""
        if file := self.authors_file(model):
            from mammo.models import imports

            network = imports.load(file)
            network.settings = replace(network.settings, window=self._window)
            return network
        from mammo.models.frcnn_cad import FasterRCNN
        from mammo.training import checkpoint

        network = FasterRCNN(self._settings)
        checkpoint.load(network, self.checkpoint_folder(model))
        return network

    def untrained(self, model: str) -> FasterRCNN:
        """Return the detector as a training here starts with it.

        With ImageNet's values the first two blocks stay as they are, as in py-faster-rcnn.
        """
        from mammo.models import frcnn_cad
        from mammo.training.frcnn_cad_start import convolutions, standardise_detector

        network = frcnn_cad.build(self._settings, self.parameters.seed)
        if values := self._pretrained(model):
            network.load_state_dict(convolutions(values), strict=False)
            for name in (name for block in frcnn_cad.BLOCKS[:2] for name, _ in block):
                network.get_submodule(name).requires_grad_(False)
        else:
            standardise_detector(network, self._training_rows(), seed=self.parameters.seed)
        return network

    def course(self, model: str) -> dict[str, pd.DataFrame]:
        """Return the history of the training here; empty for the authors' weights."""
        if self.authors_file(model):
            return {}
        return {"boxes": pd.read_csv(self.checkpoint_folder(model) / "history.csv")}

    def checkpoint_folder(self, model: str) -> Path:
        """Return the artifact folder of the detector as trained here: values, history, record."""
        p, rows = self.parameters, self._training_rows()
        inputs = {
            **self._training_inputs(model, rows),
            "files": self.study.files_digest(rows),
            "settings": p.named(*_SETTINGS),
        }

        def make(folder: Path) -> dict[str, Any]:
            from mammo.models.weights import fingerprint
            from mammo.training.fit import fit
            from mammo.training.frcnn_cad import DetectorTask

            network = self.untrained(model)
            task = DetectorTask(
                network,
                *self._outlined(rows),
                self._training,
                self.study.fabric,
                seed=p.seed,
                workers=self._readers,
            )
            return {**fit(task, folder), "sha256": fingerprint(network.state_dict())}

        return self.artifacts.build_together("checkpoint", inputs, make)

    def predictions_folder(self, model: str, dataset: str, training: TrainingData = "ddsm") -> Path:
        """Return the artifact folder with detections, and the scores of images from them."""
        rows = self.scored_rows(dataset, training)
        inputs = {
            "model": model,
            "dataset": dataset,
            "weights": self._weights_digest(model),
            "files": self.study.files_digest(rows),
            "image_ids": digest(rows["image_id"].tolist()),
            "window": self._window,
            "precision": self.parameters.precision,
        }

        def make(folder: Path) -> dict[str, Any]:
            from mammo.training.detection import detect_all
            from mammo.training.prediction import scored

            fabric, precision = self.study.fabric, self.parameters.precision
            found, scores = detect_all(
                self.trained(model), rows, fabric, workers=self._readers, precision=precision
            )
            self.write_scores(scored(rows, scores, name=model), folder)
            if fabric.is_global_zero:
                found.to_csv(folder / DETECTIONS, index=False)
            return {"images": len(rows), "boxes": len(found), "device": str(fabric.device)}

        return self.artifacts.build_together("predictions", inputs, make)

    @property
    def _readers(self) -> int:
        """Processes that read images ahead of a GPU; on a CPU they would take its cores."""
        fabric = self.study.fabric
        return self.study.workers // fabric.world_size if fabric.device.type == "cuda" else 0

    @property
    def _window(self) -> tuple[float, float] | None:
        return (500, 800) if self.parameters.frcnn_window else None

    @property
    def _settings(self) -> DetectorSettings:
        """The network as it is trained here; the sides of its input are in the published ratio."""
        from mammo.models.frcnn_cad import PUBLISHED

        p = self.parameters
        return replace(
            PUBLISHED,
            width=p.published_width,
            hidden=p.frcnn_hidden,
            dropout=p.frcnn_dropout,
            short_side=p.frcnn_short_side,
            long_side=round(p.frcnn_short_side * PUBLISHED.long_side / PUBLISHED.short_side),
            window=self._window,
            anchor_scales=p.frcnn_anchor_scales,
            pre_nms=p.frcnn_proposals[0],
            post_nms=p.frcnn_proposals[1],
            min_size=p.frcnn_smallest,
        )

    @property
    def _training(self) -> DetectorTraining:
        from mammo.training.frcnn_cad import DetectorTraining

        p = self.parameters
        return DetectorTraining(
            optimizer=p.frcnn_optimizer,
            learning_rate=p.frcnn_rate,
            images_a_step=p.frcnn_batch,
            anchors_an_image=p.frcnn_anchors,
            epochs=p.frcnn_epochs,
            held_aside=p.early_stopping_fraction,
            precision=p.precision,
        )
