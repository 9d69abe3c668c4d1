"""Trained on each set, tested on each: the matrix, and what a drop consists of."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo.evaluation.attribution import interval
from mammo.evaluation.auroc import auroc_within_parts
from mammo.evaluation.draws import plan_draws
from mammo.evaluation.inference import holm, upper_tail
from mammo.evaluation.inputs import check_images
from mammo.evaluation.tables.scores import Settings

COLUMNS = (
    *("model", "training", "dataset", "patient_id", "image_id", "part", "n_train"),
    *("y_true", "y_score"),
)
"""Of a table of scores: ``training`` is the set learnt from, ``part`` the number of the model among
those of one set, each of which left another part of that set out; ``n_train`` its images."""

PARTS = ("drop", "difficulty", "mismatch")


@dataclass(frozen=True)
class Cell:
    """One model trained on one set and tested on one: its auROC, replicates, and counts."""

    value: float
    replicates: NDArray[np.float64]
    facts: dict[str, object]


def transfer_results(
    scored: pd.DataFrame, settings: Settings, internal: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the auROC of every training on every set, and each drop's two parts.

    All trainings and models tested on a set share its bootstrap draws; two sets are drawn apart.

    Parameters
    ----------
    scored : DataFrame
        `COLUMNS`.
    settings : Settings
    internal : str
        The internal set.

    Returns
    -------
    matrix : DataFrame
        ``model``, ``training``, ``dataset``, ``auroc``, ``lower``, ``upper``, ``n_images``,
        ``n_patients``, ``n_malignant``, ``n_train`` (images learnt from, the mean over the parts),
        ``confidence``, ``unit``, ``n_bootstrap``, ``seed``.
    parts : DataFrame
        One row a model and external set: ``drop``, ``internal`` less ``external``;
        ``difficulty``, ``internal`` less ``own``; ``mismatch``, ``own`` less ``external``. Each
        with ``_lower``, ``_upper``, ``_p`` (normal, by the replicates' standard deviation) and
        ``_p_holm``: adjusted for all drops, and for all difficulties and mismatches together. The
        two parts sum to the drop, in the values and in each replicate. ``internal`` (with
        bounds) is the auROC trained and tested on the internal set, ``external`` trained on it and
        tested on the other, ``own`` trained and tested on the other; ``n_patients`` and
        ``n_rarer_patients``, those of the rarer class, are of the internal set, with ``second_`` of
        the other.
    """
    cells = dict(_cells(scored, settings))
    drawn = {
        name: getattr(settings, name) for name in ("confidence", "unit", "n_bootstrap", "seed")
    }
    matrix = [
        {
            **dict(zip(("model", "training", "dataset"), key, strict=True)),
            **with_interval("auroc", cell.value, cell.replicates, settings.confidence, ""),
            **cell.facts,
            **drawn,
        }
        for key, cell in cells.items()
    ]
    rows = [
        {"model": model, "dataset": dataset, **_parts(cells, model, internal, dataset, settings)}
        for model, training, dataset in cells
        if training == internal != dataset
        and {(model, s, s) for s in (internal, dataset)} <= set(cells)
    ]
    return pd.DataFrame(matrix), _adjusted(pd.DataFrame(rows)).assign(**drawn)


def _cells(scored: pd.DataFrame, settings: Settings) -> Iterator[tuple[tuple[str, str, str], Cell]]:
    numbers = {name: number for number, name in enumerate(scored["dataset"].unique())}
    for key, rows in scored.groupby(["model", "training", "dataset"], sort=False):
        images = check_images(rows["y_true"], rows["y_score"], rows["patient_id"], settings.unit)
        part = rows["part"].to_numpy()
        draws = plan_draws(images.units, settings.n_bootstrap, settings.seed + numbers[key[-1]])
        replicates = np.empty(settings.n_bootstrap)
        for block, counts in draws.blocks():
            drawn = counts[:, draws.unit]
            replicates[block] = auroc_within_parts(images.labels, images.scores, part, drawn)
        once = np.ones((1, len(rows)))
        value = float(auroc_within_parts(images.labels, images.scores, part, once)[0])
        n_train = rows.groupby("part")["n_train"].first().mean()
        yield key, Cell(value, replicates, {**images.sizes, "n_train": float(n_train)})


def _parts(
    cells: dict[tuple[str, str, str], Cell],
    model: str,
    internal: str,
    dataset: str,
    settings: Settings,
) -> dict[str, object]:
    inside = cells[model, internal, internal]
    outside = cells[model, internal, dataset]
    own = cells[model, dataset, dataset]
    pairs = {"drop": (inside, outside), "difficulty": (inside, own), "mismatch": (own, outside)}
    found: dict[str, object] = {"own": own.value, "external": outside.value}
    found |= with_interval("internal", inside.value, inside.replicates, settings.confidence)
    found |= {"internal_n_train": inside.facts["n_train"], "own_n_train": own.facts["n_train"]}
    for prefix, cell in (("", inside), ("second_", outside)):
        counts = ("n_patients", "n_rarer_patients")
        found |= {f"{prefix}{name}": cell.facts[name] for name in counts}
    for name, (first, second) in pairs.items():
        value, replicates = first.value - second.value, first.replicates - second.replicates
        found |= with_interval(name, value, replicates, settings.confidence)
        found[f"{name}_p"] = p_value(value, replicates)
    return found


def with_interval(
    name: str,
    value: float,
    replicates: NDArray[np.float64],
    confidence: float,
    prefix: str | None = None,
) -> dict[str, float]:
    """Return a value under its name, and its bounds under ``NAME_`` or another prefix."""
    lower, upper = interval(replicates, confidence)
    prefix = f"{name}_" if prefix is None else prefix
    return {name: value, f"{prefix}lower": lower, f"{prefix}upper": upper}


def p_value(value: float, replicates: NDArray[np.float64]) -> float:
    """Return the two-sided p-value against 0, normal with the replicates' standard deviation.

    It is 1 where nothing differs in any replicate.
    """
    known = replicates[np.isfinite(replicates)]
    error = float(known.std(ddof=1)) if known.size > 1 else math.nan
    if value == error == 0:
        return 1.0
    if math.isnan(value) or not error > 0:
        return math.nan
    return 2 * upper_tail(abs(value) / error, math.inf)


def _adjusted(parts: pd.DataFrame) -> pd.DataFrame:
    """Add p-values adjusted for the number of drops, and for that of their parts."""
    if parts.empty:
        return parts
    for family in (PARTS[:1], PARTS[1:]):
        adjusted = holm(parts[[f"{name}_p" for name in family]].to_numpy().ravel())
        for name, column in zip(family, adjusted.reshape(len(parts), -1).T, strict=True):
            parts[f"{name}_p_holm"] = column
    return parts
