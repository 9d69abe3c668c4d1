"""Sentences of the book: what this build found, each clause chosen by its numbers, and the paper.

What the paper says of its own never changes and stands here as it is; a test computes its numbers.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
from IPython.display import Markdown

from mammo.paper.published import (
    DATASET_TITLES,
    EXPERTS_AUROC,
    INTERNAL,
    MODEL_TITLES,
    OURS,
    short_title,
    summarise,
)
from mammo.report.estimates import check_estimates, seen_by

PAPER = {
    "own validation": "The paper reports 0.71 to 0.79.",
    "published validation": "The paper quotes 0.88 to 0.95.",
    "range": ("The paper's 16 range from 0.44 to 0.65, with a mean of 0.52 and a median of 0.51."),
    "drop": "In the paper the authors' models fall on every set, by 0.17 to 0.35.",
    "experts": "The paper's highest, 0.65, is 0.06 below.",
    "mixed data": (
        "In the paper it rose on 3 of 3, by 0.12 to 0.19; before, the whole sets were tested, and "
        "after, a fifth of each."
    ),
}


def external_range(estimates: pd.DataFrame) -> Markdown:
    """Range, mean and median of the external auROC, beside the paper's (Results).

    Parameters
    ----------
    estimates : DataFrame
        `mammo.report.estimates.ESTIMATE_COLUMNS`, as in all functions of this module.
    """
    return _markdown(_external_range(estimates), PAPER["range"], _made_of_external(estimates))


def chance(estimates: pd.DataFrame) -> Markdown:
    """How many external intervals hold 0.5, the auROC of guessing."""
    return _markdown(_chance(estimates), _made_of_external(estimates))


def external(estimates: pd.DataFrame) -> Markdown:
    """Range and mean of the external auROC, and whether it is that of guessing."""
    return Markdown(f"{external_range(estimates).data}\n\n{chance(estimates).data}")


def experts_distance(estimates: pd.DataFrame) -> Markdown:
    """How far the highest external auROC is from the experts' 0.71."""
    return _markdown(_experts_distance(estimates), PAPER["experts"], _made_of_external(estimates))


def drop(estimates: pd.DataFrame, drops: pd.DataFrame) -> Markdown:
    """Whether the external results lie below the model's own validation result.

    Parameters
    ----------
    estimates : DataFrame
    drops : DataFrame
        As `mammo.evaluation.tables.drops.drops_between_sets`.
    """
    return _markdown(_drop(estimates, drops), PAPER["drop"], _made_of_external(estimates))


def mixed_data(mixed: pd.DataFrame, gains: pd.DataFrame) -> Markdown:
    """Whether training on mixed data raised the auROC on the external sets.

    Parameters
    ----------
    mixed : DataFrame
        Estimates of the backbone trained on mixed data.
    gains : DataFrame
        Its paired differences to the same trained on DDSM alone, as
        `mammo.evaluation.tables.drops.model_pairs`.
    """
    return _markdown(_mixed_data(gains), PAPER["mixed data"], _made_of_external(mixed))


def abstract(
    estimates: pd.DataFrame, drops: pd.DataFrame, gains: pd.DataFrame | None = None
) -> Markdown:
    """Findings of the abstract as a list, each in this build's numbers beside the published."""
    items = {
        "Validation, the authors' models": (_validation(estimates, OURS), "own validation"),
        "Validation, published models": (
            _validation(estimates, set(MODEL_TITLES) - set(OURS)),
            "published validation",
        ),
        "External sets": (_external_range(estimates), "range"),
        "The drop": (_drop(estimates, drops), "drop"),
        "Guessing": (_chance(estimates), None),
        "Experts": (_experts_distance(estimates), "experts"),
    }
    if gains is not None:
        items["Mixed training data"] = (_mixed_data(gains), "mixed data")
    findings = "\n".join(
        f"- **{name}.** {here} {PAPER.get(of_paper, '')}".rstrip()
        for name, (here, of_paper) in items.items()
    )
    return Markdown(f"{findings}\n\n{made_of(estimates)}".strip())


def made_of(rows: pd.DataFrame) -> str:
    """What results were computed on: real or synthetic images, and which backbone weights."""
    if rows.empty:
        return ""
    counts = rows["source"].value_counts().sort_index()
    if len(counts) == 1:
        images = f"on {counts.index[0]} images"
    else:
        images = " and ".join(f"on {name} images ({number})" for name, number in counts.items())
    kinds = sorted(set(rows["weights"].astype(str)))
    weights = f"weights: {kinds[0]}" if len(kinds) == 1 else "the tables say with which weights"
    return f"Computed {images}; {weights}."


def _markdown(*sentences: str) -> Markdown:
    return Markdown(" ".join(sentence for sentence in sentences if sentence))


def _made_of_external(estimates: pd.DataFrame) -> str:
    return made_of(_external_results(estimates))


def _external_results(estimates: pd.DataFrame) -> pd.DataFrame:
    """Rows with an auROC on a set that the model was not trained on."""
    rows = check_estimates(estimates)
    rows = rows[(rows["split"] == "test") & rows["auroc"].notna()]
    seen = [
        dataset in seen_by(estimates, model)
        for model, dataset in zip(rows["model"], rows["dataset"], strict=True)
    ]
    return rows[~pd.Series(seen, index=rows.index, dtype=bool)]


def _validation_results(estimates: pd.DataFrame, models: Collection[str]) -> pd.DataFrame:
    """Rows with a validation auROC of the models named."""
    rows = check_estimates(estimates)
    chosen = (rows["split"] == "validation") & rows["auroc"].notna() & rows["model"].isin(models)
    return rows[chosen]


def _validation(estimates: pd.DataFrame, models: Collection[str]) -> str:
    """Name each model's validation auROC with its interval."""
    rows = _validation_results(estimates, models)
    if rows.empty:
        return "This build has no validation result."
    values = [f"{_model(row)} {row['auroc']:.2f} ({_interval(row)})" for _, row in rows.iterrows()]
    return f"Here {', '.join(values)}."


def _external_range(estimates: pd.DataFrame) -> str:
    """Range, mean and median of the external auROC."""
    rows = _external_results(estimates)
    if rows.empty:
        return "This build has no external result."
    if len(rows) == 1:
        return f"The one external result here is {rows['auroc'].iloc[0]:.2f}."
    summary = summarise(list(rows["auroc"]))
    return (
        f"The {len(rows)} external results here range from {summary.lowest:.2f} to "
        f"{summary.highest:.2f}, with a mean of {summary.mean:.2f} and a median of "
        f"{summary.median:.2f}."
    )


def _experts_distance(estimates: pd.DataFrame) -> str:
    """Place the highest external auROC beside the experts' 0.71."""
    rows = _external_results(estimates)
    if rows.empty:
        return "This build has no external result to set beside the experts."
    best = rows.loc[rows["auroc"].idxmax()]
    distance = best["auroc"] - EXPERTS_AUROC
    side = "below" if distance < 0 else "above"
    if not best["lower"] <= best["upper"]:
        reach = "it has no interval to judge that by"
    elif best["upper"] < EXPERTS_AUROC or best["lower"] > EXPERTS_AUROC:
        reach = f"the {_interval(best)} lies wholly {side} it"
    else:
        reach = f"the {_interval(best)} includes it, so that the two cannot be told apart"
    where = DATASET_TITLES.get(best["dataset"], best["dataset"])
    return (
        f"The highest external auROC here, {best['auroc']:.2f} ({_model(best)} on {where}, "
        f"{best['source']} images), is {abs(distance):.2f} {side} the experts' {EXPERTS_AUROC}; "
        f"{reach}."
    )


def _drop(estimates: pd.DataFrame, drops: pd.DataFrame) -> str:
    """Say whether external results lie below the model's own validation result."""
    if drops.empty:
        return "This build has no model with both a validation and an external result."
    level = 1 - drops["confidence"].iloc[0]
    lower = int((drops["difference"] > 0).sum())
    is_clear = (drops["difference"] > 0) & (drops["p_holm"] < level)
    clear = int(is_clear.sum())
    verdict = {
        len(drops): "The drop is significant for every model and set",
        0: "No drop is significant",
    }.get(clear, "The drop is significant for some and not for others")
    internal = estimates[estimates["dataset"] == INTERNAL]
    internal = _validation_results(internal, set(drops["model"])).set_index("model")
    return (
        f"{verdict}: of {_count(len(drops), 'external result')}, {lower} "
        f"{'lies' if lower == 1 else 'lie'} below the same model's validation auROC, {clear} "
        f"significantly (p below {level:.2g} after Holm's adjustment; unpaired, by "
        f"{drops['unit'].iloc[0]}).{_weak_validation(internal)}"
    )


def _chance(estimates: pd.DataFrame) -> str:
    """Count the external intervals that hold 0.5, and those that do not."""
    rows = _external_results(estimates)
    rows = rows[rows["lower"].notna()]
    if rows.empty:
        return "This build has no external interval to set beside 0.5, the value of guessing."
    above, below = int((rows["lower"] > 0.5).sum()), int((rows["upper"] < 0.5).sum())
    held = len(rows) - above - below
    return (
        f"Of {_count(len(rows), 'external interval')} here, {held} "
        f"{'contains' if held == 1 else 'contain'} 0.5, the value of guessing; {above} "
        f"{'lies' if above == 1 else 'lie'} wholly above it and {below} wholly below."
    )


def _mixed_data(gains: pd.DataFrame) -> str:
    """Count the external sets on which training with mixed data raised the auROC."""
    external = gains[gains["dataset"] != INTERNAL] if len(gains) else gains
    external = external[external["difference"].notna()] if len(external) else external
    if external.empty:
        return "This build has no external result both with and without mixed data."
    change = external["difference"]
    level = 1 - external["confidence"].iloc[0]
    clear = int(((change > 0) & (external["p_holm"] < level)).sum())
    return (
        f"Here training on mixed data raised the auROC on {int((change > 0).sum())} of "
        f"{_count(len(change), 'external set')} (change {change.min():+.2f} to "
        f"{change.max():+.2f}), on {clear} significantly (p below {level:.2g} after Holm's "
        "adjustment; paired, the same images)."
    )


def _weak_validation(internal: pd.DataFrame) -> str:
    """Name the models that do not beat guessing at home: they have nothing to lose abroad."""
    weak = internal[internal["lower"] <= 0.5].reset_index()
    if weak.empty:
        return ""
    names = ", ".join(_model(row) for _, row in weak.iterrows())
    return f" No drop can be expected of {names}: the validation interval reaches down to 0.5."


def _interval(row: pd.Series) -> str:
    return f"{100 * row['confidence']:g}% interval {row['lower']:.2f} to {row['upper']:.2f}"


def _model(row: pd.Series) -> str:
    return short_title(row["model"])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
