"""Can a classifier tell two sets of images apart? The domain auROC, and whether it is chance."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo.errors import MammoError
from mammo.evaluation import auroc
from mammo.evaluation.inputs import group_index
from mammo.hospital.shift.measures import MEASURES

_RIDGE = 0.03  # of a standardised measure's variance: keeps like measures from cancelling out
_FAR = 4.0  # standard deviations; beyond them an odd image would steer the classifier

_Labels = NDArray[np.bool_]


@dataclass(frozen=True)
class DomainAuroc:
    """How well images of one set can be told from those of another.

    Attributes
    ----------
    auroc : float
        Of the out-of-fold scores: 0.5 if the sets cannot be told apart, 1 if an image betrays its
        set. It has no interval: one that takes the classifiers as they are covers 80 to 85%, since
        other patients would also have made other classifiers.
    p_value : float
        Share of relabellings of the patients, this one included, that give as high an auROC. Valid
        however few patients there are.
    """

    auroc: float
    p_value: float


def too_few_patients(first: pd.DataFrame, second: pd.DataFrame, folds: int) -> str | None:
    """Say why two sets are too small to be told apart by cross-validation; None if they are not.

    Parameters
    ----------
    first, second : DataFrame
        ``patient_id`` of each image.
    folds : int
    """
    patients = [table["patient_id"].nunique() for table in (first, second)]
    if min(patients) >= folds:
        return None
    return (
        f"one of the sets, of {patients[0]:,} and {patients[1]:,} patients, has fewer than the "
        f"{folds} that a cross-validation in {folds} folds needs"
    )


def domain_auroc(
    first: pd.DataFrame,
    second: pd.DataFrame,
    *,
    folds: int = 5,
    n_permutations: int = 999,
    seed: int = 0,
) -> DomainAuroc:
    """Tell the images of two sets apart by models that never saw the image's patient.

    The classifier is a linear discriminant of all measures and their squares, so that it sees
    differences in mean and in spread; both sets weigh the same, and nothing is tuned. In halves of
    mini-MIAS of which one was changed in tone, noise or sharpness, boosted trees found less, and
    took too long to be fitted again for every relabelling.

    Parameters
    ----------
    first, second : DataFrame
        As `mammo.hospital.shift.measures.image_statistics`. The same ``patient_id`` in both sets
        is taken as two patients.
    folds : int
        Of the cross-validation, stratified by set, a patient's images together.
    n_permutations : int
        Relabellings of the patients within their folds.
    seed : int
        Of folds and relabellings.

    Returns
    -------
    DomainAuroc

    Raises
    ------
    MammoError
        If a set has fewer patients than there are folds.

    References
    ----------
    Lopez-Paz D, Oquab M. Revisiting classifier two-sample tests. ICLR 2017.
    """
    reason = too_few_patients(first, second, folds)
    if reason is not None:
        raise MammoError(f"{reason}: give more patients, or fewer folds")
    features = _features(pd.concat([first, second])[list(MEASURES)])
    is_second = np.repeat([False, True], [len(first), len(second)])
    patients = np.concatenate([group_index(t["patient_id"], len(t)) for t in (first, second)])
    patients[is_second] += patients[~is_second].max() + 1
    fold = _folds(is_second, patients, folds, seed)
    rng = np.random.default_rng(seed)
    dealt = [_relabel(is_second, patients, fold, rng) for _ in range(n_permutations)]
    labels = np.stack([is_second, *dealt])
    scores = _out_of_fold_scores(features, labels, fold)
    aurocs = np.array([auroc(*relabelled) for relabelled in zip(labels, scores, strict=True)])
    return DomainAuroc(float(aurocs[0]), float(np.mean(aurocs >= aurocs[0])))


def _features(measures: pd.DataFrame) -> NDArray[np.float64]:
    """Standardise over both sets, which tells nothing of the labels, and add squares.

    What is unknown, or the same in all images, becomes 0.
    """
    standard = (measures - measures.mean()) / measures.std(ddof=0)
    bounded = standard.fillna(0).clip(-_FAR, _FAR).to_numpy()
    return np.hstack([bounded, bounded**2])


def _folds(
    is_second: _Labels, patients: NDArray[np.intp], folds: int, seed: int
) -> NDArray[np.intp]:
    from sklearn.model_selection import StratifiedGroupKFold

    parts = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    fold = np.empty(len(patients), dtype=int)
    for number, (_, held_out) in enumerate(parts.split(patients, is_second, patients)):
        fold[held_out] = number
    return fold


def _out_of_fold_scores(
    features: NDArray[np.float64], labels: _Labels, fold: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return scores of each labelling, (labellings, n), from one solution a fold.

    A discriminant points from one mean to the other, through the inverse of the covariance, which
    no relabelling changes. Its zero lies midway between the means.
    """
    scores = np.empty(labels.shape)
    for number in range(fold.max() + 1):
        held_out = fold == number
        seen, is_second = features[~held_out], labels[:, ~held_out]
        first, second = (_means(seen, chosen) for chosen in (~is_second, is_second))
        covariance = seen.T @ seen / len(seen) + _RIDGE * np.eye(seen.shape[1])
        direction = np.linalg.solve(covariance, (second - first).T)
        midway = np.sum(direction * ((first + second) / 2).T, axis=0)
        scores[:, held_out] = (features[held_out] @ direction - midway).T
    return scores


def _means(features: NDArray[np.float64], chosen: _Labels) -> NDArray[np.float64]:
    """Return the mean of the images that each labelling chooses: (labellings, m)."""
    return chosen @ features / chosen.sum(axis=1, keepdims=True)


def _relabel(
    is_second: _Labels, patients: NDArray[np.intp], fold: NDArray[np.intp], rng: np.random.Generator
) -> _Labels:
    """Permute the labels of the sets among the patients of each fold."""
    _, image = np.unique(patients, return_index=True)
    label, fold = is_second[image], fold[image]
    dealt = np.empty_like(label)
    dealt[np.argsort(fold, kind="stable")] = label[np.lexsort((rng.random(len(fold)), fold))]
    return dealt[patients]
