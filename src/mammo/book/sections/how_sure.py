"""How sure the published numbers can be: nothing here depends on this build's images."""

from __future__ import annotations

import pandas as pd

from mammo.book.sections.result import Result
from mammo.evaluation.tables.simulated import kept
from mammo.paper import sampling_error
from mammo.paper.drops import detectable_drops, published_drops, published_gains
from mammo.report.figures.expected import expected_intervals
from mammo.report.page.blocks import Table
from mammo.report.tables import certainty, simulations
from mammo.study import Study


def intervals(study: Study) -> Result:
    """Return the interval that each published value should have had."""
    data = sampling_error.published_intervals(study.parameters.seed)
    words = certainty.interval_sentence(data)
    return Result(data, certainty.interval_table(data), expected_intervals(data), words)


def readings(intervals: pd.DataFrame) -> Result:
    """Return what the paper's ±0.01 can be, and what it cannot.

    Parameters
    ----------
    intervals : DataFrame
        The data of `intervals`, as in the functions below.
    """
    table = certainty.readings_table(intervals)
    return Result(table.data, table, words=certainty.reading_sentence(intervals))


def drops(intervals: pd.DataFrame) -> Table:
    """Return the paper's drops, tested with the errors that its sets' sizes give."""
    return certainty.drop_table(published_drops(intervals))


def gains(intervals: pd.DataFrame) -> Table:
    """Return the paper's gains from mixed training data, tested likewise."""
    return certainty.gain_table(published_gains(intervals))


def detectable() -> Table:
    """Return the smallest drop that each external set could have shown."""
    return certainty.detectable_table(detectable_drops())


def coverage() -> Table:
    """Return how often intervals of an auROC hold the truth, in simulated sets."""
    return simulations.auroc_coverage(kept("aurocs"))


def difference_errors() -> Table:
    """Return how often differences are called too soon, in simulated sets."""
    return simulations.difference_errors(kept("differences"), kept("pairs"))


def share_coverage() -> Table:
    """Return how often intervals of a share of images hold the truth, in simulated sets."""
    return simulations.share_coverage(kept("proportions"))
