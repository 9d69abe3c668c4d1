"""Sentences of the book: what this build found, each clause chosen by its numbers, and the paper.

What the paper says of its own never changes and stands here as it is; a test computes its numbers.
"""

from collections.abc import Collection

import pandas as pd
from IPython.display import Markdown

from mammo.datasets.check_report import counted
from mammo.datasets.roles import INTERNAL
from mammo.evaluation import verdicts
from mammo.evaluation.verdicts import FEWEST
from mammo.paper.published import EXPERTS_AUROC, MODEL_TITLES, dataset_title, short_title, summarise
from mammo.report.estimates import check_estimates, seen_by
from mammo.report.gains import gains_in_words
from mammo.report.tables.formats import number, span
from mammo.report.tables.verdicts import left_out

PAPER = {
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
    return Markdown(f"{external_range(estimates).data}\n\n{_chance(estimates)}")


def experts_distance(estimates: pd.DataFrame) -> Markdown:
    """How far the highest external auROC is from the experts' 0.71."""
    return _markdown(_experts_distance(estimates), PAPER["experts"])


def drop(estimates: pd.DataFrame, drops: pd.DataFrame) -> Markdown:
    """Whether the external results lie below the model's own validation result.

    Parameters
    ----------
    estimates : DataFrame
    drops : DataFrame
        As `mammo.evaluation.tables.drops.drops_between_sets`.
    """
    return _markdown(drop_in_words(estimates, drops), PAPER["drop"], _made_of_external(estimates))


def mixed_data(mixed: pd.DataFrame, gains: pd.DataFrame) -> Markdown:
    """Whether training on mixed data raised the auROC on the external sets.

    Parameters
    ----------
    mixed : DataFrame
        Estimates of the backbone trained on mixed data.
    gains : DataFrame
        Its paired differences to the same trained on DDSM alone, as
        `mammo.study.results.mixed_gains`.
    """
    return _markdown(gains_in_words(gains), PAPER["mixed data"], _made_of_external(mixed))


def internal(estimates: pd.DataFrame) -> str:
    """Range of the internal validation auROC, and how many intervals lie above that of guessing."""
    rows = _validation_results(estimates, set(MODEL_TITLES))
    if rows.empty:
        return "This build has no validation result."
    above = int((rows["lower"] > 0.5).sum())
    return (
        f"Internal validation: {counted(len(rows), 'model')}, **{_range(rows['auroc'])}**; "
        f"{above} of {counted(len(rows), 'interval')} above 0.50, not adjusted for their number."
    )


def external_in_brief(estimates: pd.DataFrame) -> str:
    """Range and mean of the external auROC."""
    rows = _external_results(estimates)
    if rows.empty:
        return "This build has no external result."
    mean = f"{rows['auroc'].mean():.2f} on average"
    return f"External tests: {counted(len(rows), 'result')}, **{_range(rows['auroc'])}**, {mean}."


def _range(values: pd.Series) -> str:
    return span(values.min(), values.max()) if len(values) > 1 else number(values.iloc[0])


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


def _external_range(estimates: pd.DataFrame) -> str:
    """Range, mean and median of the external auROC."""
    rows = _external_results(estimates)
    if rows.empty:
        return "This build has no external result."
    if len(rows) == 1:
        return f"The one external result of this build is {rows['auroc'].iloc[0]:.2f}."
    summary = summarise(list(rows["auroc"]))
    return (
        f"The {len(rows)} external results of this build range from {summary.lowest:.2f} to "
        f"{summary.highest:.2f}, with a mean of {summary.mean:.2f} and a median of "
        f"{summary.median:.2f}."
    )


def _experts_distance(estimates: pd.DataFrame) -> str:
    """Place the highest auROC on real external images beside the experts' 0.71."""
    rows = _external_results(estimates)
    rows = rows[(rows["source"] == "real") & _enough(rows)]
    if rows.empty:
        return (
            "No result of this build is set beside the experts: that takes real external images of "
            f"at least {FEWEST} patients of each class."
        )
    best = rows.loc[rows["auroc"].idxmax()]
    distance = best["auroc"] - EXPERTS_AUROC
    side = "below" if distance < 0 else "above"
    where = dataset_title(best["dataset"])
    has_interval = best["lower"] <= best["upper"]
    level = f"{100 * best['confidence']:g}% interval"
    interval = f" ({level} {span(best['lower'], best['upper'])})" if has_interval else ""
    return (
        f"The highest external auROC of this build, {best['auroc']:.2f}{interval}, "
        f"{short_title(best['model'])} on {where}, is {abs(distance):.2f} {side} the experts' "
        f"{EXPERTS_AUROC}, which has no interval and is of other cases: a yardstick, and no test."
    )


def drop_in_words(estimates: pd.DataFrame, drops: pd.DataFrame) -> str:
    """Say whether external results lie below the model's own validation result."""
    if drops.empty:
        return "This build has no model with both a validation and an external result."
    level = 1 - drops["confidence"].iloc[0]
    judged = drops[drops["verdict"] != "too few"]
    internal = estimates[estimates["dataset"] == INTERNAL]
    internal = _validation_results(internal, set(drops["model"])).set_index("model")
    if judged.empty:
        return f"No drop is judged.{left_out(len(drops))}"
    lower = int((judged["difference"] > 0).sum())
    clear = int(judged["verdict"].isin(["shown", "small"]).sum())
    verdict = {
        len(judged): "The drop is significant for every model and set",
        0: "No drop is significant",
    }.get(clear, "The drop is significant for some and not for others")
    return (
        f"{verdict}: of {counted(len(judged), 'external result')}, {lower} "
        f"{'lies' if lower == 1 else 'lie'} below the same model's validation auROC, {clear} "
        f"significantly (p at most {level:.2g} after Holm's adjustment for {len(drops)}; unpaired, "
        f"by {drops['unit'].iloc[0]}).{left_out(len(drops) - len(judged))}"
        f"{_weak_validation(internal)}"
    )


def _chance(estimates: pd.DataFrame) -> str:
    """Count the external intervals that hold 0.5, and those that do not."""
    found = _external_results(estimates)
    found = found[found["lower"].notna()]
    rows = found[_enough(found)]
    if rows.empty:
        return (
            "This build has no external interval to set beside 0.5, the value of guessing."
            f"{left_out(len(found))}"
        )
    above, below = int((rows["lower"] > 0.5).sum()), int((rows["upper"] < 0.5).sum())
    held = len(rows) - above - below
    return (
        f"Of {counted(len(rows), 'external interval')}, {held} "
        f"{'contains' if held == 1 else 'contain'} 0.5, the value of guessing; {above} "
        f"{'lies' if above == 1 else 'lie'} wholly above it and {below} wholly below, each taken "
        f"alone.{left_out(len(found) - len(rows))}"
    )


def _weak_validation(internal: pd.DataFrame) -> str:
    """Name the models that are not shown to beat guessing in internal validation."""
    rows = internal.reset_index()
    weak = [row for _, row in rows.iterrows() if verdicts.against_guessing(row) != "better"]
    if not weak:
        return ""
    names = ", ".join(short_title(row["model"]) for row in weak)
    return (
        f" For {names} no drop can be expected, and none is excluded: in internal validation, too, "
        "guessing might have reached the result."
    )


def _enough(rows: pd.DataFrame) -> pd.Series:
    """Whether the patients of each row settle anything."""
    return rows["n_rarer_patients"] >= FEWEST
