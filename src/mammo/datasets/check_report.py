"""The report on a data set: findings, counts beside the published ones, exit status."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mammo.datasets import manifest
from mammo.datasets.card import Counts, DatasetCard

STATUS = {"ok": 0, "note": 0, "warning": 1, "error": 2}
"""Exit status by the worst severity: 0 usable, 1 usable but incomplete, 2 absent or unusable."""

_VERDICTS = ("usable", "usable, but see the warnings", "not usable")
_COUNTED = ("images", "images_total", "malignant", "benign")


@dataclass(frozen=True)
class Finding:
    """One thing found: severity "ok", "note", "warning" or "error", what, and what to do."""

    severity: str
    text: str
    remedy: str = ""


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number of things, such as ``1 image`` and ``1,024 images``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by their severity, the worst first, and else in their order."""
    order = ("error", "warning", "note", "ok")
    return sorted(findings, key=lambda finding: order.index(finding.severity))


@dataclass(frozen=True)
class Report:
    """What a check of a data set found, one of the paper's or an institution's own.

    Parameters
    ----------
    title : str
        Name of the set.
    place : Path or None
        Where it was read.
    counts : DataFrame or None
        Rows cases, images, malignant and benign; columns found, released, paper.
    findings : tuple of Finding
    """

    title: str
    place: Path | None
    counts: pd.DataFrame | None
    findings: tuple[Finding, ...]

    @property
    def status(self) -> int:
        """Exit status, see `STATUS`."""
        return max(STATUS[finding.severity] for finding in self.findings)

    def __str__(self) -> str:
        lines = [f"{self.title}: {self.place or 'absent'}", ""]
        if self.counts is not None:
            lines += [self.counts.astype(object).where(self.counts.notna(), "-").to_string(), ""]
        for finding in self.findings:
            lines.append(f"{finding.severity:<8} {_indented(finding.text)}")
            if finding.remedy:
                lines.append(f"         -> {_indented(finding.remedy)}")
        return "\n".join([*lines, "", f"{self.title} is {_VERDICTS[self.status]}."])


def _indented(text: str) -> str:
    return text.replace("\n", "\n" + " " * 9)


def counts_table(frame: pd.DataFrame, card: DatasetCard, title: str) -> pd.DataFrame:
    """Count a manifest of one data set beside what its release holds and the paper prints."""
    found = manifest.summary(frame).iloc[0]
    cases = found["cases"] or None
    columns = {title: Counts(cases=cases, **{name: found[name] for name in _COUNTED})}
    if card.released != Counts():
        columns["released"] = card.released
    columns["paper, Table 1"] = card.published
    return pd.DataFrame({name: _column(counts) for name, counts in columns.items()})


def _column(counts: Counts) -> dict[str, str]:
    """Format the counts; a share that is not stated follows from what is."""
    column = {
        label: f"{value:,}" if value is not None else "-"
        for label, value in (
            ("cases", counts.cases),
            ("images used", counts.images),
            ("images in all", counts.images_total),
        )
    }
    for name in ("malignant", "benign"):
        number, share = getattr(counts, name), getattr(counts, f"{name}_percent")
        if share is None and number is not None and counts.images:
            share = 100 * number / counts.images
        printed = [] if number is None else [f"{number:,}"]
        if share is not None:
            printed.append(f"({share:.1f}%)" if isinstance(share, float) else f"({share}%)")
        column[name] = " ".join(printed) or "-"
    return column
