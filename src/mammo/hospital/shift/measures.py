"""Twelve measures of prepared images (grey values, fine detail, shape), and their histograms."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo.images.store import WHITE, ImageStore

Kind = Literal["grey values", "fine detail", "shape"]

BRIGHT = 0.75
"""Grey above which a pixel counts as bright, as dense tissue mostly is."""

IDENTIFIERS = ("patient_id", "image_id")
BAND = (0.1, 0.9)
"""Quantiles over patients between which a histogram's band lies."""

_NOISE_MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_NORMAL_QUARTILE = 0.6745  # median of the absolute value of a standard normal number
_SKIN = 0.03  # of the image's side; within it the breast's edge is measured, not its tissue
_OCTAVES = 4
_QUANTILES = (10, 50, 90)  # per cent


@dataclass(frozen=True)
class Measure:
    """What a number says of an image.

    Attributes
    ----------
    title : str
    kind : {"grey values", "fine detail", "shape"}
        Measures of one kind tell much the same.
    more, less : str
        What is said of the title where the number is larger, or smaller.
    """

    title: str
    kind: Kind
    more: str
    less: str


_GREY, _DETAIL, _SHAPE = get_args(Kind)

MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "mean": Measure("Brightness", _GREY, "brighter", "darker"),
        "sd": Measure("Contrast", _GREY, "higher", "lower"),
        "skewness": Measure("Skewness", _GREY, "longer bright tail", "longer dark tail"),
        "quantile_10": Measure("Dark tissue", _GREY, "brighter", "darker"),
        "quantile_50": Measure("Median grey", _GREY, "brighter", "darker"),
        "quantile_90": Measure("Bright tissue", _GREY, "brighter", "darker"),
        "bright_share": Measure("Bright share", _GREY, "larger", "smaller"),
        "sharpness": Measure("Sharpness", _DETAIL, "sharper", "less sharp"),
        "noise": Measure("Noise", _DETAIL, "noisier", "less noisy"),
        "spectral_slope": Measure("Coarseness", _DETAIL, "coarser", "finer"),
        "breast_share": Measure("Outline", _SHAPE, "fuller", "less full"),
        "height_to_width": Measure("Proportions", _SHAPE, "narrower breasts", "wider breasts"),
    }
)
"""Every measure by its name, in the order in which it is shown.

The size of the native image and its pixels' pitch are no measures: a model never sees them.
"""


def measure_pixels(pixels: NDArray[np.uint16]) -> dict[str, float]:
    """Return the measures that follow from the pixels of a prepared image.

    The breast is where pixels are not 0; in a store made without ``mask_background`` that takes
    in what of the background is not black, too. Its darkest percentile, which the stretch sets to
    0, takes no part in grey values.

    Parameters
    ----------
    pixels : (rows, columns) uint16 array
        65535 is 1.

    Returns
    -------
    dict of str to float
        Of all `MEASURES` but ``height_to_width``; grey is in [0, 1]. ``sharpness`` is the share of
        the inner breast's variance that lies in the finest octave, of detail smaller than about
        four pixels. ``noise`` takes the median in place of the mean of Immerkaer's estimate (Comput
        Vis Image Underst 1996;64:300-302), so that structure counts little. ``spectral_slope`` is b
        of a power spectrum 1/f^b, about 3 in mammograms (Burgess AE et al. Med Phys
        2001;28:419-437), over the next three octaves. NaN where the breast has no inner part or no
        contrast.
    """
    lit = pixels > 0
    breast = _fill_holes(lit)
    return {
        **_grey_values(pixels[lit]),
        **_fine_detail(pixels / np.float32(WHITE), breast),
        "breast_share": float(breast.mean()),
    }


def _grey_values(lit: NDArray[np.uint16]) -> dict[str, float]:
    counts = np.bincount(lit, minlength=WHITE + 1)
    grey = np.arange(WHITE + 1) / WHITE
    mean = float(counts @ grey) / lit.size
    deviation = grey - mean
    sd = float(np.sqrt(counts @ deviation**2 / lit.size))
    quantiles = grey[np.searchsorted(counts.cumsum(), np.multiply(_QUANTILES, lit.size / 100))]
    return {
        "mean": mean,
        "sd": sd,
        "skewness": float(counts @ deviation**3) / lit.size / sd**3 if sd > 0 else np.nan,
        **{f"quantile_{k}": float(q) for k, q in zip(_QUANTILES, quantiles, strict=True)},
        "bright_share": float(counts[grey > BRIGHT].sum()) / lit.size,
    }


def _fine_detail(grey: NDArray[np.float32], breast: NDArray[np.bool_]) -> dict[str, float]:
    tissue = _remove_rim(breast)
    variance = _variance(grey[tissue])
    if not variance > 0:
        return dict.fromkeys(("sharpness", "noise", "spectral_slope"), np.nan)
    octaves = _variances_in_octaves(grey, breast, tissue)
    residue = np.abs(cv2.filter2D(grey, -1, _NOISE_MASK)[tissue])
    return {
        "sharpness": octaves[0] / variance,
        "noise": float(np.median(residue)) / _NORMAL_QUARTILE / 6,
        "spectral_slope": _slope(octaves[1:]),
    }


def _variances_in_octaves(
    grey: NDArray[np.float32], breast: NDArray[np.bool_], tissue: NDArray[np.bool_]
) -> list[float]:
    """Return the variance in each octave of a Laplacian pyramid, the finest first.

    Blurs are divided by that of the breast's mask, so that no background comes into the breast.
    """
    weight, variances = breast.astype(np.float32), []
    for _ in range(_OCTAVES):
        coarse_weight = cv2.pyrDown(weight)
        coarse = cv2.pyrDown(grey * weight) / np.maximum(coarse_weight, 1e-6)
        octave = grey - cv2.pyrUp(coarse, dstsize=grey.shape[::-1])
        variances.append(_variance(octave[tissue]))
        grey, weight, tissue = coarse, (coarse_weight > 0).astype(np.float32), tissue[::2, ::2]
    return variances


def _variance(values: NDArray[np.float32]) -> float:
    return float(values.var(dtype=float)) if values.size else np.nan


def _slope(octaves: list[float]) -> float:
    """Return b of 1/f^b: in two dimensions the variance in an octave goes as f^(2 - b)."""
    if not min(octaves) > 0:
        return np.nan
    return 2 + float(np.polyfit(range(len(octaves)), np.log2(octaves), 1)[0])


def _fill_holes(lit: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the breast with its holes filled, which are its darkest pixels."""
    outlines, _ = cv2.findContours(lit.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(np.zeros(lit.shape, np.uint8), outlines, -1, 1, cv2.FILLED) > 0


def _remove_rim(breast: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the breast without a rim, also along the border of the image."""
    framed = np.pad(breast.astype(np.uint8), 1)
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1]
    return depth > _SKIN * min(breast.shape)


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
        `IDENTIFIERS` and `MEASURES`, in the order of the rows.

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
    counts = np.bincount(lit * bins // (WHITE + 1), minlength=bins)
    return counts * (bins / lit.size) if lit.size else np.full(bins, np.nan)


def _height_to_width(images: ImageStore, image_id: str) -> float:
    box = images.geometry(image_id)
    return (box.row_max - box.row_min) / (box.col_max - box.col_min)
