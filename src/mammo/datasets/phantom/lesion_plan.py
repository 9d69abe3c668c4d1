"""What a lesion is before it has a place, drawn from CBIS-DDSM's counts or from an atlas.

A measured look overlaps between benign and malignant, as real ones do. The textbook's does not: it
is for teaching, and for seeing whether a model learns at all. Its descriptors are those that the
ACR BI-RADS atlas (5th edition) names as typical; its sizes and shares are choices.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Grains(NamedTuple):
    """A group of calcifications: least and greatest number, median diameter, its spread (log)."""

    count: tuple[int, int]
    diameter_mm: float
    spread: float


@dataclass(frozen=True)
class Look:
    """What lesions are drawn from; weights of each choice, by malignancy or (kind, malignancy).

    Parameters
    ----------
    mass_forms : mapping
        Weights of (shape, margins), by malignancy.
    calcification_types, calcification_distributions : mapping
        Weights, by malignancy.
    grains : mapping
        `Grains` of each calcification type.
    subtlety : mapping
        Weights of the ratings 1 to 5, by (kind, malignancy).
    assessment : mapping
        Weights of the BI-RADS assessments, by (kind, malignancy).
    mias_classes : mapping
        Weights of the classes of abnormality that mini-MIAS names, by malignancy.
    mias_forms : mapping
        Shapes and margins of a mass of each such class.
    limits_mm : mapping
        Least and greatest diameter, by malignancy.
    density : mapping
        How much a mass attenuates beyond gland, as a share of gland, wherever it lies; by
        malignancy.
    diameters : mapping, optional
        Mean and standard deviation of the logarithm of the diameter, by malignancy, in all sets;
        without it each set has its own.
    """

    mass_forms: Mapping[bool, Mapping[tuple[str, str], float]]
    calcification_types: Mapping[bool, Mapping[str, float]]
    calcification_distributions: Mapping[bool, Mapping[str, float]]
    grains: Mapping[str, Grains]
    subtlety: Mapping[tuple[str, bool], tuple[float, ...]]
    assessment: Mapping[tuple[str, bool], Mapping[int, float]]
    mias_classes: Mapping[bool, Mapping[str, int]]
    mias_forms: Mapping[str, tuple[tuple[str, ...], str]]
    limits_mm: Mapping[bool, tuple[float, float]]
    density: Mapping[bool, float]
    diameters: Mapping[bool, tuple[float, float]] | None = None


# Counted in the four case description files (Lee et al., Sci Data 2017;4:170177), by pathology:
# 912 benign and 784 malignant masses, 1,199 benign and 673 malignant calcifications. Rare tokens
# are left out and BENIGN_WITHOUT_CALLBACK counts as benign.
MEASURED = Look(
    mass_forms={
        False: {
            ("OVAL", "CIRCUMSCRIBED"): 139, ("LOBULATED", "CIRCUMSCRIBED"): 137,
            ("OVAL", "OBSCURED"): 104, ("LOBULATED", "OBSCURED"): 70,
            ("ROUND", "CIRCUMSCRIBED"): 61, ("IRREGULAR", "ILL_DEFINED"): 50,
            ("OVAL", "ILL_DEFINED"): 37, ("ROUND", "OBSCURED"): 31,
            ("LYMPH_NODE", "CIRCUMSCRIBED"): 27, ("LOBULATED", "ILL_DEFINED"): 23,
            ("IRREGULAR", "SPICULATED"): 21, ("LOBULATED", "MICROLOBULATED"): 20,
            ("OVAL", "MICROLOBULATED"): 19, ("ARCHITECTURAL_DISTORTION", "SPICULATED"): 17,
            ("ARCHITECTURAL_DISTORTION", "ILL_DEFINED"): 13, ("IRREGULAR", "OBSCURED"): 12,
            ("ROUND", "MICROLOBULATED"): 10, ("ROUND", "ILL_DEFINED"): 10,
            ("FOCAL_ASYMMETRIC_DENSITY", "ILL_DEFINED"): 8,
        },
        True: {
            ("IRREGULAR", "SPICULATED"): 216, ("IRREGULAR", "ILL_DEFINED"): 124,
            ("ARCHITECTURAL_DISTORTION", "SPICULATED"): 59, ("LOBULATED", "ILL_DEFINED"): 44,
            ("LOBULATED", "MICROLOBULATED"): 34, ("OVAL", "ILL_DEFINED"): 28,
            ("OVAL", "MICROLOBULATED"): 28, ("OVAL", "SPICULATED"): 25,
            ("LOBULATED", "CIRCUMSCRIBED"): 24, ("ARCHITECTURAL_DISTORTION", "ILL_DEFINED"): 24,
            ("ROUND", "SPICULATED"): 20, ("ROUND", "ILL_DEFINED"): 17,
            ("IRREGULAR", "MICROLOBULATED"): 14, ("OVAL", "OBSCURED"): 11,
            ("OVAL", "CIRCUMSCRIBED"): 10, ("LOBULATED", "OBSCURED"): 10,
            ("IRREGULAR", "OBSCURED"): 10, ("ROUND", "CIRCUMSCRIBED"): 9,
        },
    },
    # Percentages of type and of distribution, which are drawn independently except for the types
    # that have a course of their own (see `FIXED_DISTRIBUTION`).
    calcification_types={
        False: {
            "PLEOMORPHIC": 35.6, "LUCENT_CENTER": 20.0, "PUNCTATE": 15.4, "ROUND_AND_REGULAR": 14.4,
            "AMORPHOUS": 11.5, "VASCULAR": 8.8, "COARSE": 7.0, "FINE_LINEAR_BRANCHING": 2.2,
        },
        True: {
            "PLEOMORPHIC": 71.6, "FINE_LINEAR_BRANCHING": 16.8, "AMORPHOUS": 12.2, "PUNCTATE": 8.2,
            "ROUND_AND_REGULAR": 1.0,
        },
    },
    calcification_distributions={
        False: {
            "CLUSTERED": 45.6, "SEGMENTAL": 7.4, "REGIONAL": 5.0, "LINEAR": 3.6,
            "DIFFUSELY_SCATTERED": 2.9,
        },
        True: {
            "CLUSTERED": 62.7, "SEGMENTAL": 18.6, "LINEAR": 15.6, "REGIONAL": 6.5,
            "DIFFUSELY_SCATTERED": 0.7,
        },
    },
    # Benign about .19 mm, intermediate .21-.23, comedo .32 with a mode at .5-.7 mm; 5-30 to a
    # cluster.
    grains={
        "PLEOMORPHIC": Grains((8, 30), 0.27, 0.45),
        "FINE_LINEAR_BRANCHING": Grains((4, 10), 0.24, 0.25),
        "AMORPHOUS": Grains((18, 45), 0.17, 0.20),
        "PUNCTATE": Grains((6, 22), 0.24, 0.22),
        "ROUND_AND_REGULAR": Grains((4, 16), 0.45, 0.30),
        "LUCENT_CENTER": Grains((1, 4), 1.8, 0.35),
        "COARSE": Grains((1, 4), 2.4, 0.35),
        "VASCULAR": Grains((60, 140), 0.35, 0.35),
    },
    # Percentages of the subtlety ratings 1 (subtle) to 5 (obvious).
    subtlety={
        ("mass", False): (2, 7, 25, 30, 35),
        ("mass", True): (4, 10, 17, 23, 47),
        ("calcification", False): (5, 14, 33, 24, 24),
        ("calcification", True): (9, 19, 31, 21, 20),
    },
    # BI-RADS assessments as CBIS-DDSM gives them.
    assessment={
        ("mass", False): {4: 356, 3: 315, 0: 140, 2: 90, 5: 11},
        ("mass", True): {5: 363, 4: 346, 3: 49, 0: 22, 1: 3, 2: 1},
        ("calcification", False): {2: 552, 4: 546, 3: 60, 0: 39, 5: 2},
        ("calcification", True): {4: 385, 5: 197, 3: 53, 0: 37, 2: 1},
    },
    # Rows of Info.txt by class and severity.
    mias_classes={
        False: {"CIRC": 21, "CALC": 15, "SPIC": 11, "ARCH": 9, "MISC": 7, "ASYM": 6},
        True: {"CALC": 15, "ARCH": 10, "ASYM": 9, "MISC": 8, "SPIC": 8, "CIRC": 4},
    },
    mias_forms={
        "CIRC": (("OVAL", "ROUND", "LOBULATED"), "CIRCUMSCRIBED"),
        "SPIC": (("IRREGULAR", "OVAL"), "SPICULATED"),
        "MISC": (("IRREGULAR", "OVAL", "LOBULATED"), "ILL_DEFINED"),
        "ARCH": (("ARCHITECTURAL_DISTORTION",), "SPICULATED"),
        "ASYM": (("FOCAL_ASYMMETRIC_DENSITY",), "ILL_DEFINED"),
    },
    limits_mm={False: (4, 42), True: (4, 42)},
    density={False: 0.0, True: 0.0},  # What contrasts on film gave is in `lesions`.
)  # fmt: skip
FIXED_DISTRIBUTION = {"VASCULAR": "LINEAR", "LUCENT_CENTER": "N/A", "COARSE": "N/A"}

# Nothing is subtle, and grains are larger than real ones, so that they are seen where an image has
# 200 pixels. UKy's lesions are subtler than the others' by the lower of two ratings.
_RATINGS = {False: (0, 0, 30, 40, 30), True: (0, 0, 10, 30, 60)}
_ASSESSED = {False: {2: 45, 3: 45, 4: 10}, True: {4: 25, 5: 75}}
_KINDS = ("mass", "calcification")
TEXTBOOK = Look(
    mass_forms={False: {("OVAL", "CIRCUMSCRIBED"): 1}, True: {("IRREGULAR", "SPICULATED"): 1}},
    calcification_types={False: {"COARSE": 60, "ROUND_AND_REGULAR": 40}, True: {"PLEOMORPHIC": 1}},
    calcification_distributions={False: {"N/A": 1}, True: {"CLUSTERED": 1}},
    grains={
        "PLEOMORPHIC": Grains((30, 60), 1.5, 0.35),
        "ROUND_AND_REGULAR": Grains((2, 4), 1.2, 0.15),
        "COARSE": Grains((1, 2), 3.0, 0.20),
    },
    subtlety={(kind, bad): _RATINGS[bad] for kind in _KINDS for bad in (False, True)},
    assessment={(kind, bad): _ASSESSED[bad] for kind in _KINDS for bad in (False, True)},
    # As many calcifications as mini-MIAS has.
    mias_classes={False: {"CIRC": 54, "CALC": 15}, True: {"SPIC": 39, "CALC": 15}},
    mias_forms={"CIRC": (("OVAL",), "CIRCUMSCRIBED"), "SPIC": (("IRREGULAR",), "SPICULATED")},
    limits_mm={False: (6, 12), True: (18, 34)},
    density={False: 0.0, True: 0.8},
    diameters={False: (2.20, 0.25), True: (3.22, 0.20)},
)
LOOKS = {"textbook": TEXTBOOK, "measured": MEASURED}

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
