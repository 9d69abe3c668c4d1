"""Names and numbers as a reader sees them in tables, figures and sentences."""

import math
from collections.abc import Collection, Iterable, Mapping

import pandas as pd

from mammo.paper.published import MODEL_TITLES, OURS, dataset_title

NOTHING = "–"


def title_of(model: str, authors_weights: bool | None) -> str:
    """Name a model, and of a published one whether it is the authors' or one trained here."""
    title = MODEL_TITLES.get(model, model)
    if model in OURS or model not in MODEL_TITLES or pd.isna(authors_weights):
        return title
    return f"{title} (authors' weights)" if authors_weights else f"{title} (trained here)"


def set_name(dataset: str, sources: Mapping[str, str]) -> str:
    """Name a data set, and whether its images are real or synthetic where that is known."""
    title = dataset_title(dataset)
    return f"{title}, {sources[dataset]}" if dataset in sources else title


def p_value(p: float) -> str:
    """Return a p-value as text, never as zero."""
    if pd.isna(p):
        return NOTHING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def bounds(lower: pd.Series, upper: pd.Series, digits: int = 2) -> list[str]:
    """Return intervals as text: "0.47 to 0.57"."""
    return [
        NOTHING if pd.isna(low) else f"{low:.{digits}f} to {high:.{digits}f}"
        for low, high in zip(lower, upper, strict=True)
    ]


def estimate(value: float, lower: float, upper: float, digits: int = 2) -> str:
    """Return a number with its interval as text: "0.52 (0.47 to 0.57)"."""
    return f"{value:.{digits}f} ({lower:.{digits}f} to {upper:.{digits}f})"


def two_digits(values: pd.Series) -> pd.Series:
    """Return numbers with two decimals as text, a dash for none."""
    return values.map(lambda value: NOTHING if pd.isna(value) else f"{value:.2f}")


def drops_or_gains(values: pd.Series) -> list[str]:
    """Return drops with two decimals as text; one below zero is called a gain."""
    return [
        NOTHING if pd.isna(drop) else f"{'gain ' * (round(drop, 2) < 0)}{abs(drop):.2f}"
        for drop in values
    ]


def thresholds(values: Iterable[float]) -> list[str]:
    """Return thresholds with as many digits as tell each from the others, from 0 and from 1."""
    given = [*values]
    return [_threshold(one, {0.0, 1.0, *given} - {one}) for one in given]


def _threshold(value: float, others: Collection[float]) -> str:
    if math.isinf(value):
        return "none"
    for digits in range(3, 17):
        text = f"{value:.{digits}g}"
        if text not in {f"{other:.{digits}g}" for other in others}:
            return text
    return repr(value)


def counts(values: pd.Series) -> pd.Series:
    """Return whole numbers as text, a dash for none."""
    return values.map(lambda number: NOTHING if pd.isna(number) else f"{number:,}")


def interval_heading(rows: pd.DataFrame) -> str:
    """Return the heading of the intervals of rows of one confidence level."""
    return f"{100 * rows['confidence'].iloc[0]:g}% interval"


def counted(number: int, noun: str) -> str:
    """Return a number of things: "1 set", "3 sets"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
