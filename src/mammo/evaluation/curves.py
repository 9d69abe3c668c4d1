"""The ROC curve and what is read off it: partial areas, average precision, values at a point.

Each statistic takes weights, so that one definition serves the images at hand (weights of one) and
every bootstrap replicate (how often each image was drawn).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mammo.errors import MammoError
from mammo.evaluation.bootstrap import Statistic
from mammo.evaluation.inputs import check_fraction, check_scores


@dataclass(frozen=True)
class RocCurve:
    """Corners of the curve, from "nothing is positive" to "everything is".

    Attributes
    ----------
    thresholds : (k,) float array
        Falling; an image is positive if its score is at least the threshold. The first is infinite.
    false_positives, true_positives : (replicates, k) arrays
        Weight of the negative and of the positive images above each threshold.
    """

    thresholds: NDArray[np.float64]
    false_positives: NDArray[np.float64]
    true_positives: NDArray[np.float64]

    @cached_property
    def rates(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """One minus specificity, and sensitivity; NaN where a class has no weight."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return (
                self.false_positives / self.false_positives[:, -1:],
                self.true_positives / self.true_positives[:, -1:],
            )


def roc_curve(
    labels: NDArray[np.bool_], scores: NDArray[np.float64], weights: NDArray | None = None
) -> RocCurve:
    """ROC curve of the images, one row for each row of weights.

    Parameters
    ----------
    labels, scores : (n,) arrays
    weights : (replicates, n) array, optional
        Without it each image counts once, in one row.
    """
    if weights is None:
        weights = np.ones((1, len(labels)), dtype=np.uint16)
    thresholds = np.unique(scores)[::-1]
    counts = []
    for one_class in (~labels, labels):
        images = np.flatnonzero(one_class)
        images = images[np.argsort(-scores[images], kind="stable")]
        above = np.searchsorted(-scores[images], -thresholds, side="right")
        running = np.zeros((len(weights), len(images) + 1), dtype=np.int32)
        running[:, 1:] = weights[:, images]
        np.cumsum(running, axis=1, out=running)
        counts.append(running[:, np.append(0, above)].astype(np.float64))
    return RocCurve(np.append(np.inf, thresholds), *counts)


@dataclass(frozen=True)
class CurveStatistic:
    """A statistic for `mammo.evaluation.statistic_interval` that needs no more than the curve."""

    of: Callable[[RocCurve], NDArray[np.float64]]

    def __call__(
        self, labels: NDArray[np.bool_], scores: NDArray[np.float64], weights: NDArray
    ) -> NDArray[np.float64]:
        """Return one value for each row of weights, NaN where it is undefined."""
        return self.of(roc_curve(labels, scores, weights))


def partial_auroc(
    *, specificity: float | None = None, sensitivity: float | None = None, standardised: bool = True
) -> Statistic:
    """Area where the specificity (or the sensitivity) is at least a value, as a statistic.

    Parameters
    ----------
    specificity, sensitivity : float
        The least value, in (0, 1); exactly one of the two.
    standardised : bool
        McClish's form, in which 0.5 is guessing and 1 is perfect; else the plain area.

    Returns
    -------
    callable
        For `mammo.evaluation.statistic_interval`.

    References
    ----------
    McClish DK. Med Decis Making 1989;9:190-195. Jiang Y, Metz CE, Nishikawa RM. Radiology
    1996;201:745-750 (at high sensitivity).
    """
    if (specificity is None) == (sensitivity is None):
        raise MammoError("a partial area needs a least specificity or a least sensitivity")
    least = specificity if sensitivity is None else sensitivity
    if not 0 < least < 1:
        raise MammoError(f"the least value is {least}: give a fraction between 0 and 1")
    width = 1 - least

    def above(curve: RocCurve) -> NDArray[np.float64]:
        area = _area_up_to(width, *curve.rates)
        if not standardised:
            return area
        guessing = width**2 / 2
        return (1 + (area - guessing) / (width - guessing)) / 2

    # Seen from the other side, the sensitivity is the specificity.
    return CurveStatistic(above) if sensitivity is None else _mirrored(CurveStatistic(above))


@CurveStatistic
def average_precision(curve: RocCurve) -> NDArray[np.float64]:
    """Mean of the precision over the steps of the sensitivity; guessing gives the prevalence.

    A statistic for `mammo.evaluation.statistic_interval`, without interpolation, as scikit-learn
    has it.
    """
    found = curve.true_positives[:, 1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = found / (found + curve.false_positives[:, 1:])
        steps = np.diff(curve.true_positives, axis=1) / found[:, -1:]
    value = np.sum(np.where(steps > 0, precision * steps, 0), axis=1)
    return np.where(found[:, -1] > 0, value, np.nan)


def sensitivity_at(specificity: float) -> Statistic:
    """Sensitivity where the specificity has a value, between corners by a straight line.

    Parameters
    ----------
    specificity : float
        In (0, 1).

    Returns
    -------
    callable
        For `mammo.evaluation.statistic_interval`.
    """
    check_fraction(specificity, "specificity")
    return CurveStatistic(lambda curve: _height(1 - specificity, *curve.rates))


def specificity_at(sensitivity: float) -> Statistic:
    """Specificity where the sensitivity has a value; see `sensitivity_at`."""
    check_fraction(sensitivity, "sensitivity")
    return _mirrored(sensitivity_at(sensitivity))


def value_of(statistic: Statistic, y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Return a statistic of the images at hand, each counted once."""
    labels, scores = check_scores(y_true, y_score)
    return float(statistic(labels, scores, np.ones((1, len(labels)), dtype=np.uint16))[0])


def _mirrored(statistic: Statistic) -> Statistic:
    """Return a statistic of the classes exchanged, and the scores turned round."""
    return lambda labels, scores, weights: statistic(~labels, -scores, weights)


def _area_up_to(
    width: float, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Area under each row's polygon from x = 0 to x = width."""
    n_needed = max(int(np.sum((x < width).any(axis=0))) + 1, 2)  # the rest lies beyond in all rows
    x, y = x[:, :n_needed], y[:, :n_needed]
    left, right = x[:, :-1], np.minimum(x[:, 1:], width)
    step = np.diff(x, axis=1)
    rise = np.diff(y, axis=1)
    slope = np.divide(rise, step, out=np.zeros_like(step), where=step > 0)
    taken = np.maximum(right - left, 0)
    return np.sum(taken * (y[:, :-1] + slope * taken / 2), axis=1)


def _height(at: float, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Height of each row's polygon at x, the greatest where it is vertical."""
    passed = x <= at + 1e-12  # 1 - 0.9 is a little below 0.1
    after = np.minimum(np.sum(passed, axis=1, keepdims=True), x.shape[1] - 1)
    (x_left, x_right), (y_left, y_right) = (
        [np.take_along_axis(values, place, axis=1)[:, 0] for place in (after - 1, after)]
        for values in (x, y)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.clip((at - x_left) / (x_right - x_left), 0, 1)
    return y_left + share * (y_right - y_left)
