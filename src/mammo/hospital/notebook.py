"""Tables and pictures of a hospital's own images, as a notebook shows them."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Protocol

import pandas as pd

from mammo.datasets.check_report import Report
from mammo.paper.published import model_title
from mammo.report.display import Table
from mammo.report.tables.comparison import operating_point_table

RECHOSEN_NOTE = (
    "Chosen on half of these patients and applied to the other half, which alone is shown: a "
    "threshold that is measured on the patients it was chosen on flatters itself."
)


class WronglyScored(Protocol):
    """An image that a model gets most wrong, and how."""

    model: str
    kind: str
    png: bytes
    alt: str
    caption: str


@dataclass(frozen=True)
class PictureRows:
    """Small pictures with captions, in rows that have a title each."""

    rows: Sequence[tuple[str, Sequence[WronglyScored]]]

    def _repr_html_(self) -> str:
        return "".join(_row(title, items) for title, items in self.rows)

    def __repr__(self) -> str:
        lines = [f"{title}: {item.caption}" for title, items in self.rows for item in items]
        return "\n".join(lines)


def worst_images(examples: Sequence[WronglyScored]) -> PictureRows:
    """Show the images that each model gets most wrong, one row a model and kind of error."""
    rows: dict[str, list[WronglyScored]] = {}
    for example in examples:
        title = f"{model_title(example.model)}: {example.kind}s"
        rows.setdefault(title, []).append(example)
    return PictureRows(list(rows.items()))


def counts_table(report: Report) -> Table:
    """Show how many files, images, breasts and patients there are, and how many can be used."""
    counts = report.counts.astype("object").where(report.counts.notna(), None)
    shown = counts.rename_axis("Count").reset_index().rename(columns=str.capitalize)
    return Table(shown, shown)


def findings_table(report: Report) -> Table:
    """Show what a check found, the worst first."""
    rows = [
        {"Kind": finding.severity, "Finding": finding.text, "What to do": finding.remedy or "–"}
        for finding in report.findings
    ]
    return Table(pd.DataFrame(rows), pd.DataFrame(rows))


def rechosen_table(points: pd.DataFrame, sources: Mapping[str, str]) -> Table:
    """Show what thresholds chosen on half of the patients give on the other half.

    Parameters
    ----------
    points : DataFrame
        As `mammo.evaluation.tables.operating_points.rechosen`.
    sources : mapping
        Data set to "real" or "synthetic", where that is known.
    """
    if points.empty:
        nothing = pd.DataFrame({"Result": ["none: half of the patients have one class only"]})
        return Table(nothing, nothing)
    return replace(operating_point_table(points, sources), note=RECHOSEN_NOTE)


def _row(title: str, items: Sequence[WronglyScored]) -> str:
    pictures = "".join(
        f'<figure><img alt="{escape(item.alt)}" '
        f'src="data:image/png;base64,{base64.b64encode(item.png).decode()}">'
        f"<figcaption>{escape(item.caption)}</figcaption></figure>"
        for item in items
    )
    return f'<div class="mammo-strip"><p>{escape(title)}</p><div>{pictures}</div></div>'
