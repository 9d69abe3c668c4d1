"""Tables under their captions, with their notes: the words of all of them are in ``words.toml``."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from mammo.evaluation.verdicts import FEWEST, rules
from mammo.report.page.blocks import Table


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    """Return the caption, and the note where there is one, of each name."""
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))


def captioned(
    name: str, shown: pd.DataFrame, data: pd.DataFrame | None = None, **facts: object
) -> Table:
    """Return a table with the caption and note of its name.

    Parameters
    ----------
    name : str
        A heading of ``words.toml``.
    shown, data : DataFrame
        See `mammo.report.page.blocks.Table`.
    **facts
        What the note says of the numbers.
    """
    words = _words()[name]
    note = words.get("note", "").format(RULES=rules(), FEWEST=FEWEST, **facts)
    return Table(shown, words["caption"], note, data=data, name=name)


def nothing(name: str, why: str) -> Table:
    """Return a table that says why there is no result."""
    shown = pd.DataFrame({"Result": [f"none: {why}"]})
    return Table(shown, _words()[name]["caption"], name=name)
