"""Scores of images: one table for every model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mammo.errors import MammoError

if TYPE_CHECKING:
    from lightning.fabric import Fabric
    from torch import nn

    from mammo.training.devices import Precision
    from mammo.training.samples import Samples

COLUMNS = (
    *("dataset", "model", "patient_id", "laterality", "view"),
    *("image_id", "split", "y_true", "y_score"),
)


def predict(
    model: nn.Module,
    samples: Samples,
    images: pd.DataFrame,
    fabric: Fabric,
    *,
    name: str,
    batch_size: int = 32,
    precision: Precision = "float32",
) -> pd.DataFrame:
    """Score images with a trained model.

    Parameters
    ----------
    model : Module
        `Classifier` for cached feature maps, `TransferModel` for images.
    samples : Samples
        n inputs.
    images : DataFrame, n rows
        Their rows of the manifest, in the same order, with a column ``split``.
    fabric : Fabric
        Launched.
    name : str
        The model's key in `mammo.models.MODELS`.
    batch_size : int
    precision : {"auto", "bfloat16", "float32"}

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; ``y_score`` is the sigmoid of the logit: the higher, the more likely
        malignant. Under class-balanced training it is no probability at the set's prevalence.
    """
    from mammo.training.samples import logits

    if len(samples) != len(images):
        raise MammoError(f"{len(samples)} inputs for {len(images)} images; they must be the same")
    model = model.to(fabric.device)
    found = logits(
        model, samples, np.arange(len(samples)), fabric, batch_size=batch_size, precision=precision
    )
    return scored(images, 1 / (1 + np.exp(-found.astype(np.float64))), name=name)


def scored(images: pd.DataFrame, scores: np.ndarray, *, name: str) -> pd.DataFrame:
    """Return the table of predictions.

    Parameters
    ----------
    images : DataFrame, n rows
        Rows of the manifest, with a column ``split``.
    scores : ndarray of float, shape (n,)
        In [0, 1]: the higher, the more likely malignant.
    name : str
        The model's key in `mammo.models.MODELS`.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`.

    Raises
    ------
    MammoError
        If a score is none, as of a training that has diverged.
    """
    table = images[["dataset", "patient_id", "laterality", "view", "image_id", "split"]].assign(
        model=name, y_true=images["label"].astype("int64"), y_score=scores
    )
    is_none = ~table["y_score"].between(0, 1)
    if is_none.any():
        image, score = table.loc[is_none, ["image_id", "y_score"]].iloc[0]
        raise MammoError(
            f"{name} scores image {image} with {score}, expected a number in [0, 1] "
            f"({int(is_none.sum())} such images); train it again with a smaller learning rate"
        )
    return table[list(COLUMNS)].reset_index(drop=True)
