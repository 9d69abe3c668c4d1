"""What could be reached on synthetic images: an oracle and a reader beside the models."""

import pandas as pd

from mammo.report.page.blocks import Table
from mammo.report.tables.captions import captioned
from mammo.report.tables.formats import bounds, interval_heading, numbers


def ceiling_table(data: pd.DataFrame) -> Table:
    """Give the oracle's and the reader's auROC their headings.

    Parameters
    ----------
    data : DataFrame
        Fields of `mammo.evaluation.inputs.Estimate` and ``misread``, one row a reading.
    """
    shown = pd.DataFrame(
        {
            "Who reads": [_reader(share) for share in data["misread"]],
            "auROC": numbers(data["value"]),
            interval_heading(data): bounds(data["lower"], data["upper"]),
            "Patients; breasts; malignant": [
                f"{row.n_patients:,}; {row.n_images:,}; {row.n_malignant:,}"
                for row in data.itertuples()
            ],
        }
    )
    return captioned("ceiling", shown, data, method=data["method"].iloc[0])


def _reader(misread: float) -> str:
    if not misread:
        return "An oracle that knows each lesion's descriptors"
    return f"A reader who takes {misread:.0%} of the lesions for others"
