"""What a hospital should know of its own data before a model sees them, in plain words."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from mammo.datasets.check_report import Finding
from mammo.datasets.institution.intake import Intake

STANDARD_VIEWS = ("CC", "MLO")
_REMEDIES = {
    "no row": "add the images to the table, or leave it at that: they are not scored",
    "no label": "fill in the table",
    "no patient": "name the patients in the table (patient_id)",
    "a raw image": "ask the archive for the images FOR PRESENTATION",
    "the DICOM header": "copy these files again from the archive",
    "the image header": "copy these files again from the archive",
    "the file": "copy these files again from the archive",
    "compressed": "export these images uncompressed, or as JPEG Lossless",
    "a transfer syntax": "export these images uncompressed, or as JPEG Lossless",
    "there is a copy": "correct the labels of these images",
    "a copy of": "remove the copies, or leave it at that: each image counts once",
    "the same pixels": "remove the copies, or leave it at that: each image counts once",
    "truncated": "copy these files again from the archive",
    "the side is unknown": "add a column laterality for these images",
    "its header names both sides": "name the side of these images in a table by image",
}
_LISTED = 6


def findings(taken: Intake) -> list[Finding]:
    """Return everything that is worth knowing of an intake, the worst first.

    Parameters
    ----------
    taken : Intake

    Returns
    -------
    list of Finding
        Their texts name no patient, study, file or folder.
    """
    found = [
        *_source(taken),
        *_classes(taken),
        *_labels(taken),
        *_devices(taken.used),
        *_encoding(taken.used),
        *_views(taken.used),
        *_content(taken.used),
        *_exclusions(taken),
    ]
    order = ("error", "warning", "note", "ok")
    return sorted(found, key=lambda finding: order.index(finding.severity))


def counts(taken: Intake) -> pd.DataFrame:
    """Count files, images, breasts and patients: all that were found, and those that can be used.

    Returns
    -------
    DataFrame
        Columns found and usable; counts that make no sense before the labels are empty.
    """
    used = taken.used
    breasts = ["patient_id", "laterality"]
    rows = {
        "files": (len(taken.files), None),
        "images": (len(taken.images), len(used)),
        "breasts": tuple(
            len(part.dropna(subset=breasts)[breasts].drop_duplicates())
            for part in (taken.images, used)
        ),
        "patients": tuple(part["patient_id"].nunique() for part in (taken.images, used)),
        "malignant images": (None, int((used["label"] == 1).sum())),
        "benign images": (None, int((used["label"] == 0).sum())),
        "patients with a malignant image": (
            None,
            used.loc[used["label"] == 1, "patient_id"].nunique(),
        ),
    }
    return pd.DataFrame(rows, index=["found", "usable"]).T.astype("Int64")


def exclusions(taken: Intake) -> pd.DataFrame:
    """List every file, and every row of the table, that is not used.

    Returns
    -------
    DataFrame
        ``image`` (pseudonym; empty for a row without an image), ``line`` (of the table of labels,
        where it has one), ``format``, ``reason``.
    """
    lost = taken.files[taken.files["excluded"].notna()]
    files = pd.DataFrame(
        {
            "image": lost["image_id"],
            "line": lost["line"].astype("Int64"),
            "format": lost["format"],
            "reason": lost["excluded"],
        }
    )
    if taken.absent.empty:
        return files
    absent = pd.DataFrame({"line": taken.absent["line"], "reason": "the image was not found"})
    return pd.concat([files, absent], ignore_index=True).reindex(columns=files.columns)


def _source(taken: Intake) -> Iterable[Finding]:
    if taken.source == "synthetic":
        yield Finding("note", "the images are SYNTHETIC phantoms, not patients")
    for error in taken.unreadable:
        yield Finding(
            "warning",
            f"a folder or archive could not be read ({error.strerror or 'damaged archive'})",
            "its images are missing here: check the permissions, or copy it again",
        )


def _classes(taken: Intake) -> Iterable[Finding]:
    labels = taken.used["label"]
    malignant, benign = int((labels == 1).sum()), int((labels == 0).sum())
    text = f"{malignant:,} malignant and {benign:,} benign images can be used"
    if not (malignant and benign):
        yield Finding("error", text, "both classes are needed: an auROC compares them")
        return
    yield Finding("ok", text)


def _labels(taken: Intake) -> Iterable[Finding]:
    if taken.labels is None:
        yield Finding(
            "error", "there is no table of labels", "name it with --labels; see mammo check --help"
        )
        return
    yield Finding("ok", f"the table has one row per {taken.labels.level}")
    yield from (Finding("note", text) for text in taken.labels.notes)
    if lines := [str(line) for line in taken.absent.get("line", ())]:
        yield Finding(
            "warning",
            f"{_number(len(lines), 'row')} of the table without an image: lines {_some(lines)}",
            "complete the images, or correct the names in the table",
        )
    if wrong := len(taken.labels.contradictions):
        yield Finding(
            "warning",
            f"{_number(wrong, taken.labels.level)} labelled in two ways by the table",
            "correct the table; until then these are left out",
        )
    if wrong := _contradictory_breasts(taken.used):
        yield Finding(
            "note",
            f"{_number(wrong, 'breast')} with images of both labels in one study",
            "right where a lesion is seen in one view only; else correct the table",
        )
    if lost := _patients_without_label(taken):
        yield Finding("note", f"{_number(lost, 'patient')} without any label")


def _contradictory_breasts(used: pd.DataFrame) -> int:
    sided = used.dropna(subset=["laterality"])
    labels = sided.groupby(["study_id", "laterality"])["label"].nunique()
    return int((labels > 1).sum())


def _patients_without_label(taken: Intake) -> int:
    known = taken.images.dropna(subset=["patient_id"])
    has_label = known["label"].notna().groupby(known["patient_id"]).any()
    return int((~has_label).sum())


def _devices(used: pd.DataFrame) -> Iterable[Finding]:
    named = used["manufacturer"].notna()
    if named.any():
        devices = used.loc[named, "manufacturer"].str.cat(used.loc[named, "model_name"], " ", "")
        yield Finding("ok", f"devices: {_counted(devices.str.strip())}")
    if (~named).any():
        yield Finding(
            "note", f"{_number(int((~named).sum()), 'image')} from a device that is not named"
        )


def _encoding(used: pd.DataFrame) -> Iterable[Finding]:
    dicom = used[used["format"] == "DICOM"]
    intents = dicom["presentation_intent"].fillna("not stated")
    if len(dicom):
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
    view = used["view"].where(used["view"].isin(STANDARD_VIEWS), "other")
    view = view.where(used["view"].notna(), "view not stated")
    side = used["laterality"].fillna("side not stated")
    if len(used):
        yield Finding("ok", f"views: {_counted(side + ' ' + view)}")
    wrong = used["laterality"].notna() & used["header_laterality"].notna()
    wrong &= used["laterality"] != used["header_laterality"]
    if count := int(wrong.sum()):
        yield Finding(
            "warning",
            f"{_number(count, 'image')} with another side in the table than in the header",
            "the table's word is taken; check whether sides were swapped",
        )
    named = used["named_laterality"].notna() & (used["named_laterality"] != used["laterality"])
    if count := int((named & used["laterality"].notna()).sum()):
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
    ):
        if count := int(used[column].eq(True).sum()):
            yield Finding(severity, f"{_number(count, 'image')} {text}", remedy)


def _exclusions(taken: Intake) -> Iterable[Finding]:
    lost = taken.files[taken.files["excluded"].notna()]
    kinds = lost["excluded"].str.replace(r"image [0-9a-f]{16}", "another image", regex=True)
    for reason, rows in lost.groupby(kinds, sort=False):
        remedy = next((text for key, text in _REMEDIES.items() if reason.startswith(key)), "")
        severity = "warning" if remedy else "note"
        yield Finding(severity, f"{_number(len(rows), 'file')} left out: {reason}", remedy)


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _counted(values: pd.Series) -> str:
    """Return the commonest values with their numbers, such as ``CC (12), MLO (11)``."""
    found = values.value_counts()
    shown = ", ".join(f"{value} ({count:,})" for value, count in found.head(_LISTED).items())
    more = f", and {len(found) - _LISTED} more kinds" if len(found) > _LISTED else ""
    return shown + more


def _some(items: list[str]) -> str:
    return ", ".join(items[:_LISTED]) + (", ..." if len(items) > _LISTED else "")
