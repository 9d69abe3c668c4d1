"""The paper's four tables: what this build computed beside what the paper prints."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import pandas as pd

from mammo.datasets import DATASETS, KNOWN
from mammo.errors import MammoError
from mammo.paper import published
from mammo.report.display import Table
from mammo.report.tables.presentation import TRAINED_ON_IT, present_aurocs, present_sets

ESTIMATE_COLUMNS = (
    "model",
    "dataset",
    "split",
    "source",
    "weights",
    "may_have_seen",
    "auroc",
    "lower",
    "upper",
    "confidence",
    "unit",
    "n_images",
    "n_patients",
    "n_malignant",
    "n_bootstrap",
    "n_valid",
    "seed",
    "n_runs",
    "run_sd",
)
"""One row an auROC: ``split`` is "validation" or "test", ``source`` "real" or "synthetic",
``weights`` says in words where the model's values come from, ``may_have_seen`` which data sets,
by key and parted by blanks, cannot be scored because of it; ``run_sd`` is the standard deviation
of the auROC over ``n_runs`` trainings with other seeds, NaN for one; the rest as in
`mammo.evaluation.Estimate`."""

NOT_IN_THIS_BUILD = "not part of this build"
ELSEWHERE = "an external set here"
UNDEFINED = "undefined: one class only"


@dataclass(frozen=True)
class _Cell:
    """Which auROC is meant, and where the paper prints it."""

    model: str
    dataset: str
    split: str
    cells: tuple[published.PublishedAuroc, ...]


def check_estimates(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the estimates unchanged if they keep their contract (`ESTIMATE_COLUMNS`).

    Raises
    ------
    MammoError
        If a column is missing, a source is neither real, synthetic nor unknown (None), or an auROC
        occurs twice.
    """
    missing = [name for name in ESTIMATE_COLUMNS if name not in estimates]
    if missing:
        raise MammoError(f"the estimates lack the columns {missing}; compute them again")
    unknown = set(estimates["source"].dropna()) - {"real", "synthetic"}
    if unknown:
        raise MammoError(f"the estimates have the source {unknown}: use 'real' or 'synthetic'")
    key = ["model", "dataset", "split"]
    twice = estimates[estimates.duplicated(key)]
    if len(twice):
        raise MammoError(
            f"the estimates hold {', '.join(twice.iloc[0][key])} twice: keep one row of each"
        )
    return estimates


def seen_by(estimates: pd.DataFrame, model: str) -> set[str]:
    """Return the data sets that a model of the estimates cannot be scored on."""
    words = estimates.loc[estimates["model"] == model, "may_have_seen"]
    return {name for seen in words.dropna() for name in seen.split()}


def table1(summary: pd.DataFrame) -> Table:
    """Table 1, data set details: for each set the published row and the row of this build.

    Parameters
    ----------
    summary : DataFrame
        As `mammo.datasets.manifest.summary` gives it, one row a data set.
    """
    rows = []
    for name in dict.fromkeys([*DATASETS, *summary.index]):
        card = KNOWN[name].card
        facts = {"dataset": name, "modality": card.modality}
        if name in DATASETS:
            printed = {"source": "published", "origin": card.origin, "years": card.years}
            rows.append({**facts, **printed, **asdict(card.published)})
        if name in summary.index:
            counted = summary.loc[name].to_dict()
            rows.append({**facts, **_provenance(name, str(counted["source"])), **counted})
    columns = ["dataset", "source", "origin", "years", "modality", "cases", "patients", "images"]
    columns += ["images_total", "malignant", "benign", "malignant_percent", "benign_percent"]
    data = pd.DataFrame(rows).reindex(columns=columns)
    counts = ["cases", "patients", "images", "images_total", "malignant", "benign"]
    data[counts] = data[counts].astype("Int64")
    return present_sets(data)


def table2(estimates: pd.DataFrame) -> Table:
    """Table 2, validation auROC of every model, one row a model (and set, where there are more).

    Parameters
    ----------
    estimates : DataFrame
        `ESTIMATE_COLUMNS`; only the rows of split "validation" are used.
    """
    asked = [_Cell(c.model, c.dataset, "validation", published.TABLE_2) for c in published.TABLE_2]
    return present_aurocs(_fill(asked, estimates, "validation", published.TABLE_2))


def table3(estimates: pd.DataFrame) -> Table:
    """Table 3, external auROC: one row for each model and external set, then what else was tested.

    Parameters
    ----------
    estimates : DataFrame
        `ESTIMATE_COLUMNS`; only the rows of split "test" are used.
    """
    asked = [
        _Cell(model, dataset, "test", published.TABLE_3)
        for model in dict.fromkeys(cell.model for cell in published.TABLE_3)
        for dataset in published.EXTERNAL
    ]
    return present_aurocs(_fill(asked, estimates, "test", published.TABLE_3))


def table4(mixed: pd.DataFrame, ddsm_only: pd.DataFrame | None = None) -> Table:
    """Table 4, the model trained on mixed data, beside the same backbone trained on DDSM alone.

    Parameters
    ----------
    mixed : DataFrame
        `ESTIMATE_COLUMNS`: split "validation" on DDSM, "test" on the fifth of each external set
        that was left out of the training.
    ddsm_only : DataFrame, optional
        The same for the model trained on DDSM alone, scored on the same images.
    """
    models = list(dict.fromkeys(mixed["model"])) or ["alexnet"]
    asked = [
        _Cell(model, dataset, split, published.TABLE_4)
        for model in models
        for dataset, split in [(published.INTERNAL, "validation")]
        + [(external, "test") for external in published.EXTERNAL]
    ]
    data = _fill(asked, mixed, None, published.TABLE_4)
    keys = data[["model", "dataset", "split"]].itertuples(index=False, name=None)
    before = [_Cell(*key, published.TABLE_2 + published.TABLE_3) for key in keys]
    empty = mixed.iloc[:0]
    earlier = _rows(before, empty if ddsm_only is None else check_estimates(ddsm_only))
    for name in ("published", "auroc", "lower", "upper"):
        data.insert(data.columns.get_loc("published"), f"ddsm_only_{name}", earlier[name])
    return present_aurocs(data)


def _provenance(dataset: str, source: str) -> dict[str, str | None]:
    """Origin and years of this build's images: simulated ones come from nowhere."""
    if source != "real":
        return {"origin": "simulated", "years": None}
    if dataset == "institution":
        return {"origin": "your own", "years": None}
    card = KNOWN[dataset].card
    return {"origin": card.origin, "years": card.years}


def _fill(
    asked: list[_Cell],
    estimates: pd.DataFrame,
    split: str | None,
    cells: tuple[published.PublishedAuroc, ...],
) -> pd.DataFrame:
    """The rows asked for, then every other estimate of the split, so that none is lost."""
    check_estimates(estimates)
    chosen = estimates if split is None else estimates[estimates["split"] == split]
    known = {(cell.model, cell.dataset, cell.split) for cell in asked}
    keys = chosen[["model", "dataset", "split"]].itertuples(index=False, name=None)
    others = [_Cell(*key, cells) for key in keys if key not in known]
    return _rows(asked + others, estimates)


def _rows(asked: list[_Cell], estimates: pd.DataFrame) -> pd.DataFrame:
    by_key = {(row["model"], row["dataset"], row["split"]): row for row in _records(estimates)}
    rows = []
    for cell in asked:
        printed = published.find(cell.cells, cell.model, cell.dataset)
        row = {
            "model": cell.model,
            "dataset": cell.dataset,
            "split": cell.split,
            "published": printed.auroc if printed else math.nan,
            "published_half_width": (printed and printed.half_width) or math.nan,
        }
        estimate = by_key.get((cell.model, cell.dataset, cell.split))
        if cell.dataset in seen_by(estimates, cell.model):
            estimate = None
            row["status"] = TRAINED_ON_IT
        elif estimate is None:
            row["status"] = _why_absent(estimates, cell)
        else:
            row["status"] = UNDEFINED if math.isnan(estimate["auroc"]) else "computed"
        rows.append({**row, **(estimate or {})})
    columns = ["model", "dataset", "split", "source", "weights", "published"]
    columns += ["published_half_width", "status", *ESTIMATE_COLUMNS[6:]]
    data = pd.DataFrame(rows).reindex(columns=columns)
    counts = ["n_images", "n_patients", "n_malignant", "n_bootstrap", "n_valid", "seed", "n_runs"]
    data[counts] = data[counts].astype("Int64")
    return data


def _why_absent(estimates: pd.DataFrame, cell: _Cell) -> str:
    same = (estimates["model"] == cell.model) & (estimates["dataset"] == cell.dataset)
    return ELSEWHERE if (estimates.loc[same, "split"] == "test").any() else NOT_IN_THIS_BUILD


def _records(estimates: pd.DataFrame) -> list[dict]:
    return estimates[list(ESTIMATE_COLUMNS)].to_dict("records")
