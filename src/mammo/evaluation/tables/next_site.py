"""What the next site would find, for each model that was scored on several external sets."""

import math

import pandas as pd

from mammo.evaluation import auroc_covariance, verdicts
from mammo.evaluation.inputs import check_images
from mammo.evaluation.next_site import next_site
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT, INTERNAL_SPLIT, Part, Settings, parts

Result = tuple[float, float]
"""An auROC and its standard error."""


def next_sites(scored: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Predict each model's auROC at another site, and its drop from the internal set.

    Parameters
    ----------
    scored : DataFrame
        A table of scores. Sets with too few patients (`mammo.evaluation.verdicts`) do not count.
    settings : Settings

    Returns
    -------
    DataFrame
        As `summarised`, one row a model with two external sets or more; empty if there is none.
    """
    found = [
        part
        for part in parts(scored)
        if not verdicts.are_too_few(check_images(*part.arrays, settings.unit).sizes)
    ]
    rows = []
    for model in dict.fromkeys(part.model for part in found):
        own = [part for part in found if part.model == model]
        results = {p.dataset: _result(p, settings) for p in own if p.split == EXTERNAL_SPLIT}
        results = {name: one for name, one in results.items() if one[1] > 0}
        internal = [_result(part, settings) for part in own if part.split == INTERNAL_SPLIT]
        if len(results) > 1:
            first = internal[0] if internal else None
            rows.append(summarised(model, results, first, settings.confidence))
    return pd.DataFrame(rows)


def summarised(
    model: str, results: dict[str, Result], internal: Result | None, confidence: float
) -> dict[str, object]:
    """Return a row on one model.

    Parameters
    ----------
    model : str
    results : dict of str to (float, float)
        External set to the auROC and its standard error.
    internal : (float, float) or None
        The same of internal validation.
    confidence : float

    Returns
    -------
    dict
        ``model``, ``sites``, ``n_sites``, ``confidence``, ``between``; ``auroc``, the mean over
        sites, and ``drop`` from internal validation (NaN where there is none), each with ``_lower``
        and ``_upper``, and those of the next site with ``_next_lower`` and ``_next_upper``
        (`mammo.evaluation.next_site.NextSite`).
    """
    found = next_site(*zip(*results.values(), strict=True), confidence)
    drop = found.drop_from(*(internal or (math.nan, math.nan)))
    row = {
        "model": model,
        "sites": ", ".join(results),
        "n_sites": found.n_sites,
        "confidence": confidence,
        "between": found.between,
        "internal": internal[0] if internal else math.nan,
    }
    for name, one in (("auroc", found), ("drop", drop)):
        row |= {
            name: one.mean,
            f"{name}_lower": one.lower,
            f"{name}_upper": one.upper,
            f"{name}_next_lower": one.prediction_lower,
            f"{name}_next_upper": one.prediction_upper,
        }
    return row


def _result(part: Part, settings: Settings) -> Result:
    images = check_images(*part.arrays, settings.unit)
    aurocs, covariance = auroc_covariance(images.labels, images.scores, images.units)
    return float(aurocs[0]), math.sqrt(max(covariance[0, 0], 0.0))
