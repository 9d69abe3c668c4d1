"""Sentences of the book: this build's results beside what the paper says of its own."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from mammo.paper import published
from mammo.paper.published import EXPERTS_AUROC, INTERNAL, MODEL_TITLES, OURS, TABLE_2, TABLE_3
from mammo.report import wording


def external_range(estimates: pd.DataFrame) -> Markdown:
    """Range, mean and median of the external auROC, beside the paper's (Results).

    Parameters
    ----------
    estimates : DataFrame
        `mammo.report.tables.paper.ESTIMATE_COLUMNS`, as in all functions of this module.
    """
    made = wording.made_of(wording.external_results(estimates))
    return _markdown(wording.external_range(estimates), _published_range(), made)


def experts_distance(estimates: pd.DataFrame) -> Markdown:
    """How far the highest external auROC is from the experts' 0.71."""
    made = wording.made_of(wording.external_results(estimates))
    return _markdown(wording.experts_distance(estimates), _published_distance(), made)


def drop(estimates: pd.DataFrame, drops: pd.DataFrame) -> Markdown:
    """Whether the external results lie below the model's own validation result.

    Parameters
    ----------
    estimates : DataFrame
    drops : DataFrame
        As `mammo.evaluation.tables.comparisons.drops`.
    """
    made = wording.made_of(wording.external_results(estimates))
    return _markdown(wording.drop(estimates, drops), _published_drop(), made)


def chance(estimates: pd.DataFrame) -> Markdown:
    """How many external intervals hold 0.5, the auROC of guessing."""
    made = wording.made_of(wording.external_results(estimates))
    return _markdown(wording.chance(estimates), made)


def mixed_data(mixed: pd.DataFrame, gains: pd.DataFrame) -> Markdown:
    """Whether training on mixed data raised the auROC on the external sets.

    Parameters
    ----------
    mixed : DataFrame
        Estimates of the backbone trained on mixed data.
    gains : DataFrame
        Its paired differences to the same trained on DDSM alone, as
        `mammo.evaluation.tables.comparisons.model_pairs`.
    """
    made = wording.made_of(wording.external_results(mixed))
    return _markdown(wording.mixed_data(gains), _published_mixed_data(), made)


def abstract(
    estimates: pd.DataFrame, drops: pd.DataFrame, gains: pd.DataFrame | None = None
) -> Markdown:
    """Findings of the abstract as a list, each in this build's numbers beside the published."""
    own = wording.validation_results(estimates, OURS)
    low, high = published.PRINTED_OWN_VALIDATION
    items = {
        "Validation, the authors' models": f"{wording.validation(own)} "
        f"The paper reports {low:.2f} to {high:.2f}.",
        "Validation, published models": _published_models(estimates),
        "External sets": f"{wording.external_range(estimates)} {_published_range()}",
        "The drop": f"{wording.drop(estimates, drops)} {_published_drop()}",
        "Guessing": wording.chance(estimates),
        "Experts": f"{wording.experts_distance(estimates)} {_published_distance()}",
    }
    if gains is not None:
        items["Mixed training data"] = f"{wording.mixed_data(gains)} {_published_mixed_data()}"
    findings = "\n".join(f"- **{name}.** {text}" for name, text in items.items())
    return Markdown(f"{findings}\n\n{wording.made_of(estimates)}".strip())


def _markdown(*sentences: str) -> Markdown:
    return Markdown(" ".join(sentence for sentence in sentences if sentence))


def _published_models(estimates: pd.DataFrame) -> str:
    low, high = published.PRINTED_OTHERS_VALIDATION
    others = wording.validation_results(estimates, set(MODEL_TITLES) - set(OURS))
    return f"{wording.validation(others)} The paper quotes {low:.2f} to {high:.2f}."


def _published_range() -> str:
    paper = published.external_summary()
    return (
        f"The paper's {paper.n} range from {paper.lowest:.2f} to {paper.highest:.2f}, with a mean "
        f"of {paper.mean:.2f} and a median of {paper.median:.2f}."
    )


def _published_distance() -> str:
    highest = published.external_summary().highest
    return f"The paper's highest, {highest:.2f}, is {EXPERTS_AUROC - highest:.2f} below."


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


def _published_mixed_data() -> str:
    gains = [
        cell.auroc - published.find(TABLE_3, cell.model, cell.dataset).auroc
        for cell in published.TABLE_4
        if cell.split == "test"
    ]
    raised = sum(gain > 0 for gain in gains)
    return (
        f"In the paper it rose on {raised} of {len(gains)}, by {min(gains):.2f} to "
        f"{max(gains):.2f}; before, the whole sets were tested, and after, a fifth of each."
    )
