"""Stored values into a data set, in any transfer syntax, and a data set into bytes."""

import io

import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGExtended12Bit, JPEGLosslessSV1

IMPLEMENTATION = UID("1.2.826.0.1.3680043.8.498.1")


def put_pixels(ds: Dataset, stored: np.ndarray, bits: int, syntax: str) -> None:
    """Put stored values into a data set.

    Parameters
    ----------
    ds : Dataset
        With its SOP class and instance and its photometric interpretation.
    stored : numpy.ndarray
        uint8 or uint16, (rows, columns) or, uncompressed, (frames, rows, columns).
    bits : int
        Bits stored.
    syntax : str
        UID of an uncompressed, RLE, JPEG Lossless (SV1), JPEG Extended (lossy), JPEG-LS or JPEG
        2000 transfer syntax.
    """
    ds.SamplesPerPixel, ds.PixelRepresentation = 1, 0
    ds.Rows, ds.Columns = stored.shape[-2:]
    ds.BitsAllocated = 8 * stored.itemsize
    ds.BitsStored, ds.HighBit = bits, bits - 1
    ds.pop("PixelData", None)  # an element that was encapsulated would stay marked as such
    ds.PixelData = stored.tobytes() + b"\0" * (stored.nbytes % 2)
    ds["PixelData"].VR = "OB" if stored.itemsize == 1 else "OW"
    set_syntax(ds, ExplicitVRLittleEndian)
    if syntax in (JPEGLosslessSV1, JPEGExtended12Bit):
        ds.PixelData = encapsulate([_jpeg(ds, stored, str(syntax))])
        ds["PixelData"].VR = "OB"
        set_syntax(ds, syntax)
    elif UID(syntax).is_encapsulated:
        ds.compress(syntax, generate_instance_uid=False)
    else:
        set_syntax(ds, syntax)


def set_syntax(ds: Dataset, syntax: str) -> None:
    """Write the file meta information for a transfer syntax."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = UID(syntax)
    ds.file_meta.ImplementationClassUID = IMPLEMENTATION
    ds.file_meta.SourceApplicationEntityTitle = ds.get("StationName", "")


def to_bytes(ds: Dataset) -> bytes:
    """Return the file (PS3.10): preamble, meta information, data set."""
    stream = io.BytesIO()
    syntax = ds.file_meta.TransferSyntaxUID
    dcmwrite(
        stream,
        ds,
        enforce_file_format=True,
        implicit_vr=syntax.is_private or syntax.is_implicit_VR,
        little_endian=True,
    )
    return stream.getvalue()


def _jpeg(ds: Dataset, stored: np.ndarray, syntax: str) -> bytes:
    """One frame in a JPEG process that pydicom can read and not write."""
    import gdcm

    writer = gdcm.ImageWriter()
    image = writer.GetImage()  # owned by the writer: an image of its own aborts when it is freed
    image.SetNumberOfDimensions(2)
    image.SetDimension(0, ds.Columns)
    image.SetDimension(1, ds.Rows)
    image.SetPixelFormat(gdcm.PixelFormat(1, ds.BitsAllocated, ds.BitsStored, ds.HighBit, 0))
    photometric = gdcm.PhotometricInterpretation.GetPIType(ds.PhotometricInterpretation)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(photometric))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.ExplicitVRLittleEndian))
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetByteStringValue(stored.tobytes())
    image.SetDataElement(element)
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(syntax)))
    change.SetInput(image)
    if not change.Change():
        raise ValueError(f"gdcm cannot encode the transfer syntax {syntax}")
    fragments = change.GetOutput().GetDataElement().GetSequenceOfFragments()
    encoded = fragments.GetFragment(0).GetByteValue().GetBuffer()
    return encoded.encode("utf-8", "surrogateescape")
