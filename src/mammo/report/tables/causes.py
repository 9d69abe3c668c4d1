"""Tables of why a model fails on external sets: training sets, single causes, what it looks at."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from mammo.datasets.roles import INTERNAL
from mammo.evaluation.tables.attribution import PERMUTATIONS, PLACEBO, DividedDrop
from mammo.evaluation.tables.transfer import PARTS
from mammo.paper.published import dataset_title, short_title
from mammo.report.page.blocks import Table
from mammo.report.tables.captions import captioned, nothing
from mammo.report.tables.formats import (
    NOTHING,
    bounds,
    counts,
    estimate,
    estimates,
    interval_heading,
    numbers,
    p_value,
    set_name,
)


class Cause(NamedTuple):
    """A cause's name, what it is internally and externally, and what such a shift is called."""

    name: str
    internal: str
    external: str
    shift: str


CAUSES = {
    "acquisition": Cause(
        "Acquisition", "screen film, digitised", "digital, as INbreast's", "acquisition shift"
    ),
    "density": Cause(
        "Density mix", "DDSM's shares of densities", "INbreast's shares", "population shift"
    ),
    "subtlety": Cause(
        "Lesion subtlety", "as rated in DDSM", "the lower of two ratings", "manifestation shift"
    ),
    "digitiser": Cause(
        "Digitiser", "goes with the diagnosis", "any, whatever the diagnosis", "selection bias"
    ),
    "labels": Cause("Label rule", "pathology", "BI-RADS 4 to 6; 0, 3 left out", "annotation shift"),
    PLACEBO: Cause("Placebo", "an exposure", "another of the same kind", NOTHING),
}
"""By the names of `mammo.datasets.phantom.factors.FACTORS`; shifts as Castro et al. name them."""


def cause_name(factor: str) -> str:
    """Name a factor for display."""
    return CAUSES[factor].name


def matrix_table(matrix: pd.DataFrame, sources: Mapping[str, str]) -> Table:
    """The auROC of each training on each set, with its interval.

    Parameters
    ----------
    matrix : DataFrame
        As `mammo.evaluation.tables.transfer.transfer_results`.
    sources : mapping
        Data set to "real" or "synthetic".
    """
    if matrix.empty:
        return nothing("transfer", "none of the paper's own models is computed")
    spans = pd.Series(bounds(matrix["lower"], matrix["upper"]), matrix.index)
    cells = numbers(matrix["auroc"]) + " (" + spans.str.replace(" ", "\u00a0") + ")"
    wide = matrix.assign(cell=cells).pivot(
        index=["model", "training", "n_train"], columns="dataset", values="cell"
    )
    keys = matrix[["model", "training", "n_train"]].drop_duplicates()
    wide = wide.reindex(pd.MultiIndex.from_frame(keys)).reset_index()
    shown = pd.DataFrame(
        {
            "Model": [short_title(name) for name in wide["model"]],
            "Learnt from": [set_name(name, sources) for name in wide["training"]],
            "Images": wide["n_train"].map("{:,.0f}".format),
            **{
                f"on {set_name(name, sources)}": wide[name].fillna(NOTHING)
                for name in sources
                if name in wide
            },
        }
    )
    first = matrix.iloc[0]
    return captioned(
        "transfer", shown, matrix, percent=100 * first["confidence"], unit=first["unit"]
    )


def parts_table(parts: pd.DataFrame, sources: Mapping[str, str]) -> Table:
    """Each drop with its difficulty and its mismatch.

    Parameters
    ----------
    parts : DataFrame
        As `mammo.evaluation.tables.transfer.transfer_results`.
    sources : mapping
        See `matrix_table`.
    """
    if parts.empty:
        return nothing("drop-parts", "no model was trained on each of two sets")
    shown = pd.DataFrame(
        {
            "Model": [short_title(name) for name in parts["model"]],
            "Tested on": [set_name(name, sources) for name in parts["dataset"]],
            "auROCs": parts[["internal", "external", "own"]].apply(
                lambda row: ";\u00a0".join(numbers(row)), axis=1
            ),
            **{name.capitalize(): _signed(parts, name) for name in PARTS},
            "p, Holm": [
                f"{p_value(row['difficulty_p_holm'])}; {p_value(row['mismatch_p_holm'])}"
                for _, row in parts.iterrows()
            ],
        }
    )
    first = parts.iloc[0]
    external = parts.drop_duplicates("dataset").set_index("dataset")["second_n_patients"]
    patients = {INTERNAL: first["n_patients"], **external}
    return captioned(
        "drop-parts",
        shown,
        parts,
        percent=100 * first["confidence"],
        unit=first["unit"],
        n_tests=2 * len(parts),
        patients=", ".join(f"{dataset_title(name)} {n:,}" for name, n in patients.items()),
    )


def shares_table(divided: DividedDrop) -> Table:
    """What each cause takes off the auROC, alone and as its share of the whole."""
    shares, settings = divided.shares, divided.settings
    causes = [CAUSES[factor] for factor in shares["factor"]]
    shown = pd.DataFrame(
        {
            "Cause": [cause.name for cause in causes],
            "Internal": [cause.internal for cause in causes],
            "External": [cause.external for cause in causes],
            "Called": [cause.shift for cause in causes],
            "Alone": _signed(shares, "alone", 3),
            "Share": _signed(shares, "share", 3),
            "p, Holm": shares["p_holm"].map(p_value),
        }
    )
    drop = divided.ends.loc["drop"]
    return captioned(
        "shares",
        shown,
        shares,
        drop=estimate(drop["value"], drop["lower"], drop["upper"], 3, "+"),
        percent=100 * settings.confidence,
        n_patients=drop["n_patients"],
        n_tests=int(shares["p_holm"].notna().sum()),
    )


def gates_table(divided: DividedDrop) -> Table:
    """What must hold if shares mean anything: nothing for the placebo, .5 without labels."""
    placebo = divided.shares.set_index("factor").loc[PLACEBO]
    dealt = divided.permuted.mean(axis=1)
    error = divided.permuted.std(axis=1) / np.sqrt(PERMUTATIONS)
    farthest = float(np.max(np.abs(dealt - 0.5) / error))
    rows = [
        (
            "Share of the placebo",
            estimate(*placebo[["share", "share_lower", "share_upper"]], 3, "+"),
            "about 0",
            placebo["share_lower"] <= 0 <= placebo["share_upper"],
        ),
        (
            "auROC with labels dealt at random",
            f"{dealt.min():.3f} to {dealt.max():.3f}, {PERMUTATIONS} times in {len(dealt)} mixes",
            "0.5",
            farthest < 5,
        ),
        (
            "Sum of the shares less the drop",
            f"{divided.gap:.0e} at most",
            "0",
            divided.gap < 1e-9,
        ),
    ]
    shown = pd.DataFrame(
        [
            (name, found.replace("-0", "−0"), wanted, "yes" if holds else "no")
            for name, found, wanted, holds in rows
        ],
        columns=["Check", "Found", "Expected", "Holds"],
    )
    return captioned("gates", shown)


def hits_table(hits: pd.DataFrame, sources: Mapping[str, str]) -> Table:
    """How often the highest cell of a model's map is on a lesion, against chance.

    Parameters
    ----------
    hits : DataFrame
        As `mammo.book.lesion_hits.lesion_hits`.
    sources : mapping
        See `matrix_table`.
    """
    if hits.empty:
        return nothing("lesion-hits", "no model and set fulfil the conditions")
    shown = pd.DataFrame(
        {
            "Model": [short_title(name) for name in hits["model"]],
            "Data set": [set_name(name, sources) for name in hits["dataset"]],
            "Images; patients": counts(hits["n_images"]) + "; " + counts(hits["n_patients"]),
            "On a lesion": hits["share"].map("{:.0%}".format),
            "By chance": hits["chance"].map("{:.0%}".format),
            "More than chance": _signed_percent(hits["excess"]),
            interval_heading(hits): _signed_percent(hits["lower"])
            + " to "
            + _signed_percent(hits["upper"]),
        }
    )
    return captioned("lesion-hits", shown, hits)


def _signed(rows: pd.DataFrame, name: str, digits: int = 2) -> list[str]:
    found = estimates(rows, name, digits, "+")
    return [text.replace(" to ", "\u00a0to\u00a0") for text in found]


def _signed_percent(shares: pd.Series) -> pd.Series:
    return numbers(100 * shares, 0, "+") + "%"
