"""Mammograms drawn in code, and written in every way that DICOM has for one picture."""

from pathlib import Path

import numpy as np
import pydicom
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset

TOP = 4095
WINDOW = {"WindowCenter": "2048", "WindowWidth": "4096"}
"""Shows 12 bits from black to white."""

UNCOMPRESSED = (
    uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian,
)  # fmt: skip
LOSSLESS = (uid.RLELossless, uid.JPEGLosslessSV1, uid.JPEGLSLossless, uid.JPEG2000Lossless)


def breast(rows: int = 240, columns: int = 180, seed: int = 0) -> np.ndarray:
    """Return 12-bit grey, int32: half an ellipse at the left with texture, 0 around it."""
    row, column = np.mgrid[:rows, :columns]
    distance = ((row - rows / 2) / (rows * 0.42)) ** 2 + (column / (columns * 0.75)) ** 2
    coarse = np.random.default_rng(seed).normal(size=(rows // 12 + 1, columns // 12 + 1))
    texture = np.kron(coarse, np.ones((12, 12)))[:rows, :columns]
    grey = 0.35 + 0.3 * (1 - distance) + 0.04 * texture
    return np.where(distance < 1, np.rint(grey.clip(0.2, 1) * TOP), 0).astype(np.int32)


def dataset(stored: np.ndarray, bits: int = 12, **elements: object) -> Dataset:
    """Return a For Presentation mammogram of stored values; an element of None is absent."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = uid.DigitalMammographyXRayImageStorageForPresentation
    ds.file_meta.MediaStorageSOPInstanceUID = uid.generate_uid(entropy_srcs=["drawn"])
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID
    ds.Modality, ds.PresentationIntentType = "MG", "FOR PRESENTATION"
    ds.PatientID, ds.ImageLaterality, ds.ViewPosition = "P1", "L", "CC"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = stored.shape
    ds.BitsAllocated = 8 if bits <= 8 else 16
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits - 1, int(stored.min() < 0)
    kind = "u1" if bits <= 8 else "<u2"
    content = (stored & (0xFF if bits <= 8 else 0xFFFF)).astype(kind).tobytes()
    ds.PixelData = content + bytes(len(content) % 2)
    ds["PixelData"].VR = "OW"
    for keyword, value in elements.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def write(path: Path, ds: Dataset, syntax: str = uid.ExplicitVRLittleEndian) -> Path:
    """Write a data set that is not compressed in a transfer syntax."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if syntax in LOSSLESS:
        _compress(path, ds, syntax)
        return path
    ds.file_meta.TransferSyntaxUID = syntax
    if syntax == uid.ExplicitVRBigEndian:
        ds["PixelData"].value = np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes()
    pydicom.dcmwrite(
        path, ds, implicit_vr=syntax == uid.ImplicitVRLittleEndian,
        little_endian=syntax != uid.ExplicitVRBigEndian, enforce_file_format=True,
    )  # fmt: skip
    return path


def _compress(path: Path, ds: Dataset, syntax: str) -> None:
    """Compress with gdcm, which alone of the encoders at hand has all of these."""
    import gdcm

    pydicom.dcmwrite(path, ds, enforce_file_format=True)
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(str(syntax))))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
