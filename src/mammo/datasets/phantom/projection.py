"""The x-ray projection of one breast: what every acquisition has to work with."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from mammo.datasets.phantom import lesions, strokes
from mammo.datasets.phantom.anatomy import Anatomy, View
from mammo.datasets.phantom.fields import power_law, smoothstep, upsample
from mammo.datasets.phantom.lesion_plan import Lesion
from mammo.datasets.phantom.outline import (
    STEP_MM,
    pectoral_depth,
    skin_distance,
    skin_line,
    thickness,
)
from mammo.datasets.phantom.tissue import CELL_MM, Grid, course, fractions, gland, septa

# Linear attenuation in 1/mm at 20 keV (NIST XCOM: fat .512, gland .797, skin .85 per cm).
FAT, GLAND, SKIN = 0.051, 0.080, 0.085


@dataclass(frozen=True)
class Projection:
    """One view of one breast, chest wall at the left.

    Parameters
    ----------
    attenuation : numpy.ndarray
        Line integral, float32 (rows, columns), without unit.
    distance : numpy.ndarray
        Depth below the skin in mm, negative outside the breast.
    pixel_mm : float
    nipple_mm : tuple of float
        Nipple (x, y).
    traces : list of lesions.Trace
        Where each lesion lies, in the order given.
    """

    attenuation: np.ndarray
    distance: np.ndarray
    pixel_mm: float
    nipple_mm: tuple[float, float]
    traces: list[lesions.Trace] = field(default_factory=list)


def project_breast(
    anatomy: Anatomy,
    curves: strokes.Strokes,
    view_name: str,
    frame_mm: tuple[float, float],
    pixel_mm: float,
    planned: list[tuple[Lesion, np.random.Generator, np.random.Generator]],
    rng: np.random.Generator,
) -> Projection:
    """Project a breast with its lesions.

    Parameters
    ----------
    anatomy : Anatomy
    curves : Strokes
    view_name : str
        "CC" or "MLO".
    frame_mm : tuple of float
        Height and width of the film or detector.
    pixel_mm : float
    planned : list of (Lesion, Generator, Generator)
        Each lesion with the stream of its place (common to both views) and of its look.
    rng : numpy.random.Generator
        The view's projection stream.
    """
    height, widest = frame_mm
    outline = skin_line(anatomy, view_name, height, rng)
    view = View(anatomy, view_name, outline.nipple_mm)
    width = min(1.04 * anatomy.width_mm + 10, widest)
    distance = skin_distance(outline, width, pixel_mm)
    thick = thickness(distance, view)
    grid = Grid(len(outline.x_mm) * STEP_MM, width, rng)
    dense = _dense_path(view, curves, grid, distance, thick, pixel_mm)
    calcified = np.zeros_like(dense)
    traces = []
    for lesion, place_rng, look_rng in planned:
        place = lesions.place(lesion, view, distance, pixel_mm, place_rng)
        traces.append(lesions.add(lesion, place, dense, calcified, thick, pixel_mm, look_rng))
    dense = np.minimum(dense, thick)
    skin = 3.0 * np.exp(np.clip(distance - 0.6, 0, 12) * np.float32(-1 / 0.9))
    skin *= smoothstep(distance, 0, 0.8)
    attenuation = FAT * thick + (GLAND - FAT) * dense + SKIN * skin + calcified
    return Projection(attenuation.astype(np.float32), distance, pixel_mm, outline.nipple_mm, traces)


def _dense_path(
    view: View,
    curves: strokes.Strokes,
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
    curved = strokes.draw(curves, view, pixel_mm, shape)
    dense += 0.9 * curved * smoothstep(distance, 3, 9)
    if muscle is not None:
        dense = np.maximum(dense, upsample(muscle, CELL_MM, pixel_mm, shape) * thick + 0.5 * dense)
    return dense


def _pectoral(anatomy: Anatomy, grid: Grid) -> np.ndarray:
    rng = grid.rng
    depth = pectoral_depth(anatomy, grid.x, grid.y, rng)
    ramp = 0.32 + 0.68 * np.clip(depth / (0.75 * anatomy.pectoral_mm), 0, 1) ** 0.7
    grain = 1 + 0.05 * grid.noise(2.5, 1 / 20)
    return smoothstep(depth, -1.5, 2.5) * ramp * grain * np.float32(rng.uniform(0.42, 0.68))
