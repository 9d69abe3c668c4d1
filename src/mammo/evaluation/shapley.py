"""Shapley values: what each factor contributes, averaged over the orders of switching them on."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mammo.errors import MammoError


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
