"""The side and the view that a file's name tells."""

import re
from pathlib import Path

import pandas as pd

SEPARATORS = re.compile(r"[\s_\-.]+")
"""What parts the pieces of a name."""

_SIDES = {"l": "L", "left": "L", "r": "R", "right": "R"}
_VIEWS = ("CC", "MLO", "ML", "LM", "XCCL", "XCCM")
_JOINED = re.compile(r"([lr])(cc|mlo|ml|lm|xccl|xccm)")


def add_names(files: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Fill in the side and the view that the header leaves open where the file's name says it.

    Parameters
    ----------
    files : DataFrame
        `mammo.datasets.institution.survey.COLUMNS`.
    folder : Path
        That the files lie in.

    Returns
    -------
    DataFrame
        With ``header_laterality``, ``header_view``, ``named_laterality`` and ``named_view``: what
        each of the two says by itself, or None.
    """
    names = [side_and_view(place.relative_to(folder)) for place in files["place"]]
    named = pd.DataFrame(names, files.index, ["named_laterality", "named_view"], dtype="object")
    added = {}
    for column in ("laterality", "view"):
        header = files[column]
        added[f"header_{column}"] = header
        added[column] = header.where(header.notna(), named[f"named_{column}"])
    return files.assign(**added, **named)


def side_and_view(place: Path) -> tuple[str | None, str | None]:
    """Read a side and a view from a name such as ``17_L_CC``, ``rmlo`` or ``LEFT-MLO``.

    Returns
    -------
    laterality : {"L", "R"} or None
    view : str or None
        In capitals. A name that tells two tells none.
    """
    sides, views = set(), set()
    for piece in SEPARATORS.split(place.stem):
        joined = _JOINED.fullmatch(piece.lower())
        side, view = joined.groups() if joined else (piece.lower(), piece.lower())
        sides |= {_SIDES[side]} if side in _SIDES else set()
        views |= {view.upper()} if view.upper() in _VIEWS else set()
    return _only(sides), _only(views)


def _only(found: set[str]) -> str | None:
    return next(iter(found)) if len(found) == 1 else None
