"""Several trainings of a model: their mean auROC, and what one way of training gains over another.

Arrays of scores have shape (ways, trainings, images): ways to train a model, each several times
with seeds of its own, scored on the same images.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mammo.evaluation import auroc, auroc_covariance
from mammo.evaluation.inference import t_quantile, upper_tail
from mammo.evaluation.inputs import check_images
from mammo.evaluation.readers import variance_of_mean
from mammo.evaluation.score_interval import headline_auroc
from mammo.evaluation.tables.drops import POWER
from mammo.evaluation.tables.scores import Settings
from mammo.evaluation.verdicts import FEWEST_DF


def mean_aurocs(
    y_true: ArrayLike, patient_id: Sequence[object], scores: NDArray, settings: Settings
) -> pd.DataFrame:
    """Return each way's auROC, the mean over its trainings, with its intervals.

    Parameters
    ----------
    y_true : (n,) array of 0 and 1
    patient_id : (n,) sequence
    scores : (ways, trainings, n) array of float
    settings : Settings

    Returns
    -------
    DataFrame
        One row a way: ``auroc``, ``n_runs``, ``run_sd`` (standard deviation over the trainings, NaN
        for one), then the fields of `mammo.evaluation.score_interval.AurocEstimate` but ``value``.
        All ways share the draws. The intervals are for other patients and these very trainings.
    """
    rows = []
    for models in scores:
        aurocs = [auroc(y_true, one) for one in models]
        estimate = headline_auroc(y_true, models, patient_id, **asdict(settings))
        spread = float(np.std(aurocs, ddof=1)) if len(aurocs) > 1 else math.nan
        rows.append({**asdict(estimate), "n_runs": len(aurocs), "run_sd": spread})
    return pd.DataFrame(rows).rename(columns={"value": "auroc"})


def gains(
    y_true: ArrayLike, patient_id: Sequence[object], scores: NDArray, settings: Settings
) -> pd.DataFrame:
    """Return how much each way's mean auROC lies above that of the first way, paired.

    Parameters
    ----------
    y_true, patient_id, scores, settings
        As for `mean_aurocs`; trainings of the same number belong together.

    Returns
    -------
    DataFrame
        One row a way, the first included: ``difference``, ``standard_error``, ``df``,
        ``difference_lower``, ``difference_upper``, ``p_value`` (two-sided), ``n_rose`` (trainings
        whose auROC rose) and ``smallest_detectable`` (with 80% power, at the standard error
        found). NaN where nothing differs. With two trainings or more they speak of other patients
        and other trainings; with one, of other patients alone. What is detectable is NaN with one
        training and below `FEWEST_DF` degrees of freedom, which know the error too badly.

    References
    ----------
    Obuchowski NA, Rockette HE. Commun Stat Simul Comput 1995;24:285-308 (variance of a mean over
    readers, here trainings). Hillis SL. Stat Med 2007;26:596-619 (degrees of freedom).
    """
    images = check_images(y_true, scores[0, 0], patient_id, settings.unit)
    n_ways, n_runs, n_images = scores.shape
    models = scores.reshape(-1, n_images)
    aurocs, covariance = auroc_covariance(images.labels, models, images.units)
    aurocs = aurocs.reshape(n_ways, n_runs)
    covariance = covariance.reshape(n_ways, n_runs, n_ways, n_runs)
    rows = []
    for way in range(n_ways):
        differences = aurocs[way] - aurocs[0]
        among = (
            covariance[way, :, way]
            + covariance[0, :, 0]
            - covariance[way, :, 0]
            - covariance[0, :, way]
        )
        rows.append(_gain(differences, among, settings.confidence))
    return pd.DataFrame(rows)


def _gain(
    differences: NDArray[np.float64], covariance: NDArray[np.float64], confidence: float
) -> dict[str, float]:
    """Return the mean of differences, and what can be said of it.

    ``covariance`` is that of the trainings' differences, (trainings, trainings), as it comes from
    the choice of patients.
    """
    difference = float(differences.mean())
    variance, df = variance_of_mean(differences, covariance)
    error = math.sqrt(variance) if variance > 0 else math.nan
    level = t_quantile((1 + confidence) / 2, df)
    is_known = len(differences) > 1 and df >= FEWEST_DF
    return {
        "difference": difference,
        "standard_error": error,
        "df": df,
        "difference_lower": difference - level * error,
        "difference_upper": difference + level * error,
        "p_value": 2 * upper_tail(abs(difference) / error, df),
        "n_rose": int((differences > 0).sum()),
        "smallest_detectable": (level + t_quantile(POWER, df)) * error if is_known else math.nan,
    }
