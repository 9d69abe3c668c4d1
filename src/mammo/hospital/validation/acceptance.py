"""Whether the criterion that was fixed beforehand is met, and how many cancers would decide."""

import math
from collections.abc import Iterator, Mapping

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
from mammo.hospital.validation.protocol import criteria
from mammo.hospital.validation.words import change_in_words
from mammo.paper.published import short_title
from mammo.report.page.blocks import Notice, Verdict
from mammo.report.tables.formats import estimate

_MOST = 100_000
"""Patients with cancer beyond whom a plan is none."""
_WORDS: dict[Acceptance, tuple[str, str]] = {
    "met": ("Met", ""),
    "not met": ("Not met", ""),
    "undecided": ("Undecided", ""),
    "too few": ("Undecided", f"fewer than {FEWEST} patients of one class settle nothing"),
    "unknown": ("Undecided", "there is nothing to judge it by"),
}
"""The word for a verdict, and the reason where it has one of its own."""
NOTHING_FIXED = Notice(
    "note",
    "No criterion was fixed beforehand, so that none is met or missed.",
    "Fix one before you look: `--acceptable 0.80`, or `--no-worse-than 0.05`.",
)


def judged(evidence: Evidence, model: str) -> Iterator[Verdict]:
    """Judge a model by each criterion of the protocol; nothing synthetic is called good."""
    least, margin = evidence.protocol.acceptable, evidence.protocol.no_worse_than
    if least is not None:
        yield _acceptable(evidence, model, least)
    if margin is not None and drop_is_tested(evidence, model):
        yield _no_worse_than_internally(evidence, model, margin)
    elif margin is not None:
        yield _no_worse_than_stated(evidence, model, margin)


def decides_on_several(evidence: Evidence) -> bool:
    """Say whether so much is decided that the first page has no room for words on each model."""
    return len(evidence.models) > 1 and bool(criteria(evidence.protocol))


def in_words(evidence: Evidence) -> list[str]:
    """Say of each model whether it meets each criterion."""
    return [
        f"**{one.word}**: {short_title(model)}, {one.criterion}: "
        f"{one.found or _auroc(evidence.own.loc[model])}."
        for model in evidence.models
        for one in judged(evidence, model)
    ]


def _acceptable(evidence: Evidence, model: str, least: float) -> Verdict:
    row = evidence.own.loc[model]
    needed = cancers_to_show(evidence, model, abs(row["auroc"] - least))
    plan = _plan(evidence, model, needed, f"the auROC is {row['auroc']:.2f}")
    found = verdicts.acceptable(row, least)
    return _verdict(evidence, model, f"auROC of at least {least:g}", found, plan)


def _no_worse_than_internally(evidence: Evidence, model: str, margin: float) -> Verdict:
    drop, internal = evidence.drops.loc[model], evidence.internal.loc[model]
    factor = times_as_many_patients(evidence, model)
    if math.isinf(factor) or verdicts.are_too_few(internal):
        plan = "ask for a larger internal validation: more patients of this site cannot decide"
    else:
        needed = factor * patients_with_cancer(evidence, model)
        plan = _plan(evidence, model, needed, "nothing is lost")
    criterion = f"no worse by {margin:g} than in internal validation"
    found = verdicts.no_worse(drop)
    return _verdict(evidence, model, criterion, found, plan, change_in_words(drop))


def _no_worse_than_stated(evidence: Evidence, model: str, margin: float) -> Verdict:
    row, claimed = evidence.own.loc[model], evidence.weights[model].claimed
    if claimed is None:
        criterion, plan = f"no worse by {margin:g}", "state the maker's auROC with `--stated`"
        return _verdict(evidence, model, criterion, "unknown", plan)
    plan = _plan(evidence, model, cancers_to_show(evidence, model, margin), "nothing is lost")
    criterion = f"no worse by {margin:g} than the {claimed.auroc:.2f} that {claimed.by}"
    found = verdicts.acceptable(row, claimed.auroc - margin)
    return _verdict(evidence, model, criterion, found, plan)


def _verdict(
    evidence: Evidence,
    model: str,
    criterion: str,
    verdict: Acceptance,
    plan: str,
    found: str = "",
) -> Verdict:
    severity = {"met": "ok", "not met": "warning"}.get(verdict, "note")
    if evidence.shows_the_method_only(model):
        severity = "note"
    word, reason = _WORDS[verdict]
    remedy = "" if verdict in ("met", "not met") else "; ".join(filter(None, (reason, plan)))
    return Verdict(severity, word, criterion, found, remedy)


def _auroc(row: Mapping[str, float]) -> str:
    if math.isnan(row["lower"]):
        return "no interval"
    return estimate(row["auroc"], row["lower"], row["upper"])


def _plan(evidence: Evidence, model: str, needed: float, if_true: str) -> str:
    """Say how many patients with cancer would decide; nothing where that cannot be known."""
    if math.isnan(needed):
        return ""
    if needed > _MOST:
        return f"no number of patients that can be had decides if {if_true}"
    n = patients_with_cancer(evidence, model)
    return (
        f"plan for about {float(f'{max(needed, FEWEST):.2g}'):,.0f} patients with cancer in place "
        f"of {n:,} ({POWER:.0%} power, if {if_true})"
    )
