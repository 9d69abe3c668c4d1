"""The table of what the operating point in use means for a thousand women."""

import math
from collections.abc import Iterator

import pandas as pd

from mammo.hospital.validation.evidence import Evidence
from mammo.hospital.validation.examinations import IN_STUDY
from mammo.hospital.validation.words import plural
from mammo.paper.published import short_title
from mammo.report.page.blocks import Block, Prose, Table
from mammo.report.tables.formats import NOTHING, estimate

_COLUMNS = {
    "recalled": ("Recalled", 1, 0),
    "found": ("Cancers found", 1, 1),
    "missed": ("Cancers missed", 1, 1),
    "positive_predictive_value": ("PPV, %", 100, 1),
    "negative_predictive_value": ("NPV, %", 100, 2),
}
"""Title, factor and digits of each number."""
_OF = "Of 1,000 women"
_RULES = {"max": "highest", "mean": "mean"}


def thousand_women(evidence: Evidence) -> Iterator[Block]:
    """Show women recalled, cancers found and missed, and predictive values; nothing without any.

    The numbers of one model stand below each other, which a phone shows whole.
    """
    rows = evidence.screened
    if rows.empty:
        return
    note = _note(evidence, rows)
    shown = _shown(rows)
    if rows["model"].nunique() == 1:
        turned = shown.drop(columns="Model").set_axis(_women(rows)).T
        turned = turned.rename_axis(_OF).reset_index()
        yield Table(turned, "What the operating point means, one examination each", note, data=rows)
    else:
        tables = list(rows.groupby("among", sort=False))
        for among, same in tables:
            caption = f"{_OF} {among}, {_cancers(same['prevalence'].iloc[0])}"
            below = note if among == tables[-1][0] else ""
            yield Table(shown.loc[same.index], caption, below, data=same)
    if evidence.protocol.prevalence is None:
        yield Prose(
            "How many of the women at this site have cancer is not stated: `--prevalence 6/1000` "
            "adds the numbers of 1,000 of them."
        )


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    numbers = {title: _cells(rows, name, *form) for name, (title, *form) in _COLUMNS.items()}
    return pd.DataFrame({"Model": rows["model"].map(short_title), **numbers})


def _women(rows: pd.DataFrame) -> list[str]:
    pairs = zip(rows["among"], rows["prevalence"], strict=True)
    return [f"{among}: {_cancers(prevalence)}" for among, prevalence in pairs]


def _cancers(prevalence: float) -> str:
    return f"{1000 * prevalence:.3g} with cancer"


def _cells(rows: pd.DataFrame, name: str, factor: float, digits: int) -> list[str]:
    columns = (factor * rows[f"{name}{end}"] for end in ("", "_lower", "_upper"))
    return [
        NOTHING if math.isnan(numbers[0]) else estimate(*numbers, digits)
        for numbers in zip(*columns, strict=True)
    ]


def _note(evidence: Evidence, rows: pd.DataFrame) -> str:
    unit, rule = evidence.scored_unit, _RULES[evidence.protocol.rule]
    of = "" if unit in ("study", "patient") else f", by the {rule} score of its {unit}s"
    points = rows.drop_duplicates("model")
    chosen = " ".join(f"{how[0].upper()}{how[1:]}." for how in points["chosen"].unique())
    if len(points) == 1:
        chosen = f"{chosen[:-1]}: {_point(points.iloc[0])}."
    return (
        f"{chosen} All by examination{of}.{_two_shares(evidence, rows)} The prevalence in this "
        "study is of its cases, not of screening; one that is stated is taken as known. "
        f"{100 * rows['confidence'].iloc[0]:g}% intervals; those of recalls, PPV and NPV take the "
        "bounds of sensitivity and specificity together, and are rather too wide."
    )


def _two_shares(evidence: Evidence, rows: pd.DataFrame) -> str:
    """Say why more examinations than images are malignant, where that is so."""
    own = evidence.own.iloc[0]
    by_unit = own["n_malignant"] / own["n_images"]
    by_examination = rows.loc[rows["among"] == IN_STUDY, "prevalence"].iloc[0]
    if round(100 * by_unit) == round(100 * by_examination):
        return ""
    return (
        f" {by_examination:.0%} of the examinations are malignant and {by_unit:.0%} of the "
        f"{plural(evidence.scored_unit)}, since one malignant {evidence.scored_unit} makes an "
        "examination malignant."
    )


def _point(row: pd.Series) -> str:
    threshold = "none" if math.isinf(row["threshold"]) else f"{row['threshold']:.3g}"
    shares = " and ".join(
        f"{name} {estimate(row[name], row[f'{name}_lower'], row[f'{name}_upper'])}"
        for name in ("sensitivity", "specificity")
    )
    return f"{threshold}, {shares}"


def thresholds_by_examination(evidence: Evidence) -> Iterator[Block]:
    """Show the thresholds behind the numbers of several models, which the note has no room for."""
    rows = evidence.screened
    if rows.empty or rows["model"].nunique() == 1:
        return
    points = rows.drop_duplicates("model")
    shares = {
        name.capitalize(): _cells(points, name, 1, 2) for name in ("sensitivity", "specificity")
    }
    shown = {"Model": points["model"].map(short_title), "Threshold": points["threshold"], **shares}
    yield Table(pd.DataFrame(shown), "Thresholds behind the numbers of 1,000 women, by examination")
