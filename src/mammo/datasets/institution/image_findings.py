"""What a hospital should know of its images before a model sees them, in plain words."""

from collections.abc import Iterable

import pandas as pd

from mammo.datasets.check_report import Finding, counted

STANDARD_VIEWS = ("CC", "MLO")
_LISTED = 6
_ASK = "the first is taken; the two have to be alike (DICOM PS3.10 7.1): ask what wrote the files"
_CONTENT = (
    ("implant", "warning", "of breasts with implants", "the models never saw implants"),
    ("burned_in", "warning", "with burned-in text", "look at them before sharing any"),
    (
        "is_secondary_capture",
        "note",
        "stored as secondary captures",
        "digitised films are such, and so are screenshots: look at them",
    ),
    (
        "is_quality_control",
        "warning",
        "marked as quality control by Quality Control Image (0028,0300)",
        "these show phantoms: take them out",
    ),
    (
        "is_other_part",
        "warning",
        "of another part than the breast by Body Part Examined (0018,0015)",
        "look at some of them: a radiograph of the chest is scored like any other image",
    ),
    ("is_synthesised", "note", "synthesised from tomosynthesis", ""),
    (
        "has_other_class",
        "warning",
        "whose SOP Class UID (0008,0016) is another than its Media Storage SOP Class UID "
        "(0002,0002)",
        _ASK,
    ),
    (
        "has_other_instance",
        "note",
        "whose SOP Instance UID (0008,0018) is another than its Media Storage SOP Instance UID "
        "(0002,0003)",
        _ASK,
    ),
)
"""What columns of `mammo.datasets.institution.inspection.COLUMNS` mean where they hold."""


def of_images(used: pd.DataFrame) -> Iterable[Finding]:
    """Yield what is worth knowing of the images that can be used.

    Parameters
    ----------
    used : DataFrame
        `mammo.datasets.institution.intake.Intake.used`.
    """
    if len(used):
        yield from _devices(used)
        yield from _encoding(used)
        yield from _views(used)
    yield from _sides(used)
    yield from _content(used)


def _devices(used: pd.DataFrame) -> Iterable[Finding]:
    named = used["manufacturer"].notna()
    if named.any():
        devices = used.loc[named, "manufacturer"].str.cat(used.loc[named, "model_name"], " ", "")
        yield Finding("ok", f"devices: {_commonest(devices.str.strip())}")
    if count := int((~named).sum()):
        yield Finding("note", f"{counted(count, 'image')} from a device that is not named")


def _encoding(used: pd.DataFrame) -> Iterable[Finding]:
    dicom = used[used["format"] == "DICOM"]
    if len(dicom):
        intents = dicom["presentation_intent"].fillna("not stated")
        yield Finding("ok", f"presentation: {_commonest(intents)}")
        yield Finding(
            "ok", f"encodings, all decodable here: {_commonest(dicom['transfer_syntax'])}"
        )
        yield Finding("ok", f"photometric: {_commonest(dicom['photometric_interpretation'])}")
    if len(dicom) < len(used):
        others = used.loc[used["format"] != "DICOM", "format"]
        yield Finding(
            "note",
            f"other formats: {_commonest(others)}",
            "nothing there says how grey values are meant; DICOM is better where it can be had",
        )
    yield Finding("ok", f"bits stored: {_commonest(used['bits_stored'].astype('Int64'))}")


def _views(used: pd.DataFrame) -> Iterable[Finding]:
    view = used["view"].where(used["view"].isin(STANDARD_VIEWS), "other view")
    view = view.where(used["view"].notna(), "view not stated")
    side = used["laterality"].fillna("side not stated")
    yield Finding("ok", f"views: {_commonest(side + ' ' + view)}")
    if count := _number_of_others(used, "view", "header_view"):
        yield Finding(
            "note",
            f"{counted(count, 'image')} with another view in the table than in the header",
            "the table's word is taken",
        )


def _sides(used: pd.DataFrame) -> Iterable[Finding]:
    if count := _number_of_others(used, "laterality", "header_laterality"):
        yield Finding(
            "warning",
            f"{counted(count, 'image')} with another side in the table than in the header",
            "the table's word is taken; check whether sides were swapped",
        )
    if count := _number_of_others(used, "laterality", "named_laterality"):
        yield Finding(
            "warning",
            f"{counted(count, 'image')} with another side in the file's name than stated elsewhere",
            "look at some of them: sides may have been swapped",
        )
    if count := int(used["laterality"].isna().sum()):
        yield Finding(
            "note",
            f"{counted(count, 'image')} without a side; the content decides how to turn them",
        )


def _number_of_others(used: pd.DataFrame, chosen: str, stated: str) -> int:
    """Count the images where a source states another value than the one that is taken."""
    known = used.dropna(subset=[chosen, stated])
    return int((known[chosen] != known[stated]).sum())


def _content(used: pd.DataFrame) -> Iterable[Finding]:
    for column, severity, text, remedy in _CONTENT:
        if count := int(used[column].eq(True).sum()):
            yield Finding(severity, f"{counted(count, 'image')} {text}", remedy)


def _commonest(values: pd.Series) -> str:
    """Return the commonest values with their numbers, such as ``CC (12), MLO (11)``."""
    found = values.value_counts()
    shown = ", ".join(f"{value} ({count:,})" for value, count in found.head(_LISTED).items())
    more = f", and {len(found) - _LISTED} more kinds" if len(found) > _LISTED else ""
    return shown + more
