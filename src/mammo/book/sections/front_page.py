"""The front page: findings, and what the paper says of itself."""

from __future__ import annotations

import pandas as pd

from mammo.book.sections.result import Result
from mammo.paper.contradictions import STATEMENTS
from mammo.report import sentences
from mammo.report.figures.forest import auroc_forest
from mammo.report.page.blocks import Table
from mammo.study import Study, results


def findings(study: Study) -> Result:
    """Return every model's auROC on every data set, in words and in one picture."""
    estimates = results.comparison(study)
    words = sentences.abstract(estimates, results.drops(study), results.mixed_gains(study))
    return Result(estimates, figure=auroc_forest(estimates), words=words)


def contradictions() -> Table:
    """Return every checked statement of the paper, those that do not hold first."""
    data = pd.DataFrame(STATEMENTS)
    headings = ["The paper says", "Where", "The numbers give", "Verdict"]
    caption = "Statements of the paper that its own numbers bear out, or do not"
    return Table(data.set_axis(headings, axis=1), caption, data=data, name="contradictions")
