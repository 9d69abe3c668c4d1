"""Scores of images: one table for every model, with a contract that is checked."""

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
_REQUIRED = ("dataset", "model", "patient_id", "image_id", "split")


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
    """Return the table of predictions, checked.

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
    """
    table = images[["dataset", "patient_id", "laterality", "view", "image_id", "split"]].assign(
        model=name, y_true=images["label"].astype("int64"), y_score=scores
    )
    return check_predictions(table[list(COLUMNS)].reset_index(drop=True))


def check_predictions(table: pd.DataFrame) -> pd.DataFrame:
    """Assert the contract of a table of predictions, whoever made it; return the table.

    Raises
    ------
    MammoError
        Naming the column and the first row at fault: a missing column or value, a label other than
        0 and 1, a score outside [0, 1] or not a number, an image scored twice by one model.
    """
    absent = [column for column in COLUMNS if column not in table.columns]
    if absent:
        raise MammoError(
            f"predictions lack the columns {', '.join(absent)}; expected {', '.join(COLUMNS)}"
        )
    for column in _REQUIRED:
        _refuse(table, table[column].isna(), column, "expected a value")
    scores = pd.to_numeric(table["y_score"], errors="coerce")
    _refuse(table, ~scores.between(0, 1), "y_score", "expected a number in [0, 1]")
    _refuse(table, ~table["y_true"].isin([0, 1]), "y_true", "expected 0 (benign) or 1 (malignant)")
    twice = table.duplicated(["dataset", "model", "image_id", "split"])
    _refuse(table, twice, "image_id", "the model has scored this image before; keep one row")
    return table


def _refuse(table: pd.DataFrame, faulty: pd.Series, column: str, expected: str) -> None:
    if not faulty.any():
        return
    row = int(np.flatnonzero(faulty)[0])
    raise MammoError(
        f"predictions, row {row + 1} of {len(table)}: {column} is "
        f"{table[column].iloc[row]!r}, {expected} ({int(faulty.sum())} such rows)"
    )
