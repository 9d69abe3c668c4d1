"""A case's views, one after the other: the only place that knows which stream does what."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from mammo.datasets.phantom import anatomy, lesions
from mammo.datasets.phantom.anatomy import Anatomy, View
from mammo.datasets.phantom.fields import smoothstep
from mammo.datasets.phantom.outline import STEP_MM, skin_distance, skin_line, thickness
from mammo.datasets.phantom.population import Breast, Case
from mammo.datasets.phantom.sheet import Placement
from mammo.datasets.phantom.tissue import Grid, Strokes, dense_path, grow_strokes

SIDES = {"L": 0, "R": 1}
VIEWS = {"CC": 0, "MLO": 1}
CAUSES = ("population", "anatomy", "lesion", "projection", "noise", "artefact")


@dataclass(frozen=True)
class Streams:
    """Generators that depend on seed, data set, patient and cause alone.

    Nothing is drawn in common, so that neither the number of worker processes nor another pixel
    size, tone curve or label changes the patient that is imaged.

    Parameters
    ----------
    entropy : tuple of int
        The user's seed and the data set's number.
    patient : int
        Number of the patient in the set, from 0.
    """

    entropy: tuple[int, ...]
    patient: int = 0

    def generator(self, cause: str, *place: int) -> np.random.Generator:
        """Return the generator of one cause (of `CAUSES`) at one place, such as side and view."""
        key = (self.patient, CAUSES.index(cause), *place)
        return np.random.default_rng(np.random.SeedSequence(self.entropy, spawn_key=key))


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


def _project(
    anatomy: Anatomy,
    curves: Strokes,
    breast: Breast,
    view_name: str,
    frame_mm: tuple[float, float],
    pixel_mm: float,
    streams: Streams,
) -> Projection:
    """Project a breast with its lesions, whose places in it are common to both views."""
    where = (SIDES[breast.laterality], VIEWS[view_name])
    rng = streams.generator("projection", *where)
    height, widest = frame_mm
    outline = skin_line(anatomy, view_name, height, rng)
    view = View(anatomy, view_name, outline.nipple_mm)
    width = min(1.04 * anatomy.width_mm + 10, widest)
    distance = skin_distance(outline, width, pixel_mm)
    thick = thickness(distance, view)
    grid = Grid(len(outline.x_mm) * STEP_MM, width, rng)
    dense = dense_path(view, curves, grid, distance, thick, pixel_mm)
    calcified = np.zeros_like(dense)
    traces = []
    for number, lesion in enumerate(breast.lesions):
        place_rng = streams.generator("lesion", where[0], number)
        place = lesions.place(lesion, view, distance, pixel_mm, place_rng)
        look_rng = streams.generator("lesion", *where, number)
        traces.append(lesions.add(lesion, place, dense, calcified, thick, pixel_mm, look_rng))
    dense = np.minimum(dense, thick)
    skin = 3.0 * np.exp(np.clip(distance - 0.6, 0, 12) * np.float32(-1 / 0.9))
    skin *= smoothstep(distance, 0, 0.8)
    attenuation = FAT * thick + (GLAND - FAT) * dense + SKIN * skin + calcified
    return Projection(attenuation.astype(np.float32), distance, pixel_mm, outline.nipple_mm, traces)


@dataclass(frozen=True)
class Exposure:
    """One view, ready to be acquired.

    Parameters
    ----------
    breast : Breast
    view : str
    projection : Projection
    frame_mm : tuple of float
        Height and width of the film or detector.
    noise, artefact : numpy.random.Generator
        For quanta and machine settings; for labels and the place on the film.
    """

    breast: Breast
    view: str
    projection: Projection
    frame_mm: tuple[float, float]
    noise: np.random.Generator
    artefact: np.random.Generator

    @property
    def placement(self) -> Placement:
        """The view on its whole frame, the chest wall at the edge of the image."""
        rows, columns = (round(side / self.projection.pixel_mm) for side in self.frame_mm)
        return Placement((rows, columns), 0, 0, self.breast.laterality == "R")


def exposures(
    case: Case, streams: Streams, pixel_mm: float, frames_mm: tuple[tuple[float, float], ...]
) -> Iterator[Exposure]:
    """Yield the views of a case.

    Parameters
    ----------
    case : Case
    streams : Streams
        Of this patient.
    pixel_mm : float
    frames_mm : tuple of (height, width)
        Film or detector sizes from small to large; a patient gets the first that holds the breast.
    """
    common = anatomy.patient(streams.generator("anatomy"), case.density)
    frame = next((f for f in frames_mm if common.width_mm < 0.85 * f[1]), frames_mm[-1])
    for breast in case.breasts:
        side = SIDES[breast.laterality]
        body = anatomy.side(streams.generator("anatomy", 1 + side), common)
        curves = grow_strokes(streams.generator("anatomy", 3 + side), body)
        for view in breast.views:
            projection = _project(body, curves, breast, view, frame, pixel_mm, streams)
            where = (side, VIEWS[view])
            noise, artefact = (streams.generator(cause, *where) for cause in ("noise", "artefact"))
            yield Exposure(breast, view, projection, frame, noise, artefact)
