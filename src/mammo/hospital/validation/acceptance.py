"""Whether the criterion that was fixed beforehand is met, and how many cancers would decide."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mammo.datasets.check_report import Finding
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
    """A criterion on one model: its verdict, the number that was judged, and what would decide.

    ``by_examination`` is the verdict on the auROC by examination, None where that is what was
    judged, or where a drop was.
    """

    criterion: str
    verdict: Acceptance
    found: str
    plan: str
    by_examination: Acceptance | None = None


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
    return _at_least(evidence, model, least, f"auROC of at least {least:g}")


def _no_worse_than_internally(evidence: Evidence, model: str, margin: float) -> Judged:
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
    return Judged(
        f"no worse by {margin:g} than internally, {_by(evidence)}",
        verdicts.no_worse(drop),
        f"drop {drop['difference']:+.2f} ({drop['lower']:+.2f} to {drop['upper']:+.2f})",
        plan,
    )


def _no_worse_than_stated(evidence: Evidence, model: str, margin: float) -> Judged:
    claimed = evidence.weights[model].claimed
    if claimed is None:
        criterion, plan = f"no worse by {margin:g}", "state the maker's auROC with `--stated`"
        return Judged(criterion, "unknown", _auroc(evidence.own.loc[model]), plan)
    criterion = f"no worse by {margin:g} than the {claimed.auroc:.2f} that {claimed.by}"
    return _at_least(evidence, model, claimed.auroc - margin, criterion)


def _at_least(evidence: Evidence, model: str, least: float, criterion: str) -> Judged:
    """Judge an auROC by its interval, and plan for what was found, be it below the criterion."""
    row, n = evidence.own.loc[model], patients_with_cancer(evidence, model)
    if_true = (
        f"if the true auROC is the {row['auroc']:.2f} that these {n:,} gave, which is itself "
        "uncertain"
    )
    found, by_examination = _auroc(row), None
    if not evidence.is_by_examination:
        examined = evidence.by_examination.loc[model]
        by_examination = verdicts.acceptable(examined, least)
        verdict = _WORDS[by_examination].partition(",")[0].lower()
        found += f"; by examination {_auroc(examined)}, {verdict}"
    return Judged(
        f"{criterion}, {_by(evidence)}",
        verdicts.acceptable(row, least),
        found,
        _plan(n, cancers_to_tell(evidence, model, least), if_true),
        by_examination,
    )


def _by(evidence: Evidence) -> str:
    return f"by {evidence.scored_unit}"


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
    is_only_by_row = one.by_examination not in (None, one.verdict)
    if evidence.shows_the_method_only(model) or is_only_by_row:
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
        return f"no number of patients that can be had decides {if_true}"
    return (
        f"plan for about {_rounded_up(needed):,.0f} patients with cancer in place of {n:,} "
        f"({POWER:.0%} power for this model alone, {if_true})"
    )


def _rounded_up(number: float) -> float:
    """Return the least number of two digits that is enough."""
    step = 10.0 ** max(math.floor(math.log10(number)) - 1, 0)
    return math.ceil(number / step) * step
