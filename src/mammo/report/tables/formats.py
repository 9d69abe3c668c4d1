"""Names and numbers as a reader sees them in tables, figures and sentences."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd

from mammo.paper.published import MODEL_TITLES, OURS, dataset_title, model_title

NOTHING = "–"
_LABELS = {0: "benign or normal", 1: "malignant"}
_SIDES = {"L": "left", "R": "right"}


def title_of(model: str, authors_weights: bool | None) -> str:
    """Name a model, and of a published one whether it is the authors' or one trained here."""
    title = model_title(model)
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


def number(value: float, digits: int = 2, sign: str = "") -> str:
    """Return a number as text, a dash for none; what rounds to zero has no sign.

    Parameters
    ----------
    value : float
    digits : int
        Decimals.
    sign : {"", "+"}
        Whether numbers above zero have one.
    """
    if pd.isna(value):
        return NOTHING
    text = f"{value:{sign}z.{digits}f}"
    return text if float(text) else text.removeprefix("+")


def numbers(values: pd.Series, digits: int = 2, sign: str = "") -> pd.Series:
    """Return each `number` of a column as text."""
    return values.map(lambda value: number(value, digits, sign))


def span(lower: float, upper: float, digits: int = 2, sign: str = "") -> str:
    """Return an interval as text: "0.47 to 0.57"; a dash for none."""
    if pd.isna(lower):
        return NOTHING
    return f"{number(lower, digits, sign)} to {number(upper, digits, sign)}"


def bounds(lower: pd.Series, upper: pd.Series, digits: int = 2) -> list[str]:
    """Return each `span` of a column of intervals as text."""
    return [span(*pair, digits) for pair in zip(lower, upper, strict=True)]


def estimate(value: float, lower: float, upper: float, digits: int = 2, sign: str = "") -> str:
    """Return a number with its interval as text: "0.52 (0.47 to 0.57)"; a dash for none."""
    if pd.isna(value):
        return NOTHING
    return f"{number(value, digits, sign)} ({span(lower, upper, digits, sign)})"


def estimates(rows: pd.DataFrame, name: str, digits: int = 2, sign: str = "") -> list[str]:
    """Return each `estimate` of a column whose bounds are ``NAME_lower`` and ``NAME_upper``."""
    columns = (rows[f"{name}{end}"] for end in ("", "_lower", "_upper"))
    return [estimate(*one, digits, sign) for one in zip(*columns, strict=True)]


def auroc(row: pd.Series, digits: int = 2) -> str:
    """Return a row's auROC with its interval as text."""
    return estimate(row["auroc"], row["lower"], row["upper"], digits)


def digits_of(lower: float, upper: float) -> int:
    """Return how many decimals an interval bears, two at most.

    The last digit stands where the first of the interval's half-width does, and never before the
    decimal point: in per cent, "12 (10 to 15)" and "99.5 (99.1 to 99.8)".
    """
    half_width = (upper - lower) / 2
    return min(max(0, -math.floor(math.log10(half_width))), 2) if half_width > 0 else 2


def drop_or_gain(drop: float, digits: int = 2) -> str:
    """Return a drop as text; one below zero is called a gain."""
    found = number(drop, digits)
    return f"gain {found.removeprefix('-')}" if found.startswith("-") else found


def image_facts(laterality: object, view: object, label: int) -> str:
    """Return what is known of an image: "left CC, malignant"."""
    known = view if isinstance(view, str) else ""
    side_and_view = f"{_SIDES.get(laterality, '')} {known}".strip()
    return ", ".join(word for word in (side_and_view, _LABELS[label]) if word)


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


def half_widths(values: pd.Series) -> pd.Series:
    """Return half-widths as text beside a value, " ±0.01"; nothing for none."""
    return values.map(lambda width: "" if pd.isna(width) else f" ±{width:.2f}")


def interval_heading(rows: pd.DataFrame) -> str:
    """Return the heading of the intervals of rows of one confidence level."""
    return f"{100 * rows['confidence'].iloc[0]:g}% interval"


def enumerated(names: Sequence[str]) -> str:
    """Return names within a sentence: "A", "A and B", "A, B and C"; nothing of none."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
