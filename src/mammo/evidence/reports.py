"""Who found what with the paper's published models, and with models of the same making.

What others report stands in ``reports.toml``; `who_found_what` sets beside it what is computed from
scores in this book.
"""

import math
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import pandas as pd

from mammo.evidence import inbreast_rules, reader_study
from mammo.evidence.inbreast_rules import AUTHORS_RULE, PAPERS_RULE
from mammo.paper.published import OURS, dataset_title, short_title

PAPER = "https://doi.org/10.1016/j.jacr.2020.01.006"
RIBLI = "https://github.com/riblidezso/frcnn_cad"
NYU = "https://github.com/nyukat/mammography_metarepository"

IN_NEW_YORK, BY_RULES = "computed from the reader study", "computed from the released boxes"

FALLS = (
    "Without a value a set: the five backbones lose 0.165 to 0.320 on CMMD (1,032 images), DMID "
    "(509) and MIAS (322); three further published models, Velarde et al. write, performed poorly "
    "on external sets."
)
"""What two of the studies report of drops alone."""


class Report(NamedTuple):
    """One auROC that somebody reports.

    Attributes
    ----------
    who, model, tested_on : str
    test : {"internal", "external"}
        Whether the set is one that the model was made or chosen with.
    auroc : str
        With as many digits as reported; of several models, the range.
    kind : str
        "stated" by the authors; a "user's report" on released weights; or computed in this
        book, from the scores that are named (`IN_NEW_YORK`, `BY_RULES`).
    link : str
    n : int or None
        What was scored: `unit` says whether images, breasts or exams.
    unit : str
    lower, upper : float
        95% interval; NaN where none can be computed.
    """

    who: str
    model: str
    tested_on: str
    test: Literal["internal", "external"]
    auroc: str
    kind: str
    link: str
    n: int | None = None
    unit: str = ""
    lower: float = math.nan
    upper: float = math.nan


@cache
def reports() -> tuple[Report, ...]:
    """Return what others report, as read at the links."""
    stated = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return tuple(Report(**one) for one in stated["report"])


def who_found_what(
    intervals: pd.DataFrame, rules: pd.DataFrame, estimates: pd.DataFrame
) -> pd.DataFrame:
    """Return what is reported, what the paper prints and what this book computes.

    Parameters
    ----------
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`: what the paper's values should have
        had.
    rules, estimates : DataFrame
        Tables of `mammo.evidence.inbreast_rules` and of `mammo.evidence.reader_study`.

    Returns
    -------
    DataFrame
        The fields of `Report`; internal tests come first.
    """
    rows = [*_printed(intervals), *reports(), *_by_rules(rules), *_in_new_york(estimates)]
    rows.sort(key=lambda report: report.test != "internal")
    return pd.DataFrame(rows).astype({"n": "Int64"})


def _printed(intervals: pd.DataFrame) -> list[Report]:
    """The paper's cells; on how much its quoted internal values stand, it does not say."""
    reports = []
    for cell in intervals[~intervals["model"].isin(OURS)].itertuples():
        stated = ("Wang et al. 2020", short_title(cell.model), dataset_title(cell.dataset))
        value = f"{cell.auroc:.2f}"
        if cell.split == "validation":
            reports.append(Report(*stated, "internal", value, "stated", PAPER))
            continue
        counted = (cell.n_malignant + cell.n_benign, "images")
        reach = cell.simulated_by_patient
        reports.append(
            Report(
                *stated, "external", value, "stated", PAPER, *counted,
                max(cell.auroc - reach, 0), min(cell.auroc + reach, 1),
            )
        )  # fmt: skip
    return reports


def _by_rules(rules: pd.DataFrame) -> list[Report]:
    named = {"Ribli et al.'s boxes": AUTHORS_RULE, "the same, Wang et al.'s rule": PAPERS_RULE}
    found = {who: (rule, inbreast_rules.row_of(rules, rule)) for who, rule in named.items()}
    return [
        Report(
            who, "frcnn_cad", "INbreast", "internal", f"{row['auroc']:.3f}", BY_RULES, RIBLI,
            int(row["n"]), f"{rule.scored}s", row["lower"], row["upper"],
        )
        for who, (rule, row) in found.items()
    ]  # fmt: skip


def _in_new_york(estimates: pd.DataFrame) -> list[Report]:
    models = estimates[estimates["kind"] != reader_study.RADIOLOGIST]
    return [
        Report(
            "Stadnick et al.'s scores",
            reader_study.TITLES[row.scorer],
            "NYU reader study",
            "external" if row.kind == reader_study.PAPER else "internal",
            f"{row.auroc:.3f}",
            IN_NEW_YORK,
            NYU,
            row.n_breasts,
            "breasts",
            row.lower,
            row.upper,
        )
        for row in models.itertuples()
    ]
