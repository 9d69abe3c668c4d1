"""From a vendor's scores and a hospital's labels to the evidence on the vendor's model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from mammo import spreadsheet
from mammo.assessment.everything import Assessment
from mammo.assessment.operating_points import DEFAULTS, criterion
from mammo.assessment.scores import EXTERNAL_SPLIT, Settings
from mammo.datasets.institution.labels import LabelLayout, Labels, read_labels
from mammo.datasets.institution.labels.columns import ALIASES
from mammo.datasets.institution.labels.facts import identifiers, sides_and_views
from mammo.datasets.institution.labels.words import EMPTY, plain
from mammo.datasets.institution.matching import owner_of
from mammo.errors import DatasetError, ParameterError
from mammo.evaluation.inputs import Unit
from mammo.pseudonyms import local_key, pseudonym
from mammo.spreadsheet import Sheet
from mammo.validation.evidence import OWN, Evidence, Weights

VENDOR = "vendor"
"""What a model is called that its file does not name."""

OF_SCORES = {
    "y_score": ("y_score", "score", "probability", "risk", "risk score", "malignancy score"),
    "model": ("model", "algorithm"),
}
"""Columns that scores have and labels have not, and the names they may have."""

_SHARED = ("image", "patient_id", "study_id", "accession", "laterality", "view")
_KEYS = {
    "image": ("image",),
    "breast": ("owner", "laterality"),
    "study": ("owner",),
    "patient": ("owner",),
}
"""Columns that scores and labels are joined by, by what a row of labels speaks of."""


@dataclass(frozen=True)
class Claim:
    """What is said of the scored model, and how it is to be judged.

    Attributes
    ----------
    internal : float or None
        The auROC that its maker states.
    missing : float or None
        What a labelled image without a score counts as; None if that is a fault.
    columns : mapping
        Our name of a column of the scores to the file's.
    criteria : sequence of str
        Operating points, as `mammo.assessment.operating_points.criterion` takes them.
    """

    internal: float | None = None
    missing: float | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    criteria: Sequence[str] = DEFAULTS
    margin: float = 0.05
    unit: Unit = "patient"
    n_bootstrap: int = 10_000
    confidence: float = 0.95
    seed: int = 0


def evidence(scores: Path, labels: Path, layout: LabelLayout, claim: Claim) -> Evidence:
    """Return everything that a report rests on.

    Parameters
    ----------
    scores : Path
        CSV or Excel with a score of each image, breast, study or patient: whatever the labels
        speak of, named alike. A column ``model`` parts the scores of several.
    labels : Path
        The table of labels.
    layout : LabelLayout
        How the labels are to be read.
    claim : Claim

    Raises
    ------
    MammoError
        If a table cannot be understood, or they do not fit each other.
    """
    told = read_labels(labels, layout)
    scored = join(read(scores, claim.columns), told, claim.missing)
    settings = Settings(claim.unit, claim.n_bootstrap, claim.confidence, claim.seed)
    criteria = [criterion(text) for text in claim.criteria]
    models = dict.fromkeys(scored["model"])
    words = "not known: the scores came as a file"
    return Evidence(
        assessment=Assessment(scored, settings, claim.margin, criteria),
        sources={},
        weights={name: Weights(words, "not known", claim.internal) for name in models},
    )


def read(path: Path, names: Mapping[str, str]) -> pd.DataFrame:
    """Read a vendor's scores.

    Returns
    -------
    DataFrame
        ``line``, ``model``, ``y_score`` (NaN where empty), and ``image``, ``patient_id``,
        ``study_id``, ``accession``, ``laterality``, ``view``, None where the file has none.

    Raises
    ------
    DatasetError
        If the file has no column of scores, or a score is no finite number.
    """
    sheet = spreadsheet.read(path)
    table = pd.DataFrame({"line": sheet.lines})
    for name, place in _places(sheet, names).items():
        table[name] = pd.Series([row[place] for row in sheet.rows], dtype="object")
    if "model" not in table:
        table["model"] = VENDOR
    sides, _ = sides_and_views(path, table)
    pairs = zip(table["line"], table["y_score"], strict=True)
    scores = pd.Series([_number(path, line, text) for line, text in pairs], table.index)
    shared = pd.concat([identifiers(table), sides], axis=1)
    return table[["line", "model"]].assign(y_score=scores).join(shared)


def _places(sheet: Sheet, names: Mapping[str, str]) -> dict[str, int]:
    """Return where each known column stands; what the user names stands before usual names."""
    header = {plain(title): place for place, title in enumerate(sheet.header)}
    known = {**OF_SCORES, **{name: ALIASES[name] for name in _SHARED}}
    places = {}
    for ours, aliases in known.items():
        wanted = [plain(name) for name in (names.get(ours, ours), *aliases)]
        place = next((header[name] for name in wanted if name in header), None)
        if place is not None:
            places[ours] = place
    if "y_score" not in places:
        raise DatasetError(
            f"{sheet.path}: no column of scores; the columns are {', '.join(sheet.header)[:300]}: "
            "name it with --column y_score THEIRS"
        )
    return places


def _number(path: Path, line: int, text: str) -> float:
    if plain(text) in EMPTY:
        return math.nan
    try:
        number = float(text.replace(",", ".")) if "_" not in text else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise DatasetError(
            f"{path}, line {line}: the score is {text!r}, expected a finite number, or nothing "
            "where there is none"
        )
    return number


def join(scores: pd.DataFrame, labels: Labels, missing: float | None) -> pd.DataFrame:
    """Return the table of scores: every labelled image, breast, study or patient, and model.

    Raises
    ------
    DatasetError
        If the scores lack the columns that the labels are named by, score something twice, or do
        not score something that has a label and `missing` is None.
    """
    keys = list(_KEYS[labels.level])
    told = labels.rows[labels.rows["label"].notna()]
    told = told.assign(owner=owner_of(told)).drop_duplicates(keys)
    found = scores.assign(owner=owner_of(scores))
    absent = [name for name in keys if found[name].isna().all()]
    if absent:
        named = "study or patient" if absent[0] == "owner" else absent[0]
        raise DatasetError(
            f"the scores name no {named}, and the labels are by {labels.level}: name the column "
            "with --column, or give labels by what was scored"
        )
    _refuse_twice(found, keys)
    tables = [
        told.merge(rows[[*keys, "y_score"]], on=keys, how="left").assign(model=model)
        for model, rows in found.groupby("model", sort=False)
    ]
    table = pd.concat(tables, ignore_index=True)
    return _pseudonymous(_filled(table, missing), labels.level)


def _refuse_twice(scores: pd.DataFrame, keys: list[str]) -> None:
    twice = scores.duplicated([*keys, "model"])
    if twice.any():
        line = scores.loc[twice, "line"].iloc[0]
        raise DatasetError(
            f"the scores, line {line}: the same {' and '.join(keys)} is scored a second time; keep "
            "one score, or give labels by image"
        )


def _filled(table: pd.DataFrame, missing: float | None) -> pd.DataFrame:
    empty = table["y_score"].isna()
    if empty.any() and missing is None:
        raise DatasetError(
            f"{int(empty.sum())} of {len(table)} labelled rows have no score (as line "
            f"{table.loc[empty, 'line'].iloc[0]} of the labels); what is not scored is not left "
            "out, since that would flatter the model: say what it counts as (--missing 0)"
        )
    return table.assign(y_score=table["y_score"].fillna(missing if missing is not None else 0))


def _pseudonymous(table: pd.DataFrame, level: str) -> pd.DataFrame:
    key = local_key()
    if table["patient_id"].isna().any() and level == "image":
        raise ParameterError(
            "the labels name no patient for some images: an interval has to know which images are "
            "of one patient; add a column patient_id (or --column patient_id THEIRS)"
        )
    patients = table["patient_id"].where(table["patient_id"].notna(), table["owner"])
    named = table["image"] if level == "image" else table["line"].map("line {}".format)
    return pd.DataFrame(
        {
            "model": table["model"],
            "dataset": OWN,
            "split": EXTERNAL_SPLIT,
            "patient_id": [pseudonym(key, "patient", text) for text in patients],
            "image_id": [pseudonym(key, "image", text) for text in named],
            "y_true": table["label"].astype(int),
            "y_score": table["y_score"].astype(float),
            **{
                name: table[name].astype("object")
                for name in ("laterality", "view", "density", "birads")
                if table[name].notna().any()
            },
        }
    )
