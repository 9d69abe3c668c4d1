"""DICOM files that say they are synthetic, with identifiers that follow from the seed."""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from mammo.datasets.phantom.imaging import Exposure

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
FOR_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.2"
NOTICE = "SYNTHETIC PHANTOM IMAGE - NOT A PATIENT"


def uid(*source: object) -> str:
    """Return the unique identifier of what is named by its sources."""
    return generate_uid(entropy_srcs=[str(part) for part in source])


def image_dataset(
    pixels: np.ndarray, bits_stored: int, sop_class: str, identifiers: tuple[str, str, str]
) -> Dataset:
    """Return a MONOCHROME2 data set with the modules that every file here has in common.

    Parameters
    ----------
    pixels : numpy.ndarray
        uint8 or uint16, (rows, columns).
    bits_stored : int
    sop_class : str
        SOP Class UID.
    identifiers : tuple of str
        Study, Series and SOP Instance UID.
    """
    study, series, instance = identifiers
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, instance
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study, series
    ds.Modality = "MG"
    ds.StudyDate = ds.StudyTime = ""
    ds.AccessionNumber = ds.StudyID = ds.ReferringPhysicianName = ""
    ds.PatientBirthDate = ""
    ds.PatientSex = "F"
    ds.PatientIdentityRemoved = "YES"
    ds.DeidentificationMethod = "No patient: computed phantom"
    ds.ImageComments = NOTICE
    ds.SeriesNumber = ds.InstanceNumber = "1"
    ds.BodyPartExamined = "BREAST"
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape
    ds.BitsAllocated = 8 * pixels.itemsize
    ds.BitsStored = bits_stored
    ds.HighBit = bits_stored - 1
    ds.PixelRepresentation = 0
    ds.BurnedInAnnotation = "NO"
    ds.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    ds["PixelData"].VR = "OB" if pixels.itemsize == 1 else "OW"
    return ds


def presentation_dataset(
    exposure: Exposure,
    pixels: np.ndarray,
    bits_stored: int,
    source: tuple[object, ...],
    series: str,
) -> Dataset:
    """Return a Digital Mammography X-Ray Image - For Presentation (PS3.3 A.26).

    Parameters
    ----------
    exposure : Exposure
    pixels : numpy.ndarray
        As `image_dataset` takes them, like `bits_stored`.
    source : tuple
        What its unique identifiers are made of, with the name of the series.
    """
    laterality, view = exposure.breast.laterality, exposure.view
    parts = ("study", series, f"image {laterality} {view}")
    identifiers = tuple(uid(*source, part) for part in parts)
    ds = image_dataset(pixels, bits_stored, FOR_PRESENTATION, identifiers)
    ds.PresentationIntentType = "FOR PRESENTATION"
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.ImageLaterality = laterality
    ds.ViewPosition = view
    front = "P" if laterality == "R" else "A"
    ds.PatientOrientation = [front, "F" if view == "MLO" else laterality]
    ds.ImagerPixelSpacing = [exposure.projection.pixel_mm] * 2
    ds.PixelIntensityRelationship = "LOG"
    ds.PixelIntensityRelationshipSign = -1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = 0, 1, "US"
    ds.PresentationLUTShape = "IDENTITY"
    ds.LossyImageCompression = "00"
    return ds


def save(ds: Dataset, path: Path) -> None:
    """Write a data set, uncompressed, little endian."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)
