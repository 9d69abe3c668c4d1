"""The files of a validation: the report, and the tables behind it."""

from datetime import UTC, datetime
from pathlib import Path

from mammo.files.artifacts import commit
from mammo.files.code import versions
from mammo.hospital.validation.evidence import Evidence
from mammo.hospital.validation.page import page
from mammo.report.page.render import render
from mammo.report.results import write_results

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
