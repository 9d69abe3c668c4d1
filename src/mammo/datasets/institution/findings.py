"""What a hospital should know of its own data before a model sees them, in plain words."""

from collections import Counter
from collections.abc import Iterable

import pandas as pd

from mammo.datasets.check_report import Finding, worst_first
from mammo.datasets.institution.intake import Intake
from mammo.images.dicom_header import ALSO_IN_META
from mammo.images.elements import title

STANDARD_VIEWS = ("CC", "MLO")
_LISTED = 6


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
        *(() if used.empty else (*_devices(used), *_encoding(used), *_views(used))),
        *_sides(used),
        *_content(used),
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
            f"{_number(count, 'folder or archive', 'folders or archives')} could not be read: "
            f"{reason}",
            "their images are missing here: check the permissions, or copy them again",
        )
    missing = intake.survey.missing
    if count := sum(filter(None, missing)):
        yield Finding(
            "warning",
            f"{_number(count, 'file')} that a DICOMDIR names cannot be found",
            "copy the whole disc again, or check whether files were left out on purpose",
        )
    if count := missing.count(None):
        yield Finding(
            "note",
            f"{_number(count, 'DICOMDIR')} could not be read; images are found without it, but "
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
        yield Finding("error", "no row of the table belongs to an image", _HOW_TO_NAME)
    elif lines:
        word = "line" if len(lines) == 1 else "lines"
        yield Finding(
            "warning",
            f"{_number(len(lines), 'row')} of the table without an image: {word} {_some(lines)}",
            "complete the images, or correct the names in the table",
        )


_HOW_TO_NAME = (
    "an image is named by its file name, its place below the folder or its SOP Instance UID; a "
    "study by its Study Instance UID or Accession Number, a patient by the Patient ID; where files "
    "hold none of these, by the folder's name or the beginning of the file's"
)


def _labels(intake: Intake) -> Iterable[Finding]:
    used, labels = intake.used, intake.labels
    if wrong := 0 if labels is None else len(labels.contradictions):
        of_images = labels.level == "image"
        yield Finding(
            "warning",
            f"{_number(wrong, labels.level, _PLURALS.get(labels.level))} labelled in several ways "
            f"by the table; {'left out' if of_images else 'malignant where any of its rows is'}",
            "correct the table" if of_images else "right where each row is a lesion",
        )
    if wrong := _contradictory_breasts(used):
        yield Finding(
            "warning",
            f"{_number(wrong, 'breast')} with malignant and benign images in one study",
            "right where a lesion is seen in one view only; else correct the table",
        )
    if lost := _patients_without_label(intake):
        yield Finding("note", f"{_number(lost, 'patient')} without any label")
    if nameless := int(used["patient"].isna().sum()):
        yield Finding(
            "note",
            f"{_number(nameless, 'image')} without a patient: each study counts as one, so that "
            "intervals are too narrow where a patient came several times",
            "add a column patient_id to the table if it is known",
        )
    if parted := _parted_patients(used):
        yield Finding(
            "warning",
            f"{_number(parted, 'patient')} by the headers, but several by the table",
            "the table's word is taken; if it parts the images of one patient, intervals come out "
            "too narrow",
        )


_PLURALS = {"study": "studies"}


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
    if count := int(used["instance"].dropna().duplicated(keep=False).sum()):
        yield Finding(
            "warning",
            f"{_number(count, 'image')} share an SOP Instance UID and show different pixels: an "
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


def _devices(used: pd.DataFrame) -> Iterable[Finding]:
    named = used["manufacturer"].notna()
    if named.any():
        devices = used.loc[named, "manufacturer"].str.cat(used.loc[named, "model_name"], " ", "")
        yield Finding("ok", f"devices: {_counted(devices.str.strip())}")
    if count := int((~named).sum()):
        yield Finding("note", f"{_number(count, 'image')} from a device that is not named")


def _encoding(used: pd.DataFrame) -> Iterable[Finding]:
    dicom = used[used["format"] == "DICOM"]
    if len(dicom):
        intents = dicom["presentation_intent"].fillna("not stated")
        yield Finding("ok", f"presentation: {_counted(intents)}")
        yield Finding("ok", f"encodings, all decodable here: {_counted(dicom['transfer_syntax'])}")
        yield Finding("ok", f"photometric: {_counted(dicom['photometric_interpretation'])}")
    if len(dicom) < len(used):
        others = used.loc[used["format"] != "DICOM", "format"]
        yield Finding(
            "note",
            f"other formats: {_counted(others)}",
            "nothing there says how grey values are meant; DICOM is better where it can be had",
        )
    yield Finding("ok", f"bits stored: {_counted(used['bits_stored'].astype('Int64'))}")


def _views(used: pd.DataFrame) -> Iterable[Finding]:
    view = used["view"].where(used["view"].isin(STANDARD_VIEWS), "other view")
    view = view.where(used["view"].notna(), "view not stated")
    side = used["laterality"].fillna("side not stated")
    yield Finding("ok", f"views: {_counted(side + ' ' + view)}")
    if count := _number_of_others(used, "view", "header_view"):
        yield Finding(
            "note",
            f"{_number(count, 'image')} with another view in the table than in the header",
            "the table's word is taken",
        )


def _sides(used: pd.DataFrame) -> Iterable[Finding]:
    if count := _number_of_others(used, "laterality", "header_laterality"):
        yield Finding(
            "warning",
            f"{_number(count, 'image')} with another side in the table than in the header",
            "the table's word is taken; check whether sides were swapped",
        )
    if count := _number_of_others(used, "laterality", "named_laterality"):
        yield Finding(
            "warning",
            f"{_number(count, 'image')} with another side in the file's name than stated elsewhere",
            "look at some of them: sides may have been swapped",
        )
    if count := int(used["laterality"].isna().sum()):
        yield Finding(
            "note",
            f"{_number(count, 'image')} without a side; the content decides how to turn them",
        )


def _number_of_others(used: pd.DataFrame, chosen: str, stated: str) -> int:
    """Count the images where a source states another value than the one that is taken."""
    known = used.dropna(subset=[chosen, stated])
    return int((known[chosen] != known[stated]).sum())


def _content(used: pd.DataFrame) -> Iterable[Finding]:
    for column, severity, text, remedy in (
        ("implant", "warning", "of breasts with implants", "the models never saw implants"),
        ("burned_in", "warning", "with burned-in text", "look at them before sharing any"),
        (
            "is_secondary_capture",
            "note",
            "stored as secondary captures",
            "digitised films are such, and so are screenshots: look at them",
        ),
        ("is_synthesised", "note", "synthesised from tomosynthesis", ""),
        ("has_other_class", "warning", _otherwise("SOPClassUID"), _ASK),
        ("has_other_instance", "note", _otherwise("SOPInstanceUID"), _ASK),
    ):
        if count := int(used[column].eq(True).sum()):
            yield Finding(severity, f"{_number(count, 'image')} {text}", remedy)


_ASK = "the first is taken; the two have to be alike (DICOM PS3.10 7.1): ask what wrote the files"


def _otherwise(keyword: str) -> str:
    return f"whose {title(keyword)} is another than its {title(ALSO_IN_META[keyword])}"


def _exclusions(intake: Intake) -> Iterable[Finding]:
    lost = Counter(
        (exclusion.kind, exclusion.of_any_image) for exclusion in intake.files["excluded"].dropna()
    )
    for (kind, words), count in lost.items():
        severity = "warning" if kind.remedy else "note"
        yield Finding(severity, f"{_number(count, 'file')} left out: {words}", kind.remedy)


def _number(count: int, noun: str, plural: str | None = None) -> str:
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def _counted(values: pd.Series) -> str:
    """Return the commonest values with their numbers, such as ``CC (12), MLO (11)``."""
    found = values.value_counts()
    shown = ", ".join(f"{value} ({count:,})" for value, count in found.head(_LISTED).items())
    more = f", and {len(found) - _LISTED} more kinds" if len(found) > _LISTED else ""
    return shown + more


def _some(items: list[str]) -> str:
    return ", ".join(items[:_LISTED]) + (", ..." if len(items) > _LISTED else "")
