"""What the scanner of a DDSM film tells of its diagnosis, without a look at the breast."""

import math

import numpy as np
import pandas as pd
from scipy import optimize, special

from mammo.datasets.ddsm_scanners import Diagnosis, cases_by_scanner
from mammo.evaluation import obuchowski_interval
from mammo.evidence.recorded import CONFIDENCE

CANCER: Diagnosis = "cancer"
OTHERS: dict[str, tuple[Diagnosis, ...]] = {
    "CBIS-DDSM": ("benign", "benign_without_callback"),
    "DDSM": ("benign", "benign_without_callback", "normal"),
}
"""What cancers are told from in each set."""


def scanner_aurocs() -> pd.DataFrame:
    """auROC of the scanner alone, ranked by its share of cancers.

    Returns
    -------
    DataFrame
        One row a set: ``dataset``; ``n`` and ``n_positive`` cases; ``auroc``, ``lower``, ``upper``
        (Obuchowski's variance, a case its own patient), ``confidence``; and for each scanner, in
        lower case, its cases and its cancers: ``dba``, ``dba_cancers``, ...
    """
    return pd.DataFrame([_scanner_auroc(name) for name in OTHERS])


def without_scanner(auroc: float, dataset: str = "CBIS-DDSM") -> float:
    """auROC within one scanner of a model that reaches a value over all by also knowing it.

    Parameters
    ----------
    auroc : float
        Over all scanners, of a model that weighs the scanner as well as can be done.
    dataset : str
        A key of `OTHERS`.

    Returns
    -------
    float
        NaN where the scanner alone gives more than that.

    Notes
    -----
    Normal scores of equal variance within each scanner, to whose log likelihood ratio that of the
    scanner is added: nothing that uses both can rank better.
    """

    def excess(distance: float) -> float:
        return auroc_with_scanner(distance, dataset) - auroc

    if excess(1e-6) > 0:
        return math.nan
    return float(special.ndtr(optimize.brentq(excess, 1e-6, 8) / math.sqrt(2)))


def auroc_with_scanner(distance: float, dataset: str) -> float:
    """auROC of normal scores whose classes lie `distance` SDs apart, with the scanner added."""
    positive, negative = (_shares(*kind) for kind in ((CANCER,), OTHERS[dataset]))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(positive) - np.log(negative)
        gap = ratio[:, None] - ratio[None, :]  # a scanner without a benign case: it never meets one
    wins = special.ndtr((distance**2 + gap) / (distance * math.sqrt(2)))
    return float(np.nansum(positive[:, None] * negative[None, :] * wins))


def _shares(*diagnoses: Diagnosis) -> np.ndarray:
    cases = np.array(list(cases_by_scanner(*diagnoses).values()), float)
    return cases / cases.sum()


def _scanner_auroc(dataset: str) -> dict[str, object]:
    cancers, others = cases_by_scanner(CANCER), cases_by_scanner(*OTHERS[dataset])
    labels, shares = [], []
    for scanner in cancers:
        share = cancers[scanner] / (cancers[scanner] + others[scanner])
        for label, cases in ((1, cancers[scanner]), (0, others[scanner])):
            labels += [label] * cases
            shares += [share] * cases
    estimate = obuchowski_interval(labels, shares, range(len(labels)), confidence=CONFIDENCE)
    counts = {
        f"{scanner.lower()}{suffix}": number
        for scanner in cancers
        for suffix, number in (
            ("", cancers[scanner] + others[scanner]),
            ("_cancers", cancers[scanner]),
        )
    }
    return {
        "dataset": dataset,
        "n": estimate.n_images,
        "n_positive": estimate.n_malignant,
        "auroc": estimate.value,
        "lower": estimate.lower,
        "upper": estimate.upper,
        "confidence": CONFIDENCE,
        **counts,
    }
