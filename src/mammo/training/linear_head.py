"""A logistic regression on the maximum and the mean of each feature map.

For questions that take dozens of trainings: its loss is convex, so that it has one solution, no
seed, no epochs and nothing to choose on the way, and two trainings differ by their images alone.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mammo.training.features import FeatureCache

_AT_ONCE = 64


def pooled_features(cache: FeatureCache, image_ids: Sequence[str]) -> NDArray[np.float32]:
    """Return the maximum and the mean of each feature map of images.

    Parameters
    ----------
    cache : FeatureCache
    image_ids : sequence of str, length n

    Returns
    -------
    ndarray of float32, shape (n, 2 C)
    """
    rows = cache.find(image_ids)
    pooled = []
    for start in range(0, len(rows), _AT_ONCE):
        maps = cache.maps[rows[start : start + _AT_ONCE]].astype(np.float32)
        pooled.append(np.hstack([maps.max(axis=(2, 3)), maps.mean(axis=(2, 3))]))
    return np.concatenate(pooled)


def head_scores(
    features: NDArray[np.float32],
    labels: NDArray[np.integer],
    scored: Sequence[NDArray[np.float32]],
) -> list[NDArray[np.float64]]:
    """Train on some images, and return the log-odds of others.

    The strength of the penalty is fixed beforehand, by the number of features alone: of
    standardised, independent features it expects log-odds with a standard deviation of one.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)
    labels : ndarray of int, shape (n,)
        0 or 1, both present; they weigh alike.
    scored : sequence of ndarray, shapes (m, d)

    Returns
    -------
    list of ndarray of float64, shapes (m,)
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    regression = LogisticRegression(C=1 / features.shape[1], class_weight="balanced", max_iter=1000)
    head = make_pipeline(StandardScaler(), regression).fit(features, labels)
    return [head.decision_function(rows) for rows in scored]
