"""Whether the criterion that was fixed beforehand is met, and how many cancers would decide."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mammo.datasets.check_report import Finding
from mammo.evaluation import verdicts
from mammo.evaluation.tables.drops import POWER
from mammo.evaluation.verdicts import FEWEST, Acceptance
from mammo.hospital.validation.conclusions import (
    cancers_to_show,
    drop_is_tested,
    patients_with_cancer,
    times_as_many_patients,
)
from mammo.hospital.validation.evidence import Evidence
from mammo.paper.published import short_title
from mammo.report.tables.formats import estimate

_MOST = 100_000
"""Patients with cancer beyond whom a plan is none."""
_WORDS: dict[Acceptance, str] = {
    "met": "Met",
    "not met": "Not met",
    "undecided": "Undecided",
    "too few": f"Undecided, since fewer than {FEWEST} patients of one class settle nothing",
    "unknown": "Undecided, since there is nothing to judge it by",
}


@dataclass(frozen=True)
class Judged:
    """A criterion on one model, its verdict, and the patients with cancer that would decide.

    ``found`` is the number that was judged, and ``if_true`` says of what truth a plan holds.
    """

    criterion: str
    verdict: Acceptance
    found: str
    needed: float
    if_true: str


def judged(evidence: Evidence, model: str) -> Iterator[Judged]:
    """Judge a model by each criterion of the protocol."""
    row, least = evidence.own.loc[model], evidence.protocol.acceptable
    if least is not None:
        yield Judged(
            f"auROC of at least {least:g}",
            verdicts.acceptable(row, least),
            _auroc(row),
            cancers_to_show(evidence, model, abs(row["auroc"] - least)),
            f"the auROC is the {row['auroc']:.2f} found",
        )
    if evidence.protocol.no_worse_than is not None:
        yield _no_worse(evidence, model, evidence.protocol.no_worse_than)


def _no_worse(evidence: Evidence, model: str, margin: float) -> Judged:
    if drop_is_tested(evidence, model):
        drop, patients = evidence.drops.loc[model], patients_with_cancer(evidence, model)
        is_too_few = verdicts.are_too_few(evidence.internal.loc[model])
        return Judged(
            f"no worse by {margin:g} than in internal validation",
            verdicts.no_worse(drop),
            f"drop {drop['difference']:+.2f} ({drop['lower']:+.2f} to {drop['upper']:+.2f})",
            math.inf if is_too_few else patients * times_as_many_patients(evidence, model),
            "nothing is lost",
        )
    row, claimed = evidence.own.loc[model], evidence.weights[model].claimed
    if claimed is None:
        return Judged(f"no worse by {margin:g} than stated", "unknown", _auroc(row), math.nan, "")
    return Judged(
        f"no worse by {margin:g} than the {claimed.auroc:.2f} that {claimed.by}",
        verdicts.acceptable(row, claimed.auroc - margin),
        _auroc(row),
        cancers_to_show(evidence, model, margin),
        "nothing is lost",
    )


def findings(evidence: Evidence) -> list[Finding]:
    """Say of each model whether it meets what was fixed beforehand, the severity by the verdict."""
    found = [
        _finding(evidence, model, one)
        for model in evidence.models
        for one in judged(evidence, model)
    ]
    nothing = Finding(
        "note",
        "No criterion was fixed beforehand, so that none is met or missed",
        "fix one before you look: `--acceptable 0.80`, or `--no-worse-than 0.05`",
    )
    return found or [nothing]


def _finding(evidence: Evidence, model: str, one: Judged) -> Finding:
    severity = {"met": "ok", "not met": "warning"}.get(one.verdict, "note")
    if evidence.shows_the_method_only(model):
        severity = "note"
    text = (
        f"**{_WORDS[one.verdict]}**: {short_title(model)}, {one.criterion}. "
        f"Found: {one.found}, {patients_with_cancer(evidence, model):,} patients with cancer."
    )
    return Finding(severity, text, _plan(one))


def _auroc(row: Mapping[str, float]) -> str:
    if math.isnan(row["lower"]):
        return "no interval"
    return estimate(row["auroc"], row["lower"], row["upper"])


def _plan(one: Judged) -> str:
    """Say how many patients with cancer would decide, where nothing is decided."""
    if one.verdict in ("met", "not met"):
        return ""
    if math.isnan(one.needed):
        return "state the maker's auROC with `--stated`" if not one.if_true else ""
    if one.needed > _MOST:
        return f"no number of patients of this site would decide if {one.if_true}"
    needed = float(f"{max(one.needed, FEWEST):.2g}")
    return (
        f"plan for about {needed:,.0f} patients with cancer, and as many others for each as in "
        f"this study: they decide with {POWER:.0%} power if {one.if_true}"
    )
