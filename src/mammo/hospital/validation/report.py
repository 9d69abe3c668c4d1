"""The files of a validation: the report, and the tables behind it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from mammo.errors import MammoError
from mammo.files.artifacts import commit
from mammo.files.code import versions
from mammo.files.disk import write_text
from mammo.hospital import preflight
from mammo.hospital.validation.evidence import Evidence
from mammo.hospital.validation.page import page
from mammo.report.page.render import render
from mammo.report.tables.spreadsheet_cells import harmless

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
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MammoError(f"{folder} cannot be made: {error.strerror}; name a folder") from None
    tables = {"scores": evidence.assessment.scored, **evidence.assessment.tables}
    if len(evidence.rechosen):
        tables["operating_points_rechosen"] = evidence.rechosen
    texts = {f"{name}.csv": harmless(table).to_csv(index=False) for name, table in tables.items()}
    if evidence.preflight is not None:
        texts["exclusions.csv"] = preflight.exclusions_csv(evidence.preflight)
    texts[REPORT] = render(page(evidence, _meta(evidence)))
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]


def _meta(evidence: Evidence) -> dict[str, str]:
    settings = evidence.assessment.settings
    return {
        "Date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "Software": f"mammo {versions()['mammo']} ({commit()[:10]})",
        "Intervals": f"{100 * settings.confidence:g}%, {settings.n_bootstrap:,} replicates of "
        f"{settings.unit}s, seed {settings.seed}",
    }
