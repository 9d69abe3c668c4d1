"""What a hospital should know of its own data before a model sees them, in plain words."""

from collections import Counter
from collections.abc import Iterable

import pandas as pd

from mammo.datasets.check_report import Finding, counted, worst_first
from mammo.datasets.institution.image_findings import of_images
from mammo.datasets.institution.intake import Intake, is_shared
from mammo.datasets.institution.labels import Labels
from mammo.datasets.institution.matching import unit_named
from mammo.files.identifiers import loosely, shape

_LISTED = 6
_HOW_TO_NAME = (
    "an image is named by its file name, its place below the folder or its SOP Instance UID; a "
    "study by its Study Instance UID or Accession Number, a patient by the Patient ID; where files "
    "hold none of these, by the folder's name or the beginning of the file's"
)
_PLURALS = {"study": "studies"}


def findings_of(intake: Intake) -> list[Finding]:
    """Return everything that is worth knowing of an intake, the worst first.

    Parameters
    ----------
    intake : Intake

    Returns
    -------
    list of Finding
        Their texts name no patient, study, file or folder.
    """
    used = intake.used
    found = [
        *_source(intake),
        *_classes(used),
        *_table(intake),
        *_labels(intake),
        *_identifiers(used),
        *of_images(used),
        *_exclusions(intake),
    ]
    return worst_first(found)


def _source(intake: Intake) -> Iterable[Finding]:
    if intake.source == "synthetic":
        yield Finding("note", "the images are SYNTHETIC phantoms, not patients")
    reasons = Counter(error.strerror or "damaged" for error in intake.survey.unreadable)
    for reason, count in reasons.items():
        yield Finding(
            "warning",
            f"{counted(count, 'folder or archive', 'folders or archives')} could not be read: "
            f"{reason}",
            "their images are missing here: check the permissions, or copy them again",
        )
    missing = intake.survey.missing
    if count := sum(filter(None, missing)):
        yield Finding(
            "warning",
            f"{counted(count, 'file')} that a DICOMDIR names cannot be found",
            "copy the whole disc again, or check whether files were left out on purpose",
        )
    if count := missing.count(None):
        yield Finding(
            "note",
            f"{counted(count, 'DICOMDIR')} could not be read; images are found without it, but "
            "whether any are missing is not known",
        )


def _classes(used: pd.DataFrame) -> Iterable[Finding]:
    malignant, benign = int((used["label"] == 1).sum()), int((used["label"] == 0).sum())
    text = f"{malignant:,} malignant and {benign:,} benign images can be used"
    if malignant and benign:
        yield Finding("ok", text)
    else:
        yield Finding("error", text, "both classes are needed: an auROC compares them")


def _table(intake: Intake) -> Iterable[Finding]:
    if intake.labels is None:
        yield Finding(
            "error", "there is no table of labels", "name it with --labels; see mammo check --help"
        )
        return
    yield Finding("ok", f"the table has one row per {intake.labels.level}")
    yield Finding("ok", intake.labels.meaning)
    yield from (Finding("note", text) for text in (*intake.labels.notes, *intake.notes))
    lines = [str(line) for line in intake.absent["line"]]
    if intake.files["line"].isna().all():
        told = _HOW_TO_NAME
        if len(intake.images):
            told += f". {_as_they_are(intake, intake.labels)}"
        yield Finding("error", "no row of the table belongs to an image", told)
    elif lines:
        word = "line" if len(lines) == 1 else "lines"
        yield Finding(
            "warning",
            f"{counted(len(lines), 'row')} of the table without an image: {word} {_some(lines)}",
            "complete the images, or correct the names in the table",
        )


def _as_they_are(intake: Intake, labels: Labels) -> str:
    """Say how names are made up in the table and in the first image, without naming anybody."""
    named = labels.rows["image"] if labels.level == "image" else unit_named(labels.rows)
    image = intake.images.iloc[0]
    held = [image[name] for name in ("patient", "study", "accession", "instance") if image[name]]
    held.append(image["place"].relative_to(intake.folder).as_posix())
    return (
        f"The table's first is like {shape(named.dropna().iloc[0])!r}, the first image's are like "
        f"{', '.join(repr(shape(name)) for name in held)} (9 is a digit, A and a are letters)"
    )


def _labels(intake: Intake) -> Iterable[Finding]:
    used, labels = intake.used, intake.labels
    if wrong := 0 if labels is None else len(labels.contradictions):
        of_images = labels.level == "image"
        yield Finding(
            "warning",
            f"{counted(wrong, labels.level, _PLURALS.get(labels.level))} labelled in several "
            "ways by the table; "
            f"{'left out' if of_images else 'malignant where any of its rows is'}",
            "correct the table" if of_images else "right where each row is a lesion",
        )
    if wrong := _contradictory_breasts(used):
        yield Finding(
            "warning",
            f"{counted(wrong, 'breast')} with malignant and benign images in one study",
            "right where a lesion is seen in one view only; else correct the table",
        )
    if lost := _patients_without_label(intake):
        yield Finding("note", f"{counted(lost, 'patient')} without any label")
    if nameless := int(used["patient"].isna().sum()):
        yield Finding(
            "note",
            f"{counted(nameless, 'image')} without a patient: each study counts as one, so that "
            "intervals are too narrow where a patient came several times",
            "add a column patient_id to the table if it is known",
        )
    if parted := _parted_patients(used):
        yield Finding(
            "warning",
            f"{counted(parted, 'patient')} by the headers, but several by the table",
            "the table's word is taken; if it parts the images of one patient, intervals come out "
            "too narrow",
        )


def _identifiers(used: pd.DataFrame) -> Iterable[Finding]:
    """Say which identifiers an anonymiser has made alike."""
    if len(used) > 1 and used["patient_id"].nunique() == 1:
        yield Finding(
            "warning",
            "all images have one Patient ID: no interval by patient",
            "name the patients in the table (patient_id); what needs several is left out",
        )
    elif len(used) > 1 and used["patient_id"].nunique() == len(used):
        yield Finding(
            "note",
            "every image has a Patient ID of its own",
            "right if one image of each patient was chosen; else intervals come out too narrow: "
            "name the patients in the table (patient_id)",
        )
    if count := used.loc[is_shared(used), "patient"].nunique():
        yield Finding(
            "warning",
            f"{counted(count, 'patient')} share a Study Instance UID with others: an anonymiser "
            "has overwritten it",
            "each has an examination of his own; name examinations in the table (study_id) if "
            "patients came several times",
        )
    spellings = used["patient"].dropna().drop_duplicates()
    if count := int(spellings.map(loosely).duplicated(keep=False).sum()):
        yield Finding(
            "warning",
            f"{counted(count, 'Patient ID')} differ only in capitals, blanks or zeros at the "
            "beginning, and count as several patients",
            "if they are one patient's, intervals come out too narrow: write them alike in the "
            "table (patient_id)",
        )
    if count := int(used["instance"].dropna().duplicated(keep=False).sum()):
        yield Finding(
            "warning",
            f"{counted(count, 'image')} share an SOP Instance UID and show different pixels: an "
            "anonymiser has overwritten it",
            "they are kept; name them in the table by their files, not by this UID",
        )


def _contradictory_breasts(used: pd.DataFrame) -> int:
    sided = used.dropna(subset=["laterality"])
    labels = sided.groupby(["study_id", "laterality"])["label"].nunique()
    return int((labels > 1).sum())


def _patients_without_label(intake: Intake) -> int:
    known = intake.images.dropna(subset=["patient_id"])
    has_label = known["label"].notna().groupby(known["patient_id"]).any()
    return int((~has_label).sum())


def _parted_patients(used: pd.DataFrame) -> int:
    return int((used.groupby("header_patient")["patient_id"].nunique() > 1).sum())


def _exclusions(intake: Intake) -> Iterable[Finding]:
    lost = Counter(
        (exclusion.kind, exclusion.of_any_image) for exclusion in intake.files["excluded"].dropna()
    )
    for (kind, words), count in lost.items():
        severity = "warning" if kind.remedy else "note"
        yield Finding(severity, f"{counted(count, 'file')} left out: {words}", kind.remedy)


def _some(items: list[str]) -> str:
    return ", ".join(items[:_LISTED]) + (", ..." if len(items) > _LISTED else "")
