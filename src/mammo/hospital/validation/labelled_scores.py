"""Scores and labels joined, whatever the labels speak of: images, breasts, studies, patients."""

import math
from dataclasses import dataclass, replace

import pandas as pd

from mammo.datasets.institution.image_findings import STANDARD_VIEWS
from mammo.datasets.institution.labels import Labels
from mammo.datasets.institution.labels.units import key_of, levels_named, reconcile
from mammo.errors import DatasetError, ParameterError
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT
from mammo.evaluation.tables.worst_case import GIVEN
from mammo.files.identifiers import (
    loosely,
    pairs,
    pairs_by_ends,
    shape,
    without_folder,
    without_suffix,
)
from mammo.files.pseudonyms import local_key, pseudonym
from mammo.hospital.validation.evidence import OWN

OWNERS = ("patient_id", "study_id", "accession")
_IN_BOTH = (*OWNERS, "laterality", "view")
"""Facts that scores may tell where labels do not."""
_FACTS = ("laterality", "view", "density", "birads")
_SIDE, _OF_SCORE = "laterality", "_of_score"


@dataclass(frozen=True)
class LabelledScores:
    """Scores with their labels.

    Attributes
    ----------
    table : DataFrame
        A table of scores (`mammo.evaluation.tables.scores`) under pseudonyms: every model's score
        of everything that has a label.
    unit : {"image", "breast", "study", "patient"}
        What has a score: what the labels are of, or images where several carry one label.
    n_unlabelled : int
        Rows of scores that are not in it, since nothing labels what they are of.
    n_missing : int
        Rows of the table that had no score.
    n_without_patient : int
        Rows of the table that name no patient, so that their study stands for her.
    n_respelt : int
        Names in the scores that are spelt otherwise in the labels.
    lines : DataFrame
        Of each row of the table, the lines ``of_labels`` and ``of_scores`` (NaN without a score);
        not for publication.
    """

    table: pd.DataFrame
    unit: str
    n_unlabelled: int
    n_missing: int
    n_without_patient: int
    n_respelt: int
    lines: pd.DataFrame


def by_what_is_scored(labels: Labels, scores: pd.DataFrame) -> Labels:
    """Return the labels of what scores speak of, where that is more than an image or a breast.

    A breast, study or patient is malignant if any of its labelled parts is, benign only if all are.

    Parameters
    ----------
    labels : Labels
    scores : DataFrame
        As `mammo.hospital.validation.vendor_scores.read_vendor_scores`.

    Returns
    -------
    Labels
        The same where scores name what they are by, or nothing that would do.
    """
    named = [*OWNERS, "image", "laterality"]
    in_both = scores[named].notna().any() & labels.rows[named].notna().any()
    levels = levels_named(in_both)
    if labels.level == "study" or not levels or levels[0] in (labels.level, "image"):
        return labels
    key = [name for name in key_of(levels[0], labels.rows) if in_both[name]]
    if labels.level == "image" and levels_named(scores[named].notna().any())[0] == levels[0]:
        _refuse_twice(scores, key)
    if scores.duplicated(["model", *key]).any():
        return labels
    # Examinations of a patient stay apart: scores that do not say which are refused.
    level = "study" if "study" in levels_named(labels.rows[named].notna().any()) else levels[0]
    level = levels[0] if levels[0] == "breast" else level
    rows, contradictions = reconcile(labels.rows.assign(image=None, view=None), level)
    note = (
        f"scores are by {level}, labels by {labels.level}: a {level} is malignant if any of its "
        "labels is, benign only if all are"
    )
    return replace(
        labels, level=level, rows=rows, contradictions=contradictions, notes=(*labels.notes, note)
    )


def join(scores: pd.DataFrame, labels: Labels, missing: float | None) -> LabelledScores:
    """Give scores the labels of the images, breasts, studies or patients that they are of.

    Where breasts, studies or patients are labelled and several images of one are scored, each
    carries its label.

    Parameters
    ----------
    scores : DataFrame
        As `mammo.hospital.validation.vendor_scores.read_vendor_scores`.
    labels : Labels
    missing : float or None
        What a missing score counts as; None if it is a fault.

    Raises
    ------
    DatasetError
        If the tables have no names in common, something is scored twice or is not scored, or the
        labels hold one class only.
    """
    labelled = labels.rows[labels.rows["label"].notna()]
    labelled = labelled.drop_duplicates(key_of(labels.level, labels.rows))
    _refuse_one_class(labelled)
    keys = _shared_names(labelled, scores, labels)
    respelt = {name: _respelt(name, scores[name], labelled[name]) for name in {*keys} - {_SIDE}}
    scores = scores.assign(
        **{
            kind: scores[kind].map(lambda name, names=names: names.get(name, name))
            for kind, names in respelt.items()
            if names
        }
    )
    unit = [*keys, *(name for name in ("image", _SIDE, "view") if name not in keys)]
    named = scores.dropna(subset=keys)
    _refuse_twice(named, unit)
    found = (
        _filled(labelled)
        .merge(scores["model"].drop_duplicates(), how="cross")
        .merge(_filled(named), on=["model", *keys], how="left", suffixes=("", _OF_SCORE))
    )
    for name in {*_IN_BOTH, *_FACTS, "image"} - set(keys):
        if name not in found:
            found[name] = None
        elif f"{name}{_OF_SCORE}" in found:
            found[name] = found[name].fillna(found[f"{name}{_OF_SCORE}"])
    is_missing = found["y_score"].isna()
    found[GIVEN] = is_missing.map({True: "no", False: "yes"})
    n_labelled = int(found[f"line{_OF_SCORE}"].notna().sum())
    n_unlabelled = len(scores) - n_labelled
    if 2 * is_missing.sum() > len(found) and 2 * n_unlabelled > len(scores):
        _refuse_strangers(n_labelled, labelled[keys], scores[keys])
    _refuse_missing(found[is_missing], len(found), missing, n_unlabelled)
    found["y_score"] = found["y_score"].fillna(math.nan if missing is None else missing)
    return LabelledScores(
        table=_pseudonymise(found, unit),
        unit="image" if found.duplicated(["model", *keys]).any() else labels.level,
        n_unlabelled=n_unlabelled,
        n_missing=int(is_missing.sum()),
        n_without_patient=int(found["patient_id"].isna().sum()),
        n_respelt=sum(map(len, respelt.values())),
        lines=pd.DataFrame(
            {"of_labels": found["line"].to_numpy(), "of_scores": found[f"line{_OF_SCORE}"]}
        ),
    )


def _filled(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that hold anything, and the scores."""
    return table[[name for name in table if name == "y_score" or table[name].notna().any()]]


def _refuse_one_class(labelled: pd.DataFrame) -> None:
    malignant, benign = (int((labelled["label"] == label).sum()) for label in (1, 0))
    if not (malignant and benign):
        raise DatasetError(
            f"the labels hold {malignant} malignant and {benign} benign: both classes are needed, "
            "since an auROC compares them"
        )


def _shared_names(labelled: pd.DataFrame, scores: pd.DataFrame, labels: Labels) -> list[str]:
    """Return the columns that name in both tables what the labels speak of."""
    key = key_of(labels.level, labels.rows)
    shared = [name for name in key if scores[name].notna().any()]
    needed = {"image": ["image"], "breast": ["laterality"]}.get(labels.level, [])
    absent = [name for name in needed if name not in shared]
    if labels.level != "image" and not set(shared) & set(OWNERS):
        absent.append(" or ".join(name for name in key if name in OWNERS))
    if absent:
        raise DatasetError(
            f"the scores name no {absent[0]}, and the labels are by {labels.level}: name the "
            "column with --column, or give labels by what was scored"
        )
    alike = labelled[labelled.duplicated(shared, keep=False)]
    if len(alike):
        left_out = " or ".join(name for name in key if name not in shared)
        lines = " and ".join(f"{line}" for line in alike.sort_values(shared)["line"].iloc[:2])
        raise DatasetError(
            f"the scores name no {left_out}, without which lines {lines} of the labels cannot be "
            "told apart: name the column with --column"
        )
    return shared


def _respelt(kind: str, scored: pd.Series, labelled: pd.Series) -> dict[str, str]:
    """Say what the labels call those names in the scores that they spell otherwise."""
    ours, theirs = (set(names.dropna()) for names in (scored, labelled))
    if ours <= theirs:
        return {}
    if kind == "image":
        spellings = (without_folder, without_suffix, lambda name: loosely(without_suffix(name)))
        found = pairs(ours, theirs, *spellings)
        found |= pairs_by_ends(ours - found.keys(), theirs - {*found.values()})
    else:
        found = pairs(ours, theirs, loosely)
    return {name: other for name, other in found.items() if name != other}


def _refuse_strangers(count: int, labelled: pd.DataFrame, scored: pd.DataFrame) -> None:
    """Refuse tables of which most rows name what the other does not."""
    names = next(name for name in labelled if name != "laterality")
    ours, theirs = (shape(table[names].dropna().iloc[0]) for table in (labelled, scored))
    raise DatasetError(
        f"of {len(scored)} rows of scores {f'only {count}' if count else 'none'} can be found in "
        f"the {len(labelled)} labelled rows: {names} is like {ours!r} in the labels and like "
        f"{theirs!r} in the scores (9 is a digit, A and a are letters); write them alike in both, "
        f"name another column (--column {names} THEIRS), or give the labels of what was scored"
    )


def _refuse_twice(scores: pd.DataFrame, unit: list[str]) -> None:
    twice = scores.duplicated(["model", *unit])
    if twice.any():
        what = " and ".join(name for name in unit if scores[name].notna().any())
        raise DatasetError(
            f"the scores, line {scores.loc[twice, 'line'].iloc[0]}: the same {what} is scored a "
            "second time; keep one score, or name the images in a column image"
        )


def _refuse_missing(
    unscored: pd.DataFrame, n_rows: int, missing: float | None, n_strangers: int
) -> None:
    if unscored.empty or missing is not None:
        return
    lost = (
        f"{len(unscored)} of {n_rows} labelled rows have no score (as line "
        f"{unscored['line'].iloc[0]} of the labels)"
    )
    if n_strangers:
        raise DatasetError(
            f"{lost}, and {n_strangers} rows of scores have no label: write the names alike in "
            "both; only then say what a missing score counts as (--missing)"
        )
    raise DatasetError(
        f"{lost}; what is not scored is not left out, since that would flatter the model: say what "
        "it counts as (--missing 0)"
    )


def _pseudonymise(table: pd.DataFrame, unit: list[str]) -> pd.DataFrame:
    key = local_key()
    facts = {name: table[name] for name in _FACTS if table[name].notna().any()}
    if "view" in facts:
        is_other = table["view"].notna() & ~table["view"].isin(STANDARD_VIEWS)
        facts["view"] = table["view"].mask(is_other, "other")
    owners = list(table[[*OWNERS]].itertuples(index=False, name=None))
    patients = {owner: _patient(key, *owner) for owner in dict.fromkeys(owners)}
    if table[["study_id", "accession"]].notna().any(axis=1).all():
        studies = {owner: pseudonym(key, "study", f"{owner}") for owner in patients}
        facts["study_id"] = [studies[owner] for owner in owners]
    parts = [table[name].fillna("") for name in unit]
    names = parts[0].str.cat(parts[1:], sep="\0")
    return pd.DataFrame(
        {
            "model": table["model"],
            "dataset": OWN,
            "split": EXTERNAL_SPLIT,
            "patient_id": [patients[owner] for owner in owners],
            "image_id": [pseudonym(key, "image", name) for name in names],
            "y_true": table["label"].astype(int),
            "y_score": table["y_score"].astype(float),
            GIVEN: table[GIVEN],
            **facts,
        }
    )


def _patient(key: bytes, patient: object, study: object, accession: object) -> str:
    """Return the pseudonym of a row's patient, or of the study that stands for her."""
    for kind, name in (("patient", patient), ("study", study), ("study", accession)):
        if isinstance(name, str):
            return pseudonym(key, kind, name)
    raise ParameterError(
        "neither scores nor labels name the patient of each image, and an interval has to know "
        "which images are of one patient: add a column patient_id (or --column patient_id THEIRS)"
    )
