"""What a lesion is, before it has a place: kind, form, subtlety, size, pathology."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mammo.datasets.phantom.looks import FIXED_DISTRIBUTION, MEASURED, Grains, Look

# Share of benign lesions that needed no call back, in CBIS-DDSM.
WITHOUT_CALLBACK = {"mass": 141 / 912, "calcification": 541 / 1199}


@dataclass(frozen=True)
class Lesion:
    """One lesion as the case descriptions of CBIS-DDSM describe it.

    Parameters
    ----------
    kind : str
        "mass" or "calcification".
    malignant : bool
    pathology : str
        MALIGNANT, BENIGN or BENIGN_WITHOUT_CALLBACK.
    form : str
        Mass shape or calcification type.
    edge : str
        Mass margins or calcification distribution.
    subtlety : int
        1 (subtle) to 5 (obvious).
    assessment : int
        BI-RADS assessment, 0 to 5.
    diameter_mm : float
        Diameter of the mass or of the cluster.
    split : str
        Official split of CBIS-DDSM ("Training" or "Test"); one patient can be in both.
    density : float
        How much a mass attenuates beyond gland, as a share of gland, wherever it lies.
    grains : Grains, optional
        Of calcifications; without it those that are measured for the type.
    """

    kind: str
    malignant: bool
    pathology: str
    form: str
    edge: str
    subtlety: int
    assessment: int
    diameter_mm: float
    split: str = "Training"
    density: float = 0.0
    grains: Grains | None = None


def choose(rng: np.random.Generator, counts: Mapping):
    """Draw a key in proportion to its count."""
    keys = list(counts)
    weights = np.array([counts[key] for key in keys], float)
    return keys[rng.choice(len(keys), p=weights / weights.sum())]


def sample(
    rng: np.random.Generator,
    kind: str,
    malignant: bool,
    diameter: Mapping[bool, tuple[float, float]],
    *,
    look: Look = MEASURED,
    form: tuple[str, str] | None = None,
    split: str = "Training",
    subtler: bool = False,
) -> Lesion:
    """Draw one lesion.

    Parameters
    ----------
    rng : numpy.random.Generator
    kind : str
        "mass" or "calcification".
    malignant : bool
    diameter : mapping
        Mean and standard deviation of the logarithm of the diameter, by malignancy; a look that
        has its own goes before.
    look : Look
        What lesions look like.
    form : tuple of str, optional
        Shape and margins where the data set tells them itself.
    split : str
        Official split.
    subtler : bool
        Keep the lower of two subtlety draws.
    """
    ratings = np.array(look.subtlety[kind, malignant], float)
    draws = rng.choice(5, size=2, p=ratings / ratings.sum()) + 1
    mean, deviation = (look.diameters or diameter)[malignant]
    without_callback = rng.random() < WITHOUT_CALLBACK[kind]
    benign = "BENIGN_WITHOUT_CALLBACK" if without_callback else "BENIGN"
    shape, margins = form or _form(rng, look, kind, malignant)
    return Lesion(
        kind=kind,
        malignant=malignant,
        pathology="MALIGNANT" if malignant else benign,
        form=shape,
        edge=margins,
        subtlety=int(min(draws) if subtler else draws[0]),
        assessment=choose(rng, look.assessment[kind, malignant]),
        diameter_mm=float(np.clip(rng.lognormal(mean, deviation), *look.limits_mm[malignant])),
        split=split,
        density=look.density[malignant],
        grains=look.grains[shape] if kind == "calcification" else None,
    )


def _form(rng: np.random.Generator, look: Look, kind: str, malignant: bool) -> tuple[str, str]:
    if kind == "mass":
        return choose(rng, look.mass_forms[malignant])
    form = choose(rng, look.calcification_types[malignant])
    distribution = choose(rng, look.calcification_distributions[malignant])
    return form, FIXED_DISTRIBUTION.get(form, distribution)
