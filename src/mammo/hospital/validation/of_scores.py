"""From a vendor's scores and a hospital's labels to the evidence on the vendor's model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from mammo.datasets.check_report import Finding, counted, worst_first
from mammo.datasets.institution.labels import LabelLayout, Labels, labels_of
from mammo.datasets.institution.labels.words import normalised
from mammo.errors import DatasetError, ParameterError
from mammo.evaluation.tables.evaluation import Evaluation
from mammo.evaluation.tables.readers import as_columns
from mammo.evaluation.tables.score_sheet import OF_SCORES
from mammo.evaluation.tables.scores import Settings, aggregated
from mammo.files.spreadsheet import read_sheet
from mammo.hospital.validation.evidence import Claimed, Evidence, Weights
from mammo.hospital.validation.labelled_scores import LabelledScores, by_what_is_scored, join
from mammo.hospital.validation.protocol import margin, operating_points
from mammo.hospital.validation.vendor_scores import NAMELESS, read_vendor_scores
from mammo.parameters import Parameters

_NOT_KNOWN = "not known"
_WHOLE = {"study": "study_id", "patient": "patient_id"}
"""Levels of labels that speak of both breasts, and the column that names one."""


def evidence(scores: Path, labels: Path, layout: LabelLayout, parameters: Parameters) -> Evidence:
    """Return everything that a report rests on.

    Parameters
    ----------
    scores : Path
        CSV or Excel with a score of each image, breast, study or patient: whatever the labels
        speak of, or images of it. A column ``model`` parts the scores of several.
    labels : Path
        The table of labels.
    layout : LabelLayout
        How the labels are to be read; its columns may be those of the scores, too.
    parameters : Parameters
        How scores are judged, and what was fixed beforehand.

    Raises
    ------
    MammoError
        If a table cannot be understood, or they do not fit each other.
    """
    labelled, found = _joined(scores, labels, layout, parameters.missing)
    named = found.table["model"].replace({NAMELESS: parameters.product or NAMELESS})
    table, readers = as_columns(found.table.assign(model=named), parameters.readers)
    if examination := _examination(labelled, found):
        table = aggregated(table, [examination], parameters.rule, readers)
    models = list(dict.fromkeys(table["model"]))
    if parameters.stated is not None and len(models) > 1:
        raise ParameterError(
            f"one auROC is stated, and the scores are of {len(models)} models "
            f"({', '.join(models)[:200]}): give the scores of one"
        )
    weights = Weights(f"{_NOT_KNOWN}: the scores came as a file", _NOT_KNOWN, _claimed(parameters))
    return Evidence(
        evaluation=Evaluation(
            table,
            Settings(
                parameters.unit, parameters.n_bootstrap, parameters.confidence, parameters.seed
            ),
            margin(parameters),
            operating_points(parameters),
            readers=readers,
        ),
        sources={},
        weights=dict.fromkeys(models, weights),
        scored_unit=labelled.level if examination else found.unit,
        notes=worst_first(_notes(found, labelled, parameters)),
        protocol=parameters,
    )


def located(
    scores: Path, labels: Path, layout: LabelLayout, names: Sequence[str]
) -> dict[str, str | None]:
    """Return in which lines of both tables what a report names stands, None where it is not.

    Parameters
    ----------
    scores, labels, layout
        As for `evidence`.
    names : sequence of str
        Pseudonyms of images, breasts, studies or patients.
    """
    labelled, found = _joined(scores, labels, layout, missing=0.0)
    names_of = found.table[_examination(labelled, found) or "image_id"]
    lines = found.lines.groupby(names_of.to_numpy())
    return {
        name: _lines(scores, labels, lines.get_group(name)) if name in lines.groups else None
        for name in names
    }


def _lines(scores: Path, labels: Path, found: pd.DataFrame) -> str:
    named = {labels: found["of_labels"], scores: found["of_scores"]}
    return "; ".join(
        f"{path}, line {' and '.join(f'{line:.0f}' for line in lines.dropna().unique())}"
        for path, lines in named.items()
        if lines.notna().any()
    )


def _examination(labels: Labels, found: LabelledScores) -> str | None:
    """Return the column of what is judged where it is labelled as a whole, and scored in parts."""
    return None if found.unit == labels.level else _WHOLE.get(labels.level)


def _joined(
    scores: Path, labels: Path, layout: LabelLayout, missing: float | None
) -> tuple[Labels, LabelledScores]:
    vendors, labelled = _read(scores, labels, layout)
    labelled = by_what_is_scored(labelled, vendors)
    return labelled, join(vendors, labelled, missing)


def _read(scores: Path, labels: Path, layout: LabelLayout) -> tuple[pd.DataFrame, Labels]:
    """Read both tables; of a named column it is enough that one of them has it."""
    sheets = read_sheet(scores), read_sheet(labels)
    of_scores, of_labels = (_present(layout.columns, sheet.header) for sheet in sheets)
    for ours, theirs in layout.columns.items():
        if ours not in of_scores and ours not in of_labels:
            raise DatasetError(
                f"{scores} and {labels} have no column {theirs!r}: give a name that one has"
            )
    columns = {ours: name for ours, name in of_labels.items() if ours not in OF_SCORES}
    labelled = labels_of(sheets[1], replace(layout, columns=columns))
    return read_vendor_scores(sheets[0], of_scores), labelled


def _claimed(parameters: Parameters) -> Claimed | None:
    if parameters.stated is None:
        return None
    return Claimed(parameters.stated, "its maker states", "on images that are not known")


def _present(columns: Mapping[str, str], titles: Sequence[str]) -> dict[str, str]:
    """Return those of the named columns that a table has."""
    header = {normalised(title) for title in titles}
    return {ours: theirs for ours, theirs in columns.items() if normalised(theirs) in header}


def _notes(found: LabelledScores, labels: Labels, parameters: Parameters) -> Iterator[Finding]:
    missing = parameters.missing
    yield Finding("ok", f"the table of labels has one row per {labels.level}")
    yield Finding("ok", labels.meaning)
    for text in labels.notes:
        yield Finding("note", text)
    if _examination(labels, found):
        rule = {"max": "highest", "mean": "mean"}[parameters.rule]
        yield Finding(
            "note",
            f"several images of each {labels.level} are scored, and labels are of the "
            f"{labels.level}: the {rule} of their scores is judged (--rule)",
        )
    if wrong := len(labels.contradictions):
        yield Finding(
            "warning",
            f"{counted(wrong, labels.level)} labelled in two ways by the table",
            "correct the table",
        )
    if unclassed := int(labels.rows["label"].isna().sum()):
        yield Finding(
            "note", f"{counted(unclassed, 'row')} of labels of neither class, and left out"
        )
    if found.n_respelt:
        yield Finding(
            "note",
            f"{counted(found.n_respelt, 'name')} in the scores spelt otherwise than in the labels; "
            "matched without regard to folders, suffixes, capitals, blanks, '.0' and zeros at the "
            "beginning of numbers, or by a part of an image's name",
        )
    if found.n_unlabelled:
        yield Finding(
            "warning",
            f"{counted(found.n_unlabelled, 'row')} of scores without a label, and left out",
            "complete the labels; a set of cases chosen by their labels flatters or harms a model",
        )
    if found.n_missing:
        yield Finding(
            "warning",
            f"{counted(found.n_missing, 'score')} missing, taken as {missing:g} as you asked",
            "ask the vendor why: cases that a model refuses are often the hard ones",
        )
    if found.n_without_patient:
        yield Finding(
            "note",
            f"{counted(found.n_without_patient, 'row')} without a patient: each study counts as "
            "one, so that intervals are too narrow where a patient came several times",
            "add a column patient_id to the labels or the scores",
        )
