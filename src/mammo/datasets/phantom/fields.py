"""Power-law random fields on coarse grids, their upsampling, and a few smooth shapes."""

from functools import lru_cache

import cv2
import numpy as np
from scipy import fft


@lru_cache(maxsize=64)
def _log_squared_frequency(
    shape: tuple[int, int], pitch_mm: float, low: float, stretch: float
) -> tuple[np.ndarray, np.ndarray]:
    rows = fft.fftfreq(shape[0], pitch_mm).astype(np.float32)[:, None]
    columns = fft.rfftfreq(shape[1], pitch_mm).astype(np.float32)[None, :] * stretch
    squared = rows**2 + columns**2
    return squared, np.log(squared + low**2, dtype=np.float32)


def power_law(
    rng: np.random.Generator,
    shape: tuple[int, int],
    pitch_mm: float,
    beta: float,
    low: float = 1 / 60,
    high: float | None = None,
    stretch: float = 1.0,
) -> np.ndarray:
    """Return a periodic Gaussian field whose power falls with spatial frequency as f^-beta.

    Mammographic parenchyma follows such a law with beta about 3 (Burgess et al., Med Phys
    2001;28:419; Chen et al., Med Phys 2012;39:1435).

    Parameters
    ----------
    rng : numpy.random.Generator
    shape : tuple of int
        Rows and columns.
    pitch_mm : float
        Grid pitch in mm.
    beta : float
        Exponent of the power spectrum (f^2 + low^2)^(-beta/2).
    low : float
        Frequency in cycles/mm below which the spectrum is flat.
    high : float, optional
        Frequency in cycles/mm above which it falls as a Gaussian.
    stretch : float
        Elongation of the structures along the columns.

    Returns
    -------
    numpy.ndarray
        float32, zero mean and unit variance.
    """
    size = tuple(fft.next_fast_len(int(n), real=True) for n in shape)
    squared, logarithm = _log_squared_frequency(size, pitch_mm, low, stretch)
    amplitude = np.exp(np.float32(-beta / 4) * logarithm)
    if high is not None:
        amplitude *= np.exp(squared * np.float32(-0.5 / high**2))
    # White noise drawn in the frequency domain spares the forward transform.
    white = rng.standard_normal((*amplitude.shape, 2), dtype=np.float32).view(np.complex64)[..., 0]
    field = fft.irfft2(white * amplitude, s=size)[: shape[0], : shape[1]]
    field -= field.mean()
    return field / field.std()


def upsample(
    field: np.ndarray, pitch_mm: float, pixel_mm: float, shape: tuple[int, int]
) -> np.ndarray:
    """Resample a field of cells of `pitch_mm` to pixels of `pixel_mm`, cut to `shape` (cubic)."""
    rows, columns = (max(round(n * pitch_mm / pixel_mm), 1) for n in field.shape)
    if (rows, columns) == field.shape:
        return field[: shape[0], : shape[1]]
    return cv2.resize(field, (columns, rows), interpolation=cv2.INTER_CUBIC)[: shape[0], : shape[1]]


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Blur with a Gaussian of `sigma` pixels, which below a third of a pixel does nothing."""
    if sigma < 0.34:
        return image
    size = 2 * int(np.ceil(3 * sigma)) + 1
    return cv2.GaussianBlur(image, (size, size), sigma, borderType=cv2.BORDER_REPLICATE)


def wide_blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Blur with a Gaussian of many pixels, computed on a grid of `sigma` / 4."""
    step = max(int(sigma / 4), 1)
    if step == 1:
        return blur(image, sigma)
    rows, columns = image.shape
    small = cv2.resize(image, (-(-columns // step), -(-rows // step)), interpolation=cv2.INTER_AREA)
    return cv2.resize(blur(small, sigma / step), (columns, rows), interpolation=cv2.INTER_CUBIC)


def smoothstep(x: np.ndarray, start: float, stop: float) -> np.ndarray:
    """Rise from 0 at `start` to 1 at `stop` with zero slope at both."""
    t = np.clip((x - np.float32(start)) * np.float32(1 / (stop - start)), 0, 1)
    return t * t * (3 - 2 * t)


def deposit(
    shape: tuple[int, int], pixel_mm: float, x: np.ndarray, y: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    """Share points (in mm) bilinearly among their four pixels; points outside are lost."""
    rows, columns = shape
    column, row = x / pixel_mm - 0.5, y / pixel_mm - 0.5
    j, i = np.floor(column).astype(int), np.floor(row).astype(int)
    u, v = row - i, column - j
    total = np.zeros(rows * columns)
    for di, dj, share in (
        (0, 0, (1 - u) * (1 - v)),
        (0, 1, (1 - u) * v),
        (1, 0, u * (1 - v)),
        (1, 1, u * v),
    ):
        inside = (i + di >= 0) & (i + di < rows) & (j + dj >= 0) & (j + dj < columns)
        index = ((i + di) * columns + j + dj)[inside]
        total += np.bincount(index, (weight * share)[inside], minlength=rows * columns)
    return total.reshape(shape).astype(np.float32)
