"""The front page: its first screen, and what the paper says of itself."""

from datetime import date

import pandas as pd

from mammo import __version__
from mammo.book.sections.result import Result
from mammo.evidence.kinds import KINDS, evidence
from mammo.files.artifacts import commit
from mammo.paper.contradictions import statements
from mammo.paper.published import dataset_title
from mammo.paper.sampling_error import published_intervals
from mammo.report import front_page
from mammo.report.figures.forest import auroc_forest
from mammo.report.page.blocks import Columns, Table
from mammo.study import Study, results


def findings(study: Study) -> Result:
    """Return every model's auROC on every data set, in one picture; and the first screen."""
    estimates = results.comparison(study)
    found = {name: evidence(study, name) for name in KINDS}
    columns = [
        front_page.paper_column(published_intervals()),
        front_page.evidence_column(found),
        front_page.build_column(estimates, results.drops(study), results.mixed_gains(study)),
    ]
    screen = Columns(columns, _build(study))
    return Result(estimates, figure=auroc_forest(estimates), words=screen)


def _build(study: Study) -> str:
    """Say when and from what this book was made, in one line."""
    sources = study.sources
    kinds = [
        f"{kind} {', '.join(map(dataset_title, names))}"
        for kind in ("real", "synthetic")
        if (names := [name for name, source in sources.items() if source == kind])
    ]
    made = f"This build: {date.today():%d %B %Y}, mammo {__version__}, commit {commit()[:10]}"
    return f"{made}; its images: {'; '.join(kinds)}."


def contradictions() -> Table:
    """Return every checked statement of the paper, those that do not hold first."""
    data = pd.DataFrame(statements())
    headings = ["The paper says", "Where", "The numbers give", "Verdict"]
    caption = "Statements of the paper that its own numbers bear out, or do not"
    return Table(data.set_axis(headings, axis=1), caption, data=data, name="contradictions")
