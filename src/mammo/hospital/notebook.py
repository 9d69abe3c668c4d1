"""Tables and pictures of a hospital's own images, as a notebook shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from mammo.datasets.check_report import Report
from mammo.hospital.validation.examples import WorstImage
from mammo.paper.published import model_title
from mammo.report.page.blocks import Group, Table, Thumbnail, Thumbnails
from mammo.report.tables.comparison import operating_point_table, predictive_note

RECHOSEN_NOTE = (
    "Chosen on half of these patients and applied to the other half, which alone is shown: a "
    "threshold that is measured on the patients it was chosen on flatters itself."
)


def worst_images(examples: Sequence[WorstImage]) -> Group:
    """Show the images that each model gets most wrong, one row a model and kind of error."""
    rows: dict[str, list[Thumbnail]] = {}
    for one in examples:
        title = f"{model_title(one.model)}: {one.kind}s"
        rows.setdefault(title, []).append(Thumbnail(one.png, one.alt, one.caption))
    return Group(Thumbnails(items, title) for title, items in rows.items())


def counts_table(report: Report) -> Table:
    """Show how many files, images, breasts and patients there are, and how many can be used."""
    counts = report.counts.astype("object").where(report.counts.notna(), None)
    shown = counts.rename_axis("Count").reset_index().rename(columns=str.capitalize)
    return Table(shown, "What was found, and what can be used", name="own-counts")


def findings_table(report: Report) -> Table:
    """Show what a check found, the worst first."""
    rows = [
        {"Kind": finding.severity, "Finding": finding.text, "What to do": finding.remedy or "–"}
        for finding in report.findings
    ]
    caption = "What is to be known of these images"
    return Table(pd.DataFrame(rows), caption, name="own-findings")


def rechosen_table(points: pd.DataFrame, sources: Mapping[str, str]) -> Table:
    """Show what thresholds chosen on half of the patients give on the other half.

    Parameters
    ----------
    points : DataFrame
        As `mammo.evaluation.tables.operating_points.rechosen`.
    sources : mapping
        Data set to "real" or "synthetic", where that is known.
    """
    caption = "Thresholds chosen on half of these patients, measured on the other half"
    if points.empty:
        nothing = pd.DataFrame({"Result": ["none: half of the patients have one class only"]})
        return Table(nothing, caption, name="own-thresholds")
    table = operating_point_table(points, sources)
    note = f"{RECHOSEN_NOTE} {predictive_note(points)}"
    return replace(table, caption=caption, note=note, name="own-thresholds")
