"""Verdicts of `mammo.evaluation.verdicts` as cells of tables, and the table of their rules."""

from collections.abc import Mapping, Sequence

import pandas as pd

from mammo.datasets.check_report import counted
from mammo.evaluation import verdicts
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT
from mammo.report.page.blocks import Table
from mammo.report.tables.formats import p_value

TOO_FEW = "too few patients"
RANKS: Mapping[verdicts.Rank, str] = {
    "better": "above guessing",
    "worse": "below guessing",
    "open": "guessing not excluded",
    "guesses internally": "guessing not excluded internally",
    "too few": TOO_FEW,
    "unknown": "no interval",
}
NON_INFERIORITY: Mapping[verdicts.NonInferiority, str] = {
    "shown": "shown",
    "not shown": "not shown",
    "guesses internally": "guessing not excluded internally",
    "too few": TOO_FEW,
    "unknown": "no test",
}
DIFFERENCES: Mapping[verdicts.Difference, str] = {
    "shown": "shown",
    "open": "open",
    "too few": TOO_FEW,
    "unknown": "no test",
}
CALIBRATIONS: Mapping[verdicts.Calibration, str] = {
    "off": "off",
    "not shown off": "not shown off",
    "too few": TOO_FEW,
    "unknown": "no interval",
}
GAINS: Mapping[verdicts.Gain, str] = {
    "gained": "a gain",
    "lost": "a loss",
    "open": "open",
    "one training": "one training",
    "too few": TOO_FEW,
    "unknown": "no test",
}


def ranks(aurocs: pd.DataFrame) -> list[str]:
    """Return what each auROC is against guessing, beside the same model's internal one.

    Parameters
    ----------
    aurocs : DataFrame
        As `mammo.evaluation.tables.estimates.aurocs`.
    """
    internal = aurocs[aurocs["split"] != EXTERNAL_SPLIT].drop_duplicates("model")
    internal_of = internal.set_index("model").to_dict("index")
    return [
        RANKS[
            verdicts.against_guessing(
                row, internal_of.get(row["model"]) if row["split"] == EXTERNAL_SPLIT else None
            )
        ]
        for row in aurocs.to_dict("records")
    ]


def no_worse(drops: pd.DataFrame) -> list[str]:
    """Return for each drop whether a loss of the margin or more is excluded."""
    return [NON_INFERIORITY[verdicts.non_inferiority(row)] for row in drops.to_dict("records")]


def p_values(rows: pd.DataFrame, name: str = "p_holm") -> list[str]:
    """Return a column of p-values; a dash where too few patients were compared."""
    too_few = [verdicts.are_too_few(row) for row in rows.to_dict("records")]
    return rows[name].mask(too_few).map(p_value).tolist()


def rules_table(kinds: Sequence[str] | None = None) -> Table:
    """Return the rules of kinds of verdicts."""
    rules = verdicts.rules()
    kinds = [*rules] if kinds is None else kinds
    shown = pd.DataFrame({"Verdict on": kinds, "Rule": [rules[kind] for kind in kinds]})
    return Table(shown, "The rule of each verdict", name="rules")


def left_out(number: int) -> str:
    """Return a sentence on results that too few patients stand behind; none of none."""
    if not number:
        return ""
    return (
        f" Left out: {counted(number, 'result')} on fewer than {verdicts.FEWEST} patients of one "
        "class, who settle nothing."
    )
