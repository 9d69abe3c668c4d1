"""From images to breasts or patients: one score each, by a rule that is named."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mammo.errors import MammoError
from mammo.evaluation.inputs import check_scores, group_index

Rule = Literal["mean", "max"]


@dataclass(frozen=True)
class Aggregated:
    """Scores of breasts or patients.

    Attributes
    ----------
    y_true : (m,) int array
        1 if any of its images is malignant.
    y_score : (m,) float64 array
    first : (m,) int array
        Position of the first image of each, to look its patient up.
    n_images : (m,) int array
        Images that each score is made of.
    """

    y_true: NDArray[np.int64]
    y_score: NDArray[np.float64]
    first: NDArray[np.intp]
    n_images: NDArray[np.intp]


def fill_missing(y_score: ArrayLike, rule: float | None) -> NDArray[np.float64]:
    """Give images without a score the one that a rule states, or refuse them.

    Parameters
    ----------
    y_score : (n,) array of float
        NaN where a model gave none.
    rule : float or None
        The score of such images, as 0 for a detector that found nothing; None if there is no rule.

    Raises
    ------
    MammoError
        If a score is missing and there is no rule: leaving images out would flatter the model.
    """
    scores = np.array(y_score, dtype=np.float64)
    missing = np.isnan(scores)
    if missing.any() and rule is None:
        raise MammoError(
            f"{int(missing.sum())} of {len(scores)} images have no score (the first at position "
            f"{int(np.argmax(missing))}): give the score that a missing one stands for, as 0 for a "
            "detector that found nothing"
        )
    scores[missing] = np.nan if rule is None else rule
    return scores


def aggregate(
    y_true: ArrayLike, y_score: ArrayLike, groups: Sequence[object], rule: Rule
) -> Aggregated:
    """One label and one score for each breast or patient.

    Parameters
    ----------
    y_true, y_score : (n,) arrays
        Of images; see `fill_missing` for those without a score.
    groups : (n,) sequence
        Breast (patient and side) or patient of each image.
    rule : {"mean", "max"}
        The mean of the images' scores, or the highest.

    Returns
    -------
    Aggregated
        In the order of the groups' names.
    """
    if rule not in get_args(Rule):
        raise MammoError(f"the rule is {rule!r}: choose 'mean' or 'max'")
    labels, scores = check_scores(y_true, y_score)
    group = group_index(groups, len(labels))
    counts = np.bincount(group)
    first = np.unique(group, return_index=True)[1]
    if rule == "mean":
        found = np.bincount(group, scores) / counts
    else:
        found = np.full(len(counts), -np.inf)
        np.maximum.at(found, group, scores)
    malignant = np.bincount(group[labels], minlength=len(counts)) > 0
    return Aggregated(malignant.astype(np.int64), found, first, counts)
