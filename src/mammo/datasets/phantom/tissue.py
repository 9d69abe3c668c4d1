"""What is dense in a breast: the gland, the stroma in the fat, ducts and vessels, the muscle."""

from dataclasses import dataclass

import cv2
import numpy as np

from mammo.datasets.phantom.anatomy import LOBES, Anatomy, View, clump_fields
from mammo.datasets.phantom.fields import blur, deposit, power_law, smoothstep, upsample

# Parenchyma is computed on cells of .8 mm for every pixel size; fibres, and what is finer than a
# cell, on the pixels themselves.
CELL_MM = 0.8
SLOW_MM = 3.2
POLAR = (192, 320)
FIBRE_PITCH = 0.6
FIBRES = (288, 360)


class Grid:
    """Cells of a view: coordinates in mm and the noise drawn on them."""

    def __init__(self, height_mm: float, width_mm: float, rng: np.random.Generator):
        self.shape = (int(np.ceil(height_mm / CELL_MM)), int(np.ceil(width_mm / CELL_MM)))
        self.y = ((np.arange(self.shape[0]) + 0.5) * CELL_MM).astype(np.float32)
        self.x = ((np.arange(self.shape[1]) + 0.5) * CELL_MM).astype(np.float32)
        ratio = round(SLOW_MM / CELL_MM)
        self.slow_shape = (-(-self.shape[0] // ratio), -(-self.shape[1] // ratio))
        self.rng = rng

    def noise(self, beta: float, low: float, high: float | None = None) -> np.ndarray:
        """Draw a power-law field on the cells."""
        return power_law(self.rng, self.shape, CELL_MM, beta, low, high)

    def slow_noise(self, beta: float, low: float, high: float) -> np.ndarray:
        """Draw a smooth field on cells of `SLOW_MM` and refine it."""
        return self.refine(power_law(self.rng, self.slow_shape, SLOW_MM, beta, low, high))

    def refine(self, slow: np.ndarray) -> np.ndarray:
        """Resample a field from cells of `SLOW_MM`."""
        return upsample(slow, SLOW_MM, CELL_MM, self.shape)


@dataclass(frozen=True)
class Course:
    """The course of the tissue: coordinates around and along rays that meet at the nipple.

    Parameters
    ----------
    around, along : numpy.ndarray
        float32 on the cells, about a mm at mid-breast.
    warp : numpy.ndarray
        Smooth unit-variance field that bends the rays.
    """

    around: np.ndarray
    along: np.ndarray
    warp: np.ndarray


def course(nipple_mm: tuple[float, float], grid: Grid) -> Course:
    """Lay the rays of a view: ducts and ligaments converge on a point 6 mm before the nipple."""
    x, y = grid.x[None], grid.y[:, None]
    radius = np.hypot(nipple_mm[0] + 6 - x, y - nipple_mm[1])
    angle = np.arctan2(y - nipple_mm[1], nipple_mm[0] + 6 - x)
    warp = grid.slow_noise(4, 1 / 60, 1 / 12)
    bend = grid.slow_noise(4, 1 / 120, 1 / 40)
    around = angle * 48 + 96 + 2.0 * warp + 5.0 * bend
    return Course(around, radius * 0.85 + 2.0 * warp, warp)


def _look_up(table: np.ndarray, around: np.ndarray, along: np.ndarray) -> np.ndarray:
    return cv2.remap(table, along, around, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def _ridges(field: np.ndarray, width: float) -> np.ndarray:
    return np.exp(field * field * np.float32(-1 / width**2))


def gland(view: View, distance: np.ndarray, rays: Course, grid: Grid) -> np.ndarray:
    """Draw the gland on a view's cells, relative, not yet scaled to a density.

    It is the sum of soft lobes (one sharp threshold of noise looks like a cauliflower), each an
    ellipse that tapers to the nipple, lumpy, with power-law texture of which half runs towards the
    nipple.

    Parameters
    ----------
    distance : numpy.ndarray
        Depth below the skin in mm, on the cells.
    """
    anatomy, nipple_mm, rng = view.anatomy, view.nipple_mm, grid.rng
    c = anatomy.density - 1
    x, y = grid.x[None], grid.y[:, None]
    streaks = power_law(rng, POLAR, 1.0, 3.0, 1 / 30, stretch=4.0)
    cone = np.abs(y - nipple_mm[1]) / (np.clip(nipple_mm[0] - x, 0, None) * 1.1 + 12)
    taper = 1 - smoothstep(cone + 0.1 * rays.warp, 0.75, 1.5)
    depth_gate = smoothstep(distance + 2.5 * rays.warp, 4, 18)
    scatter_gate = smoothstep(distance, 4, 14)
    slow_y, slow_x = ((np.arange(n) + 0.5) * SLOW_MM for n in grid.slow_shape)
    lumps = clump_fields(view, slow_x, slow_y)
    lobe_x, lobe_y = view.project(anatomy.lobes[:, :3])
    total = np.zeros(grid.shape, np.float32)
    for lobe in range(LOBES):
        rx, across, up = anatomy.lobes[lobe, 3:] * anatomy.width_mm
        tilt = anatomy.oblique
        ry = across if view.name == "CC" else np.hypot(up * np.cos(tilt), across * np.sin(tilt))
        reach = np.hypot((x - lobe_x[lobe]) / rx, (y - lobe_y[lobe]) / ry)
        reach = reach + 0.2 * grid.slow_noise(3.2, 1 / 50, 1 / 6)
        patches = 0.12 + 0.88 * smoothstep(grid.refine(lumps[lobe]) + 0.15 + 0.4 * (c - 1.5), -1, 1)
        envelope = (1 - smoothstep(reach, 0.15, 1.55)) * taper * depth_gate * patches
        shift = np.float32(rng.uniform(0, 200))
        streak = _look_up(streaks, rays.around, rays.along + shift)
        texture = 0.75 * grid.noise(anatomy.exponent + 0.5, 1 / 40) + 0.55 * streak
        level = anatomy.texture * texture + 0.40 + 0.25 * (c - 1.5)
        total += envelope * np.logaddexp(0, level * 2.2) / 2.2
        islands = (1 - smoothstep(reach, 0.5, 2.3)) * scatter_gate
        total += anatomy.scatter * 0.38 * islands * np.clip(texture - 0.35, 0, None)
    # Lobules of fat lie in the gland as dark, smooth ovals.
    lobules = smoothstep(grid.slow_noise(4, 1 / 28, 1 / 13), 0.6, 2.0)
    return total * (1 - (0.75, 0.70, 0.55, 0.40)[c] * lobules)


def septa(
    anatomy: Anatomy, distance: np.ndarray, rays: Course, grid: Grid, pixel_mm: float
) -> np.ndarray:
    """Draw ligaments and fibres on the pixels, as a fraction of the thickness.

    They are the zero crossings of smooth fields drawn out along the rays. They need the pixels:
    on coarser cells, and where fractal noise gates them, they break up and look like linear
    calcifications.
    """
    rng, shape = grid.rng, distance.shape

    def refine(field: np.ndarray) -> np.ndarray:
        return upsample(field, CELL_MM, pixel_mm, shape)

    fibres = power_law(rng, FIBRES, FIBRE_PITCH, 3.0, 1 / 12, 1 / 4, stretch=9.0)
    around = refine(rays.around - 1.3 * rays.warp) / np.float32(FIBRE_PITCH)
    along = refine(rays.along - 1.3 * rays.warp) / np.float32(FIBRE_PITCH)
    lines = np.zeros(shape, np.float32)
    for width, strength, slant in FIBRE_LAYERS:
        gate = refine(smoothstep(grid.slow_noise(3.5, 1 / 40, 1 / 14), -0.9, 1.5))
        shift, turn = rng.uniform(0, FIBRES[1]), rng.uniform(0, FIBRES[0])
        slant *= rng.choice((-1, 1))
        field = _look_up(
            fibres, around + np.float32(slant) * along + np.float32(turn), along + np.float32(shift)
        )
        lines += np.float32(strength) * _ridges(field, width) * gate
    lobules = refine(grid.noise(4, 1 / 30, 1 / 12))
    gate = refine(smoothstep(grid.slow_noise(3.5, 1 / 30, 1 / 12), -0.5, 1.3))
    lines += np.float32(0.06) * _ridges(lobules, 0.06) * gate
    lines *= smoothstep(distance, 1.5, 10) * np.float32(anatomy.ligaments)
    return lines


# Width of the zero crossing (of the field's standard deviation), strength, slope against the rays.
FIBRE_LAYERS = ((0.12, 0.055, 0.05), (0.10, 0.048, 0.16), (0.08, 0.040, 0.30), (0.30, 0.045, 0.08))


def fractions(
    glandular: np.ndarray, lines: np.ndarray, fine: np.ndarray, scale: float, ligaments: float
) -> np.ndarray:
    """Return the dense fraction of the thickness, below .95: gland saturates, septa fill fat."""
    dense = np.clip(glandular * np.float32(scale) * (1 + 0.11 * fine), 0, None)
    dense = 0.92 * (1 - np.exp(dense * np.float32(-1 / 0.92)))
    stroma = lines + np.float32(0.014 * ligaments) * (1 + fine)
    return np.clip(dense + stroma * (1 - 0.6 * dense), 0, 0.95)


STEP_MM = 0.5
STEPS = 190


@dataclass(frozen=True)
class Strokes:
    """Curves of one breast.

    Parameters
    ----------
    path : numpy.ndarray, shape (n, STEPS, 3)
        Positions (depth, lateral, superior) as in `anatomy`.
    weight : numpy.ndarray, shape (n, STEPS)
        Path through tissue in mm, zero beyond a curve's end.
    wide : numpy.ndarray, shape (n,)
        Whether it is a vessel (about 1.6 mm wide; ducts and septa .8 mm).
    """

    path: np.ndarray
    weight: np.ndarray
    wide: np.ndarray


def grow_strokes(rng: np.random.Generator, anatomy: Anatomy) -> Strokes:
    """Grow 60-120 curves: 45% ducts from the nipple, 40% ligaments, 15% vessels."""
    n = int(rng.integers(60, 120))
    kind = rng.choice(3, n, p=(0.45, 0.40, 0.15))
    duct = kind == 0
    aside = rng.normal(0, np.where(duct, 0.04, 0.38)[:, None], (n, 2))
    depth = np.where(duct, rng.uniform(0.75, 0.97, n), rng.uniform(0, 1, n))
    start = np.column_stack([depth, aside])
    towards = np.column_stack([1 - depth, -aside])
    heading = np.where(
        duct[:, None], (-1.0, 0.0, 0.0), towards / np.linalg.norm(towards, axis=1, keepdims=True)
    )
    heading = heading + rng.normal(0, np.choose(kind, (0.5, 0.35, 0.5))[:, None], (n, 3))
    bend = rng.normal(0, np.choose(kind, (0.004, 0.008, 0.003))[:, None], (n, 3))
    wander = np.cumsum(rng.normal(0, 0.028, (n, STEPS, 3)), axis=1)
    heading = heading[:, None] + wander + bend[:, None] * np.arange(STEPS)[None, :, None]
    heading /= np.linalg.norm(heading, axis=2, keepdims=True)
    path = start[:, None] + np.cumsum(heading, axis=1) * (STEP_MM / anatomy.width_mm)
    length = rng.uniform(25, 95, n) / STEP_MM * np.choose(kind, (1.0, 0.5, 1.3))
    along = np.arange(STEPS)[None] / length[:, None]
    taper = np.sin(np.clip(0.15 + along * 2.84, 0, np.pi)) ** 0.6
    strength = np.choose(
        kind, (rng.uniform(1.5, 4.5, n), rng.uniform(1.2, 4.2, n), rng.uniform(2, 4.6, n))
    )
    weight = strength[:, None] * np.where(along < 1, taper, 0)
    return Strokes(path, weight, kind == 2)


def draw_strokes(
    strokes: Strokes, view: View, pixel_mm: float, shape: tuple[int, int]
) -> np.ndarray:
    """Return the path through ducts, ligaments and vessels in mm, on the pixels of a view."""
    x, y = view.project(strokes.path)
    total = np.zeros(shape, np.float32)
    for wide, width_mm in ((False, 0.8), (True, 1.6)):
        chosen = (strokes.wide == wide)[:, None] & (strokes.weight > 0)
        weight = strokes.weight[chosen] * (STEP_MM * width_mm / pixel_mm**2)
        points = deposit(shape, pixel_mm, x[chosen], y[chosen], weight)
        total += blur(points, max(0.5 * width_mm / pixel_mm, 0.5))
    return np.minimum(total, 8)


def dense_path(
    view: View,
    curves: Strokes,
    grid: Grid,
    distance: np.ndarray,
    thick: np.ndarray,
    pixel_mm: float,
) -> np.ndarray:
    """Return the path through dense tissue in mm: gland, septa, curves, pectoral muscle."""
    anatomy, rng, shape = view.anatomy, grid.rng, distance.shape
    on_cells = [
        cv2.resize(a, grid.shape[::-1], interpolation=cv2.INTER_AREA) for a in (distance, thick)
    ]
    rays = course(view.nipple_mm, grid)
    glandular = gland(view, on_cells[0], rays, grid)
    volume = float((glandular * on_cells[1]).sum())
    scale = anatomy.dense_fraction * float(on_cells[1].sum()) / max(volume, 1.0)
    scale *= rng.lognormal(0, 0.06)
    muscle = _pectoral(anatomy, grid) if view.name == "MLO" else None
    lines = septa(anatomy, distance, rays, grid, pixel_mm)
    slow = grid.noise(2.35, 1 / 22)
    fine = power_law(rng, shape, pixel_mm, 2.35, 1 / 2.5)
    fine = 0.9 * upsample(slow, CELL_MM, pixel_mm, shape) + 0.35 * fine
    glandular = upsample(glandular, CELL_MM, pixel_mm, shape)
    dense = fractions(glandular, lines, fine, scale, anatomy.ligaments) * thick
    curved = draw_strokes(curves, view, pixel_mm, shape)
    dense += 0.9 * curved * smoothstep(distance, 3, 9)
    if muscle is not None:
        dense = np.maximum(dense, upsample(muscle, CELL_MM, pixel_mm, shape) * thick + 0.5 * dense)
    return dense


def _pectoral(anatomy: Anatomy, grid: Grid) -> np.ndarray:
    """Return the muscle's fraction of the thickness in an MLO view, denser the deeper."""
    rng, width = grid.rng, anatomy.pectoral_mm
    height = float(np.clip(rng.normal(1.8 * width, 20), 35, 140))
    edge = width * np.clip(1 - grid.y / height, 0, 1) ** rng.uniform(0.75, 1.2)
    depth = (edge[:, None] - grid.x[None]) * np.cos(np.arctan2(width, height))
    depth = depth.astype(np.float32)
    ramp = 0.32 + 0.68 * np.clip(depth / (0.75 * width), 0, 1) ** 0.7
    grain = 1 + 0.05 * grid.noise(2.5, 1 / 20)
    return smoothstep(depth, -1.5, 2.5) * ramp * grain * np.float32(rng.uniform(0.42, 0.68))
