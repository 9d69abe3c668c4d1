"""By how much two sets differ in each measure, in standard deviations, by patient."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo.evaluation.bootstrap import tails
from mammo.evaluation.draws import plan_draws
from mammo.evaluation.inputs import group_index
from mammo.hospital.shift.measures import MEASURES


def standardised_differences(
    first: pd.DataFrame,
    second: pd.DataFrame,
    *,
    n_bootstrap: int = 2_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Return each measure's difference between two sets, second less first.

    Parameters
    ----------
    first, second : DataFrame
        As `mammo.hospital.shift.measures.image_statistics`.
    n_bootstrap, confidence, seed
        Of the percentile bootstrap. It draws patients, in each set as many as it has.

    Returns
    -------
    DataFrame, one row a measure
        ``measure``; ``first_mean``, ``first_sd``, ``second_mean``, ``second_sd`` over images;
        ``difference`` of the means over the root mean square of both standard deviations (Austin
        PC. Stat Med 2009;28:3083-3107), its ``lower`` and ``upper`` bound, ``confidence``. NaN
        where no image has the measure or all have the same; bounds also where a set has one
        patient.
    """
    centre = pd.concat([first, second])[list(MEASURES)].mean().to_numpy()
    sums = [_sums_by_patient(table, centre) for table in (first, second)]
    (first_mean, first_variance), (second_mean, second_variance) = (
        _mean_and_variance(of_patients.sum(axis=0)) for of_patients in sums
    )
    replicates = _standardised(
        *(_replicates(of_patients, n_bootstrap, seed + k) for k, of_patients in enumerate(sums))
    )
    lower, upper = np.quantile(replicates, tails(confidence), axis=0)
    if min(map(len, sums)) < 2:
        lower = upper = np.full(len(MEASURES), np.nan)
    return pd.DataFrame(
        {
            "measure": list(MEASURES),
            "first_mean": first_mean + centre,
            "first_sd": np.sqrt(first_variance),
            "second_mean": second_mean + centre,
            "second_sd": np.sqrt(second_variance),
            "difference": _standardised(
                (first_mean, first_variance), (second_mean, second_variance)
            ),
            "lower": lower,
            "upper": upper,
            "confidence": confidence,
        }
    )


def _sums_by_patient(table: pd.DataFrame, centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return number, sum and sum of squares of each patient's known values: (patients, 3, m)."""
    values = table[list(MEASURES)].to_numpy() - centre
    known = np.isfinite(values)
    values = np.where(known, values, 0)
    patients = group_index(table["patient_id"], len(table))
    sums = np.zeros((patients.max() + 1, 3, values.shape[1]))
    np.add.at(sums, patients, np.stack([known, values, values**2], axis=1))
    return sums


def _replicates(
    sums: NDArray[np.float64], n_bootstrap: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and variance on every draw of the patients, each (n_bootstrap, m)."""
    drawn = np.empty((n_bootstrap, *sums.shape[1:]))
    for block, counts in plan_draws(np.arange(len(sums)), n_bootstrap, seed).blocks():
        drawn[block] = np.tensordot(counts.astype(float), sums, axes=1)
    return _mean_and_variance(drawn)


def _mean_and_variance(
    sums: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    number, total, squares = np.moveaxis(sums, -2, 0)
    with np.errstate(invalid="ignore"):
        mean = total / number
        return mean, np.maximum(squares / number - mean**2, 0)


def _standardised(
    first: tuple[NDArray[np.float64], NDArray[np.float64]],
    second: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    spread = np.sqrt((first[1] + second[1]) / 2)
    return (second[0] - first[0]) / np.where(spread > 0, spread, np.nan)
