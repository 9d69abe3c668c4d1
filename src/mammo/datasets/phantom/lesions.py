"""Lesions in a projection: where they lie, and what a mass or an architectural distortion does."""

from dataclasses import dataclass

import numpy as np

from mammo.datasets.phantom import calcifications
from mammo.datasets.phantom.anatomy import View
from mammo.datasets.phantom.fields import blur, deposit, power_law, smoothstep
from mammo.datasets.phantom.lesion_plan import Lesion

# Cancer attenuates 10.9% more than normal tissue between fat and gland (Carroll et al., Invest
# Radiol 1994;29:266); relative to replacing fat by gland this is a factor of 1.12.
MASS_OVER_GLAND = 1.12

# Harmonic amplitude, its decay and the elongation, by mass shape (Gaussian random outlines after
# de Sisternes et al., Med Phys 2015;42:1110). Judged by eye against the descriptors' definitions.
SHAPES = {
    "ROUND": (0.020, 1.3, (1.00, 1.12)),
    "OVAL": (0.025, 1.3, (1.25, 1.75)),
    "LOBULATED": (0.095, 1.1, (1.05, 1.45)),
    "IRREGULAR": (0.150, 0.95, (1.05, 1.50)),
    "ARCHITECTURAL_DISTORTION": (0.120, 0.95, (1.1, 1.8)),
    "LYMPH_NODE": (0.025, 1.3, (1.30, 1.90)),
    "FOCAL_ASYMMETRIC_DENSITY": (0.130, 1.0, (1.2, 1.9)),
}
# Share of the radius over which the margin fades.
SOFTNESS = {
    "CIRCUMSCRIBED": (0.06, 0.14),
    "OBSCURED": (0.15, 0.40),
    "MICROLOBULATED": (0.08, 0.20),
    "ILL_DEFINED": (0.30, 0.55),
    "SPICULATED": (0.12, 0.35),
}
# Thickness of the lesion relative to a sphere's, by subtlety 1-5, and how much denser a malignant
# mass is: such that the median contrast of masses on film comes near mini-MIAS's, measured alike
# (grey levels, real and phantom: circumscribed benign 32 and 28, spiculated malignant 41 and 43,
# ill-defined malignant 33 and 39, spiculated benign 18 and 24, circumscribed malignant 38 and 23).
PROMINENCE = (0.52, 0.91, 1.30, 1.63, 1.95)
MALIGNANT_DENSITY = 1.5


@dataclass(frozen=True)
class Trace:
    """Where a lesion lies in a view, in mm from the upper left of the uncut projection.

    Parameters
    ----------
    x_mm, y_mm : float
        Centre.
    contour : numpy.ndarray, shape (n, 2)
        Outline of the region a radiologist would draw, (x, y).
    """

    x_mm: float
    y_mm: float
    contour: np.ndarray

    @property
    def radius_mm(self) -> float:
        """Radius of a circle about the centre that encloses the contour."""
        return float(np.hypot(*(self.contour - (self.x_mm, self.y_mm)).T).max())


def place(
    lesion: Lesion, view: View, distance: np.ndarray, pixel_mm: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Choose a lesion's centre in a view from its place in the breast, and keep it inside.

    The place follows the gland (most cancers arise in its upper outer part), lymph nodes the
    axillary tail; the stream is the same for both views, so that CC and MLO agree on the depth.
    """
    lobes, nipple_mm = view.anatomy.lobes, view.nipple_mm
    lobe = lobes[int(rng.integers(len(lobes)))]
    position = lobe[:3] + rng.normal(0, 0.42, 3) * lobe[3:]
    if lesion.form == "LYMPH_NODE":
        position = np.array([rng.uniform(0.15, 0.5), rng.uniform(0.35, 0.6), rng.uniform(0.3, 0.6)])
    x, y = map(float, view.project(position))
    margin = 7 + 0.5 * min(lesion.diameter_mm, 30)
    home = np.array([0.5 * nipple_mm[0], nipple_mm[1]])
    for pull in np.linspace(0, 1, 21):
        px, py = (1 - pull) * np.array([x, y]) + pull * home
        row, column = int(py / pixel_mm), int(px / pixel_mm)
        inside = 0 <= row < distance.shape[0] and 0 <= column < distance.shape[1]
        if inside and px > 6 and distance[row, column] > margin:
            return float(px), float(py)
    return float(home[0]), float(home[1])


def add(
    lesion: Lesion,
    centre_mm: tuple[float, float],
    dense: np.ndarray,
    calcified: np.ndarray,
    thick: np.ndarray,
    pixel_mm: float,
    rng: np.random.Generator,
) -> Trace:
    """Add a lesion to the dense path (mm) or to the calcified attenuation, in place."""
    if lesion.kind == "calcification":
        contour = calcifications.add(lesion, centre_mm, calcified, pixel_mm, rng)
        return Trace(*centre_mm, contour)
    harmonics = _outline(lesion, rng)
    window, x, y = _window(dense.shape, centre_mm, pixel_mm, 2.6 * lesion.diameter_mm / 2 + 4)
    extra = _mass(lesion, harmonics, x, y, pixel_mm, rng)
    local = np.clip(dense[window] / np.maximum(thick[window], 1), 0, 1)
    # The mass takes the place of tissue, so that dense surroundings mask it.
    dense[window] += extra * ((1 - local) * MASS_OVER_GLAND + np.float32(lesion.density))
    angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    radius = 0.5 * lesion.diameter_mm * _relative_radius(harmonics, angle) * 1.05
    contour = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return Trace(*centre_mm, contour + centre_mm)


def _window(
    shape: tuple[int, int], centre_mm: tuple[float, float], pixel_mm: float, reach_mm: float
) -> tuple[tuple[slice, slice], np.ndarray, np.ndarray]:
    bounds = []
    for centre, n in zip(centre_mm[::-1], shape, strict=True):
        low = int(np.clip((centre - reach_mm) / pixel_mm, 0, n - 1))
        bounds.append(slice(low, int(np.clip((centre + reach_mm) / pixel_mm, low + 1, n))))
    rows, columns = bounds
    y = (np.arange(rows.start, rows.stop) + 0.5) * pixel_mm - centre_mm[1]
    x = (np.arange(columns.start, columns.stop) + 0.5) * pixel_mm - centre_mm[0]
    return (rows, columns), x.astype(np.float32)[None], y.astype(np.float32)[:, None]


def _outline(lesion: Lesion, rng: np.random.Generator) -> np.ndarray:
    """Return harmonics (order, amplitude, phase) of the relative radius."""
    amplitude, decay, elongation = SHAPES[lesion.form]
    order = np.arange(2, 18)
    size = amplitude * rng.normal(0, 1, len(order)) / (order - 1.0) ** decay
    phase = rng.uniform(0, 2 * np.pi, len(order))
    # An ellipse of axis ratio q has a second harmonic of (q - 1) / (q + 1).
    q = rng.uniform(*elongation)
    size[0], phase[0] = (q - 1) / (q + 1) + 0.3 * size[0], rng.uniform(0, 2 * np.pi)
    if lesion.edge == "MICROLOBULATED":
        size[5:12] += rng.normal(0, 0.028, 7)
    return np.column_stack([order, size, phase])


def _relative_radius(harmonics: np.ndarray, angle: np.ndarray) -> np.ndarray:
    total = np.ones_like(angle)
    for order, size, phase in harmonics.astype(angle.dtype):
        total += size * np.cos(order * angle + phase)
    return np.clip(total, 0.5, 1.7)


def _mass(
    lesion: Lesion,
    harmonics: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    pixel_mm: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return the path through a mass in mm."""
    radius = 0.5 * lesion.diameter_mm
    angle = np.arctan2(y, x)
    u = np.hypot(x, y) / (radius * _relative_radius(harmonics, angle))
    soft = rng.uniform(*SOFTNESS[lesion.edge])
    if lesion.edge == "OBSCURED":
        # A margin hidden on one side by the tissue beside it.
        soft = soft * (1 + 0.9 * np.cos(angle - np.float32(rng.uniform(0, 2 * np.pi))))
    soft = np.maximum(soft, 0.04).astype(np.float32)
    dome = np.sqrt(np.clip(1 - np.clip(u - 0.3 * soft, 0, 1) ** 2, 0, 1))
    t = np.clip((u - 1 + soft) / (1.6 * soft), 0, 1)
    body = dome * (1 - t * t * (3 - 2 * t))
    depth = lesion.diameter_mm * PROMINENCE[lesion.subtlety - 1] * rng.uniform(0.85, 1.15)
    depth *= MALIGNANT_DENSITY if lesion.malignant else 1.0
    # A large lesion is flattened by compression: no more than 30 mm thick.
    depth = 30 * np.tanh(depth / 30)
    if lesion.form == "LYMPH_NODE":
        hilum = np.hypot(x - 0.35 * radius, y) / (0.45 * radius)
        body *= 1 - 0.6 * (1 - smoothstep(hilum, 0.4, 1.1))
    if lesion.form == "FOCAL_ASYMMETRIC_DENSITY":
        depth *= 0.55
    if lesion.form == "ARCHITECTURAL_DISTORTION":
        depth *= 0.30
    grain = 1 + 0.10 * power_law(rng, body.shape, pixel_mm, 2.8, 1 / 12)
    path = depth * body * grain
    if lesion.edge == "SPICULATED":
        path = path + _spicules(lesion, x, y, pixel_mm, rng)
    return path.astype(np.float32)


def _spicules(
    lesion: Lesion, x: np.ndarray, y: np.ndarray, pixel_mm: float, rng: np.random.Generator
) -> np.ndarray:
    """Return the path through 10-30 wavy, tapering spicules of .6-2 radii."""
    radius, step = 0.5 * lesion.diameter_mm, 0.25
    distorted = lesion.form == "ARCHITECTURAL_DISTORTION"
    n = int(rng.integers(10, 30))
    steps = int(2.0 * radius / step) + 4
    start = rng.uniform(0, 2 * np.pi, n)
    heading = start[:, None] + np.cumsum(rng.normal(0, 0.035, (n, steps)), axis=1)
    root = radius * (rng.uniform(0.1, 0.4, n) if distorted else rng.uniform(0.5, 0.8, n))
    px = (root * np.cos(start))[:, None] + np.cumsum(np.cos(heading), axis=1) * step
    py = (root * np.sin(start))[:, None] + np.cumsum(np.sin(heading), axis=1) * step
    length = radius * rng.uniform(0.6, 2.0, n) / step
    strength = rng.uniform(2.5, 6.5, n) * PROMINENCE[lesion.subtlety - 1]
    weight = strength[:, None] * np.clip(1 - np.arange(steps)[None] / length[:, None], 0, 1)
    shape = (y.shape[0], x.shape[1])
    points = deposit(
        shape,
        pixel_mm,
        (px - x[0, 0]).ravel() + 0.5 * pixel_mm,
        (py - y[0, 0]).ravel() + 0.5 * pixel_mm,
        weight.ravel() * step * 0.8 / pixel_mm**2,
    )
    return blur(points, max(0.4 / pixel_mm, 0.5))
