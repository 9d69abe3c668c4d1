"""The input of frcnn_cad: from presentation values to blue, green and red without their means.

Ribli et al., Sci Rep 2018;8:4165, and the demonstration published with it, which prepares an image
as py-faster-rcnn does; 255 times image over its maximum is how the NYU metarepository makes 8 bits.
"""

import cv2
import numpy as np
import torch
from torch import Tensor

from mammo.errors import ParameterError

MEANS = (102.9801, 115.9465, 122.7717)
"""Mean blue, green and red of ImageNet in [0, 255], as py-faster-rcnn has them."""


def prepare(
    pixels: np.ndarray,
    short_side: int,
    long_side: int,
    window: tuple[float, float] | None = None,
    bits_stored: int | None = None,
) -> tuple[Tensor, float]:
    """Return the network's input for one image, and by how much it was enlarged.

    Parameters
    ----------
    pixels : numpy.ndarray of float, shape (rows, columns)
        Presentation values in [0, 1].
    short_side, long_side : int
        Pixels of the input's short side, unless its long side would become longer than
        ``long_side``.
    window : (float, float), optional
        Stored values below and above the breast's most frequent one that become 0 and 255.
    bits_stored : int, optional
        Significant bits of a stored value, needed for a window.

    Returns
    -------
    Tensor of float32, shape (1, 3, rows, columns)
        Blue, green and red, equal but for their means.
    float
        Pixels of the input for a pixel of the image.

    Raises
    ------
    ParameterError
        If there is a window and the bits are not known.
    """
    if window is not None:
        pixels = _windowed(pixels, window, bits_stored)
    grey = _eight_bits(pixels)
    short, long = sorted(grey.shape)
    scale = short_side / short
    if np.round(scale * long) > long_side:
        scale = long_side / long
    # py-faster-rcnn subtracts the means first; in a linear resize of equal channels it is the same.
    resized = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    return torch.from_numpy(resized) - torch.tensor(MEANS).view(1, 3, 1, 1), scale


def _eight_bits(pixels: np.ndarray) -> np.ndarray:
    """Return 255 times image over its maximum, cut to whole numbers, as float32."""
    highest = pixels.max()
    grey = 255 * (pixels.astype(np.float64) / highest if highest > 0 else pixels)
    # Stored values are whole numbers and their fraction of the maximum is rounded: 50.9999 is 51.
    return np.floor(grey + 1e-3).astype(np.float32)


def _windowed(
    pixels: np.ndarray, window: tuple[float, float], bits_stored: int | None
) -> np.ndarray:
    """Stretch the values around the breast's most frequent one to [0, 1].

    A stored value is taken to be a presentation value times 2^bits - 1, and the breast to be all
    that is not 0, as in INbreast, where the window comes from.
    """
    if bits_stored is None:
        raise ParameterError(
            f"the window {window} is given in stored values: say how many bits_stored the image "
            "has, or let the window be None"
        )
    stored = np.rint(pixels * ((1 << bits_stored) - 1)).astype(np.int64)
    counts = np.bincount(stored.ravel(), minlength=2)
    mode = 1 + counts[1:].argmax()
    low, high = mode - window[0], mode + window[1]
    return (np.clip(stored, low, high) - low) / (high - low)
