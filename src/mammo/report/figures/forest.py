"""Every auROC of Tables 2 and 3 in one picture, computed and published."""

from collections.abc import Iterable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mammo.paper.published import (
    DATASET_TITLES,
    EXPERTS_AUROC,
    INTERNAL,
    MODEL_TITLES,
    TABLE_2,
    TABLE_3,
    PublishedAuroc,
    model_title,
)
from mammo.report.estimates import check_estimates
from mammo.report.figures.style import (
    DISPLAY_WIDTH,
    GREY,
    INK,
    Look,
    Picture,
    drawing,
    looks,
    named_rows,
    set_label,
)
from mammo.report.tables.formats import title_of
from mammo.report.tables.paper import NOT_IN_THIS_BUILD


def auroc_forest(
    estimates: pd.DataFrame,
    published: tuple[PublishedAuroc, ...] = TABLE_2 + TABLE_3,
    hollow: str = "published",
    width: float = DISPLAY_WIDTH,
) -> Picture:
    """Every auROC with its interval, the published value as a hollow marker, and the experts' 0.71.

    Parameters
    ----------
    estimates : DataFrame
        `mammo.report.estimates.ESTIMATE_COLUMNS`.
    published : tuple of PublishedAuroc
        The cells to set beside them.
    hollow : str
        What these cells are; the experts' value is drawn beside published ones alone.
    width : float
        Of the figure in inches.
    """
    check_estimates(estimates)
    rows = _forest_rows(estimates, published)
    n_models = rows["model"].nunique()
    heights = -rows.index.to_series() - (rows["model"] != rows["model"].shift()).cumsum()
    with drawing():
        size = (width, 1.3 + 0.24 * (len(rows) + n_models))
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        axes.axvline(0.5, color=GREY, linestyle=":", linewidth=1.2)
        styles = looks(rows["dataset"])
        for height, (_, row) in zip(heights, rows.iterrows(), strict=True):
            _forest_row(axes, height, row, styles[row["dataset"]])
        top = heights.max() + 1.6
        axes.text(0.5, top, "guessing 0.50", ha="center", va="bottom", fontsize=9, color=GREY)
        if published and hollow == "published":
            axes.axvline(EXPERTS_AUROC, color=GREY, linestyle="--", linewidth=1.2)
            axes.text(
                EXPERTS_AUROC, top, f"experts {EXPERTS_AUROC}", ha="center", va="bottom",
                fontsize=9, color=GREY,
            )  # fmt: skip
        known = rows.dropna(subset="authors_weights").groupby("model")["authors_weights"].first()
        computed = set(rows.loc[rows["auroc"].notna(), "model"])
        for model, places in heights.groupby(rows["model"], sort=False):
            if model not in computed:
                axes.text(
                    0.01, places.max() + 0.95, NOT_IN_THIS_BUILD, style="italic", va="center",
                    fontsize=9, color=GREY, transform=axes.get_yaxis_transform(),
                )  # fmt: skip
            axes.text(
                -0.02, places.max() + 0.95, title_of(model, known.get(model)), weight="bold",
                ha="right",
                va="center", fontsize=9.5, transform=axes.get_yaxis_transform(),
            )  # fmt: skip
        axes.set(xlabel="auROC", ylim=(heights.min() - 0.7, top))
        named_rows(axes, heights, [_label(row) for _, row in rows.iterrows()])
        handles = _forest_legend(hollow) if published else _forest_legend(hollow)[:1]
        figure.legend(handles=handles, loc="outside lower center", ncols=2)
    marked = "; hollow: the paper's values" if published else ""
    caption = f"auROC of each model on each data set, with its interval{marked}"
    return Picture(figure, _forest_alt(rows, hollow), caption)


def _forest_rows(estimates: pd.DataFrame, published: tuple[PublishedAuroc, ...]) -> pd.DataFrame:
    """Published cells with their estimates, then estimates that the paper has no cell for."""
    cells = pd.DataFrame(
        [(c.model, c.dataset, c.split, c.auroc) for c in published],
        columns=["model", "dataset", "split", "published"],
    )
    rows = cells.merge(estimates, on=["model", "dataset", "split"], how="outer")
    orders = {
        "model": _order(MODEL_TITLES, estimates["model"]),
        "split": _order(("validation", "test"), estimates["split"]),
        "dataset": _order(DATASET_TITLES, estimates["dataset"]),
    }
    places = pd.DataFrame({name: rows[name].map(order) for name, order in orders.items()})
    return rows.iloc[places.sort_values(list(places)).index].reset_index(drop=True)


def _order(known: Iterable[str], present: pd.Series) -> dict[str, int]:
    """Number names: those that are known in their order, then others as they come."""
    return {name: place for place, name in enumerate(dict.fromkeys([*known, *present]))}


def _forest_row(axes: Axes, height: float, row: pd.Series, style: Look) -> None:
    if pd.notna(row["lower"]):
        axes.plot([row["lower"], row["upper"]], [height] * 2, color=style.color, linewidth=2)
    axes.plot(row["auroc"], height, style.marker, color=style.color, markersize=6)
    axes.plot(
        row["published"], height, style.marker, color=INK, markerfacecolor="none", markersize=8
    )


def _label(row: pd.Series) -> str:
    """Name the set; frcnn_cad's validation set, INbreast, is an external one in this book."""
    is_external = row["split"] == "validation" and row["dataset"] != INTERNAL
    return f"{set_label(row)}, validation" if is_external else set_label(row)


def _forest_legend(hollow: str) -> list[Line2D]:
    return [
        Line2D([], [], color=INK, marker="o", linewidth=2, label="computed here, with interval"),
        Line2D(
            [], [], color=INK, marker="o", markerfacecolor="none", markersize=8, linestyle="none",
            label=hollow,
        ),
    ]  # fmt: skip


def _forest_alt(rows: pd.DataFrame, hollow: str) -> str:
    listed = "; ".join(
        f"{model_title(row['model'])} on {set_label(row)} "
        + (f"{row['auroc']:.2f}" if pd.notna(row["auroc"]) else "not computed")
        + (f", {hollow} {row['published']:.2f}" if pd.notna(row["published"]) else "")
        for _, row in rows.iterrows()
    )
    values = {"published": "published values and the experts' 0.71"}.get(hollow, f"values {hollow}")
    beside = f" beside {values}" if rows["published"].any() else ""
    return f"auROC with intervals{beside}: {listed}."
