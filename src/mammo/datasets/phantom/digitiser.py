"""Which scanner digitised whose films, as DDSM's volumes tell it."""

from dataclasses import replace

import numpy as np

from mammo.datasets.ddsm_scanners import Diagnosis, cases_by_scanner
from mammo.datasets.phantom.film import DDSM_SCANNERS
from mammo.datasets.phantom.population import Case, shares


def documented(planned: list[Case], rng: np.random.Generator) -> list[Case]:
    """Give each case of DDSM a scanner, in the shares of its diagnosis.

    DDSM's table does not tell its two models of Howtek apart: each takes half.

    Parameters
    ----------
    planned : list of Case
    rng : numpy.random.Generator

    Returns
    -------
    list of Case
        In the order given.
    """
    diagnoses = [diagnosis(case) for case in planned]
    left = {
        name: shares(rng, _models(cases_by_scanner(name)), diagnoses.count(name))
        for name in sorted(set(diagnoses))
    }
    return [
        replace(case, scanner=left[name].pop())
        for case, name in zip(planned, diagnoses, strict=True)
    ]


def diagnosis(case: Case) -> Diagnosis:
    """Return the diagnosis that DDSM would file a case under."""
    if any(breast.malignant for breast in case.breasts):
        return "cancer"
    found = {lesion.pathology for breast in case.breasts for lesion in breast.lesions}
    if found == {"BENIGN_WITHOUT_CALLBACK"}:
        return "benign_without_callback"
    return "benign" if found else "normal"


def _models(cases: dict[str, int]) -> dict[str, float]:
    """Share out the cases of each make among its models."""
    names = [scanner.name for scanner in DDSM_SCANNERS]
    makes = [name.split()[0].upper() for name in names]
    return {name: cases[make] / makes.count(make) for name, make in zip(names, makes, strict=True)}
