"""What the published models share: their authors' weights if imported, else a training here."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo.errors import WeightsError
from mammo.learning.steps import Learning
from mammo.models import MODELS
from mammo.provenance import read_record

if TYPE_CHECKING:
    from torch import Tensor

    from mammo.study import TrainingData


class PublishedLearning(Learning):
    """Models that others published, with the weights they released or trained here."""

    def authors_file(self, model: str) -> Path | None:
        """Return the imported file of the authors' weights, if that is what the study uses.

        Raises
        ------
        WeightsError
            If the parameters ask for the authors' weights and they have not been imported.
        """
        from mammo.models import library

        wish, folder = self.parameters.published_weights, self.study.locations.weights
        found = None if wish == "train" else library.find(model, folder)
        if wish == "authors" and found is None:
            raise WeightsError(
                f"{folder}: no weights of {model} there, and published_weights is 'authors'; "
                "import them with 'mammo weights import FILE' ('mammo weights list' says how to "
                "get them), or let published_weights be 'auto'"
            )
        return found

    def authors_record(self, model: str) -> dict[str, Any] | None:
        """Return what is known of the authors' weights, if the study uses them."""
        from mammo.models import library

        file = self.authors_file(model)
        return library.read_record(file) if file else None

    def checkpoint_folder(self, model: str) -> Path:
        """Return the artifact folder of the model as trained here."""
        raise NotImplementedError

    def may_have_seen(self, model: str) -> tuple[str, ...]:
        """Return the sets that the authors' weights saw; none for a model trained here."""
        record = self.authors_record(model)
        return tuple(record["trained_on"]) if record else ()

    def weights_in_words(self, model: str, training: TrainingData = "ddsm") -> str:
        """Say whose the weights are, or what the training here started from."""
        if record := self.authors_record(model):
            return f"the authors' ({record['release']})"
        return f"{self.start_in_words(model)}; {self.trained_on_in_words(training)}"

    def start_in_words(self, model: str) -> str:
        """Say what a training here starts from, and how wide the network is."""
        width = Fraction(self.parameters.published_width).limit_denominator(1000)
        start = "ImageNet" if self.pretrained(model) else "random"
        return start if width == 1 else f"{start}, {width} of the channels"

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
        facts = read_record(self.checkpoint_folder(model))["facts"]
        return {
            "kind": "trained here",
            "source": f"{self.start_in_words(model)}, seed {self.parameters.seed}",
            "sha256": facts["sha256"],
            "licence": "none needed",
            "note": "Not the authors' model: the same network, trained on this build's images.",
        }

    def pretrained(self, model: str) -> dict[str, Tensor] | None:
        """Return ImageNet's values of the backbone's trunk, for a network of full width.

        They are those of the transfer model with this backbone, so that both start alike.
        """
        if self.parameters.published_width < 1:
            return None
        extraction, backbone = self.study.transfer.extraction, MODELS[model].backbone
        folder = extraction.extractor_folder(backbone)
        if read_record(folder)["facts"]["kind"] == "random":
            return None
        import safetensors.torch

        return safetensors.torch.load_file(folder / "extractor.safetensors")
