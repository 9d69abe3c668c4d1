"""Whether the criterion that was fixed beforehand is met, and how many cancers would decide."""

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
    """A criterion on one model: its verdict, the number that was judged, and what would decide."""

    criterion: str
    verdict: Acceptance
    found: str
    plan: str


def judged(evidence: Evidence, model: str) -> Iterator[Judged]:
    """Judge a model by each criterion of the protocol."""
    least, margin = evidence.protocol.acceptable, evidence.protocol.no_worse_than
    if least is not None:
        yield _acceptable(evidence, model, least)
    if margin is not None and drop_is_tested(evidence, model):
        yield _no_worse_than_internally(evidence, model, margin)
    elif margin is not None:
        yield _no_worse_than_stated(evidence, model, margin)


def _acceptable(evidence: Evidence, model: str, least: float) -> Judged:
    row = evidence.own.loc[model]
    needed = cancers_to_show(evidence, model, abs(row["auroc"] - least))
    n = patients_with_cancer(evidence, model)
    return Judged(
        f"auROC of at least {least:g}",
        verdicts.acceptable(row, least),
        _auroc(row),
        _plan(n, needed, f"the auROC is {row['auroc']:.2f}"),
    )


def _no_worse_than_internally(evidence: Evidence, model: str, margin: float) -> Judged:
    drop, internal = evidence.drops.loc[model], evidence.internal.loc[model]
    factor, n = times_as_many_patients(evidence, model), patients_with_cancer(evidence, model)
    if math.isinf(factor) or verdicts.are_too_few(internal):
        plan = "ask for a larger internal validation: more patients of this site cannot decide"
    else:
        plan = _plan(n, factor * n, "nothing is lost")
    return Judged(
        f"no worse by {margin:g} than internally",
        verdicts.no_worse(drop),
        f"drop {drop['difference']:+.2f} ({drop['lower']:+.2f} to {drop['upper']:+.2f})",
        plan,
    )


def _no_worse_than_stated(evidence: Evidence, model: str, margin: float) -> Judged:
    row, claimed = evidence.own.loc[model], evidence.weights[model].claimed
    if claimed is None:
        criterion, plan = f"no worse by {margin:g}", "state the maker's auROC with `--stated`"
        return Judged(criterion, "unknown", _auroc(row), plan)
    n, needed = patients_with_cancer(evidence, model), cancers_to_show(evidence, model, margin)
    return Judged(
        f"no worse by {margin:g} than the {claimed.auroc:.2f} that {claimed.by}",
        verdicts.acceptable(row, claimed.auroc - margin),
        _auroc(row),
        _plan(n, needed, "nothing is lost"),
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
    text = f"**{_WORDS[one.verdict]}**: {short_title(model)}, {one.criterion}: {one.found}."
    return Finding(severity, text, "" if one.verdict in ("met", "not met") else one.plan)


def _auroc(row: Mapping[str, float]) -> str:
    if math.isnan(row["lower"]):
        return "no interval"
    return estimate(row["auroc"], row["lower"], row["upper"])


def _plan(n: int, needed: float, if_true: str) -> str:
    """Say how many patients with cancer would decide; nothing where that cannot be known."""
    if math.isnan(needed):
        return ""
    if needed > _MOST:
        return f"no number of patients that can be had decides if {if_true}"
    return (
        f"plan for about {float(f'{max(needed, FEWEST):.2g}'):,.0f} patients with cancer in place "
        f"of {n:,} ({POWER:.0%} power, if {if_true})"
    )
