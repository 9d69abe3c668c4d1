"""The table of scores: its contract, its parts, and scores of breasts or patients."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mammo.errors import LeakageError, MammoError
from mammo.evaluation import aggregate, holm
from mammo.evaluation.aggregation import Rule
from mammo.evaluation.inputs import Unit

KEY = ["model", "dataset", "split"]
"""What parts a table of scores: each part is one model on one set."""

INTERNAL_SPLIT, EXTERNAL_SPLIT = "validation", "test"
COLUMNS = (*KEY, "patient_id", "image_id", "y_true", "y_score")
BREAST = ["patient_id", "laterality"]
MOST_PARTS = 200
"""Models times sets: beyond it a column is the wrong one, and comparisons would take for ever."""
_NO_ONE = ("", "both")
MIXED = "mixed"
"""A fact in which the images of one breast, or patient, differ."""


@dataclass(frozen=True)
class Settings:
    """How estimates are made; see `mammo.evaluation.auroc_interval`."""

    unit: Unit = "patient"
    n_bootstrap: int = 10_000
    confidence: float = 0.95
    seed: int = 0


@dataclass(frozen=True)
class Part:
    """One model's scores on one set."""

    model: str
    dataset: str
    split: str
    rows: pd.DataFrame

    @property
    def key(self) -> dict[str, str]:
        """Model, data set and split, as the first columns of a result."""
        return {"model": self.model, "dataset": self.dataset, "split": self.split}

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Labels, scores and patients, as `mammo.evaluation` takes them."""
        rows = self.rows
        return rows["y_true"].to_numpy(), rows["y_score"].to_numpy(), rows["patient_id"].to_numpy()


def parts(scored: pd.DataFrame) -> Iterator[Part]:
    """Yield a table's parts, in the order in which they come."""
    for key, rows in scored.groupby(KEY, sort=False):
        yield Part(*key, rows)


def insert_holm(tests: pd.DataFrame) -> None:
    """Insert ``p_holm`` after ``p_value``: adjusted for the number of tests, all of the rows."""
    after = tests.columns.get_loc("p_value") + 1
    tests.insert(after, "p_holm", holm(tests["p_value"]))


def check_contract(scored: pd.DataFrame) -> pd.DataFrame:
    """Return the table unchanged if results can be computed from it.

    Raises
    ------
    MammoError
        If a column is missing, a model scores an image twice, models disagree on its label, or
        there are more than `MOST_PARTS` models and sets.
    LeakageError
        If a patient of a set is in its validation and in its test part.
    """
    missing = [name for name in COLUMNS if name not in scored]
    if missing:
        raise MammoError(f"the scores lack the columns {missing}; they need {list(COLUMNS)}")
    n_parts = len(scored[KEY].drop_duplicates())
    if n_parts > MOST_PARTS:
        models, sets = scored["model"].nunique(), scored["dataset"].nunique()
        raise MammoError(
            f"the scores are of {models:,} models on {sets:,} data sets, {n_parts:,} results in "
            f"all, {MOST_PARTS} at most are compared: name the columns that are meant (--column "
            "model THEIRS, --column dataset THEIRS)"
        )
    repeated = scored[scored.duplicated(["dataset", "image_id"], keep=False)]
    twice = repeated[repeated.duplicated([*KEY, "image_id"])]
    if len(twice):
        where = ", ".join(map(str, twice.iloc[0][[*KEY, "image_id"]]))
        raise MammoError(f"the scores hold {where} twice: keep one row of each image and model")
    several = _of_several(repeated, ["dataset", "image_id"], "y_true")
    if len(several):
        dataset, image = several.iloc[0]
        raise MammoError(
            f"image {image} of {dataset} has both labels, 0 and 1 ({len(several)} such images): "
            "correct y_true, which is the same for every model"
        )
    several = _of_several(scored, ["dataset", "patient_id"], "split")
    if len(several):
        raise LeakageError(
            f"{len(several)} patients of {several['dataset'].iloc[0]} are in several splits: split "
            "by patient, or give each image one split"
        )
    return scored


def _of_several(scored: pd.DataFrame, names: list[str], fact: str) -> pd.DataFrame:
    """Return the names, in their order, that have several values of a fact."""
    if scored[fact].nunique() < 2:
        return scored.loc[[], names]
    once = scored.loc[~scored.duplicated([*names, fact]), names]
    return once[once.duplicated()].drop_duplicates().sort_values(names)


def aggregated(
    scored: pd.DataFrame, by: list[str], rule: Rule, readers: Sequence[str] = ()
) -> pd.DataFrame:
    """Return one row a breast, or a patient, and model.

    Parameters
    ----------
    scored : DataFrame
        A table of scores.
    by : list of str
        Columns that name a breast (`BREAST`) or a patient (["patient_id"]) within a set.
    rule : {"mean", "max"}
        How the images' scores become one; the label is 1 if any image's is.
    readers : sequence of str
        Columns of readers' scores, which become one as the model's do.

    Returns
    -------
    DataFrame
        A table of scores whose ``image_id`` names the breast or patient. A fact that differs
        between its images is "mixed".

    Raises
    ------
    MammoError
        If a column is absent, or has no value in a row.
    """
    for name in by:
        if name not in scored or scored[name].isna().any() or scored[name].isin(_NO_ONE).any():
            raise MammoError(
                f"scores cannot be put together by {' and '.join(by)}: the column {name} is absent "
                "or has cells that are empty or name both sides; fill it, or score images"
            )
    facts = [name for name in scored if name not in (*COLUMNS, *by, *readers)]
    tables = []
    for part in parts(scored):
        names = part.rows[by].astype(str).agg(" ".join, axis=1)
        found = aggregate(part.rows["y_true"], part.rows["y_score"], names.to_numpy(), rule)
        rows = part.rows.iloc[found.first].copy()
        rows["image_id"] = names.iloc[found.first].to_numpy()
        rows["y_true"], rows["y_score"] = found.y_true, found.y_score
        for reader in readers:
            of_reader = aggregate(part.rows["y_true"], part.rows[reader], names.to_numpy(), rule)
            rows[reader] = of_reader.y_score
        for fact in facts:
            alike = part.rows.groupby(names.to_numpy())[fact].nunique(dropna=False)
            rows.loc[rows["image_id"].map(alike).to_numpy() > 1, fact] = MIXED
        tables.append(rows)
    return pd.concat(tables, ignore_index=True)
