"""A vendor's table of scores, read as it comes: CSV or Excel, under the vendor's names."""

from collections.abc import Mapping

import pandas as pd

from mammo.datasets.institution.labels.columns import ALIASES, places_of
from mammo.datasets.institution.labels.facts import IDENTIFIERS, identifiers, sides_and_views
from mammo.errors import DatasetError
from mammo.evaluation.tables.score_sheet import OF_SCORES, ScoreSheet
from mammo.files.spreadsheet import Sheet

NAMELESS = "Vendor's model"
"""What a model is called that its table does not name."""
MOST_MODELS = 30

_KNOWN = {**OF_SCORES, **{name: ALIASES[name] for name in (*IDENTIFIERS, "laterality", "view")}}


def read_vendor_scores(sheet: Sheet, chosen: Mapping[str, str]) -> pd.DataFrame:
    """Read a vendor's scores.

    Parameters
    ----------
    sheet : Sheet
    chosen : mapping of str to str
        Our name of a column to the sheet's, where the user has said so.

    Returns
    -------
    DataFrame
        ``line``, ``model``, ``y_score`` (float, NaN where empty), and ``image``, ``patient_id``,
        ``study_id``, ``accession``, ``laterality``, ``view`` (str), None where the sheet has none.

    Raises
    ------
    DatasetError
        If there is no row, no column of scores, or more than one that may be it, if a score is no
        finite number, or a model has no name, or there are more than `MOST_MODELS`.
    """
    rows = ScoreSheet(sheet)
    table = rows.columns(_places(sheet, chosen)).assign(line=sheet.lines)
    if "model" not in table:
        table["model"] = NAMELESS
    models = table["model"]
    rows.refuse(models == "", "the score is of no model; fill in the column, or remove it", models)
    _check_number_of_models(sheet, models.nunique())
    sides, _ = sides_and_views(sheet.path, table)
    table["y_score"] = rows.scores(table["y_score"])
    return pd.concat([table[["line", "model", "y_score"]], identifiers(table), sides], axis=1)


def _places(sheet: Sheet, chosen: Mapping[str, str]) -> dict[str, int]:
    """Return where each known column stands; what the user names stands before usual names."""
    places = {
        ours: place
        for ours, usual in _KNOWN.items()
        for place in places_of(
            sheet.path, sheet.header, ours, [chosen[ours]] if ours in chosen else usual
        )
    }
    if "y_score" not in places:
        raise DatasetError(
            f"{sheet.path}: no column of scores; the columns are "
            f"{', '.join(sheet.header)[:300]!r}: name it with --column y_score THEIRS"
        )
    return places


def _check_number_of_models(sheet: Sheet, n_models: int) -> None:
    if n_models > MOST_MODELS:
        raise DatasetError(
            f"{sheet.path}: the column of models holds {n_models} names, {MOST_MODELS} at most are "
            "compared; name the right column with --column model THEIRS"
        )
