"""Measures and grey histograms of a set of prepared images, read image by image."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo.hospital.shift.measures import MEASURES, measure_pixels
from mammo.images.store import ImageStore

IDENTIFIERS = ("patient_id", "image_id")
BAND = (0.1, 0.9)
"""Quantiles over patients between which a histogram's band lies."""

_LEVELS = 1 << 16


def image_statistics(images: ImageStore, rows: pd.DataFrame) -> pd.DataFrame:
    """Measure every image, one in memory at a time.

    Parameters
    ----------
    images : ImageStore
    rows : DataFrame
        ``patient_id`` and ``image_id`` of n images of the store.

    Returns
    -------
    DataFrame, n rows
        `IDENTIFIERS` and `mammo.hospital.shift.measures.MEASURES`, in the order of the rows.

    Raises
    ------
    MammoError
        If an image is not in the store.
    """
    from tqdm.auto import tqdm

    identifiers = rows[list(IDENTIFIERS)].reset_index(drop=True)
    places = images.rows(rows["image_id"])
    measured = [
        {**measure_pixels(images.images[place]), "height_to_width": _height_to_width(images, name)}
        for place, name in zip(
            tqdm(places, desc="measure images", unit="image"), rows["image_id"], strict=True
        )
    ]
    return pd.concat([identifiers, pd.DataFrame(measured, columns=list(MEASURES))], axis=1)


def grey_histogram(images: ImageStore, rows: pd.DataFrame, bins: int = 64) -> pd.DataFrame:
    """Return how the breast's grey values are spread, and how much patients differ in that.

    Parameters
    ----------
    images : ImageStore
    rows : DataFrame
        ``patient_id`` and ``image_id`` of images of the store.
    bins : int
        From 1 to 65,536, equal in width.

    Returns
    -------
    DataFrame, one row a bin
        ``low`` and ``high``, the bin's edges in [0, 1]; ``mean``, the density of grey, each patient
        weighing the same; ``lower`` and ``upper``, the quantiles `BAND` of the patients' own
        densities, bin by bin. The mean integrates to 1, the bounds do not.

    Raises
    ------
    MammoError
        If an image is not in the store.
    """
    densities = np.stack(
        [_density(images.images[row], bins) for row in images.rows(rows["image_id"])]
    )
    patients = pd.DataFrame(densities).groupby(rows["patient_id"].to_numpy()).mean().to_numpy()
    edges = np.linspace(0, 1, bins + 1)
    lower, upper = np.nanquantile(patients, BAND, axis=0)
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "mean": np.nanmean(patients, axis=0),
            "lower": lower,
            "upper": upper,
        }
    )


def _density(pixels: NDArray[np.uint16], bins: int) -> NDArray[np.float64]:
    lit = pixels[pixels > 0].astype(np.int64)
    counts = np.bincount(lit * bins // _LEVELS, minlength=bins)
    return counts * (bins / lit.size) if lit.size else np.full(bins, np.nan)


def _height_to_width(images: ImageStore, image_id: str) -> float:
    box = images.geometry(image_id)
    return (box.row_max - box.row_min) / (box.col_max - box.col_min)
