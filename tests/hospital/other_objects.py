"""What lies among a hospital's mammograms and is none: raw data, slices, screenshots, reports.

Each function makes one data set of an examination and an exposure that is in no other file.
"""

import cv2
import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import (
    BreastTomosynthesisImageStorage,
    CTImageStorage,
    DigitalMammographyXRayImageStorageForProcessing,
    ExplicitVRLittleEndian,
    GrayscaleSoftcopyPresentationStateStorage,
    ImplicitVRLittleEndian,
    MammographyCADSRStorage,
    SecondaryCaptureImageStorage,
)

from .breasts import burned_in
from .encoding import put_pixels, set_syntax
from .examination import Examination, Exposure, code, identify, mammogram
from .planted import Planter


def for_processing(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """Raw detector values: 14 bits, the breast dark."""
    ds = mammogram(exam, exposure, planter)
    ds.SOPClassUID = DigitalMammographyXRayImageStorageForProcessing
    ds.PresentationIntentType, ds.ImageType = "FOR PROCESSING", ["ORIGINAL", "PRIMARY"]
    ds.PhotometricInterpretation = "MONOCHROME1"
    _forget_display(ds)
    raw = 16383 * np.exp(-3 * exposure.presentation)
    put_pixels(ds, raw.astype(np.uint16), 14, ExplicitVRLittleEndian)
    return ds


def tomosynthesis(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """Five reconstructed planes; side and view are in the functional groups (PS3.3 A.55)."""
    ds = mammogram(exam, exposure, planter)
    ds.SOPClassUID, ds.ImageType = BreastTomosynthesisImageStorage, ["DERIVED", "PRIMARY"]
    ds.PhotometricInterpretation = "MONOCHROME2"
    _forget_display(ds)
    for keyword in ("PresentationIntentType", "ImageLaterality", "ViewPosition"):
        ds.pop(keyword, None)
    anatomy, groups = Dataset(), Dataset()
    anatomy.FrameLaterality = exposure.laterality
    groups.FrameAnatomySequence = [anatomy]
    ds.SharedFunctionalGroupsSequence = [groups]
    plane = _reduced(exposure.presentation)
    ds.NumberOfFrames = 5
    planes = np.stack([np.rint(1023 * plane * weight) for weight in np.linspace(0.6, 1, 5)])
    put_pixels(ds, planes.astype(np.uint16), 10, ExplicitVRLittleEndian)
    return ds


def ct_slice(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """One plane of a tomosynthesis as some devices write it: a CT image."""
    ds = mammogram(exam, exposure, planter)
    ds.SOPClassUID, ds.Modality = CTImageStorage, "CT"
    ds.PhotometricInterpretation = "MONOCHROME2"
    _forget_display(ds)
    del ds.PresentationIntentType
    ds.SliceThickness = "1"
    plane = np.rint(4095 * _reduced(exposure.presentation)).astype(np.uint16)
    put_pixels(ds, plane, 12, ExplicitVRLittleEndian)
    return ds


def screenshot(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """A Secondary Capture with the patient's name burned in, by a workstation of an odd name."""
    ds = Dataset()
    ds.SOPClassUID, ds.Modality, ds.ConversionType = SecondaryCaptureImageStorage, "MG", "WSD"
    identify(ds, exam, exposure.name, planter)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.Manufacturer, ds.ManufacturerModelName = "=1+1 R&D", '<b onclick="alert(2)">Viewer</b>'
    ds.ImageType, ds.BurnedInAnnotation = ["DERIVED", "SECONDARY"], "YES"
    ds.PhotometricInterpretation = "MONOCHROME2"
    grey = np.rint(255 * exposure.presentation).astype(np.uint8)
    put_pixels(ds, burned_in(grey, exam.identity["PatientID"], 255), 8, ExplicitVRLittleEndian)
    return ds


def structured_report(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """A Mammography CAD SR: no pixels."""
    ds = _without_pixels(exam, exposure, planter, MammographyCADSRStorage, "SR")
    finding = Dataset()
    finding.RelationshipType, finding.ValueType = "CONTAINS", "TEXT"
    finding.ConceptNameCodeSequence = [code("121071", "Finding", "DCM")]
    finding.TextValue = planter.value(f"TextValue of {exposure.name}", "UT")
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "UNVERIFIED"
    ds.ConceptNameCodeSequence = [code("111036", "Mammography CAD Report", "DCM")]
    ds.ContentSequence = [finding]
    return ds


def presentation_state(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """A Grayscale Softcopy Presentation State with a note on the image."""
    ds = _without_pixels(exam, exposure, planter, GrayscaleSoftcopyPresentationStateStorage, "PR")
    ds.ContentLabel = planter.value(f"ContentLabel of {exposure.name}", "SH")
    ds.ContentDescription = planter.value(f"ContentDescription of {exposure.name}")
    ds.ContentCreatorName = planter.value(f"ContentCreatorName of {exposure.name}", "PN")
    note, layer = Dataset(), Dataset()
    note.UnformattedTextValue = planter.value(f"UnformattedTextValue of {exposure.name}", "ST")
    layer.GraphicLayer, layer.TextObjectSequence = "NOTES", [note]
    ds.GraphicAnnotationSequence = [layer]
    ds.PresentationLUTShape = "IDENTITY"
    return ds


def _forget_display(ds: Dataset) -> None:
    for keyword in (
        "WindowCenter", "WindowWidth", "WindowCenterWidthExplanation", "VOILUTFunction",
        "VOILUTSequence", "PresentationLUTShape", "PixelPaddingValue", "PixelPaddingRangeLimit",
    ):  # fmt: skip
        ds.pop(keyword, None)


def _without_pixels(
    exam: Examination, exposure: Exposure, planter: Planter, sop_class: str, modality: str
) -> Dataset:
    ds = Dataset()
    ds.SOPClassUID, ds.Modality = sop_class, modality
    identify(ds, exam, exposure.name, planter)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.Manufacturer, ds.ManufacturerModelName = exam.device.manufacturer, exam.device.model
    set_syntax(ds, ImplicitVRLittleEndian)
    return ds


def _reduced(pixels: np.ndarray) -> np.ndarray:
    return cv2.resize(pixels, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
