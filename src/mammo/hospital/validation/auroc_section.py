"""The section on the auROC: its figure, its tables, its precision, and what would settle it."""

import math
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from mammo.evaluation.tables.drops import POWER
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT, parts
from mammo.evaluation.verdicts import CLOSE
from mammo.hospital.preflight import ASSUMED_AUROC, precision_to_expect
from mammo.hospital.validation import words
from mammo.hospital.validation.conclusions import patients_needed
from mammo.hospital.validation.evidence import Evidence
from mammo.paper.published import PublishedAuroc, short_title
from mammo.report.estimates import intervals_in_words
from mammo.report.figures.forest import auroc_forest
from mammo.report.figures.style import PHONE_WIDTH
from mammo.report.page.blocks import Block, Figure, Prose, Table
from mammo.report.tables import comparison
from mammo.report.tables.comparison import readers_table
from mammo.report.tables.formats import NOTHING, bounds, set_name


def aurocs(evidence: Evidence) -> Iterator[Block]:
    """The headline, the drops, and models against each other."""
    yield from _forest(evidence)
    yield _auroc_table(evidence)
    yield from _precision(evidence)
    yield from _worst_cases(evidence)
    drops = evidence.evaluation.drops
    if len(drops):
        shown = comparison.drop_table(drops, evidence.sources)
        yield replace(shown, caption="Drop from internal validation to this site")
    readers = evidence.evaluation.against_readers
    if len(readers):
        yield readers_table(readers, evidence.evaluation.settings.unit)
    yield from _planning_table(evidence)
    pairs = evidence.pairs
    if len(pairs):
        shown = comparison.pair_table(pairs, evidence.sources)
        caption = "Models against each other at this site"
        yield replace(shown, caption=caption, collapsed=True)


def _forest(evidence: Evidence) -> Iterator[Block]:
    """Draw each auROC, and what is stated of a model; one alone is a number."""
    stated = tuple(
        PublishedAuroc(model, evidence.dataset, EXTERNAL_SPLIT, found.claimed.auroc, None, "")
        for model, found in evidence.weights.items()
        if found.claimed is not None
    )
    rows = evidence.estimates
    if len(rows) + len(stated) < 2:
        return
    where = "in internal validation and at this site" if len(evidence.internal) else "at this site"
    beside = "; hollow: what is stated of it" if stated else ""
    picture = auroc_forest(rows, stated, "stated", PHONE_WIDTH)
    yield Figure(picture, f"auROC of each model {where}, with intervals{beside}.")


def _precision(evidence: Evidence) -> Iterator[Prose]:
    """Set the precision that was to be expected beside the one found."""
    own = parts(evidence.evaluation.scored)
    first = next(part.rows for part in own if part.split == EXTERNAL_SPLIT)
    before = precision_to_expect(first.rename(columns={"y_true": "label"}))
    half_widths = (evidence.own["upper"] - evidence.own["lower"]).dropna() / 2
    if before is None or half_widths.empty:
        return
    units = words.plural(evidence.scored_unit)
    found = dict.fromkeys(f"±{half:.2f}" for half in sorted(half_widths))
    yield Prose(
        f"Precision: beforehand, an auROC of {ASSUMED_AUROC:g} could be expected to come out to "
        f"±{before.by_image:.2f} if {units} told independently, and to ±{before.by_patient:.2f} if "
        f"those of a patient told the same; found, {' to '.join([*found][:: len(found) - 1 or 1])}."
    )


def _worst_cases(evidence: Evidence) -> Iterator[Prose]:
    for row in evidence.evaluation.worst_cases.itertuples():
        yield Prose(
            f"{short_title(row.model)}: {row.n_missing:,} scores are missing. Whatever they were, "
            f"the auROC would be {row.lowest:.2f} to {row.highest:.2f}; {row.auroc:.2f} is with "
            "what was taken for them."
        )
    for row in evidence.evaluation.unverified.itertuples():
        if row.dataset == evidence.dataset:
            yield Prose(
                f"{short_title(row.model)}: {row.n_unverified:,} are rated BI-RADS 3, whose labels "
                "may be unverified. Whatever they are, the auROC would be "
                f"{row.lowest:.2f} to {row.highest:.2f}."
            )


def _planning_table(evidence: Evidence) -> Iterator[Table]:
    needed = patients_needed(evidence)
    if needed.empty:
        return
    margin = evidence.evaluation.margin
    shown = pd.DataFrame(
        {
            "Model": needed["model"].map(short_title),
            "Patients with cancer": needed["n_malignant_patients"],
            f"To show an auROC at most {CLOSE:g} below": needed["for_area"].map(_patients),
            f"To exclude a drop of {margin:g}": needed["for_drop"].map(_patients),
        }
    )
    note = (
        "Patients with cancer that it takes, with as many others for each as now, to show this "
        f"with {POWER:.0%} power: that the auROC is at most {CLOSE:g} below the one found, if that "
        "is the true one, and, if there is no drop, that a drop of the margin is excluded. By the "
        "intervals that decide, for one model alone, at the precision that was found; of few "
        "patients that, and the auROC, are themselves uncertain."
    )
    yield Table(shown, "How many patients it would take", note, data=needed, collapsed=True)


def _patients(number: float) -> str:
    if pd.isna(number):
        return NOTHING
    return "no number" if math.isinf(number) else f"{number:,.0f}"


def _auroc_table(evidence: Evidence) -> Table:
    rows = evidence.estimates
    shown = pd.DataFrame(
        {
            "Model": rows["model"].map(short_title),
            "Set": [set_name(name, evidence.sources) for name in rows["dataset"]],
            "auROC": [NOTHING if pd.isna(one) else f"{one:.3f}" for one in rows["auroc"]],
            "Interval": bounds(rows["lower"], rows["upper"], 3),
            words.plural(evidence.scored_unit).capitalize(): rows["n_images"],
            "Patients": rows["n_patients"],
            "Malignant": rows["n_malignant"],
        }
    )
    note = intervals_in_words(rows)
    return Table(shown, "auROC of each model on each set", note, data=rows)
