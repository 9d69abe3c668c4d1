"""Where the paper contradicts itself, and what checks out: fixed, since the paper is."""

import tomllib
from pathlib import Path
from typing import NamedTuple


class Statement(NamedTuple):
    """What the paper says, where, what its numbers give, and the verdict in words."""

    statement: str
    place: str
    computed: str
    verdict: str


HOLDS = "checks out"

_FILE = Path(__file__).with_suffix(".toml")
STATEMENTS = tuple(Statement(**one) for one in tomllib.loads(_FILE.read_text("utf-8"))["statement"])
"""Every checked statement, those that do not hold first. A test computes each number anew."""
