"""What could be reached on synthetic images: an oracle and a reader beside the models."""

import pandas as pd

from mammo.report.page.blocks import Table
from mammo.report.tables.formats import bounds, interval_heading, two_digits


def ceiling_table(data: pd.DataFrame) -> Table:
    """Give the oracle's and the reader's auROC their headings.

    Parameters
    ----------
    data : DataFrame
        Fields of `mammo.evaluation.estimate.Estimate` and ``misread``, one row a reading.
    """
    shown = pd.DataFrame(
        {
            "Who reads": [_reader(share) for share in data["misread"]],
            "auROC": two_digits(data["value"]),
            interval_heading(data): bounds(data["lower"], data["upper"]),
            "Patients; breasts; malignant": [
                f"{row.n_patients:,}; {row.n_images:,}; {row.n_malignant:,}"
                for row in data.itertuples()
            ],
        }
    )
    note = (
        "Of all patients of the synthetic DDSM, by breast: the greatest likelihood ratio that the "
        "descriptors of its lesions have in the tables that they were drawn from. How many lesions "
        f"a reader mistakes is an assumption. Intervals: {data['method'].iloc[0]}."
    )
    caption = "What could be reached: pathology told from the lesions' descriptors alone"
    return Table(shown, caption, note, data=data, name="ceiling")


def _reader(misread: float) -> str:
    if not misread:
        return "An oracle that knows each lesion's descriptors"
    return f"A reader who takes {misread:.0%} of the lesions for others"
