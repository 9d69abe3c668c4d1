"""Full-field digital mammography: detector signal and the vendor's processing for presentation."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mammo.datasets.phantom.fields import blur, smoothstep, wide_blur
from mammo.datasets.phantom.film import transmit
from mammo.datasets.phantom.projection import Projection
from mammo.datasets.phantom.sheet import Placement


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
