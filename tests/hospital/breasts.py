"""Four views of a patient's breasts as presentation values: phantoms, or quick sketches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from mammo.datasets.phantom import write_institution
from mammo.datasets.phantom.imaging import Streams, exposures
from mammo.datasets.phantom.lesion_plan import sample
from mammo.datasets.phantom.population import SCREENING_DIAMETER, Breast, Case

SIDES, VIEWS = ("L", "R"), ("CC", "MLO")
OTHER_SIDE = {"L": "R", "R": "L"}
Views = Mapping[tuple[str, str], np.ndarray]
"""(laterality, view) to presentation values: float32 (rows, columns) in [0, 1], air 0."""
Drawing = Callable[[int, int, tuple[int, int]], Views]
"""Draws the views of a patient: (number, seed, (rows, columns)) to `Views`."""

_FRAME_MM = 287.0


@dataclass(frozen=True)
class Diagnosis:
    """What a patient's table row says of one breast."""

    label: int
    pathology: str
    birads: str


def diagnosis(number: int, laterality: str) -> Diagnosis:
    """Return a breast's diagnosis: every second patient has a cancer, in one breast."""
    if laterality != _lesion_side(number):
        return Diagnosis(0, "normal", "1")
    if number % 2:
        return Diagnosis(0, "benign", "3" if number % 4 == 1 else "2")
    return Diagnosis(1, "malignant", "5" if number % 4 else "4c")


def _lesion_side(number: int) -> str:
    return SIDES[number // 2 % 2]


def phantoms(number: int, seed: int, size: tuple[int, int]) -> Views:
    """Draw the project's phantoms, .13 s a view; the frame is 287 mm high, of at least 287 rows."""
    streams = Streams((seed, 7), 1 + number)
    malignant = bool(diagnosis(number, _lesion_side(number)).label)
    rng = streams.generator("population")
    kind = ("mass", "calcification")[number // 4 % 2]
    lesion = sample(rng, kind, malignant, SCREENING_DIAMETER)
    breasts = tuple(
        Breast(side, VIEWS, (lesion,) if side == _lesion_side(number) else ()) for side in SIDES
    )
    pixel_mm = _FRAME_MM / size[0]
    frames = ((_FRAME_MM, size[1] * pixel_mm),)
    views = {}
    for exposure in exposures(Case(number, 1 + number % 4, breasts), streams, pixel_mm, frames):
        laterality = exposure.breast.laterality
        stored = write_institution.acquire(exposure).astype(np.float32)
        signal = (stored - write_institution.CENTRE) / write_institution.WIDTH
        shown = np.where(stored > 0, 1 / (1 + np.exp(-4 * signal)), 0)
        views[laterality, exposure.view] = shown.astype(np.float32)
    return views


def sketches(number: int, seed: int, size: tuple[int, int]) -> Views:
    """Draw half ellipses with texture, a bright disc for a cancer: milliseconds a view."""
    return {
        (side, view): _sketch(number, seed, size, side, view) for side in SIDES for view in VIEWS
    }


def _sketch(
    number: int, seed: int, size: tuple[int, int], laterality: str, view: str
) -> np.ndarray:
    rng = np.random.default_rng([seed, number, SIDES.index(laterality), VIEWS.index(view)])
    rows, columns = size
    y, x = np.mgrid[-1 : 1 : rows * 1j, 0 : 1 : columns * 1j].astype(np.float32)
    height, width = rng.uniform(0.6, 0.8), rng.uniform(0.5, 0.75)
    depth = 1 - (y / height) ** 2 - (x / width) ** 2
    grey = 0.4 + 0.1 * rng.normal() * depth
    for cells, gain in ((6, 0.10), (24, 0.05)):
        texture = rng.normal(size=(cells, cells)).astype(np.float32)
        grey += gain * cv2.resize(texture, (columns, rows), interpolation=cv2.INTER_LINEAR)
    grey += 0.02 * rng.standard_normal(size, np.float32)
    if diagnosis(number, laterality).label:
        grey[np.hypot(y - 0.2 * height, x - 0.4 * width) < 0.06] += 0.25
    if view == "MLO":
        grey[(depth > 0) & (y + 2.5 * x < -0.4)] += 0.15
    shown = np.where(depth > 0, np.clip(grey, 0.05, 0.98), 0)
    return np.ascontiguousarray(shown if laterality == "L" else shown[:, ::-1], np.float32)


def burned_in(pixels: np.ndarray, text: str, white: float) -> np.ndarray:
    """Write a text into the upper corner away from the chest wall."""
    columns = pixels.shape[1]
    scale = columns / 640
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    start = (2 if at_right(pixels) else columns - width - 2, height + 2)
    return cv2.putText(pixels.copy(), text, start, cv2.FONT_HERSHEY_SIMPLEX, scale, white, 1)


def at_right(pixels: np.ndarray) -> bool:
    """Whether the chest wall is at the right edge."""
    return bool(pixels[:, -1].mean() > pixels[:, 0].mean())
