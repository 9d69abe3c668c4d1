"""Who found what with the paper's published models, and with models of the same making.

What others report stands here as data; `who_found_what` sets beside it what is computed from
scores in this book.
"""

import math
from typing import Literal, NamedTuple

import pandas as pd

from mammo.evidence import inbreast_rules, reader_study
from mammo.evidence.inbreast_rules import AUTHORS_RULE, PAPERS_RULE
from mammo.paper.published import OURS, dataset_title, short_title

PAPER = "https://doi.org/10.1016/j.jacr.2020.01.006"
RIBLI = "https://github.com/riblidezso/frcnn_cad"
SHEN_5 = "https://github.com/lishen/end2end-all-conv/issues/5"
NYU = "https://github.com/nyukat/mammography_metarepository"
VELARDE = "https://doi.org/10.1007/s10278-023-00943-5"
GABBUALOY = "https://doi.org/10.3390/s26123911"


IN_NEW_YORK, BY_RULES = "computed from the reader study", "computed from the released boxes"


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


def _shen(model: str, authors: str, user: str) -> tuple[Report, Report]:
    """What the authors state for a released file, and what a user found with it."""
    official = ("CBIS-DDSM, official test set", "internal", user, "user's report", SHEN_5)
    return (
        Report("Shen et al.", model, "DDSM, own split", "internal", authors, "stated", SHEN_5),
        Report("A user, 2018", model, *official, 649, "images"),
    )


REPORTS = (
    *_shen("end2end ResNet50", "0.86", "0.69"),
    *_shen("end2end VGG16", "0.83", "0.75"),
    *_shen("end2end hybrid", "0.85", "0.71"),
    Report(
        "A user, 2021", "end2end", "CBIS-DDSM", "internal", "0.7", "user's report",
        f"{NYU}/issues/12",
    ),
    Report(
        "Stadnick et al. 2021", "frcnn_cad", "INbreast, a part", "internal", "0.969", "stated",
        f"{NYU}/issues/29", None, "breasts",
    ),
    Report(
        "A user, 2022", "frcnn_cad", "INbreast", "internal", "0.93", "user's report",
        f"{NYU}/issues/29", None, "breasts",
    ),
    Report("Velarde et al. 2024", "best of NYU's", "NYU", "internal", "0.88", "stated", VELARDE),
    Report(
        "Velarde et al. 2024", "best of NYU's", "CMMD", "external", "0.90", "stated", VELARDE,
        826, "exams",
    ),
    Report(
        "Velarde et al. 2024", "best of NYU's", "OMI-DB", "external", "0.84", "stated", VELARDE,
        11_440, "exams",
    ),
    Report(
        "Gabbualoy et al. 2026", "five backbones, tuned on CBIS-DDSM", "CBIS-DDSM", "internal",
        "0.703–0.867", "stated", GABBUALOY, 714, "images",
    ),
)  # fmt: skip
"""As read at the links. Shen's values are quoted there by the user, who set theirs beside them;
so is NYU's on INbreast, which its authors confirm for a part of that set."""

FALLS = (
    "Without a value a set: the five backbones lose 0.165 to 0.320 on CMMD (1,032 images), DMID "
    "(509) and MIAS (322); three further published models, Velarde et al. write, performed poorly "
    "on external sets."
)
"""What two of the studies report of drops alone."""


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
    rows = [*_printed(intervals), *REPORTS, *_by_rules(rules), *_in_new_york(estimates)]
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
