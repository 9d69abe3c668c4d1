"""The table of what the operating point in use means for a thousand women."""

import math
from collections.abc import Iterator

import pandas as pd

from mammo.hospital.validation import words
from mammo.hospital.validation.evidence import Evidence
from mammo.paper.published import short_title
from mammo.report.page.blocks import Block, Prose, Table
from mammo.report.tables.formats import NOTHING, digits_of, estimate, thresholds

_COLUMNS = {
    "recalled": ("Recalled", 1, 0),
    "found": ("Cancers found", 1, 1),
    "missed": ("Cancers missed", 1, 1),
    "positive_predictive_value": ("PPV, %", 100, None),
    "negative_predictive_value": ("NPV, %", 100, None),
}
"""Title, factor and digits of each number; None where its interval says how many."""
_OF_EXAMINATIONS = {"found": "Recalled, with a cancer", "missed": "Not recalled, with a cancer"}
"""Titles where it is not known whether the breast with the cancer is the one that is flagged."""
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
    other = {} if rows["by_breast"].iloc[0] else _OF_EXAMINATIONS
    numbers = {
        other.get(name, title): _cells(rows, name, *form)
        for name, (title, *form) in _COLUMNS.items()
    }
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
        f"{how[0].upper()}{how[1:]}: {'; '.join(_points(same))}."
        for how, same in rows.drop_duplicates("model").groupby("chosen", sort=False)
    )
    return " ".join(
        [
            f"{points} All by examination{of}.",
            _cancers_note(rows),
            *_sizes_note(evidence, rows),
            "Takes it that women at your site score like the women of this study. Where those "
            "without cancer were recalled or biopsied women, recalls at a screening site will be "
            "others, mostly fewer; the brackets do not include this.",
            "The prevalence in this study is of its cases, and not of screening; one that is "
            "stated is taken as known. In brackets: "
            f"{100 * rows['confidence'].iloc[0]:g}% intervals; those of recalls, PPV and NPV take "
            "the bounds of sensitivity and specificity together, and are rather too wide.",
        ]
    )


def _cancers_note(rows: pd.DataFrame) -> str:
    if rows["by_breast"].iloc[0]:
        return (
            "A cancer is found where its own breast is flagged; a woman with cancer who is "
            "recalled for her other breast counts among the recalls, in PPV and in NPV."
        )
    return (
        "The scores do not say which breast is flagged, so that a woman with cancer may be "
        "recalled for her other breast."
    )


def _sizes_note(evidence: Evidence, rows: pd.DataFrame) -> Iterator[str]:
    """Say how many scores an examination has, where its threshold came from other examinations."""
    units = words.plural(evidence.scored_unit)
    columns = ["per_internal_examination", "per_examination"]
    for internal, own in rows[columns].dropna().drop_duplicates().to_numpy():
        is_higher = evidence.protocol.rule == "max" and own > internal
        higher = "; the highest of more is higher, so that more are recalled for this alone"
        yield (
            f"An examination has {internal:.2f} {units} in internal validation and {own:.2f} at "
            f"this site{higher if is_higher else ''}."
        )


def _points(rows: pd.DataFrame) -> Iterator[str]:
    texts = thresholds(rows["threshold"])
    for (_, row), threshold in zip(rows.iterrows(), texts, strict=True):
        yield _point(row, threshold)


def _point(row: pd.Series, threshold: str) -> str:
    with_cancer, others = row["n_malignant"], row["n_images"] - row["n_malignant"]
    found = ""
    if row["by_breast"]:
        found = f", of the cancers by their own breast {_share(row, 'found_share')}"
    return (
        f"{short_title(row['model'])} {threshold}, sensitivity {_share(row, 'sensitivity')} of "
        f"{with_cancer:,} examinations with cancer{found}, specificity "
        f"{_share(row, 'specificity')} of {others:,} without"
    )


def _share(row: pd.Series, name: str) -> str:
    return estimate(row[name], row[f"{name}_lower"], row[f"{name}_upper"])
