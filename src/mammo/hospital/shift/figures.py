"""Figures of dataset shift: a set of images beside the one that models were trained on."""

import pandas as pd

from mammo.hospital.shift.comparison import Shift
from mammo.hospital.shift.measures import BAND, MEASURES
from mammo.hospital.shift.words import direction, is_clear, set_names
from mammo.report.figures.style import (
    GREY,
    Look,
    Picture,
    chart,
    interval,
    light_grid,
    looks,
    named_rows,
    text_beside,
)

_ROW, _AROUND = 0.27, 1.25  # inches of a row, and of what is above and below all rows


def grey_histograms(shift: Shift) -> Picture:
    """Are the breast's grey values spread as in the training set?

    A line is the mean over a set's patients; in its band lie most of them, at each grey.
    """
    training, local = set_names(shift)
    names = (f"Training set: {training}", f"This set: {local}")
    styles = _styles(shift)
    band = f"{100 * BAND[0]:g} to {100 * BAND[1]:g}%"
    with chart(3.9) as (figure, axes):
        for name, row in zip(names, shift.sets.itertuples(), strict=True):
            bins, style = _bins(shift, row.role), styles[row.role]
            axes.fill_between(
                bins["middle"], bins["lower"], bins["upper"], color=style.color, alpha=0.18,
                linewidth=0,
            )  # fmt: skip
            axes.plot(bins["middle"], bins["mean"], style.line, color=style.color, label=name)
        axes.set(
            xlabel="Grey of the prepared image (0 black, 1 white)",
            ylabel="Density",
            xlim=(0, 1),
            title=f"Grey inside the breast; lines: mean of patients, bands: {band} of them",
        )
        axes.set_ylim(bottom=0)
        light_grid(axes)
        figure.legend(loc="outside lower center", ncols=2, handlelength=3.2)
    caption = "Grey inside the breast, at this site and in the training set"
    return Picture(figure, _histograms_alt(shift, names), caption)


def standardised_differences(shift: Shift) -> Picture:
    """In what do this set's images differ from the training set's, and by how much?"""
    rows = shift.differences
    kinds = pd.Series([MEASURES[name].kind for name in rows["measure"]])
    heights = -(rows.index.to_series() + 0.6 * (kinds != kinds.shift()).cumsum())
    training, local = set_names(shift)
    style = _styles(shift)["local"]
    with chart(_AROUND + _ROW * (len(rows) + kinds.nunique())) as (figure, axes):
        axes.axvline(0, color=GREY, linewidth=1.2)
        for height, (_, row) in zip(heights, rows.iterrows(), strict=True):
            numbers = row[["difference", "lower", "upper"]]
            face = style.color if is_clear(row) else "white"
            interval(axes, height, numbers, style.color, style.marker, markerfacecolor=face)
            text_beside(axes, 1.02, height, direction(row))
        text_beside(axes, 1.02, heights.max() + 0.8, "At this site", weight="bold")
        axes.set(
            xlabel="Difference of the means in standard deviations",
            ylim=(heights.min() - 0.7, heights.max() + 0.9),
            title=f"{local} against the training set, {training}",
        )
        axes.margins(x=0.08)
        named_rows(axes, heights, [MEASURES[name].title for name in rows["measure"]])
    level = f"{100 * rows['confidence'].iloc[0]:g}%"
    caption = (
        f"Differences from the training set. Lines: {level} intervals by patient; hollow: the "
        "interval holds 0."
    )
    return Picture(figure, _differences_alt(shift), caption)


def _styles(shift: Shift) -> dict[str, Look]:
    """Return the look of each role; two sets of one name get different looks."""
    training, local = shift.sets["dataset"]
    names = (training, local if local != training else f"{local}, this set")
    return dict(zip(shift.sets["role"], looks(names).values(), strict=True))


def _bins(shift: Shift, role: str) -> pd.DataFrame:
    bins = shift.histograms[shift.histograms["role"] == role]
    return bins.assign(middle=(bins["low"] + bins["high"]) / 2)


def _histograms_alt(shift: Shift, names: tuple[str, str]) -> str:
    shares = []
    for name, role in zip(names, shift.sets["role"], strict=True):
        bins = _bins(shift, role)
        weights = bins["mean"] / bins["mean"].sum()
        below, above = (weights[side].sum() for side in (bins["high"] <= 0.25, bins["low"] >= 0.75))
        mean = (weights * bins["middle"]).sum()
        shares.append(f"{name}: mean {mean:.2f}, {below:.0%} below 0.25, {above:.0%} above 0.75")
    return f"Histograms of grey inside the breast, with bands. {'; '.join(shares)}."


def _differences_alt(shift: Shift) -> str:
    training, local = set_names(shift)
    listed = "; ".join(
        f"{MEASURES[row['measure']].title} {row['difference']:+.1f} ({direction(row)})"
        for _, row in shift.differences.iterrows()
    )
    return (
        f"Differences of {local} from the training set, {training}, in standard deviations, with "
        f"intervals: {listed}."
    )
