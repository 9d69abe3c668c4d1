"""The study's parameters: one flat set of names, checked wherever they come from."""

from mammo.parameters.fields import (
    WHERE_NOT_WHAT,
    AdaptationParameters,
    CauseParameters,
    DataParameters,
    EvaluationParameters,
    ImageParameters,
    MixedDataParameters,
    ModelParameters,
    Parameters,
    PublishedModelParameters,
)
from mammo.parameters.group import Group

__all__ = [
    "WHERE_NOT_WHAT",
    "AdaptationParameters",
    "CauseParameters",
    "DataParameters",
    "EvaluationParameters",
    "Group",
    "ImageParameters",
    "MixedDataParameters",
    "ModelParameters",
    "Parameters",
    "PublishedModelParameters",
]
