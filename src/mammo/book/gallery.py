"""Images and grey values of a study, picked for a chapter to show."""

import cv2
import numpy as np
import pandas as pd

from mammo import images
from mammo.datasets.lesions import EDGES, lesions
from mammo.images.breast_mask import segment
from mammo.report.figures.images import Example
from mammo.report.tables.formats import image_facts
from mammo.study import Study

SHOWN_PIXELS = 700


def examples(study: Study, dataset: str, n: int) -> list[Example]:
    """Return native images of a data set with their lesion boxes, malignant ones first.

    Parameters
    ----------
    study : Study
        The study.
    dataset : str
        Name of the data set.
    n : int
        How many; half of them malignant, drawn with the study's seed.
    """
    rows = study.table(dataset)
    rng = np.random.default_rng(study.parameters.seed)
    wanted = {1: n // 2, 0: n - n // 2}
    chosen = [
        rng.permutation(rows.index[rows["label"] == label].to_numpy(copy=True))[:count]
        for label, count in wanted.items()
    ]
    return [example(rows.loc[place]) for place in np.concatenate(chosen)]


def example(row: pd.Series) -> Example:
    """Return an image of a manifest with its lesion boxes, small enough to be shown.

    Of an institution's patients only the breast is shown: what lies beside it may be their names.
    """
    pixels = images.read_image(row["path"]).pixels
    if (row["dataset"], row["source"]) == ("institution", "real"):
        pixels = _breast_alone(pixels)
    scale = min(1.0, SHOWN_PIXELS / max(pixels.shape))
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    boxes = (lesions(row.to_frame().T)[list(EDGES)] * scale).to_dict("records")
    caption = image_facts(row["laterality"], row["view"], row["label"])
    return Example(row["dataset"], row["source"], pixels, caption, boxes)


def _breast_alone(pixels: np.ndarray) -> np.ndarray:
    breast = segment(pixels).astype(bool)
    small = cv2.resize(pixels, breast.shape[::-1], interpolation=cv2.INTER_AREA)
    rows, columns = (np.flatnonzero(breast.any(axis=axis)) for axis in (1, 0))
    masked = np.where(breast, small, np.float32(0))
    return masked[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def breast_pixels(study: Study, dataset: str, n: int) -> np.ndarray:
    """Return the grey values in [0, 1] inside the breast, of n native images of a data set.

    The values are presentation values as read, before the preparation makes sets comparable.
    """
    rows = study.table(dataset)
    rng = np.random.default_rng(study.parameters.seed)
    values = []
    for path in rng.permutation(rows["path"].to_numpy(copy=True))[:n]:
        pixels = images.read_image(path).pixels
        breast = segment(pixels)
        small = cv2.resize(pixels, breast.shape[::-1], interpolation=cv2.INTER_AREA)
        values.append(small[breast])
    return np.concatenate(values)
