"""How well pathology can be told from lesions' descriptors: what no image can better.

An oracle reads the descriptors that a lesion was drawn from and weighs them as the look's own
tables do. A reader does the same, but misreads some lesions. What a model scores below them is
what it did not learn, or what cannot be seen in the image.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from mammo.datasets.phantom.imaging import Streams
from mammo.datasets.phantom.lesion_plan import FIXED_DISTRIBUTION, LOOKS, Lesion, Look
from mammo.datasets.phantom.population import Case, cases

UNLIKELY = 1e-3
"""Share that a descriptor has at least, where the tables give it none."""


def scores(*, seed: int, scale: float, lesions: str, misread: float) -> pd.DataFrame:
    """Score the breasts of a synthetic DDSM by their lesions' descriptors.

    Parameters
    ----------
    seed, scale, lesions
        As `mammo.datasets.phantom.write` takes them: the same patients.
    misread : float
        Share of lesions whose descriptors are taken for those of another lesion of their kind;
        0 for the oracle.

    Returns
    -------
    DataFrame
        ``patient_id``, ``y_true`` (1 malignant) and ``y_score`` (greatest log likelihood ratio of
        the breast's lesions), one row a breast.
    """
    look, streams = LOOKS[lesions], Streams((seed, 0))
    planned = cases("cbis_ddsm", scale, streams.generator("population"), look)
    read = _read(planned, misread, np.random.default_rng([seed, 1]))
    rows = [
        (case.number, int(breast.malignant), max(evidence(read[le], look) for le in breast.lesions))
        for case in planned
        for breast in case.breasts
    ]
    return pd.DataFrame(rows, columns=["patient_id", "y_true", "y_score"])


def evidence(lesion: Lesion, look: Look) -> float:
    """Return the log likelihood ratio of malignant to benign, given a lesion's descriptors."""
    if lesion.kind == "mass":
        return _log_ratio(look.mass_forms, (lesion.form, lesion.edge))
    found = _log_ratio(look.calcification_types, lesion.form)
    if lesion.form in FIXED_DISTRIBUTION:
        return found
    return found + _log_ratio(look.calcification_distributions, lesion.edge)


def _log_ratio(weights: Mapping[bool, Mapping], key: object) -> float:
    malignant, benign = (
        max(weights[bad].get(key, 0) / sum(weights[bad].values()), UNLIKELY)
        for bad in (True, False)
    )
    return float(np.log(malignant / benign))


def _read(planned: list[Case], misread: float, rng: np.random.Generator) -> dict[Lesion, Lesion]:
    """Return each lesion as it is read."""
    every = [le for case in planned for breast in case.breasts for le in breast.lesions]
    read = {}
    for lesion in every:
        alike = [other for other in every if other.kind == lesion.kind]
        other = alike[int(rng.integers(len(alike)))]
        is_misread = rng.random() < misread
        read[lesion] = replace(lesion, form=other.form, edge=other.edge) if is_misread else lesion
    return read
