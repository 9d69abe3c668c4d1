"""Calcifications: sizes by type, places by distribution, deposited with partial volume."""

import cv2
import numpy as np

from mammo.datasets.phantom.fields import blur, deposit
from mammo.datasets.phantom.lesion_plan import MEASURED, Lesion

# Two thirds of hydroxyapatite's 2.07/mm at 20 keV: real calcifications attenuate less than the
# pure mineral.
ATTENUATION = 1.4
# Share of that attenuation by subtlety 1-5.
PROMINENCE = (0.45, 0.60, 0.75, 0.90, 1.05)


Points = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Places x and y in mm, and what is deposited there."""


def add(
    lesion: Lesion,
    centre_mm: tuple[float, float],
    calcified: np.ndarray,
    pixel_mm: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Deposit a group of calcifications in place; return its region's contour, (x, y) in mm."""
    count, median, spread = lesion.grains or MEASURED.grains[lesion.form]
    n = int(rng.integers(*count, endpoint=True))
    offsets = _scatter(lesion, n, rng)
    size = np.clip(rng.lognormal(np.log(median), spread, n), 0.1, 5.0)
    x, y, volume = _grains(lesion.form, offsets, size, rng)
    x, y = x + centre_mm[0], y + centre_mm[1]
    strength = ATTENUATION * PROMINENCE[lesion.subtlety - 1] / pixel_mm**2
    points = deposit(calcified.shape, pixel_mm, x, y, volume * strength)
    # Grains have an extent of their own where the pixels are smaller than they are.
    calcified += blur(points, 0.12 / pixel_mm)
    return _region(x, y)


def _scatter(lesion: Lesion, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return n places (x, y) in mm about the centre, by distribution."""
    radius = 0.5 * lesion.diameter_mm
    axis = rng.uniform(-np.pi / 2, np.pi / 2)
    if lesion.form == "VASCULAR":
        return _vessel_walls(n, axis, rng)
    extent = {
        "CLUSTERED": (0.45, 0.35),
        "LINEAR": (0.8, 0.06),
        "SEGMENTAL": (1.1, 0.40),
        "REGIONAL": (1.5, 1.1),
        "DIFFUSELY_SCATTERED": (2.6, 2.2),
        "N/A": (0.7, 0.7),
    }[lesion.edge]
    if lesion.edge == "SEGMENTAL":
        axis *= 0.5  # A segment points to the nipple.
    along, across = (rng.normal(0, 1, (2, n)) * radius * np.array(extent)[:, None]).clip(-28, 28)
    return _turned(along, across, axis)


def _turned(along: np.ndarray, across: np.ndarray, angle: float) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.column_stack([along * cos - across * sin, along * sin + across * cos])


def _vessel_walls(n: int, axis: float, rng: np.random.Generator) -> np.ndarray:
    """Return places along the two walls of a winding artery of 2 mm."""
    along = rng.uniform(-0.5, 0.5, n) * rng.uniform(15, 40)
    bend = 3 * np.sin(along / rng.uniform(5, 10) + rng.uniform(0, 6))
    across = bend + rng.choice((-1.0, 1.0), n) + rng.normal(0, 0.12, n)
    return _turned(along, across, axis)


def _grains(form: str, offsets: np.ndarray, size: np.ndarray, rng: np.random.Generator) -> Points:
    """Resolve grains into points (x, y in mm) with their volumes in mm^3."""
    sphere = np.pi / 6 * size**3
    if form in ("LUCENT_CENTER", "COARSE"):
        return _resolve(form, offsets, size, rng)
    if form == "FINE_LINEAR_BRANCHING":
        return _casts(offsets, size, rng)
    if form == "PLEOMORPHIC":
        # Irregular grains: each is two to four unequal, touching pieces.
        pieces = rng.integers(1, 4, len(size))
        index = np.repeat(np.arange(len(size)), pieces)
        shift = rng.normal(0, 0.45, (len(index), 2)) * size[index, None]
        share = rng.uniform(0.3, 1.0, len(index))
        places = offsets[index] + shift
        return places[:, 0], places[:, 1], sphere[index] * share
    return offsets[:, 0], offsets[:, 1], sphere


def _resolve(form: str, offsets: np.ndarray, size: np.ndarray, rng: np.random.Generator) -> Points:
    """Fill large grains with points: a rim, or a coarse popcorn body."""
    points = 160
    angle = rng.uniform(0, 2 * np.pi, (len(size), points))
    if form == "LUCENT_CENTER":
        radius = 0.5 * size[:, None] * rng.normal(0.92, 0.06, angle.shape)
        volume = 0.10 * size**3
    else:
        edge = 1 + 0.18 * np.cos(3 * angle + rng.uniform(0, 6)) + 0.1 * np.cos(5 * angle)
        radius = 0.5 * size[:, None] * edge * np.sqrt(rng.uniform(0, 1, angle.shape))
        volume = 0.30 * size**2 * np.minimum(size, 1.2)
    x = offsets[:, :1] + radius * np.cos(angle)
    y = offsets[:, 1:] + radius * np.sin(angle)
    return x.ravel(), y.ravel(), np.repeat(volume / points, points)


def _casts(offsets: np.ndarray, size: np.ndarray, rng: np.random.Generator) -> Points:
    """Draw casts of ducts: interrupted lines of 1-4 mm, half of them with a branch."""
    xs, ys, volumes = [], [], []
    common = rng.uniform(-0.6, 0.6)
    for (x, y), width in zip(offsets, size, strict=True):
        for branch in range(1 + int(rng.random() < 0.5)):
            n = int(rng.uniform(1.0, 4.0) / 0.15)
            heading = common + rng.normal(0, 0.35) + branch * rng.choice((-0.7, 0.7))
            heading = heading + np.cumsum(rng.normal(0, 0.06, n))
            kept = rng.random(n) < 0.8
            xs.append((x + np.cumsum(np.cos(heading)) * 0.15)[kept])
            ys.append((y + np.cumsum(np.sin(heading)) * 0.15)[kept])
            volumes.append(np.full(kept.sum(), np.pi / 4 * width**2 * 0.15))
    return np.concatenate(xs), np.concatenate(ys), np.concatenate(volumes)


def _region(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the convex hull of the grains, 2 mm wider."""
    points = np.column_stack([x, y])
    around = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    rim = 2.0 * np.column_stack([np.cos(around), np.sin(around)])
    wider = (points[:, None] + rim[None]).reshape(-1, 2).astype(np.float32)
    return cv2.convexHull(wider)[:, 0].astype(float)
