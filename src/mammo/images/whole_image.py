"""Whole images as end2end takes them in: stretched to the grey range, resized, not cropped."""

from dataclasses import dataclass

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from mammo.errors import UnreadableImageError
from mammo.images.breast_mask import check_polarity, shrink, stretched
from mammo.images.geometry import Geometry
from mammo.images.image import Image


@dataclass(frozen=True)
class WholeImage:
    """A whole image as a network takes it in, and the way back to its native one.

    Attributes
    ----------
    pixels : numpy.ndarray of float32, shape (rows, columns)
        Values in [0, 1].
    geometry : Geometry
    """

    pixels: np.ndarray
    geometry: Geometry


class WholeImageSettings(BaseModel):
    """How end2end's input is made of a mammogram.

    Nothing is cropped, flipped or masked: the networks were trained on films with their borders
    and labels.

    Attributes
    ----------
    rows, columns : int
        Of the result in pixels; 1152 x 896 in Shen's published networks.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int = Field(default=1152, ge=16, le=8192)
    columns: int = Field(default=896, ge=16, le=8192)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a prepared image."""
        return self.rows, self.columns

    def prepare(self, image: Image, laterality: str | None) -> WholeImage:
        """Stretch the grey of an image to [0, 1] and resize it, ignoring its aspect.

        The darkest measured pixel becomes 0, the brightest 1. The interpolation is OpenCV's
        INTER_CUBIC, as the networks' authors read images; it takes 4 x 4 neighbours however far
        the image shrinks. Where it overshoots, values are clipped.

        Parameters
        ----------
        image : Image
        laterality : {"L", "R"} or None
            Not used: both sides stay as they are.

        Returns
        -------
        WholeImage

        Raises
        ------
        UnreadableImageError
            If the image is of one grey, or its air is white.
        """
        low, high = image.bounds
        if low == high:
            raise UnreadableImageError("the image is blank: all of its pixels are alike")
        pixels = image.on_background
        check_polarity(stretched(shrink(pixels)))
        small = cv2.resize(pixels, self.shape[::-1], interpolation=cv2.INTER_CUBIC)
        native_rows, native_columns = image.pixels.shape
        geometry = Geometry(
            row_min=0,
            col_min=0,
            row_max=native_rows,
            col_max=native_columns,
            flipped=False,
            row_scale=self.rows / native_rows,
            col_scale=self.columns / native_columns,
            row_offset=0,
        )
        return WholeImage(np.clip((small - low) / (high - low), 0, 1), geometry)
