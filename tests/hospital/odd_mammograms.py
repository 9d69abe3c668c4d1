"""Mammograms that are out of the ordinary, and some that cannot be scored.

Each function makes one data set of an examination and an exposure that is in no other file.
"""

from dataclasses import replace

import cv2
import numpy as np
from pydicom.datadict import DicomDictionary
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian, JPEGExtended12Bit

from .breasts import OTHER_SIDE, at_right, burned_in
from .encoding import put_pixels, set_syntax
from .examination import Examination, Exposure, code, mammogram
from .planted import PLANTED_VRS, Planter

GE_PRIVATE_SYNTAX = "1.2.840.113619.5.2"
_TEXT_GROUPS = (0x0008, 0x0010, 0x0012, 0x0018, 0x0020, 0x0032, 0x0038, 0x0040, 0x0088)
_NOT_PLANTED = (
    "Manufacturer", "ManufacturerModelName", "SOPClassUID", "CodeValue", "LongCodeValue",
    "URNCodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "CodeMeaning",
)  # fmt: skip


def implant(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """A breast with an implant, in the way."""
    ds = mammogram(exam, exposure, planter)
    ds.BreastImplantPresent = "YES"
    return ds


def implant_displaced(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """A breast with an implant pushed out of the way."""
    ds = mammogram(exam, exposure, planter)
    ds.BreastImplantPresent = "YES"
    return _modified(ds, "399209000", "Implant Displaced")


def magnification(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """A magnification view of part of a breast."""
    ds = _enlarged(exam, exposure, planter, 1.8)
    ds.EstimatedRadiographicMagnificationFactor = "1.8"
    return _modified(ds, "399163009", "Magnification")


def spot_compression(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """A spot compression view of part of a breast."""
    return _modified(_enlarged(exam, exposure, planter, 1.5), "399055006", "Spot Compression")


def specimen(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """A radiograph of excised tissue, a disc in air, on the mammography device."""
    rows, columns = exposure.presentation.shape
    y, x = np.ogrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    inside = (y**2 + x**2 < 0.3).astype(np.float32)
    tissue = cv2.resize(_middle(exposure.presentation, 3), (columns, rows)) * inside
    ds = mammogram(exam, _showing(exposure, tissue), planter)
    ds.pop("ViewPosition", None)
    ds.ViewCodeSequence = [code("127457009", "tissue specimen from breast")]
    return ds


def without_view(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """A mammogram that says its view nowhere."""
    ds = mammogram(exam, exposure, planter)
    ds.ViewPosition, ds.ViewCodeSequence, ds.PatientOrientation = "", [], ""
    return ds


def contradictory_side(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """A mammogram whose tags give both sides."""
    ds = mammogram(exam, exposure, planter)
    ds.Laterality = OTHER_SIDE[exposure.laterality]
    ds.SeriesDescription = f"{ds.Laterality} {exposure.view} {ds.SeriesDescription}"
    return ds


def lossy(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """A mammogram in JPEG Extended at 12 bits, which no permissive decoder reads."""
    ds = mammogram(exam, exposure, planter)
    stored = np.rint(4095 * exposure.presentation).astype(np.uint16)
    put_pixels(ds, stored, 12, JPEGExtended12Bit)
    ds.LossyImageCompression, ds.LossyImageCompressionMethod = "01", "ISO_10918_1"
    return ds


def private_syntax(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """A mammogram in a vendor's own transfer syntax."""
    ds = mammogram(exam, exposure, planter)
    stored, bits = exam.device.store(exposure.presentation), exam.device.bits
    put_pixels(ds, stored, bits, ImplicitVRLittleEndian)
    set_syntax(ds, GE_PRIVATE_SYNTAX)
    return ds


def annotated(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """A mammogram fit to be scored, with the patient's name burned into the air beside it."""
    marked = burned_in(exposure.presentation, exam.identity["PatientID"], 0.9)
    ds = mammogram(exam, _showing(exposure, marked), planter)
    ds.BurnedInAnnotation = "YES"
    return ds


def with_every_text(exam: Examination, exposure: Exposure, planter: Planter) -> Dataset:
    """A mammogram fit to be scored, with a value in every text element that the standard has."""
    ds = mammogram(exam, exposure, planter)
    kept = {*_NOT_PLANTED, *ds.dir(), ""}
    for tag, (vr, _, _, _, keyword) in DicomDictionary.items():
        if vr in PLANTED_VRS and tag >> 16 in _TEXT_GROUPS and keyword not in kept:
            setattr(ds, keyword, planter.value(f"{keyword} of {exposure.name}", vr))
    return ds


def _modified(ds: Dataset, value: str, meaning: str) -> Dataset:
    ds.ViewCodeSequence[0].ViewModifierCodeSequence = [code(value, meaning)]
    return ds


def _enlarged(exam: Examination, exposure: Exposure, planter: Planter, factor: float) -> Dataset:
    rows, columns = exposure.presentation.shape
    part = cv2.resize(_middle(exposure.presentation, factor), (columns, rows))
    return mammogram(exam, _showing(exposure, part), planter)


def _showing(exposure: Exposure, presentation: np.ndarray) -> Exposure:
    return replace(exposure, presentation=presentation.astype(np.float32))


def _middle(pixels: np.ndarray, factor: float) -> np.ndarray:
    """The part of the breast that fills the frame when it is enlarged by a factor."""
    rows, columns = pixels.shape
    height, width = round(rows / factor), round(columns / factor)
    top, left = (rows - height) // 2, columns - width if at_right(pixels) else 0
    return pixels[top : top + height, left : left + width]
