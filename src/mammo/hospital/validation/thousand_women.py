"""The table of what the operating point in use means for a thousand women."""

from collections.abc import Iterator

import pandas as pd

from mammo.hospital.validation import words
from mammo.hospital.validation.evidence import Evidence
from mammo.hospital.validation.examinations import IN_STUDY
from mammo.paper.published import short_title
from mammo.report.page.blocks import Block, Prose, Table
from mammo.report.tables.formats import (
    digits_of,
    estimate,
    estimates,
    interval_heading,
    thresholds,
)

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
        estimate(*numbers, digits_of(*numbers[1:]) if digits is None else digits)
        for numbers in zip(*columns, strict=True)
    ]


def _note(evidence: Evidence, rows: pd.DataFrame) -> str:
    unit, rule = evidence.scored_unit, _RULES[evidence.protocol.rule]
    of = "" if evidence.is_by_examination else f", by the {rule} score of its {unit}s"
    points = rows.drop_duplicates("model")
    chosen = " ".join(f"{how[0].upper()}{how[1:]}." for how in points["chosen"].unique())
    if len(points) == 1:
        (threshold,) = thresholds(points["threshold"])
        chosen = f"{chosen[:-1]}: {_point(points.iloc[0], threshold)}."
    return " ".join(
        [
            f"{chosen} All by examination{of}.",
            *_two_shares(evidence, rows),
            _cancers_note(rows),
            *_sizes_note(evidence, rows),
            "Takes it that women at your site score like the women of this study. Where those "
            "without cancer were recalled or biopsied women, recalls at a screening site will be "
            "others, mostly fewer; the brackets do not include this.",
            "The prevalence in this study is of its cases, not of screening; one that is stated is "
            f"taken as known. {interval_heading(rows)}s; those of recalls, "
            "PPV and NPV take the bounds of sensitivity and specificity together, and are rather "
            "too wide.",
        ]
    )


def _two_shares(evidence: Evidence, rows: pd.DataFrame) -> Iterator[str]:
    """Say why more examinations than images are malignant, where that is so."""
    own, unit = evidence.own.iloc[0], evidence.scored_unit
    by_unit = own["n_malignant"] / own["n_images"]
    by_examination = rows.loc[rows["among"] == IN_STUDY, "prevalence"].iloc[0]
    if round(100 * by_unit) != round(100 * by_examination):
        yield (
            f"{by_examination:.0%} of the examinations are malignant and {by_unit:.0%} of the "
            f"{words.plural(unit)}, since one malignant {unit} makes an examination malignant."
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


def _point(row: pd.Series, threshold: str) -> str:
    with_cancer, others = row["n_malignant"], row["n_images"] - row["n_malignant"]
    found = ""
    if row["by_breast"]:
        found = f", of the cancers by their own breast {_share(row, 'found_share')}"
    return (
        f"{threshold}, sensitivity {_share(row, 'sensitivity')} of {with_cancer:,} examinations "
        f"with cancer{found}, specificity {_share(row, 'specificity')} of {others:,} without"
    )


def _share(row: pd.Series, name: str) -> str:
    return estimate(row[name], row[f"{name}_lower"], row[f"{name}_upper"])


def thresholds_by_examination(evidence: Evidence) -> Iterator[Block]:
    """Show the thresholds behind the numbers of several models, which the note has no room for."""
    rows = evidence.screened
    if rows.empty or rows["model"].nunique() == 1:
        return
    points = rows.drop_duplicates("model")
    with_cancer = points["n_malignant"]
    shown = {
        "Model": points["model"].map(short_title),
        "Threshold": thresholds(points["threshold"]),
        "With cancer": with_cancer,
        "Sensitivity": estimates(points, "sensitivity"),
        "Without": points["n_images"] - with_cancer,
        "Specificity": estimates(points, "specificity"),
    }
    if points["by_breast"].iloc[0]:
        shown["Cancers by their own breast"] = estimates(points, "found_share")
    yield Table(pd.DataFrame(shown), "Thresholds behind the numbers of 1,000 women, by examination")
