"""What an institution's files come to: counts, and a list of everything that is not used."""

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
    malignant, benign = used[used["label"] == 1], used[used["label"] == 0]
    both = (intake.images, used)
    rows = {
        "files": (len(intake.files), None),
        "images": tuple(map(len, both)),
        "breasts": tuple(map(_count_breasts, both)),
        "patients": tuple(files["patient_id"].nunique() for files in both),
        "malignant images": (None, len(malignant)),
        "benign images": (None, len(benign)),
        "patients with a malignant image": (None, malignant["patient_id"].nunique()),
    }
    return pd.DataFrame(rows, index=["found", "usable"]).T.astype("Int64")


def _count_breasts(files: pd.DataFrame) -> int:
    return len(files[["patient_id", "laterality"]].dropna().drop_duplicates())


def exclusions(intake: Intake) -> pd.DataFrame:
    """List every file, and every row of the table, that is not used.

    Returns
    -------
    DataFrame
        ``image`` (pseudonym; empty for a row without an image), ``line`` (of the table of labels,
        where it has one), ``format``, ``reason``.
    """
    lost = intake.files[intake.files["excluded"].notna()]
    files = pd.DataFrame({"image": lost["image_id"], "line": lost["line"].astype("Int64")})
    files = files.assign(format=lost["format"], reason=lost["excluded"].map(str))
    if intake.absent.empty:
        return files
    absent = pd.DataFrame(
        {"line": intake.absent["line"], "reason": "no image was found for this line"}
    )
    return pd.concat([files, absent], ignore_index=True).reindex(columns=files.columns)
