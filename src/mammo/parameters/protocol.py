"""What is stated, and fixed, before a validation: its parameters."""

from contextlib import suppress
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from mammo.parameters.group import Group


def _share(value: Any) -> Any:
    """Return a share that is written as so many of how many, "6/1000", as a number."""
    with suppress(ValueError, ZeroDivisionError):
        if isinstance(value, str):
            part, _, of = value.partition("/")
            return float(part) / float(of or 1)
    return value


Share = Annotated[float, BeforeValidator(_share), Field(gt=0, lt=1)]


class ProtocolParameters(Group):
    """What is stated before a hospital's validation; nothing of it is found in the data."""

    product: str = ""
    """what is tested, as the report prints it"""
    product_version: str = ""
    """its version"""
    site: str = ""
    """where the examinations were"""
    period: str = ""
    """when they were, as 2021 to 2023"""
    truth: str = ""
    """how it was established who has cancer"""
    acceptable: Share | None = None
    """the least auROC to accept"""
    no_worse_than: Share | None = None
    """the loss of auROC to accept, from internal validation or what is stated"""
    prevalence: Share | None = None
    """share of the women examined at the site who have cancer, as 6/1000"""
    threshold: float | None = Field(None, allow_inf_nan=False)
    """the score from which on a woman is recalled"""
    rule: Literal["max", "mean"] = "max"
    """from the scores of an examination's images, or breasts, to its own"""
    stated: float | None = Field(None, ge=0, le=1)
    """of scores that came as a file: the auROC that their maker states"""
    missing: float | None = Field(None, allow_inf_nan=False)
    """of scores that came as a file: what an image without one counts as"""
    readers: tuple[str, ...] = ()
    """of scores that came as a file: the models that are readers, or patterns of them"""
