"""The report of a validation: its first page, its sections in order, and its files."""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from mammo.files.artifacts import commit
from mammo.files.code import versions
from mammo.hospital.validation import acceptance, protocol, sections, words
from mammo.hospital.validation.auroc_section import aurocs
from mammo.hospital.validation.evidence import Evidence
from mammo.hospital.validation.thousand_women import thousand_women
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
from mammo.report.page.render import render
from mammo.report.results import write_results
from mammo.report.tables.formats import number, span

REPORT = "report.html"


def write(evidence: Evidence, folder: Path) -> list[Path]:
    """Write the report and its tables.

    Parameters
    ----------
    evidence : Evidence
    folder : Path
        Made where it is absent; files of the same names are replaced, each whole or not at all.

    Returns
    -------
    list of Path
        ``report.html``, which needs no other file; ``scores.csv``, ``estimates.csv`` and the like,
        and ``exclusions.csv``.
    """
    tables = {"scores": evidence.evaluation.scored, **evidence.evaluation.tables}
    if len(evidence.rechosen):
        tables["operating_points_rechosen"] = evidence.rechosen
    if len(evidence.screened):
        tables["thousand_women"] = evidence.screened
    if evidence.preflight is not None:
        tables["exclusions"] = evidence.preflight.exclusions
    html = render(page(evidence, _meta(evidence)))
    return write_results(folder, tables, {REPORT: html.encode()})


def _meta(evidence: Evidence) -> dict[str, str]:
    settings = evidence.evaluation.settings
    return {
        "Date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "Software": f"mammo {versions()['mammo']} ({commit()[:10]})",
        "Intervals": f"{100 * settings.confidence:g}%, by {settings.unit}; "
        f"{settings.n_bootstrap:,} replicates where they are drawn, seed {settings.seed}",
    }


def page(evidence: Evidence, meta: Mapping[str, str]) -> Page:
    """Return the report.

    Parameters
    ----------
    evidence : Evidence
    meta : mapping
        Facts in small print: date, versions, seed.
    """
    is_compared = len(evidence.internal) > 0
    title = "auROC: internal validation and this site" if is_compared else "auROC at this site"
    ordered = (
        ("What was tested", "data", sections.data),
        (title, "auroc", aurocs),
        ("ROC curves", "curves", sections.curves),
        ("Operating points", "operating-points", sections.operating_points),
        ("Scores as probabilities", "calibration", sections.calibration),
        ("Subgroups", "subgroups", sections.subgroups),
        ("What the models get most wrong", "examples", sections.examples),
        ("How these images differ from those the models know", "shift", sections.shift),
        ("How it was made", "methods", sections.methods),
    )
    filled = [(title, anchor, list(blocks(evidence))) for title, anchor, blocks in ordered]
    product = evidence.protocol.product
    return Page(
        title=f"External validation of {product}" if product else "External validation",
        subtitle=f"{words.listed(evidence.models)} on {words.size(evidence)}",
        meta={**protocol.facts(evidence.protocol), "Judged by": evidence.scored_unit, **meta},
        lead=list(_first_page(evidence)),
        sections=[Section(title, blocks, anchor) for title, anchor, blocks in filled if blocks],
    )


def _first_page(evidence: Evidence) -> Iterator[Block]:
    """Return what a hospital decides by: criterion, a thousand women, models, what to do next."""
    yield from _notices(evidence)
    yield KeyFigures([_key_figure(evidence, name) for name in evidence.models])
    if not acceptance.decides_on_several(evidence):
        yield Prose("On past, chosen cases: how scores rank these, not what use in care would do.")
    if not protocol.criteria(evidence.protocol):
        yield acceptance.NOTHING_FIXED
    yield from thousand_women(evidence)
    if not acceptance.decides_on_several(evidence):
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
    return KeyFigure(
        label=short_title(model),
        value=number(row["auroc"]),
        interval="" if math.isnan(row["lower"]) else span(row["lower"], row["upper"]),
        explanation=f"auROC by {evidence.scored_unit} at this site; {beside}",
        verdicts=list(acceptance.judged(evidence, model)),
    )
