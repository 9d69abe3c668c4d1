"""Tables that a spreadsheet shows and does not compute."""

import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""


def harmless(table: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before text that a spreadsheet would take for a formula.

    Parameters
    ----------
    table : DataFrame
        About to be written as CSV; names of columns are changed likewise.

    References
    ----------
    OWASP, CSV Injection.
    """
    quoted = table.rename(columns=_quoted)
    for name in quoted.select_dtypes(include=["object", "string"]):
        quoted[name] = quoted[name].astype("object").map(_quoted)
    return quoted


def _quoted(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
