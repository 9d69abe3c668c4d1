"""From presentation values to what every model sees: one documented, ordered way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mammo.errors import UnreadableImageError
from mammo.images.breast_mask import chest_wall_on_right, segment
from mammo.images.geometry import Geometry
from mammo.images.image import Image


class PreprocessingSettings(BaseModel):
    """What `prepare` does, in the order in which it does it.

    Attributes
    ----------
    margin : float
        Background kept around the breast, as a fraction of the breast's height and width.
    size : int
        Height and width of the result in pixels; 832 in the paper.
    aspect : {"stretch", "pad"}
        Stretch the crop to the square, as 3,328 x 4,096 became 832 x 832 in the paper, or keep
        its proportions and pad with black, opposite to the chest wall, above and below.
    mask_background : bool
        Whether all outside of the breast becomes 0: no label or film edge is left to learn from.
    normalise : {"percentile", "none"}
        "percentile" stretches the grey of the breast to [0, 1]. Films and detectors of different
        exposure, and 12 bits saved in 16, become comparable; the shape of each tone curve stays.
    percentiles : (float, float)
        Percentiles of the breast that become 0 and 1. The upper one is high, because
        microcalcifications are far less than 1% of a breast and its brightest pixels.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    margin: float = Field(default=0.02, ge=0, le=1)
    size: int = Field(default=832, ge=16, le=8192)
    aspect: Literal["stretch", "pad"] = "stretch"
    mask_background: bool = True
    normalise: Literal["percentile", "none"] = "percentile"
    percentiles: tuple[float, float] = (1.0, 99.9)

    @model_validator(mode="after")
    def _percentiles_in_order(self) -> PreprocessingSettings:
        low, high = self.percentiles
        if not 0 <= low < high <= 100:
            raise ValueError(f"percentiles must rise within 0 to 100, and are {low:g}, {high:g}")
        return self

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a prepared image."""
        return self.size, self.size

    def prepare(self, image: Image, laterality: str | None) -> PreparedImage:
        """Prepare an image by these settings, as `prepare` says."""
        return prepare(image, laterality, self)


@dataclass(frozen=True)
class PreparedImage:
    """A breast, chest wall to the left, and the way back to its native image.

    Attributes
    ----------
    pixels : numpy.ndarray of float32, shape (size, size)
        Values in [0, 1].
    breast : numpy.ndarray of bool, shape (size, size)
        True inside of the breast.
    geometry : Geometry
    """

    pixels: np.ndarray
    breast: np.ndarray
    geometry: Geometry


def prepare(image: Image, laterality: str | None, settings: PreprocessingSettings) -> PreparedImage:
    """Orient, find the breast, crop, resize, clear the background, normalise.

    1. Find the breast (`mammo.images.breast_mask`).
    2. Orient: chest wall to the left. The image's content decides, since not every film is
       mounted as its side says (mini-MIAS shows left breasts as others show right ones);
       the side decides where the content does not tell.
    3. Crop to the breast's box and a margin.
    4. Resize to size x size: averaging areas where it shrinks, linear where it enlarges.
    5. Set all outside of the breast to 0.
    6. Stretch the percentiles of the breast to [0, 1].

    Parameters
    ----------
    image : Image
    laterality : {"L", "R"} or None
        The side as the data set states it; None takes the image's own.
    settings : PreprocessingSettings

    Returns
    -------
    PreparedImage

    Raises
    ------
    UnreadableImageError
        If no breast stands out from a dark background or it has no contrast.
    """
    pixels = image.on_background
    mask = segment(pixels)
    flipped = chest_wall_on_right(mask)
    if flipped is None:
        flipped = (laterality or image.laterality) == "R"
    geometry = _geometry(mask, pixels.shape, flipped, settings)
    prepared = _resample(pixels, geometry, settings.size)
    inside = _resample_mask(mask, pixels.shape, geometry, settings.size)
    if settings.normalise == "percentile":
        prepared = _stretch(prepared, inside, settings.percentiles)
    if settings.mask_background:
        prepared[~inside] = 0
    return PreparedImage(pixels=prepared, breast=inside, geometry=geometry)


def _geometry(
    mask: np.ndarray, shape: tuple[int, int], flipped: bool, settings: PreprocessingSettings
) -> Geometry:
    row_min, row_max = _extent(mask.any(axis=1), shape[0], settings.margin)
    col_min, col_max = _extent(mask.any(axis=0), shape[1], settings.margin)
    height, width = row_max - row_min, col_max - col_min
    row_scale, col_scale = settings.size / height, settings.size / width
    if settings.aspect == "pad":
        row_scale = col_scale = min(row_scale, col_scale)
    row_offset = (settings.size - round(height * row_scale)) // 2
    return Geometry(row_min, col_min, row_max, col_max, flipped, row_scale, col_scale, row_offset)


def _extent(occupied: np.ndarray, length: int, margin: float) -> tuple[int, int]:
    """First and one-past-last native index of the occupied part, with its margin."""
    indices = np.flatnonzero(occupied)
    scale = length / occupied.size
    low, high = indices[0] * scale, (indices[-1] + 1) * scale
    border = margin * (high - low)
    return max(0, int(np.floor(low - border))), min(length, int(np.ceil(high + border)))


def _resample(pixels: np.ndarray, geometry: Geometry, size: int) -> np.ndarray:
    g = geometry
    crop = pixels[g.row_min : g.row_max, g.col_min : g.col_max]
    rows, columns = (
        max(1, round(side * scale))
        for side, scale in zip(crop.shape, (g.row_scale, g.col_scale), strict=True)
    )
    # INTER_AREA averages when it shrinks but repeats pixels when it enlarges, so that an axis
    # each way takes two steps.
    fewest = (min(columns, crop.shape[1]), min(rows, crop.shape[0]))
    resized = cv2.resize(crop, fewest, interpolation=cv2.INTER_AREA)
    resized = cv2.resize(resized, (columns, rows), interpolation=cv2.INTER_LINEAR)
    if g.flipped:
        resized = cv2.flip(resized, 1)
    if resized.shape == (size, size):
        return resized
    padded = np.zeros((size, size), dtype=np.float32)
    padded[g.row_offset : g.row_offset + rows, :columns] = resized
    return padded


def _resample_mask(
    mask: np.ndarray, shape: tuple[int, int], geometry: Geometry, size: int
) -> np.ndarray:
    """The reduced mask at the prepared image's pixels, in one step."""
    g = geometry
    row_factor, col_factor = mask.shape[0] / shape[0], mask.shape[1] / shape[1]
    direction, origin = (-1, g.col_max) if g.flipped else (1, g.col_min)
    col_step, row_step = direction * col_factor / g.col_scale, row_factor / g.row_scale
    to_mask = np.array(
        [
            [col_step, 0, origin * col_factor + 0.5 * col_step - 0.5],
            [0, row_step, g.row_min * row_factor + (0.5 - g.row_offset) * row_step - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    soft = cv2.warpAffine(
        mask.astype(np.float32), to_mask, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    inside = soft >= 0.5
    rows = round((g.row_max - g.row_min) * g.row_scale)
    columns = round((g.col_max - g.col_min) * g.col_scale)
    inside[: g.row_offset] = inside[g.row_offset + rows :] = False
    inside[:, columns:] = False
    return inside


def _stretch(
    pixels: np.ndarray, inside: np.ndarray, percentiles: tuple[float, float]
) -> np.ndarray:
    low, high = np.percentile(pixels[inside], percentiles)
    if high <= low:
        raise UnreadableImageError(f"the breast has no contrast: every pixel is {low:g}")
    return np.clip((pixels - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
