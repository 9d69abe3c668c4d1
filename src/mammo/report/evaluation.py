"""Anybody's scores: the results on the screen, and as tables and figures in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd

from mammo.errors import MammoError
from mammo.evaluation import verdicts
from mammo.evaluation.aggregation import Rule
from mammo.evaluation.inputs import Unit
from mammo.evaluation.readers import MANY_POSITIVE_CLUSTERS
from mammo.evaluation.tables import calibration
from mammo.evaluation.tables.drops import MARGIN
from mammo.evaluation.tables.evaluation import Evaluation
from mammo.evaluation.tables.operating_points import DEFAULTS, criterion
from mammo.evaluation.tables.score_file import Layout, read_scores, reader_columns
from mammo.evaluation.tables.scores import BREAST, INTERNAL_SPLIT, Settings, aggregated
from mammo.report.estimates import intervals_in_words, of_anybody
from mammo.report.results import write_results
from mammo.report.tables import verdicts as verdict_cells
from mammo.report.tables.formats import bounds, counts, drop_or_gain, numbers

if TYPE_CHECKING:
    from mammo.report.figures.style import Picture

_GROUPS = {"breast": BREAST, "patient": ["patient_id"]}


@dataclass(frozen=True)
class Options:
    """What ``mammo evaluate`` takes beside the file; its help says what each means."""

    internal: str | None = None
    names: Sequence[tuple[str, str]] = ()
    constants: Sequence[tuple[str, str]] = ()
    missing: float | None = None
    per: Literal["image", "breast", "patient"] = "image"
    rule: Rule | None = None
    subgroups: Sequence[str] = ()
    readers: Sequence[str] = ()
    criteria: Sequence[str] = ()
    margin: float = MARGIN
    unit: Unit = "patient"
    replicates: int = 10_000
    confidence: float = 0.95
    seed: int = 0


def evaluate(path: Path, options: Options) -> Evaluation:
    """Read a file of scores and say what is to be computed from it.

    Raises
    ------
    MammoError
        If the file or an option is not as it has to be.
    """
    layout = Layout(
        dict(options.names),
        dict(options.constants),
        options.internal,
        options.missing,
        options.readers,
    )
    scored = read_scores(path, layout)
    readers = reader_columns(path, scored, options.readers)
    if options.per != "image":
        if options.rule is None:
            raise MammoError(
                f"--per {options.per} needs a rule by which images become one score: give "
                "--rule mean or --rule max"
            )
        scored = aggregated(scored, _GROUPS[options.per], options.rule, readers)
    return Evaluation(
        scored,
        Settings(options.unit, options.replicates, options.confidence, options.seed),
        options.margin,
        [criterion(text) for text in options.criteria or DEFAULTS],
        options.subgroups,
        readers=readers,
    )


def summary(evaluation: Evaluation) -> str:
    """Return the headline results as text: auROCs, drops, how they were made, what is missing."""
    lines = [_aurocs(evaluation.aurocs)]
    if len(evaluation.drops):
        lines.append(_drops(evaluation.drops))
    if len(evaluation.against_readers):
        lines.append(_readers(evaluation.against_readers, evaluation.settings.unit))
    if len(evaluation.next_sites):
        lines.append(_next_sites(evaluation.next_sites))
    lines += [*_cautions(evaluation), _method(evaluation), _rules(evaluation)]
    lines += calibration.unsuited(evaluation.scored)
    return "\n\n".join(lines)


def write(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write every table and figure of an evaluation; see `mammo.report.results.write_results`."""
    pictures = {f"{name}.svg": one.render() for name, one in _figures(evaluation).items()}
    return write_results(folder, evaluation.tables, pictures)


def _figures(evaluation: Evaluation) -> dict[str, Picture]:
    from mammo.report.figures.curves import reliability_curves, roc_curves
    from mammo.report.figures.forest import auroc_forest

    rows = of_anybody(evaluation.aurocs)
    pictures = {
        "forest": auroc_forest(rows, published=()),
        "roc": roc_curves(evaluation.scored, rows),
    }
    curves, _ = evaluation.reliability
    if len(curves):
        pictures["reliability"] = reliability_curves(curves)
    return pictures


def _aurocs(rows: pd.DataFrame) -> str:
    shown = pd.DataFrame(
        {
            "model": rows["model"],
            "data set": rows["dataset"],
            "": rows["split"].map({INTERNAL_SPLIT: "internal"}).fillna("external"),
            "auROC": numbers(rows["auroc"], 3),
            "interval": bounds(rows["lower"], rows["upper"], 3),
            "images": counts(rows["n_images"]),
            "patients": counts(rows["n_patients"]),
            "malignant": counts(rows["n_malignant"]),
            "verdict": verdict_cells.ranks(rows),
        }
    )
    return shown.to_string(index=False)


def _drops(rows: pd.DataFrame) -> str:
    shown = pd.DataFrame(
        {
            "model": rows["model"],
            "from": rows["dataset"],
            "to": rows["second_dataset"],
            "drop": rows["difference"].map(lambda drop: drop_or_gain(drop, 3)),
            "interval (below 0: gain)": bounds(rows["lower"], rows["upper"], 3),
            "p, Holm": verdict_cells.p_values(rows),
            f"at most {rows['margin'].iloc[0]:g} worse": verdict_cells.no_worse(rows),
            "smallest detectable drop (80% power)": numbers(rows["smallest_detectable"], 3),
        }
    )
    return shown.to_string(index=False)


def _readers(rows: pd.DataFrame, unit: Unit) -> str:
    shown = pd.DataFrame(
        {
            "model": rows["model"],
            "data set": rows["dataset"],
            "readers": rows["n_readers"],
            "mean reader": numbers(rows["mean_reader"], 3),
            "auROC": numbers(rows["model_auroc"], 3),
            "readers less model": numbers(rows["difference"], 3, "+"),
            "interval": bounds(rows["lower"], rows["upper"], 3),
            "p, Holm": verdict_cells.p_values(rows),
            f"{unit}s with cancer": counts(rows["n_positive_clusters"]),
        }
    )
    whom = f"other readers and other {unit}s" if rows["n_readers"].max() > 1 else f"other {unit}s"
    note = (
        f"Readers: the mean of their auROCs less the model's, for {whom}, the model as it is "
        "(Obuchowski and Rockette; degrees of freedom of Hillis, and "
        f"of the {unit}s with cancer below {MANY_POSITIVE_CLUSTERS} of them)."
    )
    return f"{shown.to_string(index=False)}\n\n{note}"


def _next_sites(rows: pd.DataFrame) -> str:
    shown = pd.DataFrame(
        {
            "model": rows["model"],
            "external sets": rows["n_sites"],
            "mean auROC": numbers(rows["auroc"], 3),
            "interval": bounds(rows["auroc_lower"], rows["auroc_upper"], 3),
            "at another site": bounds(rows["auroc_next_lower"], rows["auroc_next_upper"], 3),
        }
    )
    note = "Over the external sets: random effects, and the prediction interval of another site."
    return f"{shown.to_string(index=False)}\n\n{note}"


def _cautions(evaluation: Evaluation) -> list[str]:
    """Say which sets settle nothing, which scores may point the wrong way, and what is missing."""
    rows = evaluation.aurocs
    few = rows[[verdicts.are_too_few(row) for row in rows.to_dict("records")]]
    said = [
        f"{row.dataset}: {row.n_rarer_patients} patients with an image of the rarer class, and "
        f"fewer than {verdicts.FEWEST} settle nothing"
        for row in few.drop_duplicates("dataset").itertuples()
    ]
    reversed_ = rows[[cell == verdict_cells.RANKS["worse"] for cell in verdict_cells.ranks(rows)]]
    said += [
        f"{row.model} on {row.dataset}: the order is the wrong way round (auROC {row.auroc:.3f}); "
        "check how labels are coded and which way scores point"
        for row in reversed_.itertuples()
    ]
    said += [
        f"{row.model} on {row.dataset}: {row.n_missing} scores are missing; whatever they were, "
        f"the auROC would be {row.lowest:.3f} to {row.highest:.3f}"
        for row in evaluation.worst_cases.itertuples()
    ]
    said += [
        f"{row.model} on {row.dataset}: {row.n_unverified} are rated BI-RADS 3, whose labels may "
        f"be unverified; whatever they are, the auROC would be {row.lowest:.3f} to "
        f"{row.highest:.3f}"
        for row in evaluation.unverified.itertuples()
    ]
    return ["\n".join(f"note: {text}." for text in said)] if said else []


def _rules(evaluation: Evaluation) -> str:
    kinds = ["any", "auROC", *(["no worse"] if len(evaluation.drops) else [])]
    named = [f"{kind[0].upper()}{kind[1:]}. {verdicts.rules()[kind]}" for kind in kinds]
    return " ".join(["Verdicts.", *named]).replace("Any. ", "", 1)


def _method(evaluation: Evaluation) -> str:
    return intervals_in_words(evaluation.aurocs) + (
        f" Drops: {'; '.join(dict.fromkeys(evaluation.drops['method']))}."
        if len(evaluation.drops)
        else " Name the internal data set (--internal) to see each drop from internal validation."
    )
