"""A small copy of an image in 8 bits, and where the film lies in it."""

import cv2
import numpy as np

_LONG_SIDE = 512
_DARKER, _BRIGHTER = 0.05, 3.0
"""Times the range of nearly all pixels that the rest may lie beyond it: digits, dead pixels."""
_FEW = 2
"""Percent of the pixels that may be such, on either side."""
_ALIKE = 2


def shrink(pixels: np.ndarray) -> np.ndarray:
    """Return an image of at most 512 pixels on the long side, float32."""
    scale = min(1.0, _LONG_SIDE / max(pixels.shape))
    columns, rows = (max(1, round(side * scale)) for side in pixels.shape[::-1])
    return cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA)


def stretched(small: np.ndarray) -> np.ndarray:
    """Return 8-bit grey from black to white, whatever part of the range the image takes up.

    Scan lines and dust are removed by a median filter.
    """
    low, high = map(float, np.percentile(small, (_FEW, 100 - _FEW)))
    bottom, top = float(small.min()), float(small.max())
    if bottom < low - _DARKER * (high - low):
        bottom = low
    if high > low:
        top = min(top, high + _BRIGHTER * (high - low))
    if top <= bottom:
        return np.zeros(small.shape, np.uint8)
    grey = np.rint((small - np.float32(bottom)) * np.float32(255 / (top - bottom)))
    return cv2.medianBlur(grey.clip(0, 255).astype(np.uint8), 5)


def film(grey: np.ndarray) -> tuple[slice, slice]:
    """Return rows and columns without the lines of one grey that frame an image."""
    top, bottom = _uniform_ends(grey)
    left, right = _uniform_ends(grey[top:bottom].T)
    return slice(top, bottom), slice(left, right)


def _uniform_ends(lines: np.ndarray) -> tuple[int, int]:
    """Return the first line of several greys, and the line behind the last."""
    several = np.flatnonzero(np.ptp(lines, axis=1) > _ALIKE)
    return (int(several[0]), int(several[-1]) + 1) if several.size else (0, len(lines))
