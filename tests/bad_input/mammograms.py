"""Small mammograms in DICOM, whole and good, and what an image read from one must be."""

import io
import struct
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydicom import dcmread, uid
from pydicom.config import disable_value_validation
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from mammo import images
from mammo.images.image import MAX_PIXELS, Image

from .case import SECRET, Original

SHAPE = (40, 36)
VIEWS = {None, "CC", "MLO", "ML", "LM", "LMO", "FB", "XCCL", "XCCM", "SPECIMEN", "XCC", "SIO"}
_LONG_VRS = (b"OB", b"OW", b"SQ", b"UN", b"UT", b"UC", b"UR", b"OD", b"OF", b"OL")


def stored(bits: int = 12, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """Stored values with a breast's smooth edge and grain: integers, up to all the bits."""
    rows, columns = np.mgrid[-1 : 1 : shape[0] * 1j, 0 : 1 : shape[1] * 1j]
    grain = np.random.default_rng(bits).integers(0, 1 << (bits - 4), shape)
    values = (1 - rows**2 - columns**2).clip(0) * 0.9 * ((1 << bits) - 1) + grain
    return values.clip(0, (1 << bits) - 1).astype(np.uint8 if bits <= 8 else np.uint16)


def mammogram(bits: int = 12) -> Dataset:
    """A For Presentation mammogram that names a patient wherever it can."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = uid.DigitalMammographyXRayImageStorageForPresentation
    ds.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.SOPClassUID, ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPClassUID, "1.2.3"
    ds.StudyDate, ds.Modality, ds.Manufacturer = "20100203", "MG", SECRET
    ds.PresentationIntentType = "FOR PRESENTATION"
    ds.PatientName, ds.PatientID, ds.PatientComments = f"{SECRET}^Jane", SECRET, SECRET
    ds.ViewPosition, ds.ImageLaterality = "MLO", "R"
    ds.ImagerPixelSpacing = [0.07, 0.07]
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "399368009", "SCT", SECRET
    ds.ViewCodeSequence = Sequence([code])
    values = stored(bits)
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = values.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8 * values.itemsize, bits, bits - 1
    ds.PixelRepresentation = 0
    ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = 2000, 5000, "LINEAR"
    ds.PixelData = values.tobytes()
    ds["PixelData"].VR = "OB" if bits <= 8 else "OW"
    return ds


def to_bytes(ds: Dataset) -> bytes:
    stream = io.BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


@cache
def plain() -> Original:
    return Original("uncompressed", "mammogram.dcm", to_bytes(mammogram()))


def changed(change: Callable[[Dataset], object]) -> bytes:
    """The mammogram's file with a change to its dataset."""
    with disable_value_validation(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = dcmread(io.BytesIO(plain().content))
        change(ds)
        return to_bytes(ds)


def put(ds: Dataset, keyword: str, value: bytes | object) -> None:
    """Set an element; bytes are written as they stand, whatever the element may hold."""
    vr = dictionary_VR(keyword).partition(" or ")[0]
    if isinstance(value, bytes):
        value += b" " * (len(value) % 2)
        ds[keyword] = RawDataElement(Tag(keyword), vr, len(value), value, 0, False, True)
    else:
        ds.add_new(keyword, vr, value)


class Element(NamedTuple):
    """Where an element of an explicit VR little endian file stands."""

    tag: int
    vr: bytes
    start: int
    length_at: int
    value_at: int
    end: int


def elements(content: bytes) -> list[Element]:
    """Walk the elements behind the preamble (PS3.5 7.1.2), whose lengths are all defined."""
    found, place = [], 132
    while place < len(content):
        group, element = struct.unpack_from("<HH", content, place)
        vr = content[place + 4 : place + 6]
        length_at = place + (8 if vr in _LONG_VRS else 6)
        value_at = length_at + (4 if vr in _LONG_VRS else 2)
        length = int.from_bytes(content[length_at:value_at], "little")
        found.append(
            Element(group << 16 | element, vr, place, length_at, value_at, value_at + length)
        )
        place = value_at + length
    return found


def read(path: Path) -> Image:
    return images.read_image(path)


def check(image: Image) -> None:
    """Hold an image to what `Image` promises."""
    pixels = image.pixels
    assert pixels.dtype == np.float32 and pixels.ndim == 2, (pixels.dtype, pixels.shape)
    assert 0 < pixels.size <= MAX_PIXELS
    assert np.isfinite(pixels).all() and pixels.min() >= 0 and pixels.max() <= 1
    assert 1 <= image.bits_stored <= 16
    assert image.laterality in (None, "L", "R")
    assert image.view in VIEWS, image.view
    assert image.pixel_spacing_mm is None or 0 < image.pixel_spacing_mm < np.inf
    if image.padding is not None:
        assert image.padding.shape == pixels.shape and not pixels[image.padding].any()


def same(one: Image, other: Image) -> bool:
    facts = ("bits_stored", "pixel_spacing_mm", "laterality", "view")
    return (
        one.pixels.shape == other.pixels.shape
        and np.allclose(one.pixels, other.pixels, atol=1e-6)
        and all(getattr(one, fact) == getattr(other, fact) for fact in facts)
        and np.array_equal(*(np.asarray(image.padding, object) for image in (one, other)))
    )
