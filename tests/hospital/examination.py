"""A patient's examination on one device, and its mammograms as data sets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.uid import DigitalMammographyXRayImageStorageForPresentation

from . import encoding
from .devices import Device
from .planted import Planter

OF_EXAMINATION = (
    "PatientName", "PatientID", "IssuerOfPatientID", "OtherPatientIDs", "OtherPatientNames",
    "PatientBirthDate", "PatientBirthTime", "PatientBirthName", "PatientMotherBirthName",
    "PatientAddress", "PatientTelephoneNumbers", "MilitaryRank", "MedicalRecordLocator",
    "CountryOfResidence", "RegionOfResidence", "Occupation", "EthnicGroup", "ResponsiblePerson",
    "PatientReligiousPreference", "MedicalAlerts", "Allergies", "AdditionalPatientHistory",
    "PatientComments", "StudyInstanceUID", "AccessionNumber", "StudyID", "StudyDate", "StudyTime",
    "StudyDescription", "StudyComments", "InstitutionName", "InstitutionAddress",
    "InstitutionalDepartmentName", "StationName", "OperatorsName", "ReferringPhysicianName",
    "ReferringPhysicianAddress", "ReferringPhysicianTelephoneNumbers", "PerformingPhysicianName",
    "NameOfPhysiciansReadingStudy", "PhysiciansOfRecord", "RequestingPhysician",
    "RequestingService", "RequestedProcedureDescription", "AdmissionID",
    "CurrentPatientLocation", "PerformedProcedureStepID", "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime", "PerformedProcedureStepDescription",
    "DeviceSerialNumber", "DetectorID", "GantryID", "DateOfLastDetectorCalibration",
    "TimeOfLastDetectorCalibration",
)  # fmt: skip
OF_IMAGE = (
    "SOPInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "SeriesDate", "SeriesTime",
    "AcquisitionDate", "AcquisitionTime", "AcquisitionDateTime", "ContentDate", "ContentTime",
    "SeriesDescription", "ProtocolName", "ImageComments", "DerivationDescription",
    "AcquisitionDeviceProcessingDescription", "DetectorDescription",
    "ExposureControlModeDescription", "CommentsOnRadiationDose",
)  # fmt: skip
"""Elements with a planted value of their own, for each examination and for each image."""

REMARKS = ("{} <script>alert(1)</script>", '=HYPERLINK("http://x","{}")')
"""Free text as it must not reach a page or a spreadsheet."""
VIEW_CODES = {"CC": ("399162004", "cranio-caudal"), "MLO": ("399368009", "medio-lateral oblique")}


@dataclass(frozen=True)
class Examination:
    """One visit of one patient.

    Parameters
    ----------
    number : int
        The patient's, from 0.
    device : Device
    identity : mapping of str to str
        Keyword to planted value, the same in all files of the examination.
    remark : str
        Free text of a table of labels.
    """

    number: int
    device: Device
    identity: Mapping[str, str]
    remark: str


@dataclass(frozen=True)
class Exposure:
    """One view: name (its own in the hospital), side, view and presentation values."""

    name: str
    laterality: str
    view: str
    presentation: np.ndarray
    pixel_mm: float


def examine(number: int, device: Device, planter: Planter) -> Examination:
    """Return a patient's examination with its planted identity."""
    identity = {
        keyword: planter.value(f"{keyword} of patient {number}", dictionary_VR(keyword))
        for keyword in OF_EXAMINATION
    }
    identity["PatientComments"] = REMARKS[0].format(identity["PatientComments"])
    remark = planter.value(f"remark on patient {number} in the table of labels")
    return Examination(number, device, identity, REMARKS[number % 2].format(remark))


def mammogram(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """Return a Digital Mammography X-Ray Image - For Presentation (PS3.3 A.26)."""
    ds = Dataset()
    ds.SOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    ds.Modality, ds.PresentationIntentType = "MG", "FOR PRESENTATION"
    ds.ImageType = ["DERIVED", "PRIMARY"]
    identify(ds, exam, exposure.name, planter)
    ds.PatientSex, ds.PatientAge, ds.BodyPartExamined = "F", "061Y", "BREAST"
    ds.SeriesNumber = ds.InstanceNumber = "1"
    ds.ImageLaterality, ds.ViewPosition = exposure.laterality, exposure.view
    ds.PatientOrientation = [
        "P" if exposure.laterality == "R" else "A",
        "F" if exposure.view == "MLO" else exposure.laterality,
    ]
    ds.ViewCodeSequence = [code(*VIEW_CODES[exposure.view])]
    ds.ViewCodeSequence[0].ViewModifierCodeSequence = []
    ds.AnatomicRegionSequence = [code("76752008", "Breast")]
    ds.ImagerPixelSpacing = [f"{exposure.pixel_mm:.6g}"] * 2
    ds.EstimatedRadiographicMagnificationFactor = "1.04"
    ds.KVP, ds.BodyPartThickness = "29", "55"
    ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = "LOG", -1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = 0, 1, "US"
    ds.BurnedInAnnotation, ds.BreastImplantPresent = "NO", "NO"
    ds.LossyImageCompression = "00"
    exam.device.describe(ds)
    stored = exam.device.store(exposure.presentation)
    encoding.put_pixels(ds, stored, exam.device.bits, exam.device.syntax)
    return ds


def identify(ds: Dataset, exam: Examination, name: str, planter: Planter) -> None:
    """Add everything that identifies patient, examination and image, nested and private too."""

    def new(keyword: str, vr: str = "") -> str:
        return planter.value(f"{keyword} of {name}", vr or dictionary_VR(keyword.split(".")[-1]))

    for keyword, value in exam.identity.items():
        setattr(ds, keyword, value)
    for keyword in OF_IMAGE:
        setattr(ds, keyword, new(keyword))
    ds.ImageComments = REMARKS[exam.number % 2].format(ds.ImageComments)
    ds.RequestAttributesSequence = [
        _item(new, "RequestAttributesSequence", "ScheduledProcedureStepDescription",
              "ScheduledProcedureStepID", "RequestedProcedureID"),
    ]  # fmt: skip
    ds.OtherPatientIDsSequence = [_item(new, "OtherPatientIDsSequence", "PatientID")]
    source = _item(new, "SourceImageSequence", "ReferencedSOPInstanceUID")
    source.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.2.1"
    ds.SourceImageSequence = [source]
    block = ds.private_block(0x07A1, "ELSCINT1", create=True)
    for offset, vr in ((0x10, "LO"), (0x5D, "DT"), (0x50, "UI"), (0x70, "UN")):
        value = new(f"private (07a1,10{offset:02x})", "LO" if vr == "UN" else vr)
        block.add_new(offset, vr, value.encode() if vr == "UN" else value)


def code(value: str, meaning: str, scheme: str = "SCT") -> Dataset:
    """Return a code sequence item (PS3.3 8.8)."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def _item(new: Callable[[str], str], sequence: str, *keywords: str) -> Dataset:
    item = Dataset()
    for keyword in keywords:
        setattr(item, keyword, new(f"{sequence}.{keyword}"))
    return item
