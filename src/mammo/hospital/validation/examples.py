"""The images that each model gets most wrong, as small pictures that name nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import pandas as pd

from mammo.evaluation.tables.extremes import Kind, worst
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT, parts
from mammo.images.store import ImageStore
from mammo.paper.published import model_title
from mammo.report.thumbnails import thumbnail

LABELS = {0: "benign or normal", 1: "malignant"}
_SIDES = {"L": "left", "R": "right"}


@dataclass(frozen=True)
class WorstImage:
    """One image: the model that got it wrong and how, the picture, and what is known of it."""

    model: str
    kind: Kind
    png: bytes
    alt: str
    caption: str


def examples(scored: pd.DataFrame, images: ImageStore, n: int) -> list[WorstImage]:
    """Return the worst false negatives and false positives of each model on external images.

    Parameters
    ----------
    scored : DataFrame
        A table of scores with ``laterality`` and ``view``.
    images : ImageStore
        Prepared images of the external set, all outside of the breast masked.
    n : int
        How many of each kind and model, at most.
    """
    external = scored[scored["split"] == EXTERNAL_SPLIT]
    return list(_examples(external, images, n))


def _examples(external: pd.DataFrame, images: ImageStore, n: int) -> Iterator[WorstImage]:
    for part in parts(external):
        for kind in get_args(Kind):
            for row in worst(part, kind, n).itertuples():
                (number,) = images.rows([row.image_id])
                yield WorstImage(
                    model=part.model,
                    kind=kind,
                    png=thumbnail(images.images[number], images.geometry(row.image_id)),
                    alt=f"{_words(row)}: {kind} of {model_title(part.model)}",
                    caption=(
                        f"{row.image_id}: {_words(row)}; score {row.y_score:.2f}, above "
                        f"{row.percentile:.0f}% of the others"
                    ),
                )


def _words(row) -> str:
    side, view = _SIDES.get(row.laterality), row.view if isinstance(row.view, str) else None
    known = " ".join(word for word in (side, view) if word)
    return ", ".join(word for word in (known, LABELS[int(row.y_true)]) if word)
