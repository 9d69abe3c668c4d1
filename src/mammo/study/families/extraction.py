"""The study's steps from images to feature maps: an extractor for each model, and what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from mammo.datasets.roles import INTERNAL
from mammo.files.artifacts import digest, folder_fingerprint
from mammo.study.families.family import Steps
from mammo.study.roles import TrainingData

if TYPE_CHECKING:
    from mammo.models.transfer import Extractor

EXTRACTOR = "extractor.safetensors"
CALIBRATION_IMAGES = 64
CALIBRATION_PIXELS = CALIBRATION_IMAGES * 224**2
"""Training images that random extractors are standardised on: fewer if large, all at once."""


class Extraction(Steps):
    """Extractors and feature maps of a study."""

    def extractor_folder(self, model: str) -> Path:
        """Return the artifact folder of a model's extractor: values, and where they came from.

        What ``weights: auto`` finds is kept, so that a study does not change when the network
        comes or goes.
        """
        p = self.parameters
        is_file = Path(p.weights).is_file()
        inputs = {
            "model": model,
            "weights": folder_fingerprint(Path(p.weights)) if is_file else p.weights,
            **p.named("seed", "stride"),
            "images": self.study.images_folder(INTERNAL).name,
            "calibrated_on": self._calibration_ids(),
        }
        return self.artifacts.build(
            "extractor", inputs, lambda folder: self._make_extractor(model, folder)
        )

    def _calibration_ids(self) -> list[str]:
        rows = self.study.split(INTERNAL, "ddsm")
        training = rows.loc[rows["split"] == "train", "image_id"].sort_values().to_numpy(copy=True)
        chosen = np.random.default_rng(self.parameters.seed).permutation(training)
        count = max(4, CALIBRATION_PIXELS // self.parameters.image_size**2)
        return sorted(chosen[: min(CALIBRATION_IMAGES, count)].tolist())

    def _make_extractor(self, model: str, folder: Path) -> dict[str, Any]:
        import torch

        from mammo.models import weights
        from mammo.models.standardisation import calibrate
        from mammo.models.transfer import Extractor
        from mammo.models.values import write_values

        state, record = weights.resolve(self.parameters.weights, model, self.parameters.seed)
        extractor = Extractor(model, state, stride=self.parameters.stride)
        if record.kind == "random":
            images = self.study.images(INTERNAL)
            grey = torch.from_numpy(images[images.rows(self._calibration_ids())])
            with _progress(extractor, f"standardise {model}"):
                calibrate(extractor, grey[:, None])
        values = {**state, **extractor.layers.state_dict()}
        write_values(folder / EXTRACTOR, values, asdict(record))
        if record.note:
            print(f"{model}: {record.note}")
        return asdict(record)

    def extractor(self, model: str) -> Extractor:
        """Return a model's frozen extractor."""
        import safetensors.torch

        from mammo.models.transfer import Extractor

        state = safetensors.torch.load_file(self.extractor_folder(model) / EXTRACTOR)
        return Extractor(model, state, stride=self.parameters.stride)

    def features_folder(self, model: str, dataset: str, training: TrainingData) -> Path:
        """Return the artifact folder with the feature maps of a data set's images.

        Every image is there unflipped; those that the model is trained on in all flips as well.
        """
        rows = self.study.split(dataset, training)
        is_trained_on = (rows["split"] == "train").to_numpy()
        flips = self.flips(rows)
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
            from mammo.training import features

            images = self.study.images(dataset)
            features.extract(
                images.images,
                rows["image_id"],
                self.extractor(model),
                folder,
                fabric=self.study.fabric,
                rows=images.rows(rows["image_id"]),
                flips=flips,
                flipped=is_trained_on,
                precision=self.parameters.precision,
            )
            return {
                "device": str(self.study.fabric.device),
                "processes": self.study.fabric.world_size,
            }

        return self.artifacts.build_together("features", inputs, make)

    def flips(self, rows: pd.DataFrame) -> list[str]:
        """Return the flips in which images are needed: all if a model is trained on some."""
        return list(self.parameters.flips) if (rows["split"] == "train").any() else ["none"]


@contextmanager
def _progress(extractor: Extractor, title: str) -> Iterator[None]:
    """Show a bar that moves with every convolution that the images pass."""
    from torch import nn

    layers = [layer for layer in extractor.modules() if isinstance(layer, nn.Conv2d)]
    with tqdm(total=len(layers), desc=title, unit="layer") as bar:
        hooks = [layer.register_forward_hook(lambda *_: bar.update() and None) for layer in layers]
        yield
        for hook in hooks:
            hook.remove()
