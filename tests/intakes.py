"""Small folders as a hospital has them, and what the door makes of them."""

from pathlib import Path

import numpy as np
import pandas as pd
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage

import hospital
import native
from mammo.datasets.check_report import Finding
from mammo.datasets.institution.findings import findings_of
from mammo.datasets.institution.intake import Intake, read_intake
from mammo.datasets.institution.labels import LabelLayout

MAMMOGRAM = {
    "SOPClassUID": native.MAMMOGRAPHY,
    "PresentationIntentType": "FOR PRESENTATION",
    "Manufacturer": "HOLOGIC, Inc.",
    "ImageLaterality": "L",
    "ViewPosition": "CC",
}


def write_mammogram(path: Path, number: int = 0, **elements: object) -> Path:
    """Write a For Presentation mammogram of 8 x 6 pixels; each number has pixels of its own."""
    pixels = np.full((8, 6), number, np.uint16)
    named = {"SOPInstanceUID": f"1.2.{number}", "PatientID": f"P{number}"}
    return native.write_dicom(path, pixels, **{**MAMMOGRAM, **named, **elements})


def write_raster(path: Path, number: int = 0) -> Path:
    """Write a PGM of 8 x 6 pixels, whatever the name says; each number has its own pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"P5\n6 8\n255\n" + bytes([number]) * 48)
    return path


def write_directory(folder: Path, *named: str) -> Path:
    """Write a DICOMDIR with a record of a patient, and one of each image that it names."""
    records = [Dataset()]
    records[0].DirectoryRecordType, records[0].PatientID = "PATIENT", "ZZPLANT"
    for place in named:
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        record.ReferencedFileID = place.split("/")
        records.append(record)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    ds = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    ds.DirectoryRecordSequence = records
    folder.mkdir(parents=True, exist_ok=True)
    ds.save_as(folder / "DICOMDIR", enforce_file_format=True)
    return folder / "DICOMDIR"


def take(folder: Path, *lines: str, **layout: object) -> Intake:
    """Take in a folder with a table of labels of some lines, or without any."""
    if lines:
        (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_intake(folder, layout=LabelLayout(**layout))


def by_name(taken: Intake, column: str) -> dict[str, object]:
    """Return a column of the files by their place in the folder."""
    places = [place.relative_to(taken.folder).as_posix() for place in taken.files["place"]]
    return dict(zip(places, taken.files[column], strict=True))


def reasons(taken: Intake) -> dict[str, str]:
    """Return why files are left out, by their place in the folder."""
    return {name: str(why) for name, why in by_name(taken, "excluded").items() if why}


def said_by(taken: Intake, severity: str) -> list[str]:
    """Return the findings of a severity, as texts."""
    return [finding.text for finding in findings_of(taken) if finding.severity == severity]


def the_finding(taken: Intake, text: str) -> Finding:
    """Return the one finding that holds a text."""
    (found,) = [finding for finding in findings_of(taken) if text in finding.text]
    return found


def placed(made: hospital.Hospital) -> pd.DataFrame:
    """Return a generated hospital's images, but hidden files, by their place in its folder."""
    images = made.images
    in_archive = images["member"].notna()
    places = images["path"].where(~in_archive, images["path"] + "/" + images["member"].fillna(""))
    is_hidden = places.str.rpartition("/")[2].str.startswith(".")
    return images.assign(place=places)[~is_hidden].set_index("place")
