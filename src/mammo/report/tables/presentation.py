"""The paper's tables as a reader sees them: headings, rounding, notes."""

import pandas as pd

from mammo.paper.published import DATASET_TITLES, TRAINED_ON, short_title
from mammo.report.estimates import intervals_in_words
from mammo.report.page.blocks import Table
from mammo.report.tables.formats import NOTHING, bounds, counts, numbers, title_of

TRAINED_ON_IT = "trained on it"


def present_sets(data: pd.DataFrame) -> Table:
    """Give Table 1's numbers their headings; the full numbers stay in the CSV."""
    shown = pd.DataFrame(
        {
            "Data set": [DATASET_TITLES.get(name, name) for name in data["dataset"]],
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
    columns["Data set"] = [DATASET_TITLES.get(name, name) for name in data["dataset"]]
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
    plus_minus = data["published_half_width"].map(lambda w: "" if pd.isna(w) else f" ±{w:.2f}")
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
