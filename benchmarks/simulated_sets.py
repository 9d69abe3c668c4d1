"""Sets of scores whose truth is known, a patient's images being alike; how often intervals hold it.

For the other scripts here, and for tests.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mammo.evaluation.inputs import Estimate

Interval = Callable[[NDArray[np.bool_], NDArray[np.float64], NDArray[np.intp]], Estimate]
"""Labels, scores and patients to an estimate with its interval."""


@dataclass(frozen=True)
class Design:
    """Composition of a set: kinds of patients, and how many images each of them has.

    Attributes
    ----------
    name : str
    kinds : tuple of (int, int, int)
        Patients of a kind, and the malignant and benign images that each of them has.
    """

    name: str
    kinds: tuple[tuple[int, int, int], ...]

    @property
    def labels_and_patients(self) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
        """Label and patient of each image."""
        labels, patients = [], []
        number = 0
        for count, malignant, benign in self.kinds:
            for _ in range(count):
                labels += [True] * malignant + [False] * benign
                patients += [number] * (malignant + benign)
                number += 1
        return np.array(labels), np.array(patients)


def independent(name: str, n_malignant: int, n_benign: int) -> Design:
    """Return the design in which every image is a patient of its own."""
    return Design(name, ((n_malignant, 1, 0), (n_benign, 0, 1)))


@dataclass(frozen=True)
class Coverage:
    """How an interval did: share of simulations in which it contained the truth, mean width."""

    method: str
    n_simulations: int
    n_covered: int
    mean_width: float

    @property
    def share(self) -> float:
        """Share of the simulations in which the interval contained the truth."""
        return self.n_covered / self.n_simulations


def simulate(
    design: Design,
    area: float,
    icc: float,
    generator: np.random.Generator,
    floor: float = -math.inf,
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.intp]]:
    """Draw normal scores: a patient's images share a part of the variance.

    Parameters
    ----------
    design : Design
    area : float
        auROC between images of different patients, in (0, 1).
    icc : float
        Share of the variance within a class that is the patient's own, in [0, 1).
    generator : numpy Generator
    floor : float
        What lower scores become, as those of images in which a detector marks nothing.
    """
    labels, patients = design.labels_and_patients
    own = generator.standard_normal(patients.max() + 1)[patients]
    noise = generator.standard_normal(len(labels))
    scores = math.sqrt(icc) * own + math.sqrt(1 - icc) * noise + distance_of(area, floor) * labels
    return labels, np.maximum(scores, floor), patients


def simulated_aurocs(
    design: Design, area: float, icc: float, n_simulations: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """auROCs of sets drawn as `simulate` draws them: what one published value could have been.

    Parameters
    ----------
    design, area, icc, generator
        See `simulate`.
    n_simulations : int

    Returns
    -------
    (n_simulations,) float64 array
    """
    labels, patients = design.labels_and_patients
    own = generator.standard_normal((n_simulations, patients.max() + 1))[:, patients]
    noise = generator.standard_normal((n_simulations, len(labels)))
    scores = binormal_distance(area) * labels + math.sqrt(icc) * own + math.sqrt(1 - icc) * noise
    is_malignant = labels[np.argsort(scores, axis=1)]
    below = np.cumsum(~is_malignant, axis=1)
    return np.sum(below * is_malignant, axis=1) / (labels.sum() * (~labels).sum())


def expected_auroc(design: Design, area: float, icc: float, floor: float = -math.inf) -> float:
    """auROC that `simulate` gives on average, pairs within a patient included."""
    within = sum(count * malignant * benign for count, malignant, benign in design.kinds)
    labels, _ = design.labels_and_patients
    share = within / (labels.sum() * (~labels).sum())
    nearer = _superiority(distance_of(area, floor), icc, floor) if within else area
    return (1 - share) * area + share * nearer


def binormal_distance(area: float) -> float:
    """Distance of two normal classes of equal spread that have an auROC, in standard deviations."""
    return math.sqrt(2) * float(special.ndtri(area))


def _superiority(distance: float, icc: float, floor: float) -> float:
    """Probability that a malignant image scores above a benign one of the same patient."""
    if math.isinf(floor):
        return float(special.ndtr(distance / math.sqrt(2 * (1 - icc))))
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    own = math.sqrt(icc) * nodes[:, None]
    spread = math.sqrt(1 - icc)
    steps = np.linspace(0, 1, 1002)[1:-1]
    lowest = special.ndtr((floor - distance - own) / spread)
    malignant = distance + own + spread * special.ndtri(lowest + (1 - lowest) * steps)
    above = (1 - lowest[:, 0]) * special.ndtr((malignant - own) / spread).mean(axis=1)
    tied = lowest[:, 0] * special.ndtr((floor - own[:, 0]) / spread)
    return float(weights @ (above + tied / 2) / weights.sum())


@lru_cache
def distance_of(area: float, floor: float) -> float:
    """Distance of the classes at which the area between patients is the one asked for."""
    if math.isinf(floor):
        return binormal_distance(area)
    low, high = 0.0, 40.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if _superiority(middle, 0, floor) < area else (low, middle)
    return high


def coverage(
    design: Design,
    area: float,
    icc: float,
    intervals: Mapping[str, Interval],
    n_simulations: int,
    seed: int,
    progress: Callable = iter,
) -> list[Coverage]:
    """Count how often each interval contains the true auROC.

    Parameters
    ----------
    design, area, icc
        See `simulate`.
    intervals : mapping of name to callable
        All see the same scores.
    n_simulations, seed : int
    progress : callable
        Wraps the simulations' numbers, as ``tqdm`` does.
    """
    generator = np.random.default_rng(seed)
    truth = expected_auroc(design, area, icc)
    covered = dict.fromkeys(intervals, 0)
    widths = dict.fromkeys(intervals, 0.0)
    for _ in progress(range(n_simulations)):
        data = simulate(design, area, icc, generator)
        for name, interval in intervals.items():
            found = interval(*data)
            covered[name] += found.lower <= truth <= found.upper
            widths[name] += found.upper - found.lower
    return [
        Coverage(name, n_simulations, int(covered[name]), widths[name] / n_simulations)
        for name in intervals
    ]
