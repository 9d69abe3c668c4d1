"""A drop of the auROC divided among factors, each of which was switched on in every mix of others.

Zhang H, Singh H, Ghassemi M, Joshi S. "Why did the model fail?": attributing model performance
changes to distribution shifts. ICML 2023, arXiv 2210.10769.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mammo.errors import MammoError
from mammo.evaluation.auroc import weighted_auroc
from mammo.evaluation.bootstrap import tails
from mammo.evaluation.draws import plan_draws


def switches(n_factors: int) -> NDArray[np.bool_]:
    """Every way to switch factors on.

    Returns
    -------
    (2 ** n_factors, n_factors) bool array
        Row r has factor i on if bit i of r is set; none is on in the first, all in the last.
    """
    return (np.arange(2**n_factors)[:, None] >> np.arange(n_factors) & 1).astype(bool)


def shapley_values(values: ArrayLike) -> NDArray[np.float64]:
    """Shapley value of each factor.

    Parameters
    ----------
    values : (2 ** factors, ...) array
        The result for each row of `switches`; further axes hold replicates.

    Returns
    -------
    (factors, ...) float64 array
        They sum to the last of the values less the first.

    Raises
    ------
    MammoError
        If the number of values is no power of two above 1.

    References
    ----------
    Shapley LS. A value for n-person games. Contributions to the Theory of Games II, 1953:307-317.
    """
    values = np.asarray(values, np.float64)
    n_factors = len(values).bit_length() - 1
    if n_factors < 1 or len(values) != 2**n_factors:
        raise MammoError(
            f"there are {len(values)} values: give one for each way to switch factors, 2, 4, 8, ..."
        )
    is_on = switches(n_factors)
    n_on = is_on.sum(axis=1)
    found = []
    for factor in range(n_factors):
        off = np.flatnonzero(~is_on[:, factor])
        weight = [1 / (n_factors * math.comb(n_factors - 1, k)) for k in n_on[off]]
        found.append(np.tensordot(weight, values[off + 2**factor] - values[off], axes=1))
    return np.stack(found)


@dataclass(frozen=True)
class Cells:
    """The same patients under every mix of factors, a row for each of `switches`.

    Attributes
    ----------
    factors : tuple of str
        Their names, in the order of the bits.
    labels : (2 ** factors, n) bool array
        As the labels are read in each cell.
    scores, weights : (2 ** factors, n) float64 arrays
        A patient of weight 0 is not in a cell.
    """

    factors: tuple[str, ...]
    labels: NDArray[np.bool_]
    scores: NDArray[np.float64]
    weights: NDArray[np.float64]

    def aurocs(self, counts: NDArray, order: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
        """auROC of each cell when each patient is drawn so often.

        Parameters
        ----------
        counts : (replicates, n) array
        order : (n,) int array, optional
            Whose label, and weight by it, each patient gets; by default its own.

        Returns
        -------
        (2 ** factors, replicates) float64 array
        """
        order = np.arange(self.labels.shape[1]) if order is None else order
        return np.stack(
            [
                weighted_auroc(labels[order], scores, counts * weights[order])
                for labels, scores, weights in zip(
                    self.labels, self.scores, self.weights, strict=True
                )
            ]
        )


@dataclass(frozen=True)
class Attribution:
    """Values and bootstrap replicates by patient of each cell's auROC.

    Attributes
    ----------
    factors : tuple of str
    aurocs : (2 ** factors,) float64 array
    replicates : (2 ** factors, n_bootstrap) float64 array
    """

    factors: tuple[str, ...]
    aurocs: NDArray[np.float64]
    replicates: NDArray[np.float64]

    @property
    def shares(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What each factor takes off the auROC, and the replicates: they sum to the drop."""
        return -shapley_values(self.aurocs), -shapley_values(self.replicates)

    def drop(self, cell: int) -> tuple[float, NDArray[np.float64]]:
        """auROC with no factor on less that of a cell, and the replicates."""
        return (
            float(self.aurocs[0] - self.aurocs[cell]),
            self.replicates[0] - self.replicates[cell],
        )


def attribute(cells: Cells, n_bootstrap: int, seed: int) -> Attribution:
    """Compute each cell's auROC, and its bootstrap replicates; all cells share the draws."""
    n_patients = cells.labels.shape[1]
    draws = plan_draws(np.arange(n_patients), n_bootstrap, seed)
    replicates = np.empty((len(cells.labels), n_bootstrap))
    for block, counts in draws.blocks():
        replicates[:, block] = cells.aurocs(counts)
    values = cells.aurocs(np.ones((1, n_patients)))[:, 0]
    return Attribution(cells.factors, values, replicates)


def permuted(cells: Cells, times: int, seed: int) -> NDArray[np.float64]:
    """Return each cell's auROC when labels are dealt to the patients at random.

    Returns
    -------
    (2 ** factors, times) float64 array
        About 0.5, unless something but the labels decides.
    """
    rng = np.random.default_rng(seed)
    n_patients = cells.labels.shape[1]
    once = np.ones((1, n_patients))
    return np.hstack([cells.aurocs(once, rng.permutation(n_patients)) for _ in range(times)])


def interval(replicates: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    """Return the percentile interval of replicates, of those that are defined."""
    known = replicates[np.isfinite(replicates)]
    if not known.size:
        return np.nan, np.nan
    lower, upper = np.quantile(known, tails(confidence))
    return float(lower), float(upper)
