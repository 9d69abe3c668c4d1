"""Where the paper contradicts itself, as a table."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from mammo.paper.contradictions import statements
from mammo.report.display import Table


def contradictions_table() -> Table:
    """Return every checked statement of the paper, those that do not hold first."""
    data = pd.DataFrame([asdict(statement) for statement in statements()])
    headings = ["The paper says", "Where", "The numbers give", "Verdict"]
    return Table(data.set_axis(headings, axis=1), data)
