"""A drop of the auROC divided among factors, each of which was switched on in every mix of others.

Zhang H, Singh H, Ghassemi M, Joshi S. "Why did the model fail?": attributing model performance
changes to distribution shifts. ICML 2023, arXiv 2210.10769.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo.evaluation.bootstrap import tails
from mammo.evaluation.concordance import weighted_auroc
from mammo.evaluation.draws import plan_draws
from mammo.evaluation.shapley import shapley_values


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
