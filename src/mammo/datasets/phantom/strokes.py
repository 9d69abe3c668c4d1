"""Ducts, ligaments and vessels: random walks in three dimensions, drawn into both views."""

from dataclasses import dataclass

import numpy as np

from mammo.datasets.phantom.anatomy import Anatomy, View
from mammo.datasets.phantom.fields import blur, deposit

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


def grow(rng: np.random.Generator, anatomy: Anatomy) -> Strokes:
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


def draw(strokes: Strokes, view: View, pixel_mm: float, shape: tuple[int, int]) -> np.ndarray:
    """Return the path through ducts, ligaments and vessels in mm, on the pixels of a view."""
    x, y = view.project(strokes.path)
    total = np.zeros(shape, np.float32)
    for wide, width_mm in ((False, 0.8), (True, 1.6)):
        chosen = (strokes.wide == wide)[:, None] & (strokes.weight > 0)
        weight = strokes.weight[chosen] * (STEP_MM * width_mm / pixel_mm**2)
        points = deposit(shape, pixel_mm, x[chosen], y[chosen], weight)
        total += blur(points, max(0.5 * width_mm / pixel_mm, 0.5))
    return np.minimum(total, 8)
