"""Fibroglandular tissue and the stroma in the fat, as fractions of the thickness."""

from __future__ import annotations

import cv2
import numpy as np

from .anatomy import LOBES, Anatomy, clump_fields, project
from .fields import power_law, smoothstep, upsample

# Parenchyma is computed on cells of .8 mm for every pixel size; what is finer is one more field on
# the pixels themselves.
CELL_MM = 0.8
SLOW_MM = 3.2
POLAR = (192, 320)


class Grid:
    """Cells of a view: coordinates in mm and the noise drawn on them."""

    def __init__(self, height_mm: float, width_mm: float, rng: np.random.Generator):
        self.shape = (int(np.ceil(height_mm / CELL_MM)), int(np.ceil(width_mm / CELL_MM)))
        self.y = ((np.arange(self.shape[0]) + 0.5) * CELL_MM).astype(np.float32)
        self.x = ((np.arange(self.shape[1]) + 0.5) * CELL_MM).astype(np.float32)
        self.rng = rng

    def noise(self, beta: float, low: float, high: float | None = None) -> np.ndarray:
        """Draw a power-law field on the cells."""
        return power_law(self.rng, self.shape, CELL_MM, beta, low, high)

    def slow_noise(self, beta: float, low: float, high: float) -> np.ndarray:
        """Draw a smooth field on cells of `SLOW_MM` and refine it."""
        ratio = round(SLOW_MM / CELL_MM)
        coarse = tuple(-(-n // ratio) for n in self.shape)
        field = power_law(self.rng, coarse, SLOW_MM, beta, low, high)
        return upsample(field, SLOW_MM, CELL_MM, self.shape)


def _look_up(table: np.ndarray, around: np.ndarray, along: np.ndarray) -> np.ndarray:
    return cv2.remap(
        table,
        along.astype(np.float32),
        around.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )


def _ridges(field: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-((field / np.float32(width)) ** 2))


def parenchyma(
    anatomy: Anatomy,
    view: str,
    nipple_mm: tuple[float, float],
    distance: np.ndarray,
    grid: Grid,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw gland and septa on a view's cells.

    The gland is the sum of soft lobes (one sharp threshold of noise looks like a cauliflower),
    each an ellipse that tapers to the nipple, lumpy, with power-law texture of which half runs
    towards the nipple. Gates are smooth: septa broken by fractal noise look like linear
    calcifications at full size.

    Parameters
    ----------
    distance : numpy.ndarray
        Depth below the skin in mm, on the cells.

    Returns
    -------
    gland : numpy.ndarray
        Relative fibroglandular fraction, not yet scaled to a density.
    septa : numpy.ndarray
        Fraction of thickness taken by ligaments in the fat.
    """
    rng, c = grid.rng, anatomy.density - 1
    x, y = grid.x[None], grid.y[:, None]
    tip, level = nipple_mm
    radius = np.hypot(tip + 6 - x, y - level)
    angle = np.arctan2(y - level, tip + 6 - x)
    warp = grid.slow_noise(4, 1 / 60, 1 / 12)
    streaks = power_law(rng, POLAR, 1.0, 2.2, 1 / 22, stretch=2.3)
    fibres = power_law(rng, POLAR, 1.0, 4.0, 1 / 24, 1 / 7, stretch=2.6)
    around, along = angle * 48 + 96 + 2 * warp, radius * 0.85 + 2 * warp
    cone = np.abs(y - level) / (np.clip(tip - x, 0, None) * 1.1 + 12)
    taper = 1 - smoothstep(cone + 0.1 * warp, 0.75, 1.5)
    depth_gate = smoothstep(distance + 2.5 * warp, 4, 18)
    scatter_gate = smoothstep(distance, 4, 14)
    lumps = clump_fields(anatomy, view, nipple_mm, grid.x, grid.y)
    lobe_x, lobe_y = project(anatomy.lobes[:, :3], anatomy, view, nipple_mm)
    gland = np.zeros(grid.shape, np.float32)
    septa = np.zeros(grid.shape, np.float32)
    for lobe in range(LOBES):
        rx, rl, rs = anatomy.lobes[lobe, 3:] * anatomy.width_mm
        ry = (
            rl
            if view == "CC"
            else np.hypot(rs * np.cos(anatomy.oblique), rl * np.sin(anatomy.oblique))
        )
        reach = np.hypot((x - lobe_x[lobe]) / rx, (y - lobe_y[lobe]) / ry)
        reach = reach + 0.2 * grid.slow_noise(3.2, 1 / 50, 1 / 6)
        patches = 0.12 + 0.88 * smoothstep(lumps[lobe] + 0.15 + 0.4 * (c - 1.5), -1, 1)
        envelope = (1 - smoothstep(reach, 0.15, 1.55)) * taper * depth_gate * patches
        shift = rng.uniform(0, 200)
        streak = _look_up(streaks, around, along + shift)
        fibre = _look_up(fibres, around + rng.uniform(-15, 15), along + shift)
        texture = 0.62 * grid.noise(anatomy.exponent - 0.25, 1 / 28) + 0.66 * streak
        level_ = anatomy.texture * texture + 0.40 + 0.25 * (c - 1.5)
        gland += envelope * (np.logaddexp(0, level_ * 2.2) / 2.2 + 0.20 * _ridges(fibre, 0.22))
        islands = (1 - smoothstep(reach, 0.5, 2.3)) * scatter_gate
        gland += anatomy.scatter * 0.38 * islands * np.clip(texture - 0.35, 0, None)
        gate = smoothstep(grid.slow_noise(3.5, 1 / 30, 1 / 12), -0.4, 1.3)
        septa += 0.085 * _ridges(fibre, 0.11) * gate
    gate = smoothstep(grid.slow_noise(3.5, 1 / 30, 1 / 12), -0.5, 1.3)
    septa += 0.11 * _ridges(grid.noise(4, 1 / 30, 1 / 10), 0.075) * gate
    septa *= anatomy.ligaments * smoothstep(distance, 2, 10)
    septa *= 0.6 + 0.4 * np.exp(-((radius / (0.9 * anatomy.width_mm)) ** 2))
    return gland, septa


def fractions(
    gland: np.ndarray, septa: np.ndarray, fine: np.ndarray, scale: float, ligaments: float
) -> np.ndarray:
    """Return the dense fraction of the thickness, below .95: gland saturates, septa fill fat."""
    dense = np.clip(gland * np.float32(scale) * (1 + 0.11 * fine), 0, None)
    dense = 0.92 * (1 - np.exp(dense * np.float32(-1 / 0.92)))
    stroma = septa + np.float32(0.022 * ligaments) * fine
    return np.clip(dense + stroma * (1 - dense), 0, 0.95)
