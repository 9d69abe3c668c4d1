"""A case's views, one after the other: the only place that knows which stream does what."""

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
        curves = strokes.grow(streams.generator("anatomy", 3 + side), body)
        for view in breast.views:
            where = (side, VIEWS[view])
            planned = [
                (
                    lesion,
                    streams.generator("lesion", side, i),
                    streams.generator("lesion", *where, i),
                )
                for i, lesion in enumerate(breast.lesions)
            ]
            rng = streams.generator("projection", *where)
            projection = project_breast(body, curves, view, frame, pixel_mm, planned, rng)
            noise, artefact = (streams.generator(cause, *where) for cause in ("noise", "artefact"))
            yield Exposure(breast, view, projection, frame, noise, artefact)
