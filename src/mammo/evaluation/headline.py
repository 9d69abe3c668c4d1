"""The auROC as tables show it: the interval that holds, and beside it the one that papers print."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike

from mammo.evaluation.bootstrap import bootstrap_aurocs, quantiles, tails
from mammo.evaluation.estimate import Estimate
from mammo.evaluation.inputs import Unit, check_images
from mammo.evaluation.score_interval import score_interval


@dataclass(frozen=True)
class AurocEstimate(Estimate):
    """An auROC with its score interval, and the percentile bootstrap interval beside it.

    Attributes
    ----------
    percentile_lower, percentile_upper : float
        Too narrow where cancers are few or the auROC is high, and what most papers give;
        ``n_bootstrap``, ``n_valid`` and ``seed`` belong to it.
    """

    percentile_lower: float = float("nan")
    percentile_upper: float = float("nan")


def headline_auroc(
    y_true: ArrayLike,
    y_score: ArrayLike,
    patient_id: Sequence[object],
    *,
    unit: Unit = "patient",
    n_bootstrap: int = 10_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> AurocEstimate:
    """auROC of a model, or mean of several, with both intervals.

    Parameters
    ----------
    y_true, patient_id, unit, n_bootstrap, confidence, seed
        As for `mammo.evaluation.auroc_interval`.
    y_score : (n,) or (models, n) array of float
        As for `mammo.evaluation.score_interval`.
    """
    found = score_interval(y_true, y_score, patient_id, unit=unit, confidence=confidence)
    models = np.atleast_2d(np.asarray(y_score))
    images = check_images(y_true, models[0], patient_id, unit)
    drawn = bootstrap_aurocs(images.labels, models, images.units, n_bootstrap, seed).mean(axis=0)
    lower, upper = quantiles(drawn, tails(confidence), images.n_units, unit)
    beside = {"n_bootstrap": n_bootstrap, "n_valid": int(np.isfinite(drawn).sum()), "seed": seed}
    return AurocEstimate(**(asdict(found) | beside), percentile_lower=lower, percentile_upper=upper)
