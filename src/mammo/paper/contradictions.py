"""Where the paper contradicts itself, and what checks out: fixed, since the paper is."""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Statement(NamedTuple):
    """What the paper says, where, what its numbers give, and the verdict in words."""

    statement: str
    place: str
    computed: str
    verdict: str


@cache
def statements() -> tuple[Statement, ...]:
    """Return every checked statement, those that do not hold first.

    A test computes each number anew.
    """
    found = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return tuple(Statement(**one) for one in found["statement"])
