"""The NYU reader study in the book: tables, and what agrees with the paper and what does not."""

import pandas as pd
from IPython.display import Markdown

from mammo.datasets.reader_study import READERS
from mammo.evidence.reader_study import (
    MADE_AT_NYU,
    MEAN_READER,
    PAPER,
    RADIOLOGIST,
    TITLES,
    row_of,
)
from mammo.paper.drops import LEVEL
from mammo.paper.published import EXPERTS_AUROC, short_title
from mammo.report.page.blocks import Table
from mammo.report.tables.captions import captioned
from mammo.report.tables.formats import auroc, bounds, estimate, interval_heading, numbers, p_value

_KINDS = {PAPER: "of the paper", MADE_AT_NYU: "made at NYU", RADIOLOGIST: "radiologist"}


def scorers_table(estimates: pd.DataFrame, source: str) -> Table:
    """Every model and radiologist of the reader study.

    Parameters
    ----------
    estimates : DataFrame
        As `mammo.evidence.reader_study`, as in the functions below.
    source : {"real", "recorded"}
    """
    shown = pd.DataFrame(
        {
            "Scored by": [
                TITLES.get(name, f"Radiologist {name[-2:]}") for name in estimates["scorer"]
            ],
            "Kind": estimates["kind"].map(_KINDS),
            "auROC": numbers(estimates["auroc"], 3),
            interval_heading(estimates): bounds(estimates["lower"], estimates["upper"], 3),
            "Obuchowski": bounds(estimates["obuchowski_lower"], estimates["obuchowski_upper"], 3),
            "Source": source,
        }
    )
    first = estimates.iloc[0]
    return captioned("reader-study", shown, estimates, **first)


def tests_table(tests: pd.DataFrame, source: str) -> Table:
    """The paper's models against guessing, the paper and the readers.

    Parameters
    ----------
    tests : DataFrame
        As `mammo.evidence.reader_study.tests`.
    source : {"real", "recorded"}
    """
    words = {"guessing": "guessing", "readers": f"mean of {len(READERS)} radiologists"}
    shown = pd.DataFrame(
        {
            "Model": tests["scorer"].map(TITLES),
            "auROC": numbers(tests["auroc"], 3),
            "Against": [
                words.get(row.against) or f"the paper's {short_title(row.reference)} on UKy"
                for row in tests.itertuples()
            ],
            "Its auROC": numbers(tests["other"], 3),
            "Difference": numbers(tests["difference"], 3, "+"),
            "95% interval": bounds(tests["lower"], tests["upper"], 3),
            "p": tests["p"].map(p_value),
            "p, Holm": tests["p_holm"].map(p_value),
            "Source": source,
        }
    )
    return captioned("reader-study-tests", shown, tests, n_tests=len(tests))


def agreement_sentence(
    estimates: pd.DataFrame, against_readers: pd.DataFrame, tests: pd.DataFrame
) -> Markdown:
    """Say what agrees with the paper and what does not; each clause is chosen by its test."""
    ddsm, detector = (row_of(estimates, name) for name in ("end2end_ddsm", "frcnn_cad"))
    mean = row_of(against_readers, MEAN_READER)
    of_ddsm, of_detector = (tests[tests["scorer"] == row["scorer"]] for row in (ddsm, detector))
    uky = of_detector[of_detector["against"] == "paper"].iloc[0]
    readers = of_detector[of_detector["against"] == "readers"].iloc[0]
    same = ", and ".join(
        f"{row.other:.2f}, a difference of {_signed(row)}"
        for row in of_ddsm[of_ddsm["against"] == "paper"].itertuples()
    )
    return Markdown(
        f"**end2end, trained on DDSM**, has {auroc(ddsm)}: "
        f"{_against(of_ddsm, 'guessing', 'guessing')}. The paper's values on UKy are {same}. "
        f"{_agrees(of_ddsm)}\n\n"
        f"**frcnn_cad** has {auroc(detector)}: {_against(of_detector, 'guessing', 'guessing')}."
        f" The paper's value on UKy is {uky['other']:.2f}, a difference of "
        f"{_signed(uky)}, p {_p(uky)}. {_agrees(of_detector)}\n\n"
        "**The radiologists** average "
        f"{estimate(mean['mean_reader'], mean['lower'], mean['upper'])} on these exams, not "
        f"{EXPERTS_AUROC}, the experts' value that the paper quotes. frcnn_cad less their mean is "
        f"{_signed(readers)}, p {_p(readers)}: {_distance(readers)}. All "
        f"{len(tests)} p-values are adjusted together."
    )


def _signed(row) -> str:
    return estimate(row.difference, row.lower, row.upper, 3, "+").replace("-", "−")


def _p(row: pd.Series) -> str:
    text = p_value(row["p_holm"])
    return text if text.startswith("<") else f"= {text}"


def _against(tests: pd.DataFrame, against: str, words: str) -> str:
    row = tests[tests["against"] == against].iloc[0]
    if row["p_holm"] >= LEVEL:
        return f"{words} is not excluded (p {_p(row)})"
    return f"{'above' if row['difference'] > 0 else 'below'} {words} (p {_p(row)})"


def _agrees(tests: pd.DataFrame) -> str:
    differs = (tests.loc[tests["against"] == "paper", "p_holm"] < LEVEL).any()
    return "This differs from the paper." if differs else "No difference from the paper is shown."


def _distance(readers: pd.Series) -> str:
    if readers["p_holm"] < LEVEL:
        return "a difference is shown"
    most = f"{-readers['lower']:.2f}"
    return f"no difference is shown, and one of {most} in the radiologists' favour is not excluded"
