"""Whether the criterion that was fixed beforehand is met, and how many cancers would decide."""

import math
from collections.abc import Iterator, Mapping

from mammo.evaluation import verdicts
from mammo.evaluation.tables.drops import POWER
from mammo.evaluation.verdicts import FEWEST, Acceptance
from mammo.hospital.validation.conclusions import (
    cancers_to_exclude_drop,
    cancers_to_tell,
    drop_is_tested,
    patients_with_cancer,
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
        yield _at_least(evidence, model, least, f"auROC of at least {least:g}")
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
        f"{'; '.join(filter(None, (_auroc(evidence.own.loc[model]), one.found)))}."
        for model in evidence.models
        for one in judged(evidence, model)
    ]


def _at_least(evidence: Evidence, model: str, least: float, criterion: str) -> Verdict:
    """Judge an auROC by its interval, and plan for what was found, be it below the criterion.

    Where the auROC by examination comes to another verdict, nothing is called good or bad.
    """
    row, n = evidence.own.loc[model], patients_with_cancer(evidence, model)
    if_true = (
        f"if the true auROC is the {row['auroc']:.2f} that these {n:,} gave, which is itself "
        "uncertain"
    )
    verdict, found, by_examination = verdicts.acceptable(row, least), "", None
    if not evidence.is_by_examination:
        examined = evidence.by_examination.loc[model]
        by_examination = verdicts.acceptable(examined, least)
        found = f"by examination {_auroc(examined)}, {_WORDS[by_examination][0].lower()}"
    plan = _plan(n, cancers_to_tell(evidence, model, least), if_true)
    is_shared = by_examination in (None, verdict)
    return _verdict(evidence, model, criterion, verdict, plan, found, is_shared=is_shared)


def _no_worse_than_internally(evidence: Evidence, model: str, margin: float) -> Verdict:
    drop, internal = evidence.drops.loc[model], evidence.internal.loc[model]
    needed, n = cancers_to_exclude_drop(evidence, model), patients_with_cancer(evidence, model)
    if math.isinf(needed) or verdicts.are_too_few(internal):
        plan = "ask for a larger internal validation: more patients of this site cannot decide"
    elif needed <= n:
        plan = (
            "more patients make the interval narrower; these would exclude such a loss with "
            f"{POWER:.0%} power, if nothing were lost"
        )
    else:
        plan = _plan(n, needed, "if nothing is lost")
    criterion = f"at most {margin:g} below internal validation"
    verdict = verdicts.no_worse(drop)
    return _verdict(evidence, model, criterion, verdict, plan, change_in_words(drop))


def _no_worse_than_stated(evidence: Evidence, model: str, margin: float) -> Verdict:
    claimed = evidence.weights[model].claimed
    if claimed is None:
        plan = "state the maker's auROC with `--stated`"
        return _verdict(evidence, model, f"at most {margin:g} lost", "unknown", plan)
    criterion = f"at most {margin:g} below the {claimed.auroc:.2f} that {claimed.by}"
    return _at_least(evidence, model, claimed.auroc - margin, criterion)


def _verdict(
    evidence: Evidence,
    model: str,
    criterion: str,
    verdict: Acceptance,
    plan: str,
    found: str = "",
    *,
    is_shared: bool = True,
) -> Verdict:
    severity = {"met": "ok", "not met": "warning"}.get(verdict, "note")
    if evidence.shows_the_method_only(model) or not is_shared:
        severity = "note"
    word, reason = _WORDS[verdict]
    remedy = "" if verdict in ("met", "not met") else "; ".join(filter(None, (reason, plan)))
    return Verdict(severity, word, f"{criterion}, by {evidence.scored_unit}", found, remedy)


def _auroc(row: Mapping[str, float]) -> str:
    if math.isnan(row["lower"]):
        return "no interval"
    return estimate(row["auroc"], row["lower"], row["upper"])


def _plan(n: int, needed: float, if_true: str) -> str:
    """Say how many patients with cancer would decide; nothing where that cannot be known."""
    if math.isnan(needed):
        return ""
    if needed > _MOST:
        return f"no number of patients that can be had decides {if_true}"
    return (
        f"plan for about {_rounded_up(needed):,.0f} patients with cancer in place of {n:,} "
        f"({POWER:.0%} power for this model alone, {if_true})"
    )


def _rounded_up(number: float) -> float:
    """Return the least number of two digits that is enough."""
    step = 10.0 ** max(math.floor(math.log10(number)) - 1, 0)
    return math.ceil(number / step) * step
