"""What the scanner of a DDSM film tells of its diagnosis, without a look at the breast."""

import math

import numpy as np
import pandas as pd
from scipy import optimize, special

from mammo.datasets.ddsm_scanners import CASES, Diagnosis, cases_by_scanner
from mammo.evaluation import obuchowski_interval
from mammo.evidence.recorded import CONFIDENCE, SEED

CANCER: Diagnosis = "cancer"
OTHERS: dict[str, tuple[Diagnosis, ...]] = {
    "CBIS-DDSM": ("benign", "benign_without_callback"),
    "DDSM": ("benign", "benign_without_callback", "normal"),
}
"""What cancers are told from in each set."""

DEALS = 10_000
"""Deals of the scanners to the volumes, to learn what chance gives."""


def scanner_aurocs() -> pd.DataFrame:
    """auROC of the scanner alone, ranked by its share of cancers.

    Returns
    -------
    DataFrame
        One row a set: ``dataset``; ``n`` and ``n_positive`` cases; ``n_volumes``; ``auroc``,
        ``lower``, ``upper`` (Obuchowski's variance by volume, since a volume has one diagnosis and
        one scanner), ``confidence``; ``by_chance``, the mean auROC where the scanners are dealt to
        the volumes at random, and ``p``, the share of `DEALS` that give at least ``auroc``; and
        for each scanner, in lower case, its volumes, cases and cancers: ``dba_volumes``, ``dba``,
        ``dba_cancers``, ...
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
    volumes = _volumes(dataset)
    scanners = pd.get_dummies(volumes["scanner"]).to_numpy(float)
    cases, is_cancer = volumes["cases"].to_numpy(), volumes["is_cancer"].to_numpy()
    shares = np.divide(*_counts(scanners, cases, is_cancer))
    each = np.repeat(np.arange(len(volumes)), cases)
    estimate = obuchowski_interval(
        is_cancer[each], (scanners @ shares)[each], each, confidence=CONFIDENCE
    )
    generator = np.random.default_rng(SEED)
    dealt = np.array(
        [
            _ranked_by_share(*_counts(generator.permutation(scanners), cases, is_cancer))
            for _ in range(DEALS)
        ]
    )
    at_least = int(np.sum(dealt >= estimate.value - 1e-12))
    counts = {}
    for scanner, of_scanner in volumes.groupby("scanner"):
        name, of_cancers = scanner.lower(), of_scanner.loc[of_scanner["is_cancer"], "cases"]
        counts |= {
            f"{name}_volumes": len(of_scanner),
            name: int(of_scanner["cases"].sum()),
            f"{name}_cancers": int(of_cancers.sum()),
        }
    return {
        "dataset": dataset,
        "n": estimate.n_images,
        "n_positive": estimate.n_malignant,
        "n_volumes": len(volumes),
        "auroc": estimate.value,
        "lower": estimate.lower,
        "upper": estimate.upper,
        "confidence": CONFIDENCE,
        "by_chance": float(dealt.mean()),
        "p": (at_least + 1) / (DEALS + 1),
        **counts,
    }


def _volumes(dataset: str) -> pd.DataFrame:
    """One row a volume: ``scanner``, ``is_cancer`` and ``cases``."""
    return pd.DataFrame(
        [
            {"scanner": scanner, "is_cancer": diagnosis == CANCER, "cases": cases}
            for (diagnosis, scanner), volumes in CASES.items()
            if diagnosis in (CANCER, *OTHERS[dataset])
            for cases in volumes.values()
        ]
    )


def _counts(scanners: np.ndarray, cases: np.ndarray, is_cancer: np.ndarray) -> np.ndarray:
    """Cancers, and all cases, of each scanner: (2, scanners)."""
    return np.stack([(cases * is_cancer) @ scanners, cases @ scanners])


def _ranked_by_share(cancers: np.ndarray, cases: np.ndarray) -> float:
    """auROC where each case is scored by its scanner's share of cancers."""
    shares, others = cancers / cases, cases - cancers
    wins = (shares[:, None] > shares) + 0.5 * (shares[:, None] == shares)
    return float(cancers @ wins @ others / cancers.sum() / others.sum())
