"""What is fixed before a validation: product, site, truth, criterion, threshold and prevalence."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from mammo.errors import ParameterError
from mammo.evaluation.aggregation import Rule
from mammo.evaluation.tables.operating_points import Criterion, criterion

NOT_STATED = "not stated"


@dataclass(frozen=True)
class Protocol:
    """What those who validate state; nothing of it is found in the data.

    Attributes
    ----------
    product, product_version, site, period, truth : str
        What was tested, where, on examinations of which time, and how it was established who has
        cancer; empty where it is not stated.
    acceptable : float or None
        The least auROC that is acceptable.
    no_worse_than : float or None
        The loss of auROC from internal validation, or from what the maker states, that is.
    prevalence : float or None
        Share of the women examined at the site who have cancer.
    threshold : float or None
        The score from which on a woman is recalled.
    rule : {"max", "mean"}
        How the scores of an examination's images, or breasts, become its own.

    Raises
    ------
    ParameterError
        If a fraction is none, or the threshold no finite number.
    """

    product: str = ""
    product_version: str = ""
    site: str = ""
    period: str = ""
    truth: str = ""
    acceptable: float | None = None
    no_worse_than: float | None = None
    prevalence: float | None = None
    threshold: float | None = None
    rule: Rule = "max"

    def __post_init__(self) -> None:
        for option in ("acceptable", "no_worse_than", "prevalence"):
            value = getattr(self, option)
            if value is not None and not 0 < value < 1:
                raise ParameterError(
                    f"--{option.replace('_', '-')} is {value:g}: give a number between 0 and 1"
                )
        if self.threshold is not None and not math.isfinite(self.threshold):
            raise ParameterError(f"--threshold is {self.threshold}: give a finite number")

    @property
    def criteria(self) -> list[str]:
        """What is to be met, in words; empty where nothing was fixed."""
        least, margin = self.acceptable, self.no_worse_than
        return [
            *([] if least is None else [f"auROC of at least {least:g}"]),
            *([] if margin is None else [f"no worse by {margin:g}"]),
        ]

    @property
    def facts(self) -> dict[str, str]:
        """What was tested and what is to be met, for the head of the report."""
        said = {
            "Product": self.product,
            "Version": self.product_version,
            "Site": self.site,
            "Period": self.period,
            "Truth established by": self.truth,
        }
        facts = {name: text.strip() or NOT_STATED for name, text in said.items()}
        return {**facts, "Fixed beforehand": "; ".join(self.criteria) or "no criterion"}

    def operating_points(self, others: Sequence[str]) -> list[Criterion]:
        """Return the operating points: the threshold in use before all others."""
        own = [] if self.threshold is None else [f"threshold={self.threshold!r}"]
        return [criterion(text) for text in dict.fromkeys([*own, *others])]


NOTHING_FIXED = Protocol()


def parted(options: Mapping[str, Any]) -> tuple[Protocol, dict[str, Any]]:
    """Part the options of a command: the protocol that some state, and the others."""
    stated = {field.name: options[field.name] for field in fields(Protocol)}
    others = {name: value for name, value in options.items() if name not in stated}
    return Protocol(**{**stated, "prevalence": _share(stated["prevalence"])}), others


def _share(text: str | None) -> float | None:
    """Return a prevalence that is given as "6/1000" or "0.006"."""
    if text is None:
        return None
    women, _, of = text.partition("/")
    try:
        return float(women) / float(of or 1)
    except (ValueError, ZeroDivisionError):
        raise ParameterError(f"--prevalence is {text!r}: give 6/1000, or 0.006") from None
