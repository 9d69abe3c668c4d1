"""What each cause takes off the auROC, alone and as its share of the whole drop."""

import pandas as pd
from matplotlib.figure import Figure

from mammo.evaluation.tables.attribution import DividedDrop
from mammo.report.figures.style import (
    BLUE,
    DISPLAY_WIDTH,
    GREY,
    INK,
    Picture,
    drawing,
    named_rows,
)
from mammo.report.tables.causes import cause_name


def factor_shares(divided: DividedDrop) -> Picture:
    """Draw each factor's share of the drop with its interval, its drop alone, and the whole drop.

    Parameters
    ----------
    divided : DividedDrop
    """
    shares, drop = divided.shares, divided.ends.loc["drop"]
    names = [cause_name(factor) for factor in shares["factor"]]
    heights = [-place for place in range(len(names) + 1)]
    with drawing():
        figure = Figure(figsize=(DISPLAY_WIDTH, 1.3 + 0.42 * len(heights)), layout="constrained")
        axes = figure.subplots()
        axes.axvline(0, color=GREY, linestyle=":", linewidth=1.2)
        for height, (_, row) in zip(heights, shares.iterrows(), strict=False):
            axes.plot([row["share_lower"], row["share_upper"]], [height] * 2, color=BLUE)
        axes.plot(
            shares["share"], heights[:-1], "o", color=BLUE, label="share of the drop, with interval"
        )
        axes.plot(
            shares["alone"], [height - 0.22 for height in heights[:-1]], "D", color=GREY,
            markerfacecolor="white", markersize=5, label="drop by this cause alone",
        )  # fmt: skip
        axes.plot([drop["lower"], drop["upper"]], [heights[-1]] * 2, color=INK)
        axes.plot(drop["value"], heights[-1], "s", color=INK, label="drop by all of them")
        axes.set(xlabel="Lost auROC", ylim=(heights[-1] - 0.6, 0.5))
        named_rows(axes, heights, [*names, "All together"])
        figure.legend(loc="outside lower center", ncols=3)
    caption = "How much of the lost auROC each factor takes"
    return Picture(figure, _alt(shares, names, drop), caption)


def _alt(shares: pd.DataFrame, names: list[str], drop: pd.Series) -> str:
    listed = "; ".join(
        f"{name} {row.share:+.3f} ({row.share_lower:+.3f} to {row.share_upper:+.3f}), alone "
        f"{row.alone:+.3f}"
        for name, row in zip(names, shares.itertuples(), strict=True)
    )
    return (
        f"Shares of the drop of {drop['value']:.3f} ({drop['lower']:.3f} to {drop['upper']:.3f}): "
        f"{listed}."
    )
