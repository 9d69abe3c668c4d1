"""The table of what the operating point in use means for a thousand women."""

import math
from collections.abc import Iterator

import pandas as pd

from mammo.hospital.validation.evidence import Evidence
from mammo.paper.published import short_title
from mammo.report.page.blocks import Block, Prose, Table
from mammo.report.tables.formats import NOTHING, digits_of, estimate

_COLUMNS = {
    "recalled": ("Recalled", 1, 0),
    "found": ("Cancers found", 1, 1),
    "missed": ("Cancers missed", 1, 1),
    "positive_predictive_value": ("PPV, %", 100, None),
    "negative_predictive_value": ("NPV, %", 100, None),
}
"""Title, factor and digits of each number; None where its interval says how many."""
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
        for among, same in rows.groupby("among", sort=False):
            caption = f"{_OF} {among}, {_cancers(same['prevalence'].iloc[0])}"
            yield Table(shown.loc[same.index], caption, note, data=same)
            note = ""
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


def _cells(rows: pd.DataFrame, name: str, factor: float, digits: int | None) -> list[str]:
    columns = (factor * rows[f"{name}{end}"] for end in ("", "_lower", "_upper"))
    return [
        NOTHING
        if math.isnan(numbers[0])
        else estimate(*numbers, digits_of(*numbers[1:]) if digits is None else digits)
        for numbers in zip(*columns, strict=True)
    ]


def _note(evidence: Evidence, rows: pd.DataFrame) -> str:
    unit, rule = evidence.scored_unit, _RULES[evidence.protocol.rule]
    of = "" if unit in ("study", "patient") else f", with the {rule} score of its {unit}s"
    points = " ".join(
        f"{how[0].upper()}{how[1:]}: {'; '.join(_point(row) for _, row in same.iterrows())}."
        for how, same in rows.drop_duplicates("model").groupby("chosen", sort=False)
    )
    return (
        f"{points} All by examination{of}. The prevalence in this study is of its cases, and not "
        "of screening; one that is stated is taken as known. In brackets: "
        f"{100 * rows['confidence'].iloc[0]:g}% intervals; those of recalls, PPV and NPV take the "
        "bounds of sensitivity and specificity together, and are rather too wide."
    )


def _point(row: pd.Series) -> str:
    threshold = "none" if math.isinf(row["threshold"]) else f"{row['threshold']:.3g}"
    shares = " and ".join(
        f"{name} {estimate(row[name], row[f'{name}_lower'], row[f'{name}_upper'])}"
        for name in ("sensitivity", "specificity")
    )
    return f"{short_title(row['model'])} {threshold}, {shares}"
