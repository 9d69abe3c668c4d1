"""What the published models share: their authors' weights if imported, else a training here."""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mammo.datasets.lesions import without_box
from mammo.datasets.roles import INTERNAL
from mammo.errors import WeightsError
from mammo.files.artifacts import digest, read_record
from mammo.models import MODELS
from mammo.models.releases import releases_of
from mammo.study.families.extraction import EXTRACTOR
from mammo.study.families.family import ModelFamily
from mammo.study.families.transfer import TransferFamily
from mammo.study.roles import TrainingData

if TYPE_CHECKING:
    from torch import Tensor


class PublishedFamily(ModelFamily):
    """Models that others published, with the weights they released or trained here."""

    def authors_file(self, model: str) -> Path | None:
        """Return the imported file of the authors' weights, if that is what the study uses.

        Raises
        ------
        WeightsError
            If the parameters ask for the authors' weights and they have not been imported.
        """
        p, folder = self.parameters, self.study.locations.weights
        asked = {release.name for release in releases_of(model)} & set(p.releases)
        found = None
        if p.published_weights != "train" and folder.is_dir():
            from mammo.models import imports

            found = imports.find(model, folder, next(iter(asked), None))
        if p.published_weights == "authors" and found is None:
            raise WeightsError(
                f"{folder}: no weights of {model} there, and published_weights is 'authors'; "
                "import them with 'mammo weights import FILE' ('mammo weights list' says how to "
                "get them), or let published_weights be 'auto'"
            )
        return found

    def authors_record(self, model: str) -> dict[str, Any] | None:
        """Return what is known of the authors' weights, if the study uses them."""
        file = self.authors_file(model)
        if file is None:
            return None
        from mammo.models import imports

        return imports.read_record(file)

    @abstractmethod
    def checkpoint_folder(self, model: str) -> Path:
        """Return the artifact folder of the model as trained here: values, history, record."""

    @abstractmethod
    def course(self, model: str) -> dict[str, pd.DataFrame]:
        """Return the history of each step of a training here; empty for the authors' weights."""

    def has_authors_weights(self, model: str) -> bool:
        """Whether the authors' weights have been imported, and are to be used."""
        return self.authors_file(model) is not None

    def may_have_seen(self, model: str) -> tuple[str, ...]:
        """Return the sets that the authors' weights saw; none for a model trained here."""
        record = self.authors_record(model)
        return tuple(record["trained_on"]) if record else ()

    def weights_in_words(self, model: str, training: TrainingData = "ddsm") -> str:
        """Say whose the weights are, or what a training here started from and learnt from."""
        if record := self.authors_record(model):
            return f"the authors' ({record['release']})"
        return f"{self._start_in_words(model)}; {self.trained_on_in_words(training)}"

    def origin(self, model: str) -> dict[str, str]:
        """Return where the model's values come from."""
        if record := self.authors_record(model):
            return {
                "kind": "the authors'",
                "source": record["file"],
                "sha256": record["sha256"],
                "licence": record["licence"],
                "note": f"Trained on {', '.join(record['trained_on'])}: {record['split']}.",
            }
        return {
            "kind": "trained here",
            "source": f"{self._start_in_words(model)}, seed {self.parameters.seed}",
            "sha256": read_record(self.checkpoint_folder(model))["facts"]["sha256"],
            "licence": "none needed",
            "note": "The published network trained on this build's images; not the authors' model.",
        }

    def _weights_digest(self, model: str) -> str:
        record = self.authors_record(model)
        return record["sha256"] if record else self.checkpoint_folder(model).name

    def _start_in_words(self, model: str) -> str:
        width = Fraction(self.parameters.published_width).limit_denominator(1000)
        given = self._pretrained_folder(model) is not None
        backbone = MODELS[model].backbone
        start = TransferFamily(self.study).start_in_words(backbone) if given else "random"
        return start if width == 1 else f"{start}, {width} of the channels"

    def _pretrained_folder(self, model: str) -> Path | None:
        """Return where pretrained values of the backbone are: those of the transfer model.

        A network of fewer channels has none.
        """
        if self.parameters.published_width < 1:
            return None
        folder = TransferFamily(self.study).extraction.extractor_folder(MODELS[model].backbone)
        return folder if read_record(folder)["facts"]["kind"] != "random" else None

    def _pretrained(self, model: str) -> dict[str, Tensor] | None:
        folder = self._pretrained_folder(model)
        if folder is None:
            return None
        import safetensors.torch

        return safetensors.torch.load_file(folder / EXTRACTOR)

    def _training_rows(self) -> pd.DataFrame:
        """Return the images that a training here learns from: DDSM's training patients."""
        rows = self.study.split(INTERNAL, "ddsm")
        return rows[rows["split"] == "train"].reset_index(drop=True)

    def _outlined(self, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the images of which every lesion's place is known, and the set's lesions."""
        lesions = self.study.lesions(INTERNAL)
        hidden = without_box(self.study.table(INTERNAL), lesions).index
        return rows[~rows["image_id"].isin(hidden)], lesions

    def _training_inputs(self, model: str, rows: pd.DataFrame) -> dict[str, Any]:
        """Return what every training here depends on."""
        p, start = self.parameters, self._pretrained_folder(model)
        return {
            "model": model,
            "start": start.name if start else None,
            "image_ids": digest(rows["image_id"].tolist()),
            "labels": digest(rows["label"].tolist()),
            "lesions": self.study.lesions_folder(INTERNAL).name,
            **p.named("published_width", "early_stopping_fraction", "precision", "seed"),
        }
