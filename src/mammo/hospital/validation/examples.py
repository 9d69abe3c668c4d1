"""The images that each model gets most wrong, as small pictures that name nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import pandas as pd

from mammo.evaluation.tables.extremes import Kind, worst
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT, parts
from mammo.images.store import ImageStore
from mammo.paper.published import model_title, short_title
from mammo.report.page.blocks import Thumbnail, Thumbnails
from mammo.report.tables.formats import image_facts
from mammo.report.thumbnails import thumbnail


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
    found = []
    for part in parts(scored[scored["split"] == EXTERNAL_SPLIT]):
        for kind in get_args(Kind):
            for row in worst(part, kind, n).itertuples():
                (number,) = images.rows([row.image_id])
                known = image_facts(row.laterality, row.view, int(row.y_true))
                found.append(
                    WorstImage(
                        model=part.model,
                        kind=kind,
                        png=thumbnail(images.images[number], images.geometry(row.image_id)),
                        alt=f"{known}: {kind} of {model_title(part.model)}",
                        caption=f"{row.image_id}: {known}; score {row.y_score:.2f}, above "
                        f"{row.percentile:.0f}% of the others",
                    )
                )
    return found


def strips(found: Sequence[WorstImage]) -> list[Thumbnails]:
    """Return the images side by side, one strip a model and kind of error."""
    rows: dict[str, list[Thumbnail]] = {}
    for one in found:
        title = f"{short_title(one.model)}: the worst {one.kind}s, each of another patient"
        rows.setdefault(title, []).append(Thumbnail(one.png, one.alt, one.caption))
    return [Thumbnails(items, title) for title, items in rows.items()]
