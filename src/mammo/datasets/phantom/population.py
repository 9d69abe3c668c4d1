"""Who is imaged: cases in proportion to the published ones, density, pathology, lesions.

A case is planned before anything is drawn of it, so that counts are exact and not themselves
random: every category gets its published share of the cases, to the nearest case.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from mammo.datasets.phantom.lesion_plan import MEASURED, Lesion, Look, choose, sample

PUBLISHED_CASES = {"cbis_ddsm": 1566, "inbreast": 115, "mias": 161, "institution": 507}

# Breast density 1-4 of patients (CBIS-DDSM and INbreast tables; MIAS has three classes only; for
# the screening clinic about 10/40/40/10%, Sprague et al., J Natl Cancer Inst 2014;106:dju255).
DENSITY = {
    "cbis_ddsm": {1: 201, 2: 599, 3: 475, 4: 290},
    "inbreast": {1: 136, 2: 146, 3: 99, 4: 28},
    "mias": {1: 106, 2: 104, 3: 74, 4: 38},
    "institution": {1: 10, 2: 40, 3: 40, 4: 10},
}
# Lesions by kind in CBIS-DDSM, for the sets whose release does not tell.
KINDS = {False: {"mass": 912, "calcification": 1199}, True: {"mass": 784, "calcification": 673}}
# Parameters of the log-normal diameter (log mm): lesion radii in mini-MIAS' Info.txt.
FILM_DIAMETER = {False: (2.58, 0.77), True: (2.97, 0.56)}
# Boxes of cancers in INbreast: 10.7/22.8/53.4 mm at percentiles 5/50/95; benign ones as on film.
INBREAST_DIAMETER = {False: (2.58, 0.77), True: (3.12, 0.49)}
# Screen-detected cancers have a median of 12-15 mm (Breast Cancer Res 2004;6:P14).
SCREENING_DIAMETER = {False: (2.40, 0.55), True: (2.60, 0.50)}


@dataclass(frozen=True)
class Breast:
    """One breast: side, the views taken of it, its lesions and the set's own assessment."""

    laterality: str
    views: tuple[str, ...]
    lesions: tuple[Lesion, ...] = ()
    birads: str | None = None
    category: str | None = None

    @property
    def malignant(self) -> bool:
        """Whether any of its lesions is malignant."""
        return any(lesion.malignant for lesion in self.lesions)


@dataclass(frozen=True)
class Case:
    """One patient's examination.

    Parameters
    ----------
    number : int
        From 0.
    density : int
        Class 1 to 4.
    breasts : tuple of Breast
        Those imaged.
    scanner : str, optional
        Name of the film digitiser; without it each film is given one at random.
    """

    number: int
    density: int
    breasts: tuple[Breast, ...]
    scanner: str | None = None


Plan = Iterator[tuple[Breast, ...]]
"""The breasts of each case of a set."""


def shares(rng: np.random.Generator, counts: Mapping, n: int) -> list:
    """Return n categories in the proportion of their counts, shuffled.

    Largest remainders get the cases that rounding leaves over.
    """
    keys = list(counts)
    exact = np.array([counts[key] for key in keys], float)
    exact *= n / exact.sum()
    whole = np.floor(exact).astype(int)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: n - whole.sum()]] += 1
    drawn = [key for key, times in zip(keys, whole, strict=True) for _ in range(times)]
    return [drawn[i] for i in rng.permutation(n)]


def cases(
    dataset: str, scale: float, rng: np.random.Generator, look: Look = MEASURED
) -> list[Case]:
    """Plan the cases of one set.

    Parameters
    ----------
    dataset : str
        A key of `PUBLISHED_CASES`.
    scale : float
        Fraction of the published number of cases.
    rng : numpy.random.Generator
        The set's population stream.
    look : Look
        What lesions look like.
    """
    n = max(round(PUBLISHED_CASES[dataset] * scale), 4)
    density = shares(rng, DENSITY[dataset], n)
    planned = zip(density, PLANS[dataset](rng, n, look), strict=True)
    return [Case(number, *one) for number, one in enumerate(planned)]


def _sides(rng: np.random.Generator) -> list[str]:
    return ["L", "R"] if rng.random() < 0.5 else ["R", "L"]


def _cbis_ddsm(rng: np.random.Generator, n: int, look: Look) -> Plan:
    # 79 of 1,566 patients have files of both kinds, 31 of them in both official splits.
    histories = {
        (("mass", "Training"),): 637,
        (("mass", "Test"),): 176,
        (("calcification", "Training"),): 548,
        (("calcification", "Test"),): 126,
        (("mass", "Training"), ("calcification", "Training")): 38,
        (("mass", "Test"), ("calcification", "Test")): 10,
        (("mass", "Training"), ("calcification", "Test")): 16,
        (("mass", "Test"), ("calcification", "Training")): 15,
    }
    drawn = shares(rng, histories, n)
    # Two breasts in 110 of 1,645 patient lists, views of 1,755 breasts: the case descriptions.
    both = shares(rng, {True: 110, False: 1535}, n)
    n_breasts = n + sum(both)
    views = shares(rng, {("CC", "MLO"): 1348, ("MLO",): 295, ("CC",): 112}, n_breasts)
    malignant = shares(rng, {True: 780, False: 975}, n_breasts)
    for history, two in zip(drawn, both, strict=True):
        sides = _sides(rng)[: 2 if two else 1]
        yield tuple(
            Breast(side, views.pop(), tuple(_cbis_lesions(rng, look, history, malignant.pop())))
            for side in sides
        )


def _cbis_lesions(
    rng: np.random.Generator, look: Look, history: tuple[tuple[str, str], ...], malignant: bool
) -> Iterator[Lesion]:
    for kind, split in history:
        # 6% of the mass files and 18% of the calcification files outline more than one lesion.
        more = rng.random() < {"mass": 0.05, "calcification": 0.15}[kind]
        for _ in range(2 if more else 1):
            yield sample(rng, kind, malignant, FILM_DIAMETER, look=look, split=split)


def _inbreast(rng: np.random.Generator, n: int, look: Look) -> Plan:
    # 90 women with both breasts and 25 after mastectomy (Moreira et al., Acad Radiol 2012;19:236).
    both = shares(rng, {True: 90, False: 25}, n)
    birads = {"1": 67, "2": 220, "3": 23, "4a": 13, "4b": 8, "4c": 22, "5": 49, "6": 8}
    assessed = shares(rng, birads, n + sum(both))
    for two in both:
        sides = _sides(rng)[: 2 if two else 1]
        yield tuple(_assessed_breast(rng, look, side, assessed.pop()) for side in sides)


def _assessed_breast(rng: np.random.Generator, look: Look, side: str, birads: str) -> Breast:
    # Malignancy by category: the likelihoods of the ACR BI-RADS atlas, 5th edition.
    chance = {"1": 0, "2": 0, "3": 0.01, "4a": 0.06, "4b": 0.3, "4c": 0.7, "5": 0.96, "6": 1}
    malignant = rng.random() < chance[birads]
    # 301 of 410 images show calcifications and 107 a mass (Moreira 2012): most of category 2.
    mix = {"calcification": 75, "mass": 20} if birads == "2" else KINDS[malignant]
    lesion = sample(rng, choose(rng, mix), malignant, INBREAST_DIAMETER, look=look)
    return Breast(side, ("CC", "MLO"), () if birads == "1" else (lesion,), birads)


def _mias(rng: np.random.Generator, n: int, look: Look) -> Plan:
    # 63 images benign and 52 malignant of 322.
    severity = shares(rng, {"B": 63, "M": 52, "": 46}, n)
    classes = {
        letter: shares(rng, look.mias_classes[letter == "M"], severity.count(letter))
        for letter in "BM"
    }
    for abnormal in severity:
        breasts = [Breast(side, ("MLO",), category="NORM") for side in "RL"]
        if abnormal:
            category = classes[abnormal].pop()
            lesion = _mias_lesion(rng, look, category, abnormal == "M")
            index = int(rng.integers(2))
            breasts[index] = replace(breasts[index], lesions=(lesion,), category=category)
        yield tuple(breasts)


def _mias_lesion(rng: np.random.Generator, look: Look, category: str, malignant: bool) -> Lesion:
    if category == "CALC":
        return sample(rng, "calcification", malignant, FILM_DIAMETER, look=look)
    shapes, margins = look.mias_forms[category]
    form = (shapes[int(rng.integers(len(shapes)))], margins)
    return sample(rng, "mass", malignant, FILM_DIAMETER, look=look, form=form)


def _institution(rng: np.random.Generator, n: int, look: Look) -> Plan:
    # 1,872 images are 936 breasts in two views, 390 of them malignant (779 images): taken as one
    # biopsied breast a patient, 390 of 507 malignant, and a contralateral one without a lesion,
    # labelled benign, in 429 of 507 patients whatever the pathology.
    contralateral = shares(rng, {True: 429, False: 78}, n)
    malignant = shares(rng, {True: 390, False: 117}, n)
    for two, positive in zip(contralateral, malignant, strict=True):
        sides = _sides(rng)
        kind = choose(rng, KINDS[positive])
        # Radiologists found the lesions subtler than those of DDSM (Chen et al., IWBI 2018); by
        # how much is not published, so the lower of two ratings is a guess.
        lesion = sample(rng, kind, positive, SCREENING_DIAMETER, look=look, subtler=True)
        biopsied, other = (Breast(side, ("CC", "MLO")) for side in sides)
        biopsied = replace(biopsied, lesions=(lesion,))
        yield (biopsied, other) if two else (biopsied,)


PLANS: dict[str, Callable[[np.random.Generator, int, Look], Plan]] = {
    "cbis_ddsm": _cbis_ddsm,
    "inbreast": _inbreast,
    "mias": _mias,
    "institution": _institution,
}
