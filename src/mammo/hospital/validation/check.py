"""Check of scores that came as a file, and of their labels, before a report is made of them."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mammo.datasets.check_report import Finding, Report, worst_first
from mammo.datasets.institution.labels import LabelLayout
from mammo.errors import MammoError
from mammo.hospital import preflight
from mammo.hospital.validation import of_scores
from mammo.hospital.validation.conclusions import rank_of
from mammo.hospital.validation.evidence import Evidence
from mammo.parameters import sources

_TITLE = "your data"
_REPLICATES = 100
"""Of the interval beside the one that is looked at."""


def check(scores: Path, labels: Path, layout: LabelLayout, missing: float | None) -> Report:
    """Say whether a report can be made of scores, and what it will be able to show.

    Parameters
    ----------
    scores, labels, layout
        As `mammo.hospital.validation.of_scores.evidence` takes them, whose judgement this is.
    missing : float or None
        What a missing score counts as.

    Returns
    -------
    Report
        Of what the report would refuse, one error.
    """
    try:
        parameters = sources.validate({"missing": missing, "n_bootstrap": _REPLICATES})
        found = of_scores.evidence(scores, labels, layout, parameters)
    except MammoError as error:
        return Report(_TITLE, scores, None, (Finding("error", str(error)),))
    scored = found.evaluation.scored.rename(columns={"y_true": "label"})
    used = scored[scored["model"] == found.models[0]]
    findings = worst_first([*found.notes, *preflight.too_few(used), *_reversed(found)])
    if expected := preflight.precision_to_expect(used):
        findings.append(preflight.expectation(expected))
    return Report(_TITLE, scores, _counts(used, found), tuple(findings))


def _counts(used: pd.DataFrame, found: Evidence) -> pd.DataFrame:
    malignant = used[used["label"] == 1]
    counts = {
        "models": len(found.models),
        f"labelled, by {found.scored_unit}": len(used),
        "malignant": len(malignant),
        "benign": len(used) - len(malignant),
        "patients": used["patient_id"].nunique(),
        "patients with a malignant one": malignant["patient_id"].nunique(),
    }
    return pd.Series(counts, dtype="Int64").to_frame("usable")


def _reversed(found: Evidence) -> Iterator[Finding]:
    for model in found.models:
        if rank_of(found, model) == "worse":
            yield Finding(
                "warning",
                f"{model}: the order is the wrong way round",
                "check how labels are coded and which way scores point",
            )
