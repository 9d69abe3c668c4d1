"""What an institution's files come to: counts, and a list of everything that is not used."""

from __future__ import annotations

import pandas as pd

from mammo.datasets.institution.intake import Intake


def counts(intake: Intake) -> pd.DataFrame:
    """Count files, images, breasts and patients: all that were found, and those that can be used.

    Returns
    -------
    DataFrame
        Columns found and usable; counts that make no sense before the labels are empty.
    """
    used = intake.used
    breasts = ["patient_id", "laterality"]
    rows = {
        "files": (len(intake.files), None),
        "images": (len(intake.images), len(used)),
        "breasts": tuple(
            len(part.dropna(subset=breasts)[breasts].drop_duplicates())
            for part in (intake.images, used)
        ),
        "patients": tuple(part["patient_id"].nunique() for part in (intake.images, used)),
        "malignant images": (None, int((used["label"] == 1).sum())),
        "benign images": (None, int((used["label"] == 0).sum())),
        "patients with a malignant image": (
            None,
            used.loc[used["label"] == 1, "patient_id"].nunique(),
        ),
    }
    return pd.DataFrame(rows, index=["found", "usable"]).T.astype("Int64")


def exclusions(intake: Intake) -> pd.DataFrame:
    """List every file, and every row of the table, that is not used.

    Returns
    -------
    DataFrame
        ``image`` (pseudonym; empty for a row without an image), ``line`` (of the table of labels,
        where it has one), ``format``, ``reason``.
    """
    lost = intake.files[intake.files["excluded"].notna()]
    files = pd.DataFrame(
        {
            "image": lost["image_id"],
            "line": lost["line"].astype("Int64"),
            "format": lost["format"],
            "reason": lost["excluded"].map(str),
        }
    )
    if intake.absent.empty:
        return files
    absent = pd.DataFrame(
        {"line": intake.absent["line"], "reason": "no image was found for this line"}
    )
    return pd.concat([files, absent], ignore_index=True).reindex(columns=files.columns)
