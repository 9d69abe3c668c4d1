"""One mammogram as presentation values, whatever file it came from."""

from dataclasses import dataclass

import numpy as np

MAX_PIXELS = 80_000_000
"""Rows x columns above which an image is refused before it is decoded.

The largest films of CBIS-DDSM have 36 million pixels and MIAS's 21 million; Pillow starts to
suspect a decompression bomb at 89 million.
"""

MAX_BYTES = 2**29
"""Size of a file above which it is refused, whatever it holds; 80 million pixels take 160 MB."""


@dataclass(frozen=True)
class Image:
    """A mammogram ready to be looked at; it carries nothing that identifies the patient.

    Attributes
    ----------
    pixels : numpy.ndarray of float32, shape (rows, columns)
        Presentation values in [0, 1]: 0 is shown black, 1 white, air is dark.
    bits_stored : int
        Significant bits of a stored value as the file states them.
    pixel_spacing_mm : float or None
        Distance between the centres of two neighbouring rows, at the detector or film.
    laterality : {"L", "R"} or None
    view : str or None
        "CC", "MLO" or another view position in DICOM's abbreviation.
    padding : numpy.ndarray of bool, shape (rows, columns), or None
        True where the device filled the matrix with no measurement; those pixels are 0.
    """

    pixels: np.ndarray
    bits_stored: int
    pixel_spacing_mm: float | None = None
    laterality: str | None = None
    view: str | None = None
    padding: np.ndarray | None = None

    @property
    def bounds(self) -> tuple[np.float32, np.float32]:
        """Darkest and brightest pixel that was measured; alike where there is none."""
        measured = self.pixels if self.padding is None else self.pixels[~self.padding]
        return (measured.min(), measured.max()) if measured.size else (np.float32(0),) * 2

    @property
    def on_background(self) -> np.ndarray:
        """Pixels, float32, with padding that is dark beside what was measured.

        Black, which it is, would dwarf the contrast of an image that begins far above black: the
        padding is as far below the darkest pixel as the brightest is above it.
        """
        darkest, brightest = self.bounds
        dark = 2 * darkest - brightest
        if self.padding is None or dark <= 0:
            return self.pixels
        return np.where(self.padding, dark, self.pixels)
