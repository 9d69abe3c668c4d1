"""The same patients under every mix of causes that make one set differ from another.

Home is as DDSM's phantoms are. A cause that is switched on changes one thing and leaves the rest,
down to the random numbers: the acquisition, the subtlety and the scanner change a patient's image;
the mix of densities changes how much a patient counts, the reader's rule what the label is. Names
of such shifts: Castro DC, Walker I, Glocker B. Nat Commun 2020;11:3673, arXiv 1912.08142.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from mammo.datasets.phantom import DATASETS, write_cbis_ddsm, write_inbreast
from mammo.datasets.phantom.acquisition import documented
from mammo.datasets.phantom.dicom_file import SECONDARY_CAPTURE, image_dataset
from mammo.datasets.phantom.imaging import SIDES, VIEWS, Exposure, Streams, exposures
from mammo.datasets.phantom.lesion_plan import LOOKS, Look
from mammo.datasets.phantom.population import DENSITY, PUBLISHED_CASES, Breast, Case, cases
from mammo.images.grayscale import presentation_table
from mammo.images.image import Image

FACTORS = ("acquisition", "density", "subtlety", "digitiser", "labels", "placebo")
"""The placebo is another exposure of the same kind: other quanta, settings and labels on film."""

POSITIVE, LEFT_OUT = (4, 5, 6), (0, 3)
"""BI-RADS assessments that INbreast's rule reads as positive, and those that it leaves out."""


class Variant(NamedTuple):
    """Which of the causes that change an image are on."""

    acquisition: bool
    subtlety: bool
    digitiser: bool
    placebo: bool


VARIANTS = tuple(
    Variant(acquisition, subtlety, digitiser, placebo)
    for subtlety in (False, True)
    for placebo in (False, True)
    for acquisition, digitiser in ((False, False), (False, True), (True, False))
)
"""Every image of a patient: no scanner has a part in a digital one."""


@dataclass(frozen=True)
class Subject:
    """One patient with one view of one breast.

    Parameters
    ----------
    case : Case
    subtler : tuple of int
        Rating of each lesion where lesions are subtler: the lower of two draws.
    entropy : tuple of int
        Of all the subject's streams.
    """

    case: Case
    subtler: tuple[int, ...]
    entropy: tuple[int, ...]

    @property
    def breast(self) -> Breast:
        """The breast that is imaged."""
        return self.case.breasts[0]

    @property
    def birads(self) -> int:
        """The highest assessment of the breast's lesions."""
        return max(lesion.assessment for lesion in self.breast.lesions)


def subjects(n: int, seed: int, *, lesions: str, digitiser: str) -> list[Subject]:
    """Plan patients as DDSM's phantoms are planned; none of them is of one of the sets.

    Parameters
    ----------
    n : int
        At least 4.
    seed : int
    lesions, digitiser : str
        As for `mammo.datasets.phantom.write`.
    """
    entropy = (seed, len(DATASETS))
    streams, look = Streams(entropy), LOOKS[lesions]
    planned = cases(
        "cbis_ddsm", n / PUBLISHED_CASES["cbis_ddsm"], streams.generator("population"), look
    )
    planned = [replace(case, breasts=(_in_one_view(case.breasts[0]),)) for case in planned]
    if digitiser == "documented":
        planned = documented(planned, streams.generator("artefact"))
    rng = streams.generator("lesion")
    return [Subject(case, _second_ratings(case, look, rng), entropy) for case in planned]


def images(subject: Subject, pixel_mm: float) -> Iterator[tuple[Variant, Image]]:
    """Yield a subject's image of each of `VARIANTS`, as its file would be shown.

    The anatomy, the place and shape of the lesions and the random numbers of each exposure are the
    same in all of them.
    """
    projected = {subtlety: _exposure(subject, subtlety, pixel_mm) for subtlety in (False, True)}
    for variant in VARIANTS:
        exposure = _exposed(projected[variant.subtlety], subject, variant.placebo)
        yield variant, _acquired(exposure, subject, variant)


def density_weights(densities: np.ndarray) -> np.ndarray:
    """Return how much patients count for their mix of densities to be INbreast's.

    Parameters
    ----------
    densities : (n,) array of int
        Classes 1 to 4.

    Returns
    -------
    (n,) float64 array
        With a mean of 1, unless one of INbreast's classes has no patient.
    """
    wanted = np.array([DENSITY["inbreast"][number] for number in (1, 2, 3, 4)], float)
    found = np.bincount(densities, minlength=5)[1:] / len(densities)
    weights = np.divide(wanted / wanted.sum(), found, out=np.zeros(4), where=found > 0)
    return weights[np.asarray(densities) - 1]


def _in_one_view(breast: Breast) -> Breast:
    return replace(breast, views=breast.views[-1:])


def _second_ratings(case: Case, look: Look, rng: np.random.Generator) -> tuple[int, ...]:
    lesions = case.breasts[0].lesions
    ratings = [np.array(look.subtlety[one.kind, one.malignant], float) for one in lesions]
    drawn = [int(rng.choice(5, p=rating / rating.sum())) + 1 for rating in ratings]
    return tuple(min(one.subtlety, other) for one, other in zip(lesions, drawn, strict=True))


def _exposure(subject: Subject, is_subtler: bool, pixel_mm: float) -> Exposure:
    case, breast = subject.case, subject.breast
    if is_subtler:
        lesions = tuple(
            replace(lesion, subtlety=rating)
            for lesion, rating in zip(breast.lesions, subject.subtler, strict=True)
        )
        case = replace(case, breasts=(replace(breast, lesions=lesions),))
    frames = write_cbis_ddsm.FRAMES_MM
    return next(exposures(case, _streams(subject), pixel_mm, frames))


def _exposed(exposure: Exposure, subject: Subject, is_again: bool) -> Exposure:
    """Give an exposure streams that nothing was drawn from: the first's, or a second's."""
    where = (SIDES[exposure.breast.laterality], VIEWS[exposure.view], *((1,) if is_again else ()))
    noise, artefact = (_streams(subject).generator(c, *where) for c in ("noise", "artefact"))
    return replace(exposure, noise=noise, artefact=artefact)


def _streams(subject: Subject) -> Streams:
    return Streams(subject.entropy, 1 + subject.case.number)


def _acquired(exposure: Exposure, subject: Subject, variant: Variant) -> Image:
    if variant.acquisition:
        window = (write_inbreast.CENTRE, write_inbreast.WIDTH)
        return _shown(write_inbreast.acquire(exposure), 14, window)
    scanner = None if variant.digitiser else subject.case.scanner
    return _shown(write_cbis_ddsm.acquire(exposure, scanner), 16)


def _shown(pixels: np.ndarray, bits: int, window: tuple[int, int] | None = None) -> Image:
    ds = image_dataset(pixels, bits, SECONDARY_CAPTURE, ("", "", ""))
    if window:
        ds.WindowCenter, ds.WindowWidth = window
    return Image(presentation_table(ds)[pixels], bits)
