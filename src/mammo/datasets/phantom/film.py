"""Screen film and its digitiser: exposure, characteristic curve, optical density, grey levels."""

from dataclasses import dataclass

import numpy as np

from mammo.datasets.phantom.fields import blur, wide_blur
from mammo.datasets.phantom.projection import Projection


@dataclass(frozen=True)
class FilmSettings:
    """How a film is exposed and developed; ranges are drawn from, once an image.

    Parameters
    ----------
    gradient : tuple of float
        Range of the average gradient (Min-R 2000 3.77, Fuji AD-M 4.38: Br J Radiol
        2001;74:825; older films less).
    exposed_density : tuple of float
        Range of the optical density to which the automatic exposure brings the denser tissue;
        about 1.6 is best.
    density_range : tuple of float
        Base plus fog, and the darkest density.
    scatter : float
        Scattered over primary radiation behind a moving grid.
    quanta_per_mm2 : float
        X-ray quanta detected per mm2 at the reference exposure.
    unsharpness_mm : float
        Standard deviation of the screen's blur.
    grain : float
        Standard deviation of the density from film grain.
    """

    gradient: tuple[float, float] = (3.0, 3.8)
    exposed_density: tuple[float, float] = (1.30, 1.65)
    density_range: tuple[float, float] = (0.20, 3.8)
    scatter: float = 0.18
    quanta_per_mm2: float = 2.5e5
    unsharpness_mm: float = 0.08
    grain: float = 0.012


SCATTER_MM = 12.0


def transmit(
    projection: Projection,
    scatter: float,
    quanta_per_mm2: float,
    percentile: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return the noisy exposure relative to that of a percentile of the breast's interior."""
    exposure = np.exp(-projection.attenuation)
    exposure += scatter * wide_blur(exposure, SCATTER_MM / projection.pixel_mm)
    # The photocell sees the interior; by the median, dense breasts would come out too dark.
    inside = exposure[::4, ::4][projection.distance[::4, ::4] > 12]
    exposure /= np.percentile(inside, percentile)
    quanta = quanta_per_mm2 * projection.pixel_mm**2
    noise = rng.standard_normal(exposure.shape, dtype=np.float32)
    return exposure + noise * np.sqrt(np.clip(exposure, 0.05, 20) / np.float32(quanta))


def develop(projection: Projection, settings: FilmSettings, rng: np.random.Generator) -> np.ndarray:
    """Return the film's optical density, float32 (rows, columns): logistic H&D curve."""
    gradient = rng.uniform(*settings.gradient)
    density = rng.uniform(*settings.exposed_density)
    low, high = settings.density_range
    exposure = transmit(projection, settings.scatter, settings.quanta_per_mm2, 72, rng)
    exposure = blur(exposure, settings.unsharpness_mm / projection.pixel_mm)
    slope = 4 * gradient / (high - low)
    at_reference = np.log((high - density) / (density - low))
    # exp(slope log10 E) as a power of E.
    odds = np.clip(exposure, 1e-4, 1e4) ** np.float32(-slope / np.log(10))
    film = low + np.float32(high - low) / (1 + odds * np.float32(np.exp(at_reference)))
    return film + settings.grain * rng.standard_normal(film.shape, dtype=np.float32)


@dataclass(frozen=True)
class Scanner:
    """A film digitiser: grey level = offset + slope x OD, or log10 of it.

    Parameters
    ----------
    name : str
    offset, slope : float
    logarithmic : bool
        Whether the formula gives log10 of the grey level.
    levels : int
        Number of grey levels.
    noise : float
        Standard deviation in grey levels.
    """

    name: str
    offset: float
    slope: float
    logarithmic: bool = False
    levels: int = 4096
    noise: float = 2.0

    def digitise(self, density: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return integer grey levels as float32."""
        grey = self.offset + np.float32(self.slope) * density
        if self.logarithmic:
            grey = np.float32(10) ** grey
        grey = grey + np.float32(self.noise) * rng.standard_normal(grey.shape, dtype=np.float32)
        return np.rint(np.clip(grey, 1, self.levels - 1))

    def optical_density(self, grey: np.ndarray) -> np.ndarray:
        """Return the density that the scanner's published calibration gives a grey level."""
        value = np.log10(grey) if self.logarithmic else grey
        return (value - np.float32(self.offset)) / np.float32(self.slope)


# The calibrations that DDSM publishes for its four digitisers; their noise is a guess.
DDSM_SCANNERS = (
    Scanner("DBA M2100 ImageClear (MGH)", 4.80662, -1.07553, True, 65536, 4.0),
    Scanner("Howtek 960 (MGH)", 3.789 / 0.00094568, -1 / 0.00094568),
    Scanner("Lumisys 200 Laser (WFU)", 4096.99, -1009.01),
    Scanner(
        "Howtek MultiRad850 (ISMD)", 3.96604095240593 / 0.00099055807612, -1 / 0.00099055807612
    ),
)
# Joyce-Loebl microdensitometer of MIAS: 8 bits, linear in OD 0-3.2.
MIAS_SCANNER = Scanner("Joyce-Loebl SCANDIG-3", 255.0, -255 / 3.2, False, 256, 0.5)
