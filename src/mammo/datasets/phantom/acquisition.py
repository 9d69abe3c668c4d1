"""What takes up the exposure: screen film and its digitiser, or a detector and its processing."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from mammo.datasets.ddsm_scanners import Diagnosis, cases_by_scanner
from mammo.datasets.phantom.fields import blur, smoothstep, wide_blur
from mammo.datasets.phantom.imaging import Projection
from mammo.datasets.phantom.population import Case, shares
from mammo.datasets.phantom.sheet import Placement


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


@dataclass(frozen=True)
class DetectorSettings:
    """A detector and its processing; ranges are drawn from, once a machine setting or image.

    Vendors do not publish their processing. The ranges below it were judged by eye on
    presentation images and stand for no particular software version.

    Parameters
    ----------
    scatter : float
        Scattered over primary radiation behind the grid (a grid transmits 73% of the primary and
        13% of the scattered radiation: Xia et al. 2005).
    quanta_per_mm2 : float
        Quanta detected: about 2,500 in a pixel of .07 mm.
    unsharpness_mm : float
        Standard deviation of the blur; amorphous selenium keeps over 40% at 7/mm (Hoheisel 2005).
    equalisation : tuple of float
        Range of the share of the roll-off that thickness equalisation removes.
    detail, fine_detail : tuple of float
        Ranges of the gain of structure below 3 mm and below .8 mm.
    window : tuple of float
        Range of the presentation window, in units of -log exposure.
    level : tuple of float
        Range of its centre above the fatty tissue.
    """

    scatter: float = 0.15
    quanta_per_mm2: float = 4.1e5
    unsharpness_mm: float = 0.03
    equalisation: tuple[float, float] = (0.65, 0.85)
    detail: tuple[float, float] = (0.20, 0.40)
    fine_detail: tuple[float, float] = (0.10, 0.25)
    window: tuple[float, float] = (1.6, 2.0)
    level: tuple[float, float] = (0.40, 0.60)


def process(
    projection: Projection, settings: DetectorSettings, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Expose a detector and process its image for presentation.

    Returns
    -------
    signal : numpy.ndarray
        float32 in units of the presentation window: 0 its centre, -.5 and .5 its ends.
    breast : numpy.ndarray
        bool; outside, the image is air.
    """
    draw = {name: rng.uniform(*getattr(settings, name)) for name in RANGES}
    exposure = transmit(projection, settings.scatter, settings.quanta_per_mm2, 50, rng)
    exposure = blur(exposure, settings.unsharpness_mm / projection.pixel_mm)
    signal = -np.log(np.clip(exposure, 1e-4, 1e4))
    distance = projection.distance
    signal += np.float32(draw["equalisation"]) * _roll_off(signal, distance)
    breast = distance > 0
    core = signal[::4, ::4][distance[::4, ::4] > 12]
    filled = np.where(breast, signal, core.min())
    coarse = wide_blur(filled, 3 / projection.pixel_mm)
    fine = blur(filled, 0.8 / projection.pixel_mm)
    signal = signal + draw["detail"] * (signal - coarse) + draw["fine_detail"] * (signal - fine)
    centre = np.percentile(core, 25) + draw["level"]
    return ((signal - centre) / draw["window"]).astype(np.float32), breast


def store(values: np.ndarray, breast: np.ndarray, placement: Placement, bits: int) -> np.ndarray:
    """Return stored values of so many bits on the whole detector: at least 1, and 0 is air."""
    stored = np.where(breast, np.clip(values, 1, 2**bits - 1), 0).astype(np.float32)
    mounted = placement.mount(stored, np.zeros(placement.shape, np.float32))
    return np.rint(mounted).astype(np.uint16)


RANGES = ("equalisation", "detail", "fine_detail", "window", "level")


def _roll_off(signal: np.ndarray, distance: np.ndarray, reach_mm: int = 45) -> np.ndarray:
    """Return what the thinner edge lacks against the interior, by the fat at each depth."""
    depth, value = distance[::3, ::3], signal[::3, ::3]
    inside = depth > 0
    ring = np.minimum(depth[inside].astype(int), reach_mm - 1)
    order = np.argsort(ring, kind="stable")
    bounds = np.searchsorted(ring[order], np.arange(reach_mm + 1))
    value = value[inside][order]
    rings = [value[a:b] for a, b in pairwise(bounds)]
    fat = np.array([np.percentile(r, 30) if len(r) > 8 else np.nan for r in rings])
    known = np.flatnonzero(np.isfinite(fat))
    fat = np.maximum.accumulate(np.interp(np.arange(reach_mm), known, fat[known]))
    fat = blur(fat[:, None].astype(np.float32), 1.5)[:, 0]
    lacking = np.maximum(fat[reach_mm * 2 // 3 :].max() - fat, 0)
    at_depth = np.interp(distance, np.arange(reach_mm) + 0.5, lacking).astype(np.float32)
    return at_depth * smoothstep(distance, 0.4, 2.0)


def documented(planned: list[Case], rng: np.random.Generator) -> list[Case]:
    """Give each case of DDSM a scanner, in the shares of its diagnosis.

    DDSM's table does not tell its two models of Howtek apart: each takes half.

    Parameters
    ----------
    planned : list of Case
    rng : numpy.random.Generator

    Returns
    -------
    list of Case
        In the order given.
    """
    diagnoses = [diagnosis(case) for case in planned]
    left = {
        name: shares(rng, _models(cases_by_scanner(name)), diagnoses.count(name))
        for name in sorted(set(diagnoses))
    }
    return [
        replace(case, scanner=left[name].pop())
        for case, name in zip(planned, diagnoses, strict=True)
    ]


def diagnosis(case: Case) -> Diagnosis:
    """Return the diagnosis that DDSM would file a case under."""
    if any(breast.malignant for breast in case.breasts):
        return "cancer"
    found = {lesion.pathology for breast in case.breasts for lesion in breast.lesions}
    if found == {"BENIGN_WITHOUT_CALLBACK"}:
        return "benign_without_callback"
    return "benign" if found else "normal"


def _models(cases: dict[str, int]) -> dict[str, float]:
    """Share out the cases of each make among its models."""
    names = [scanner.name for scanner in DDSM_SCANNERS]
    makes = [name.split()[0].upper() for name in names]
    return {name: cases[make] / makes.count(make) for name, make in zip(names, makes, strict=True)}
