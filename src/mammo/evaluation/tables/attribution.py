"""A drop and its factors' shares as tables, with intervals by patient."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo.evaluation.attribution import Attribution, Cells, attribute, permuted
from mammo.evaluation.inference import holm
from mammo.evaluation.tables.scores import Settings
from mammo.evaluation.tables.transfer import p_value, with_interval

PLACEBO = "placebo"
PERMUTATIONS = 200


@dataclass(frozen=True)
class DividedDrop:
    """A drop divided among factors.

    Attributes
    ----------
    ends : DataFrame
        Rows "internal" (no factor on), "external" (all on) and "drop": ``value``, ``lower``,
        ``upper``; ``n_patients`` and ``n_rarer_patients`` of the cell, for the drop those that are
        drawn and the fewer of both; the drop's ``p``, normal by the replicates.
    shares : DataFrame
        One row a factor: ``factor``; ``alone``, the drop by this factor alone, and ``share``, its
        Shapley value, each with ``_lower`` and ``_upper``; ``p`` (normal, by the replicates'
        standard deviation) and ``p_holm`` of the share, the placebo not counted.
    permuted : (cells, permutations) float64 array
        Each cell's auROC with labels dealt at random.
    gap : float
        Greatest difference between the sum of the shares and the drop, over all replicates.
    settings : Settings
    """

    ends: pd.DataFrame
    shares: pd.DataFrame
    permuted: NDArray[np.float64]
    gap: float
    settings: Settings


def divided_drop(cells: Cells, settings: Settings) -> DividedDrop:
    """Divide the drop between no factor and all of them among the factors."""
    found = attribute(cells, settings.n_bootstrap, settings.seed)
    values, replicates = found.shares
    drop, of_replicates = found.drop(-1)
    gap = max(abs(values.sum() - drop), np.nanmax(np.abs(replicates.sum(axis=0) - of_replicates)))
    return DividedDrop(
        _ends(cells, found, settings.confidence),
        _shares(found, settings.confidence),
        permuted(cells, PERMUTATIONS, settings.seed),
        float(gap),
        settings,
    )


def _ends(cells: Cells, found: Attribution, confidence: float) -> pd.DataFrame:
    sizes = [_sizes(cells, cell) for cell in (0, -1)]
    rarer = min(size["n_rarer_patients"] for size in sizes)
    both = {"n_patients": cells.labels.shape[1], "n_rarer_patients": rarer}
    rows = {
        "internal": (found.aurocs[0], found.replicates[0], sizes[0]),
        "external": (found.aurocs[-1], found.replicates[-1], sizes[1]),
        "drop": (*found.drop(-1), both),
    }
    table = {
        name: {**with_interval("value", value, replicates, confidence, ""), **size}
        for name, (value, replicates, size) in rows.items()
    }
    table["drop"]["p"] = p_value(*found.drop(-1))
    return pd.DataFrame(table).T


def _sizes(cells: Cells, cell: int) -> dict[str, int]:
    labels = cells.labels[cell][cells.weights[cell] > 0]
    return {
        "n_patients": len(labels),
        "n_rarer_patients": int(min(labels.sum(), (~labels).sum())),
    }


def _shares(found: Attribution, confidence: float) -> pd.DataFrame:
    rows = []
    for number, (factor, share, replicates) in enumerate(
        zip(found.factors, *found.shares, strict=True)
    ):
        alone, of_alone = found.drop(2**number)
        rows.append(
            {
                "factor": factor,
                **with_interval("alone", alone, of_alone, confidence),
                **with_interval("share", float(share), replicates, confidence),
                "p": p_value(float(share), replicates),
            }
        )
    table = pd.DataFrame(rows)
    table["p_holm"] = holm(table["p"].where(table["factor"] != PLACEBO))
    return table.assign(confidence=confidence)
