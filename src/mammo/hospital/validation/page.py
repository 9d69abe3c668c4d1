"""The report on a hospital's own images: what stands first, and its sections in order."""

from collections.abc import Mapping

from mammo.hospital.validation import sections, words
from mammo.hospital.validation.auroc_section import aurocs
from mammo.hospital.validation.evidence import Evidence
from mammo.hospital.validation.first_page import first_page
from mammo.report.page.blocks import Page, Section


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
        meta={**evidence.protocol.facts, "Judged by": evidence.scored_unit, **meta},
        lead=list(first_page(evidence)),
        sections=[Section(title, blocks, anchor) for title, anchor, blocks in filled if blocks],
    )
