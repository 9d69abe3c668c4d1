"""What a hospital decides by: it stands before all sections of the report."""

import math
from collections.abc import Iterator

from mammo.hospital.validation import acceptance, words
from mammo.hospital.validation.evidence import Evidence
from mammo.hospital.validation.thousand_women import thousand_women
from mammo.paper.published import short_title
from mammo.report.page.blocks import (
    Block,
    Findings,
    KeyFigure,
    KeyFigures,
    NextSteps,
    Notice,
    Prose,
)
from mammo.report.tables.formats import NOTHING


def first_page(evidence: Evidence) -> Iterator[Block]:
    """Return the answer: the criterion, a thousand women, each model, and what to do next."""
    yield from _notices(evidence)
    yield KeyFigures([_key_figure(evidence, name) for name in evidence.models])
    yield Findings(acceptance.findings(evidence))
    yield from thousand_women(evidence)
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
    beside = "no internal validation"
    if model in evidence.internal.index:
        beside = f"internal validation {evidence.internal.loc[model, 'auroc']:.2f}"
    elif claimed is not None:
        beside = f"{claimed.by} {claimed.auroc:.2f}"
    has_interval = not math.isnan(row["lower"])
    by = f"by {evidence.scored_unit}"
    return KeyFigure(
        label=short_title(model),
        value=NOTHING if math.isnan(row["auroc"]) else f"{row['auroc']:.2f}",
        interval=f"{row['lower']:.2f} to {row['upper']:.2f}" if has_interval else "",
        explanation=f"auROC {by} at this site; {beside}",
    )
