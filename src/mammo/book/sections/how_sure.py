"""How sure the published numbers can be: nothing here depends on this build's images."""

import pandas as pd

from mammo.book.sections.result import Result
from mammo.paper import sampling_error
from mammo.paper.drops import (
    detectable_drops,
    drops_by_assumption,
    published_drops,
    published_gains,
    published_next_sites,
)
from mammo.report.figures.expected import expected_intervals
from mammo.report.page.blocks import Table
from mammo.report.tables import certainty, simulations
from mammo.report.tables.next_site import next_site_sentence, next_site_table


def intervals() -> Result:
    """Return the interval that each published value should have had."""
    data = sampling_error.published_intervals()
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


def assumptions(intervals: pd.DataFrame) -> Table:
    """Return how many drops remain, by what is assumed."""
    return certainty.assumption_table(drops_by_assumption(intervals))


def next_site(intervals: pd.DataFrame) -> Result:
    """Return what each of the paper's models would score at a fourth site."""
    data = published_next_sites(intervals)
    caption = "The paper's values over three external sets, and what to expect at a fourth"
    table = next_site_table(data, "published-next-site", caption)
    return Result(data, table, words=next_site_sentence(data))


def detectable(intervals: pd.DataFrame) -> Table:
    """Return the smallest drop that each external set could have shown."""
    return certainty.detectable_table(detectable_drops(), intervals)


def simulated() -> dict[str, Table]:
    """Return how intervals do in simulated sets: of auROCs, of differences, of shares of images."""
    return {
        "aurocs": simulations.auroc_coverage(simulations.kept("aurocs")),
        "differences": simulations.difference_errors(
            simulations.kept("differences"), simulations.kept("pairs")
        ),
        "shares": simulations.share_coverage(simulations.kept("proportions")),
    }
