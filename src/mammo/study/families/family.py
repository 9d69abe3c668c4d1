"""What the steps of every family of models share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mammo.study.roles import TrainingData
from mammo.training.prediction import scored

if TYPE_CHECKING:
    from mammo.study.study import Study

_SCORES = "scores.csv"


class Steps:
    """Steps of a study.

    Parameters
    ----------
    study : Study
        Gives parameters, images, splits, processes and artifact folders.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.parameters = study.parameters
        self.artifacts = study.artifacts


class ModelFamily(Steps, ABC):
    """Models of one family: where they come from, and their scores."""

    @abstractmethod
    def predictions_folder(self, model: str, dataset: str, training: TrainingData = "ddsm") -> Path:
        """Return the artifact folder with a model's scores of the images it has not seen."""

    def write_scores(self, table: pd.DataFrame, folder: Path) -> None:
        """Keep a table of predictions without labels and other facts, which are the manifest's."""
        if self.study.fabric.is_global_zero:
            table[["image_id", "y_score"]].to_csv(folder / _SCORES, index=False)

    def scores(self, model: str, dataset: str, training: TrainingData = "ddsm") -> pd.Series:
        """Return a model's scores of the images it has not seen, by image."""
        file = self.predictions_folder(model, dataset, training) / _SCORES
        return pd.read_csv(file, dtype={"image_id": str}).set_index("image_id")["y_score"]

    def predictions(
        self, model: str, dataset: str, training: TrainingData = "ddsm"
    ) -> pd.DataFrame:
        """Return the scores with what the manifest says of their images now.

        Returns
        -------
        DataFrame
            `mammo.training.prediction.COLUMNS`.
        """
        rows = self.scored_rows(dataset, training)
        found = self.scores(model, dataset, training)
        return scored(rows, found.loc[rows["image_id"]].to_numpy(), name=model)

    @abstractmethod
    def origin(self, model: str) -> dict[str, str]:
        """Return kind, source, sha256, licence and note of the values that a model starts from."""

    @abstractmethod
    def weights_in_words(self, model: str, training: TrainingData = "ddsm") -> str:
        """Say where the model's weights come from: what they started from, and on which images."""

    def has_authors_weights(self, model: str) -> bool:
        """Whether the study scores with weights that the model's authors published."""
        return False

    @abstractmethod
    def may_have_seen(self, model: str) -> tuple[str, ...]:
        """Return the data sets that cannot be scored: the weights saw them, or a part unknown."""

    def scored_rows(self, dataset: str, training: TrainingData = "ddsm") -> pd.DataFrame:
        """Return the images of a data set that no training here learns from."""
        rows = self.study.split(dataset, training)
        return rows[rows["split"] != "train"].reset_index(drop=True)

    def trained_on_in_words(self, training: TrainingData = "ddsm") -> str:
        """Say whether a training's images are real or synthetic."""
        names = self.study.datasets if training == "mixed" else self.study.datasets[:1]
        sources = sorted({self.study.source(name) for name in names})
        return f"trained on {' and '.join(sources)} images"
