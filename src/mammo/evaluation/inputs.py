"""What goes into the functions of this package, checked, and what comes out: an estimate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mammo.errors import MammoError

Unit = Literal["patient", "image"]
"""What is taken as independent: patients, with all their images, or single images."""


@dataclass(frozen=True)
class Estimate:
    """An estimate with its interval and everything needed to judge it.

    Attributes
    ----------
    value : float
        The estimate on the data at hand; NaN where it is undefined.
    lower, upper : float
        Bounds of the interval; NaN where none can be had.
    confidence : float
        Coverage aimed at, in (0, 1).
    n_images, n_patients, n_malignant : int
        Rows that were scored (breasts or patients after `mammo.evaluation.aggregate`), their
        patients, and how many rows are malignant.
    n_rarer_patients : int
        Patients with a row of the rarer class: the fewer of those with a malignant and those with a
        benign one.
    unit : {"patient", "image"}
        What is taken as independent.
    method : str
        How the interval was made, in words.
    n_bootstrap, n_valid, seed : int or None
        Replicates asked for, those among them that were defined (the interval is made of these),
        and the seed; None where nothing is drawn.
    """

    value: float
    lower: float
    upper: float
    confidence: float
    n_images: int
    n_patients: int
    n_malignant: int
    n_rarer_patients: int
    unit: Unit
    method: str
    n_bootstrap: int | None = None
    n_valid: int | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Images:
    """Checked labels and scores of n images, with the numbers of their patients and units.

    Attributes
    ----------
    labels : (n,) bool array
        True is malignant.
    scores : (n,) float64 array
    patients, units : (n,) int arrays
        Numbered 0, 1, ...
    unit : {"patient", "image"}
        What is taken as independent.
    """

    labels: NDArray[np.bool_]
    scores: NDArray[np.float64]
    patients: NDArray[np.intp]
    units: NDArray[np.intp]
    unit: Unit

    @property
    def n_units(self) -> int:
        """Number of units."""
        return int(self.units.max()) + 1

    @property
    def sizes(self) -> dict[str, int]:
        """The counts that every estimate carries, by their names in `Estimate`."""
        all_, *of_class = (
            np.count_nonzero(np.bincount(self.patients[chosen]))
            for chosen in (slice(None), self.labels, ~self.labels)
        )
        return {
            "n_images": len(self.labels),
            "n_patients": int(all_),
            "n_malignant": int(self.labels.sum()),
            "n_rarer_patients": int(min(of_class)),
        }

    def estimate(
        self,
        value: float,
        lower: float,
        upper: float,
        confidence: float,
        method: str,
        **drawn: int,
    ) -> Estimate:
        """Return an estimate on these images; ``drawn`` are its fields on replicates."""
        known = {"unit": self.unit, "method": method, **self.sizes, **drawn}
        return Estimate(value, lower, upper, confidence, **known)


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
    is_label = (labels == 0) | (labels == 1)
    _refuse(~is_label, "y_true", labels, "labels must be 0 (benign) or 1 (malignant)")
    remedy = "every image needs a finite score; exclude images without one, with the reason"
    _refuse(~np.isfinite(scores), "y_score", scores, remedy)
    return labels.astype(bool), scores


def check_images(
    y_true: ArrayLike, y_score: ArrayLike, patient_id: Sequence[object], unit: Unit
) -> Images:
    """Return the images of one set as the functions of this package take them."""
    labels, scores = check_scores(y_true, y_score)
    patients = group_index(patient_id, len(labels))
    if unit not in get_args(Unit):
        raise MammoError(f"unit is {unit!r}: choose 'patient' or 'image'")
    units = patients if unit == "patient" else np.arange(len(patients))
    return Images(labels, scores, patients, units, unit)


def check_probabilities(scores: NDArray[np.float64]) -> None:
    """Refuse scores outside [0, 1]."""
    remedy = (
        "calibration is of probabilities, which lie in [0, 1]; scale the scores, or leave "
        "calibration out"
    )
    _refuse((scores < 0) | (scores > 1), "y_score", scores, remedy)


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
    given = np.asarray(groups)
    if given.shape != (n_images,):
        raise MammoError(f"{len(given)} patient identifiers for {n_images} images: give one each")
    if given.dtype.kind in "iu":
        return np.unique(given, return_inverse=True)[1]
    each = given.tolist()
    found = {group: number for number, group in enumerate(dict.fromkeys(each))}
    places = np.fromiter(map(found.__getitem__, each), np.intp, n_images)
    names = np.array([str(group).strip() for group in found])
    missing = np.flatnonzero(np.isin(names, _MISSING)[places])
    if missing.size:
        raise MammoError(
            f"the patient identifier at position {missing[0]} is missing ({missing.size} in all): "
            "give every image one; images of unknown patients cannot be taken as independent"
        )
    return np.unique(names, return_inverse=True)[1][places]


def check_fraction(value: float, name: str) -> float:
    """Return a fraction, or say that it is not between 0 and 1."""
    if not 0 < value < 1:
        raise MammoError(f"{name} is {value}: give a fraction between 0 and 1, as 0.95")
    return value


def _refuse(wrong: NDArray[np.bool_], name: str, values: NDArray[np.float64], remedy: str) -> None:
    places = np.flatnonzero(wrong)
    if places.size:
        raise MammoError(
            f"{name} holds {values[places[0]]:g} at position {places[0]} ({places.size} such in "
            f"all): {remedy}"
        )


def _as_numbers(values: ArrayLike, name: str) -> NDArray[np.float64]:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MammoError(
            f"{name} holds values that are not numbers ({error}): give one number an image"
        ) from error
