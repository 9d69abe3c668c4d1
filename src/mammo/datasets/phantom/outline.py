"""The breast's silhouette in a view: skin line, depth below the skin, thickness."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.special import ndtr

from mammo.datasets.phantom.anatomy import Anatomy, View, soft_maximum
from mammo.datasets.phantom.fields import blur, upsample

STEP_MM = 0.5


@dataclass(frozen=True)
class Outline:
    """Skin line of one view.

    Parameters
    ----------
    x_mm : numpy.ndarray
        Skin's distance from the chest wall at rows of `STEP_MM`.
    nipple_mm : tuple of float
        Nipple (x, y).
    in_profile : bool
        Whether the nipple stands out of the skin line.
    """

    x_mm: np.ndarray
    nipple_mm: tuple[float, float]
    in_profile: bool


def _between(score: float, low: float, high: float) -> float:
    return low + (high - low) * float(ndtr(score))


def skin_line(anatomy: Anatomy, view: str, height_mm: float, rng: np.random.Generator) -> Outline:
    """Draw the skin line of a view of `height_mm`: superellipses, in MLO with an axillary tail."""
    y = (np.arange(int(np.ceil(height_mm / STEP_MM))) + 0.5) * STEP_MM
    width, z = anatomy.width_mm, anatomy.shape
    # Compression spreads a small breast sideways more than it lengthens it.
    base = 100 * (width / 100) ** 0.75
    if view == "CC":
        nipple = height_mm * np.clip(rng.normal(0.5, 0.025), 0.44, 0.56)
        half = min(0.47 * height_mm, base * _between(z[0], 0.92, 1.15))
        skew = _between(z[1], 0.93, 1.07)
        reach = np.where(y < nipple, half * skew, half / skew)
        body = np.clip(1 - (np.abs(y - nipple) / reach) ** _between(z[2], 2.0, 2.6), 0, 1)
        x = width * body ** _between(z[3], 0.48, 0.62)
    else:
        nipple = height_mm * np.clip(_between(z[4], 0.52, 0.66) + rng.normal(0, 0.02), 0.5, 0.68)
        below = min(height_mm - nipple - 4, base * _between(z[0], 0.78, 1.02))
        above = nipple * _between(z[5], 0.95, 1.30)
        reach = np.abs(y - nipple)
        upper = np.clip(1 - (reach / above) ** _between(z[6], 1.7, 2.2), 0, 1)
        lower = np.clip(1 - (reach / below) ** _between(z[2], 2.1, 2.8), 0, 1)
        x = width * np.where(y < nipple, upper ** _between(z[3], 0.6, 0.8), lower**0.5)
        # An axilla of .42-.85 of the width keeps the breast from looking like a pear.
        axilla = width * _between(z[7], 0.42, 0.85) * (1 - 0.25 * y / nipple)
        x = np.where(y < nipple, soft_maximum(x, axilla, 0.16 * width), x)
    wobble = blur(rng.standard_normal((len(y), 1)), 22 / STEP_MM)[:, 0]
    x = x + 0.01 * width * wobble / wobble.std() * np.clip((x - 3) / 17, 0, 1)
    tip = float(np.interp(nipple, y, x))
    return Outline(x, (tip, float(nipple)), bool(rng.random() < 0.6))


def skin_distance(outline: Outline, width_mm: float, pixel_mm: float) -> np.ndarray:
    """Return the depth below the skin in mm, negative outside, on the pixels of the view."""
    columns = int(np.ceil(width_mm / STEP_MM))
    x = (np.arange(columns) + 0.5) * STEP_MM
    inside = (x[None] < outline.x_mm[:, None]).astype(np.uint8)
    distance = _euclidean_distance(inside) - _euclidean_distance(1 - inside)
    distance = blur((distance - 0.5 * np.sign(distance)) * np.float32(STEP_MM), 1.6)
    shape = (round(len(outline.x_mm) * STEP_MM / pixel_mm), round(width_mm / pixel_mm))
    distance = upsample(distance, STEP_MM, pixel_mm, shape)
    return _with_nipple(distance, outline, pixel_mm) if outline.in_profile else distance


def _euclidean_distance(inside: np.ndarray) -> np.ndarray:
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # Its last bits vary with the buffer's place in memory; the squares are whole numbers.
    return np.sqrt(np.rint(distance * distance))


def _with_nipple(distance: np.ndarray, outline: Outline, pixel_mm: float) -> np.ndarray:
    # A radius of about 5 mm (nipple radius 4 mm in FDA's breastPhantom).
    x, y = outline.nipple_mm
    reach = 12.0
    rows = slice(max(int((y - reach) / pixel_mm), 0), int((y + reach) / pixel_mm))
    columns = slice(max(int((x - reach) / pixel_mm), 0), int((x + reach) / pixel_mm))
    window = distance[rows, columns]
    down = (np.arange(window.shape[0]) + rows.start + 0.5) * pixel_mm - y
    across = (np.arange(window.shape[1]) + columns.start + 0.5) * pixel_mm - x + 1.5
    nipple = 5.5 - np.hypot(across[None], 0.85 * down[:, None])
    joined = soft_maximum(window, nipple, 1.2) - 0.3 * np.exp(-(((window - nipple) / 2) ** 2))
    distance[rows, columns] = joined
    return distance


def thickness(distance: np.ndarray, view: View) -> np.ndarray:
    """Return the compressed thickness in mm: flat inside, rolled off over the outer centimetres.

    The profile (1 - (1 - t)^1.85)^(1/1.85) over about half the thickness follows the roll-off
    measured on mini-MIAS.
    """
    anatomy = view.anatomy
    full = anatomy.thickness_mm * (1.0 if view.name == "CC" else 1.05)
    roll = min(0.55 * full, 0.45 * anatomy.width_mm)
    t = np.linspace(0, 1, 512)
    profile = full * (1 - (1 - t) ** 1.85) ** (1 / 1.85)
    return np.interp(distance, t * roll, profile).astype(np.float32)
