"""What every function of this package checks of its input: labels, scores, groups, levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mammo.errors import MammoError

Unit = Literal["patient", "image"]
"""What is taken as independent: patients, with all their images, or single images."""

_MISSING = ["", "None", "nan", "NaN", "<NA>", "NaT"]  # how an absent identifier reads as text


def check_scores(
    y_true: ArrayLike, y_score: ArrayLike
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return labels as bool and scores as float64, or say in one sentence what is wrong."""
    labels = _as_numbers(y_true, "y_true")
    scores = _as_numbers(y_score, "y_score")
    if labels.ndim != 1 or scores.shape != labels.shape:
        raise MammoError(
            f"y_true has shape {labels.shape} and y_score {scores.shape}: give two lists of equal "
            "length, one value an image"
        )
    if labels.size == 0:
        raise MammoError("y_true is empty: at least one image of each class is needed")
    wrong = np.flatnonzero((labels != 0) & (labels != 1))
    if wrong.size:
        raise MammoError(
            f"y_true holds {labels[wrong[0]]:g} at position {wrong[0]} ({wrong.size} such in all): "
            "labels must be 0 (benign) or 1 (malignant)"
        )
    wrong = np.flatnonzero(~np.isfinite(scores))
    if wrong.size:
        raise MammoError(
            f"y_score holds {scores[wrong[0]]:g} at position {wrong[0]} ({wrong.size} such in "
            "all): every image needs a finite score; exclude images without one, with the reason"
        )
    return labels.astype(bool), scores


def check_probabilities(
    y_true: ArrayLike, y_score: ArrayLike
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return labels and scores as `check_scores` does; scores outside [0, 1] are refused."""
    labels, scores = check_scores(y_true, y_score)
    wrong = np.flatnonzero((scores < 0) | (scores > 1))
    if wrong.size:
        raise MammoError(
            f"y_score holds {scores[wrong[0]]:g} at position {wrong[0]} ({wrong.size} such in "
            "all): calibration is of probabilities, which lie in [0, 1]; scale the scores, or "
            "leave calibration out"
        )
    return labels, scores


def check_models(
    y_true: ArrayLike, scores: ArrayLike
) -> tuple[NDArray[np.bool_], list[NDArray[np.float64]]]:
    """Return the labels, and one array of scores a model, of a set that all models scored."""
    checked = [check_scores(y_true, model) for model in np.atleast_2d(np.asarray(scores))]
    if not checked:
        raise MammoError("scores hold no model: give an array of shape (images,) or (models, n)")
    return checked[0][0], [model for _, model in checked]


def group_index(groups: Sequence[object], n_images: int) -> NDArray[np.intp]:
    """Number the groups 0, 1, ... in the order of their names; a missing name is an error."""
    names = np.asarray(groups)
    is_number = names.dtype.kind in "iu"
    if not is_number:
        names = np.array([str(group).strip() for group in groups])
    if names.shape != (n_images,):
        raise MammoError(f"{len(names)} patient identifiers for {n_images} images: give one each")
    missing = np.array([]) if is_number else np.flatnonzero(np.isin(names, _MISSING))
    if missing.size:
        raise MammoError(
            f"the patient identifier at position {missing[0]} is missing ({missing.size} in all): "
            "give every image one; images of unknown patients cannot be taken as independent"
        )
    return np.unique(names, return_inverse=True)[1]


def units_of(unit: Unit, patients: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the number of the unit that each image belongs to."""
    if unit not in get_args(Unit):
        raise MammoError(f"unit is {unit!r}: choose 'patient' or 'image'")
    return patients if unit == "patient" else np.arange(len(patients))


def check_fraction(value: float, name: str) -> float:
    """Return a fraction, or say that it is not between 0 and 1."""
    if not 0 < value < 1:
        raise MammoError(f"{name} is {value}: give a fraction between 0 and 1, as 0.95")
    return value


def _as_numbers(values: ArrayLike, name: str) -> NDArray[np.float64]:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MammoError(
            f"{name} holds values that are not numbers ({error}): give one number an image"
        ) from error
