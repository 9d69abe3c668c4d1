"""A case's views, one after the other: the only place that knows which stream does what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mammo.datasets.phantom import anatomy, strokes
from mammo.datasets.phantom.population import Breast, Case
from mammo.datasets.phantom.projection import Projection, project_breast
from mammo.datasets.phantom.sheet import Placement
from mammo.datasets.phantom.streams import Streams

SIDES = {"L": 0, "R": 1}
VIEWS = {"CC": 0, "MLO": 1}


@dataclass(frozen=True)
class Exposure:
    """One view, ready to be acquired.

    Parameters
    ----------
    breast : Breast
    view : str
    projection : Projection
    noise, artefact : numpy.random.Generator
        For quanta and machine settings; for labels and the place on the film.
    """

    breast: Breast
    view: str
    projection: Projection
    noise: np.random.Generator
    artefact: np.random.Generator


def exposures(
    case: Case,
    streams: Streams,
    pixel_mm: float,
    frames_mm: tuple[tuple[float, float], ...],
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
        curves = strokes.grow(streams.generator("anatomy", 3 + side), body)
        for view in breast.views:
            where = (side, VIEWS[view])
            lesion_streams = [
                (streams.generator("lesion", side, i), streams.generator("lesion", *where, i))
                for i in range(len(breast.lesions))
            ]
            projection = project_breast(
                body,
                curves,
                view,
                frame,
                pixel_mm,
                breast.lesions,
                streams.generator("projection", *where),
                lesion_streams,
            )
            yield Exposure(
                breast,
                view,
                projection,
                streams.generator("noise", *where),
                streams.generator("artefact", *where),
            )


def frame_shape(exposure: Exposure, frames_mm: tuple[tuple[float, float], ...]) -> tuple[int, int]:
    """Return rows and columns of the frame that an exposure was made on."""
    pixel = exposure.projection.pixel_mm
    rows = exposure.projection.distance.shape[0]
    height, width = min(frames_mm, key=lambda f: abs(f[0] / pixel - rows))
    return round(height / pixel), round(width / pixel)


def at_chest_wall(shape: tuple[int, int], laterality: str) -> Placement:
    """Place a view with its chest wall at the edge of the image."""
    return Placement(shape, 0, 0, laterality == "R")
