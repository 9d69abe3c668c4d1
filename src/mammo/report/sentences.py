"""Sentences of the book, made from this build's numbers: none claims what they do not show."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
from IPython.display import Markdown

from mammo.report import published
from mammo.report.published import (
    DATASET_TITLES,
    EXPERTS_AUROC,
    INTERNAL,
    MODEL_TITLES,
    OURS,
    TABLE_2,
    TABLE_3,
    TABLE_4,
)
from mammo.report.tables import NOT_YET, check_estimates


def external_range(estimates: pd.DataFrame) -> Markdown:
    """Range, mean and median of the external auROC, beside the paper's (Results)."""
    return Markdown(f"{_external_range(estimates)} {_published_range()}")


def experts_distance(estimates: pd.DataFrame) -> Markdown:
    """How far the highest external auROC is from the experts' 0.71."""
    return Markdown(f"{_experts_distance(estimates)} {_published_experts_distance()}")


def drop(estimates: pd.DataFrame) -> Markdown:
    """Whether the external results lie below the model's own validation result."""
    return Markdown(f"{_drop(estimates)} {_published_drop()}")


def chance(estimates: pd.DataFrame) -> Markdown:
    """How many external intervals hold 0.5, the auROC of guessing."""
    return Markdown(_chance(estimates))


def mixed_data(mixed: pd.DataFrame, ddsm_only: pd.DataFrame) -> Markdown:
    """Whether training on mixed data raised the auROC on the external sets.

    Parameters
    ----------
    mixed, ddsm_only : DataFrame
        `mammo.report.tables.ESTIMATE_COLUMNS`, scored on the same images.
    """
    return Markdown(f"{_mixed_data(mixed, ddsm_only)} {_published_mixed_data()}")


def abstract(
    estimates: pd.DataFrame,
    mixed: pd.DataFrame | None = None,
    ddsm_only: pd.DataFrame | None = None,
) -> Markdown:
    """Findings of the abstract as a list, each in this build's numbers beside the published."""
    items = [
        f"**Validation, our models.** {_validation(estimates)}",
        f"**Validation, published models.** {_validation_of_others(estimates)}",
        f"**External sets.** {_external_range(estimates)} {_published_range()}",
        f"**The drop.** {_drop(estimates)} {_published_drop()}",
        f"**Chance.** {_chance(estimates)}",
        f"**Experts.** {_experts_distance(estimates)} {_published_experts_distance()}",
    ]
    if mixed is not None and ddsm_only is not None:
        text = f"{_mixed_data(mixed, ddsm_only)} {_published_mixed_data()}"
        items.append(f"**Mixed training data.** {text}")
    return Markdown("\n".join(f"- {item}" for item in items))


def provenance(rows: pd.DataFrame) -> str:
    """Say in words what results were computed on: real or synthetic images, which weights."""
    counts = rows["source"].value_counts()
    if len(counts) == 1:
        images = f"on {counts.index[0]} images"
    else:
        images = " and ".join(f"{counts[name]} on {name} images" for name in sorted(counts.index))
    weights = ", ".join(sorted(set(rows["weights"].astype(str))))
    return f"{images}; backbone weights: {weights}"


def _external(estimates: pd.DataFrame) -> pd.DataFrame:
    """Rows with an auROC on a set that the model was not trained on."""
    rows = check_estimates(estimates)
    rows = rows[(rows["split"] == "test") & rows["auroc"].notna()]
    seen = [
        dataset in published.TRAINED_ON.get(model, ())
        for model, dataset in zip(rows["model"], rows["dataset"], strict=True)
    ]
    return rows[~pd.Series(seen, index=rows.index, dtype=bool)]


def _internal(estimates: pd.DataFrame, models: Collection[str] | None = None) -> pd.DataFrame:
    rows = check_estimates(estimates)
    rows = rows[(rows["split"] == "validation") & rows["auroc"].notna()]
    return rows if models is None else rows[rows["model"].isin(models)]


def _external_range(estimates: pd.DataFrame) -> str:
    rows = _external(estimates)
    if rows.empty:
        return "This build has no external result."
    summary = published.summarise(list(rows["auroc"]))
    return (
        f"Here {_count(len(rows), 'external result')} ({provenance(rows)}) "
        f"range from {summary.lowest:.2f} to {summary.highest:.2f}, with a mean of "
        f"{summary.mean:.2f} and a median of {summary.median:.2f}."
    )


def _published_range() -> str:
    paper = published.external_summary()
    return (
        f"The paper's {paper.n} range from {paper.lowest:.2f} to {paper.highest:.2f}, with a mean "
        f"of {paper.mean:.2f} and a median of {paper.median:.2f}."
    )


def _experts_distance(estimates: pd.DataFrame) -> str:
    rows = _external(estimates)
    if rows.empty:
        return "This build has no external result to set beside the experts."
    best = rows.loc[rows["auroc"].idxmax()]
    distance = best["auroc"] - EXPERTS_AUROC
    side = "below" if distance < 0 else "above"
    if not best["lower"] <= best["upper"]:
        reach = "there is no interval to judge that by"
    elif best["upper"] < EXPERTS_AUROC or best["lower"] > EXPERTS_AUROC:
        reach = f"its interval {_interval(best)} lies wholly {side} it"
    else:
        reach = f"its interval {_interval(best)} includes it, so that the two cannot be told apart"
    return (
        f"The highest external auROC here, {best['auroc']:.2f} ({_name(best)}, {best['source']}), "
        f"is {abs(distance):.2f} {side} the experts' {EXPERTS_AUROC}; {reach}."
    )


def _published_experts_distance() -> str:
    highest = published.external_summary().highest
    return f"The paper's highest, {highest:.2f}, is {EXPERTS_AUROC - highest:.2f} below."


def _drop(estimates: pd.DataFrame) -> str:
    internal = _internal(estimates)
    internal = internal[internal["dataset"] == INTERNAL].set_index("model")
    external = _external(estimates)
    external = external[external["model"].isin(internal.index)]
    if external.empty:
        return "This build has no model with both a validation and an external result."
    pairs = [(internal.loc[row["model"]], row) for _, row in external.iterrows()]
    lower = sum(outside["auroc"] < inside["auroc"] for inside, outside in pairs)
    apart = sum(outside["upper"] < inside["lower"] for inside, outside in pairs)
    verdict = {
        len(pairs): "The drop is there for every model and set",
        0: "No drop is shown beyond the uncertainty of the results",
    }.get(apart, "The drop is clear for some and not for others")
    return (
        f"{verdict}: of {_count(len(pairs), 'external result')} ({provenance(external)}), {lower} "
        f"below the same model's validation auROC, {apart} with intervals that do not overlap."
        f"{_weak_validation(internal)}"
    )


def _weak_validation(internal: pd.DataFrame) -> str:
    """Say which models do not beat guessing at home: they have nothing to lose abroad."""
    weak = internal[internal["lower"] <= 0.5]
    if weak.empty:
        return ""
    names = ", ".join(MODEL_TITLES.get(name, name) for name in weak.index)
    return f" No drop can be expected of {names}: on validation the interval reaches down to 0.5."


def _published_drop() -> str:
    falls = [
        published.find(TABLE_2, cell.model, INTERNAL).auroc - cell.auroc
        for cell in TABLE_3
        if cell.model in OURS
    ]
    return (
        f"In the paper the authors' models fall on every set, by {min(falls):.2f} to "
        f"{max(falls):.2f}."
    )


def _chance(estimates: pd.DataFrame) -> str:
    rows = _external(estimates)
    rows = rows[rows["lower"].notna()]
    if rows.empty:
        return "This build has no external interval to set beside 0.5."
    above, below = int((rows["lower"] > 0.5).sum()), int((rows["upper"] < 0.5).sum())
    held = len(rows) - above - below
    return (
        f"Of {_count(len(rows), 'external interval')} here ({provenance(rows)}), {held} "
        f"{_verb(held, 'contains', 'contain')} 0.5, the value of guessing, {above} "
        f"{_verb(above, 'lies', 'lie')} above it and {below} below."
    )


def _validation(estimates: pd.DataFrame) -> str:
    low, high = published.PRINTED_OWN_VALIDATION
    rows = _internal(estimates, OURS)
    paper = f"The paper reports {low:.2f} to {high:.2f}."
    if rows.empty:
        return f"This build has no validation result. {paper}"
    values = ", ".join(
        f"{MODEL_TITLES[row['model']].removeprefix('Ours, ')} {row['auroc']:.2f} {_interval(row)}"
        for _, row in rows.iterrows()
    )
    return f"Here {values} ({provenance(rows)}). {paper}"


def _validation_of_others(estimates: pd.DataFrame) -> str:
    low, high = published.PRINTED_OTHERS_VALIDATION
    others = [name for name in MODEL_TITLES if name not in OURS]
    rows = _internal(estimates, others)
    if rows.empty:
        return f"The paper quotes {low:.2f} to {high:.2f}; {NOT_YET}."
    values = ", ".join(f"{_name(row)} {row['auroc']:.2f}" for _, row in rows.iterrows())
    return f"Here {values} ({provenance(rows)}); the paper quotes {low:.2f} to {high:.2f}."


def _mixed_data(mixed: pd.DataFrame, ddsm_only: pd.DataFrame) -> str:
    after = _external(mixed).set_index(["model", "dataset"])
    before = _external(ddsm_only).set_index(["model", "dataset"])
    shared = [key for key in after.index if key in before.index]
    if not shared:
        return "This build has no external result both with and without mixed data."
    after, before = after.loc[shared], before.loc[shared]
    gains = after["auroc"] - before["auroc"]
    apart = int((after["lower"] > before["upper"]).sum())
    return (
        f"Here training on mixed data raised the auROC on {int((gains > 0).sum())} of "
        f"{_count(len(gains), 'external set')} (change {gains.min():+.2f} to {gains.max():+.2f}; "
        f"{provenance(after)}); {apart} of them with intervals that do not overlap."
    )


def _published_mixed_data() -> str:
    gains = [
        cell.auroc - published.find(TABLE_3, cell.model, cell.dataset).auroc
        for cell in TABLE_4
        if cell.split == "test"
    ]
    raised = sum(gain > 0 for gain in gains)
    return (
        f"In the paper it rose on {raised} of {len(gains)}, by {min(gains):.2f} to "
        f"{max(gains):.2f}, the model before tested on the whole sets."
    )


def _interval(row: pd.Series) -> str:
    return f"({100 * row['confidence']:g}% interval {row['lower']:.2f} to {row['upper']:.2f})"


def _name(row: pd.Series) -> str:
    model = MODEL_TITLES.get(row["model"], row["model"])
    return f"{model} on {DATASET_TITLES.get(row['dataset'], row['dataset'])}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _verb(number: int, singular: str, plural: str) -> str:
    return singular if number == 1 else plural
