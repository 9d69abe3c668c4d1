"""What every group of parameters is: names with types and ranges, and nothing else accepted."""

from contextlib import suppress
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, field_validator


class Group(BaseModel):
    """Parameters that belong together; unknown names and values out of range are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _sequence_as_tuple(cls, value: Any) -> Any:
        """Take lists, and their text as a command line gives it, where a tuple is meant."""
        if isinstance(value, str) and value.startswith("["):
            with suppress(yaml.YAMLError):
                value = yaml.safe_load(value)
        return tuple(value) if isinstance(value, list) else value
