"""One number with its interval and everything needed to judge it."""

from dataclasses import dataclass

from mammo.evaluation.inputs import Unit


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
