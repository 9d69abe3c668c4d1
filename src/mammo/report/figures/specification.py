"""One set of scores under every reasonable rule: a specification curve."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mammo.evidence.inbreast_rules import AUTHORS_RULE, PAPERS_RULE, Rule
from mammo.report.figures.style import (
    BLUE,
    DISPLAY_WIDTH,
    GREY,
    INK,
    LIGHT,
    VERMILLION,
    Picture,
    drawing,
    light_grid,
)

CHOICES = {
    "positive": {
        "birads_4": "BI-RADS 4 to 6",
        "birads_5": "BI-RADS 5 and 6",
        "lesions": "the authors' cancers",
    },
    "category_3": {"out": "BI-RADS 3 left out", "in": "BI-RADS 3 in"},
    "scored": {"image": "by image", "breast": "by breast", "patient": "by patient"},
    "combined": {"mean": "mean of its images", "max": "highest of its images"},
    "missing": {"zero": "no detection: 0", "out": "no detection: left out"},
}
"""A rule's choices in words."""

MARKED = {
    "the authors' rule": (AUTHORS_RULE, VERMILLION, "D"),
    "the paper's rule": (PAPERS_RULE, BLUE, "s"),
}


def in_words(rule: Rule) -> str:
    """Return a rule as a line of text; an image alone is not combined with others."""
    texts = [CHOICES[name][value] for name, value in rule._asdict().items()]
    if rule.scored == "image":
        texts.pop(Rule._fields.index("combined"))
    return "; ".join(texts)


def specification_curve(rules: pd.DataFrame) -> Picture:
    """Every rule's auROC with its interval, in order, above the choices that it is made of.

    Parameters
    ----------
    rules : DataFrame
        As `mammo.evidence.inbreast_rules`.
    """
    rows = rules.sort_values("auroc", kind="stable").reset_index(drop=True)
    with drawing():
        figure = Figure(figsize=(DISPLAY_WIDTH, 6.6), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1, 1.15])
        above.vlines(rows.index, rows["lower"], rows["upper"], color=LIGHT, linewidth=2.2)
        above.plot(rows.index, rows["auroc"], ".", color=INK, markersize=5)
        for name, (rule, color, marker) in MARKED.items():
            place = _place(rows, rule)
            label = f"{name}: {rows.loc[place, 'auroc']:.3f}"
            above.vlines(
                place,
                rows.loc[place, "lower"],
                rows.loc[place, "upper"],
                color=color,
                linewidth=2.4,
            )
            above.plot(
                place, rows.loc[place, "auroc"], marker, color=color, markersize=8, label=label
            )
            below.axvline(place, color=color, linewidth=1.2, zorder=0)
        above.set_ylabel("auROC, 95% interval")
        light_grid(above, "y")
        above.legend(loc="lower right")
        _choices(below, rows)
        below.set(xlabel=f"{len(rows)} rules, in the order of their auROC", xlim=(-1, len(rows)))
        below.set_xticks([])
    marked = ", ".join(
        f"{name} {rows.loc[_place(rows, rule), 'auroc']:.3f}" for name, (rule, *_) in MARKED.items()
    )
    return Picture(
        figure,
        f"auROC of the same detections under {len(rows)} rules, from {rows['auroc'].min():.3f} to "
        f"{rows['auroc'].max():.3f}; {marked}; below, the choices of each rule.",
        "auROC of the same detections under every rule",
    )


def _choices(axes: Axes, rows: pd.DataFrame) -> None:
    height, heights, names = 0.0, [], []
    for field, values in CHOICES.items():
        for value, words in values.items():
            chosen = rows.index[rows[field] == value]
            axes.plot(chosen, [height] * len(chosen), "|", color=INK, markersize=7)
            heights.append(height)
            names.append(words)
            height -= 1
        height -= 0.6
    axes.set_yticks(heights, names)
    axes.set_ylim(height + 1, 0.8)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_color(GREY)


def _place(rows: pd.DataFrame, rule: Rule) -> int:
    return int(rows.index[(rows[list(Rule._fields)] == list(rule)).all(axis=1)][0])
