"""The report on a hospital's own images: what stands first, and its sections in order."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from mammo.hospital.validation import sections, words
from mammo.hospital.validation.evidence import Evidence
from mammo.paper.published import short_title
from mammo.report.page.blocks import (
    Block,
    KeyFigure,
    KeyFigures,
    NextSteps,
    Notice,
    Page,
    Prose,
    Section,
)
from mammo.report.tables.formats import NOTHING


def page(evidence: Evidence, meta: Mapping[str, str]) -> Page:
    """Return the report.

    Parameters
    ----------
    evidence : Evidence
    meta : mapping
        Facts in small print: date, versions, seed.
    """
    has_home = len(evidence.internal) > 0
    ordered = (
        ("What was tested", "data", sections.data),
        ("auROC, here and at home" if has_home else "auROC here", "auroc", sections.aurocs),
        ("ROC curves", "curves", sections.curves),
        ("Operating points", "operating-points", sections.operating_points),
        ("Scores as probabilities", "calibration", sections.calibration),
        ("Subgroups", "subgroups", sections.subgroups),
        ("What the models get most wrong", "examples", sections.examples),
        ("How these images differ from those the models know", "shift", sections.shift),
        ("How it was made", "methods", sections.methods),
    )
    filled = [(title, anchor, list(blocks(evidence))) for title, anchor, blocks in ordered]
    return Page(
        title="External validation",
        subtitle=f"{words.listed(evidence.models)} on {words.size(evidence)}",
        meta=meta,
        lead=list(_lead(evidence)),
        sections=[Section(title, blocks, anchor) for title, anchor, blocks in filled if blocks],
    )


def _lead(evidence: Evidence) -> Iterator[Block]:
    yield from _notices(evidence)
    yield KeyFigures([_key_figure(evidence, name) for name in evidence.models])
    yield Prose(words.verdicts(evidence))
    yield NextSteps(words.next_steps(evidence))


def _notices(evidence: Evidence) -> Iterator[Block]:
    if evidence.sources.get(evidence.dataset) == "synthetic":
        yield Notice("warning", "The tested images are SYNTHETIC phantoms, not patients.")
    if synthetic := [model for model in evidence.models if evidence.learnt_from_phantoms(model)]:
        yield Notice(
            "warning",
            f"{words.listed(synthetic)}: trained on synthetic images. The numbers show that the "
            "method runs, and nothing of what such a model can do.",
        )


def _key_figure(evidence: Evidence, model: str) -> KeyFigure:
    row, claimed = evidence.own.loc[model], evidence.weights[model].claimed
    home = "no internal result"
    if model in evidence.internal.index:
        home = f"at home {evidence.internal.loc[model, 'auroc']:.2f}"
    elif claimed is not None:
        home = f"{claimed.by} {claimed.auroc:.2f}"
    has_interval = not math.isnan(row["lower"])
    return KeyFigure(
        label=short_title(model),
        value=NOTHING if math.isnan(row["auroc"]) else f"{row['auroc']:.2f}",
        interval=f"{row['lower']:.2f} to {row['upper']:.2f}" if has_interval else "",
        explanation=f"auROC here; {home}",
    )
