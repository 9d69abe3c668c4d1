"""The paper's four tables: what this build computed beside what the paper prints."""

import math
from dataclasses import asdict

import pandas as pd

from mammo.datasets import DATASETS, KNOWN
from mammo.datasets.roles import EXTERNAL, INTERNAL
from mammo.paper import published
from mammo.paper.published import TRAINED_ON, dataset_title, short_title
from mammo.report.estimates import ESTIMATE_COLUMNS, check_estimates, intervals_in_words, seen_by
from mammo.report.page.blocks import Table
from mammo.report.tables.formats import NOTHING, bounds, counts, half_widths, numbers, title_of

NOT_IN_THIS_BUILD = "not part of this build"
TESTED_EXTERNALLY = "an external test in this build"
UNDEFINED = "undefined: one class only"
TRAINED_ON_IT = "trained on it"

Key = tuple[str, str, str]
"""Model, data set and split."""
Cells = tuple[published.PublishedAuroc, ...]


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
    whole = ["cases", "patients", "images", "images_total", "malignant", "benign"]
    data[whole] = data[whole].astype("Int64")
    return present_sets(data)


def table2(estimates: pd.DataFrame) -> Table:
    """Table 2, validation auROC of every model, one row a model (and set, where there are more).

    Parameters
    ----------
    estimates : DataFrame
        `ESTIMATE_COLUMNS`; only the rows of split "validation" are used.
    """
    asked = [(cell.model, cell.dataset, "validation") for cell in published.TABLE_2]
    data = _fill(asked, estimates, "validation", published.TABLE_2)
    return present_aurocs(data, "table-2", "Table 2. Validation auROC, published and computed")


def table3(estimates: pd.DataFrame) -> Table:
    """Table 3, external auROC: one row for each model and external set, then what else was tested.

    Parameters
    ----------
    estimates : DataFrame
        `ESTIMATE_COLUMNS`; only the rows of split "test" are used.
    """
    asked = [
        (model, dataset, "test")
        for model in dict.fromkeys(cell.model for cell in published.TABLE_3)
        for dataset in EXTERNAL
    ]
    data = _fill(asked, estimates, "test", published.TABLE_3)
    caption = "Table 3. External auROC of models trained on DDSM, published and computed"
    return present_aurocs(data, "table-3", caption)


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
        (model, dataset, split)
        for model in models
        for dataset, split in [(INTERNAL, "validation")]
        + [(external, "test") for external in EXTERNAL]
    ]
    data = _fill(asked, mixed, None, published.TABLE_4)
    before = mixed.iloc[:0] if ddsm_only is None else check_estimates(ddsm_only)
    earlier = _rows(_keys(data), before, published.TABLE_2 + published.TABLE_3)
    for name in ("published", "auroc", "lower", "upper"):
        data.insert(data.columns.get_loc("published"), f"ddsm_only_{name}", earlier[name])
    caption = "Table 4. auROC after training on mixed data, published and computed"
    return present_aurocs(data, "table-4", caption)


def _provenance(dataset: str, source: str) -> dict[str, str | None]:
    """Origin and years of this build's images: simulated ones come from nowhere."""
    if source != "real":
        return {"origin": "simulated", "years": None}
    if dataset == "institution":
        return {"origin": "your own", "years": None}
    card = KNOWN[dataset].card
    return {"origin": card.origin, "years": card.years}


def _keys(rows: pd.DataFrame) -> list[Key]:
    return list(rows[["model", "dataset", "split"]].itertuples(index=False, name=None))


def _fill(
    asked: list[Key], estimates: pd.DataFrame, split: str | None, cells: Cells
) -> pd.DataFrame:
    """The rows asked for, then every other estimate of the split, so that none is lost."""
    check_estimates(estimates)
    chosen = estimates if split is None else estimates[estimates["split"] == split]
    others = [key for key in _keys(chosen) if key not in asked]
    return _rows(asked + others, estimates, cells)


def _rows(asked: list[Key], estimates: pd.DataFrame, cells: Cells) -> pd.DataFrame:
    records = estimates[list(ESTIMATE_COLUMNS)].to_dict("records")
    by_key = dict(zip(_keys(estimates), records, strict=True))
    rows = []
    for key in asked:
        model, dataset, split = key
        printed, estimate = published.find(cells, model, dataset), by_key.get(key)
        if dataset in seen_by(estimates, model):
            estimate, status = None, TRAINED_ON_IT
        elif estimate is None:
            is_external = (model, dataset, "test") in by_key
            status = TESTED_EXTERNALLY if is_external else NOT_IN_THIS_BUILD
        else:
            status = UNDEFINED if math.isnan(estimate["auroc"]) else "computed"
        rows.append(
            {
                **{"model": model, "dataset": dataset, "split": split, "status": status},
                "published": printed.auroc if printed else math.nan,
                "published_half_width": (printed and printed.half_width) or math.nan,
                **(estimate or {}),
            }
        )
    columns = ["model", "dataset", "split", "source", "weights", "published"]
    columns += ["published_half_width", "status", "authors_weights"]
    columns += ESTIMATE_COLUMNS[ESTIMATE_COLUMNS.index("auroc") :]
    data = pd.DataFrame(rows).reindex(columns=columns)
    whole = ["n_images", "n_patients", "n_malignant", "n_bootstrap", "n_valid", "seed", "n_runs"]
    data[whole] = data[whole].astype("Int64")
    return data


def present_sets(data: pd.DataFrame) -> Table:
    """Give Table 1's numbers their headings; the full numbers stay in the CSV."""
    shown = pd.DataFrame(
        {
            "Data set": [dataset_title(name) for name in data["dataset"]],
            "Row": data["source"],
            "Origin": _words(data["origin"]),
            "Years": _words(data["years"]),
            "Type": _words(data["modality"]),
            "Cases": counts(data["cases"]),
            "Patients": counts(data["patients"]),
            "Images": _used_of_total(data),
            "Malignant; benign": _percents(data["malignant_percent"])
            + "; "
            + _percents(data["benign_percent"]),
        }
    )
    caption = "Table 1. Data set details, published and computed"
    return Table(shown, caption, data=data, name="table-1")


def present_aurocs(data: pd.DataFrame, name: str, caption: str) -> Table:
    """Give the rows of Tables 2 to 4 their headings and a note on how the results were made.

    What is long (the weights) or the same in every row (the one model of Table 4) stands in the
    note.
    """
    before = "ddsm_only_auroc" in data
    computed = data["auroc"].notna()
    columns: dict[str, object] = {}
    if not before or data["model"].nunique() > 1:
        named = zip(data["model"], data["authors_weights"], strict=True)
        columns["Model"] = [title_of(*pair) for pair in named]
    columns["Data set"] = [dataset_title(name) for name in data["dataset"]]
    columns["Source"] = _words(data["source"])
    if before:
        columns["Published, DDSM only"] = numbers(data["ddsm_only_published"])
    columns["Published, mixed" if before else "Published"] = _published(data)
    if before:
        columns["Computed, DDSM only"] = numbers(data["ddsm_only_auroc"])
    found = numbers(data["auroc"]).where(computed, data["status"])
    columns["Computed, mixed" if before else "Computed here"] = found
    columns[_interval_heading(data)] = bounds(data["lower"], data["upper"])
    if data["run_sd"].notna().any():
        columns["SD over trainings"] = numbers(data["run_sd"], 3)
    if not before:  # the table of the splits has those of Table 4
        columns["Patients; images; malignant"] = _sizes(data)
    notes = [
        intervals_in_words(data[computed]),
        _runs_note(data[computed]),
        _weights_note(data[computed]),
    ]
    note = " ".join(note for note in notes if note)
    behind = data.drop(columns="authors_weights")
    return Table(pd.DataFrame(columns), caption, note, data=behind, name=name)


def _weights_note(computed: pd.DataFrame) -> str:
    """Say where each model's weights come from, those that are alike together."""
    groups = computed.groupby("weights", sort=False)["model"]
    if groups.ngroups == 1:
        return f"Weights: {computed['weights'].iloc[0]}."
    named = [
        f"{', '.join(map(short_title, models.unique()))}: {weights}." for weights, models in groups
    ]
    return " ".join(["Weights.", *named]) if named else ""


def _used_of_total(data: pd.DataFrame) -> list[str]:
    pairs = zip(data["images"], data["images_total"], strict=True)
    return [
        f"{used:,}" if pd.isna(total) or total == used else f"{used:,} of {total:,}"
        for used, total in pairs
    ]


def _words(values: pd.Series) -> list[str]:
    return [NOTHING if pd.isna(text) else str(text) for text in values]


def _sizes(data: pd.DataFrame) -> pd.Series:
    sizes = [counts(data[name]) for name in ("n_patients", "n_images", "n_malignant")]
    return (sizes[0] + "; " + sizes[1] + "; " + sizes[2]).mask(data["n_images"].isna(), NOTHING)


def _percents(values: pd.Series) -> pd.Series:
    return values.map(lambda share: NOTHING if pd.isna(share) else f"{share:.0f}%")


def _published(data: pd.DataFrame) -> pd.Series:
    plus_minus = half_widths(data["published_half_width"])
    pairs = zip(data["model"], data["dataset"], strict=True)
    seen = [dataset in TRAINED_ON.get(model, ()) for model, dataset in pairs]
    absent = data["published"].isna() & pd.Series(seen, data.index, bool)
    return (numbers(data["published"]) + plus_minus).mask(absent, TRAINED_ON_IT)


def _runs_note(computed: pd.DataFrame) -> str:
    """Say what the spread over trainings is, and that it is no part of the interval."""
    repeated = computed[computed["run_sd"].notna()]
    if repeated.empty:
        return ""
    runs = " or ".join(f"{number}" for number in sorted(repeated["n_runs"].unique()))
    return (
        f"SD over trainings: standard deviation of the auROC over {runs} trainings that differ in "
        "their seed alone, on the same images; it is no part of the interval, which is of the "
        "first training."
    )


def _interval_heading(data: pd.DataFrame) -> str:
    levels = data["confidence"].dropna().unique()
    return f"{100 * levels[0]:g}% interval" if len(levels) == 1 else "Interval"
