"""The stored values of a DICOM image: every one of them as it was written, or a refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from mammo.errors import UnreadableImageError
from mammo.images.codecs import jpeg, jpeg_2000, rle
from mammo.images.dicom_header import short_name

if TYPE_CHECKING:
    from pydicom import Dataset

    from mammo.images.codecs.jpeg import Frame


def stored_values(dataset: Dataset) -> np.ndarray:
    """Decode the pixels of a dataset.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Of one monochrome frame of 8 or 16 bits allocated, with its file meta information.

    Returns
    -------
    numpy.ndarray of integers, shape (rows, columns)
        With whatever the file has in the bits above Bits Stored.

    Raises
    ------
    UnreadableImageError
        If the pixel data are not exactly those of the image that the header announces.
    """
    syntax = dataset.file_meta.TransferSyntaxUID
    shape = dataset.Rows, dataset.Columns
    values = _compressed(dataset) if syntax.is_encapsulated else _uncompressed(dataset)
    if values.shape != shape:
        raise UnreadableImageError(
            f"its pixels decode to {_by(values.shape)}, its header says {_by(shape)}"
        )
    return values


def _uncompressed(dataset: Dataset) -> np.ndarray:
    needed = dataset.Rows * dataset.Columns * dataset.BitsAllocated // 8
    found = len(dataset.PixelData)
    if found not in (needed, needed + needed % 2):
        raise UnreadableImageError(
            f"its pixel data have {found:,} bytes, where {dataset.Rows} x {dataset.Columns} pixels"
            f" of {dataset.BitsAllocated} bits have {needed:,}: copy or export it again"
        )
    return _by_pydicom(dataset)


def _compressed(dataset: Dataset) -> np.ndarray:
    from pydicom.encaps import get_frame

    syntax = dataset.file_meta.TransferSyntaxUID
    decode = _CODECS.get(syntax)
    if decode is None:
        raise UnreadableImageError(
            f"it is compressed with {short_name(syntax)}, for which there is no decoder: export "
            "it again uncompressed"
        )
    return decode(get_frame(dataset.PixelData, 0, number_of_frames=1), dataset)


def _rle(frame: bytes, dataset: Dataset) -> np.ndarray:
    return rle.decode(frame, (dataset.Rows, dataset.Columns), dataset.BitsAllocated // 8)


def _jpeg_lossless(frame: bytes, dataset: Dataset) -> np.ndarray:
    from mammo.images.codecs import jpeg_lossless

    _check_frame(jpeg.find_frame(frame), dataset)
    return jpeg_lossless.decode(frame)


def _jpeg(frame: bytes, dataset: Dataset) -> np.ndarray:
    from mammo.images.codecs import jpeg_sequential

    if dataset.BitsStored > 8:
        raise UnreadableImageError(
            f"it is compressed with {short_name(dataset.file_meta.TransferSyntaxUID)} at "
            f"{dataset.BitsStored} bits, for which there is no decoder under a permissive licence:"
            " decompress it first, for instance with DCMTK's dcmdjpeg"
        )
    _check_frame(jpeg.find_frame(frame), dataset)
    jpeg_sequential.check(frame)
    return _by_pydicom(dataset, "pillow")  # gdcm ends the process at some damaged streams


def _jpeg_ls(frame: bytes, dataset: Dataset) -> np.ndarray:
    _check_frame(jpeg.find_frame(frame), dataset)
    return _by_pydicom(dataset, "gdcm")  # pyjpegls never returns from truncated streams


def _jpeg_2000(frame: bytes, dataset: Dataset) -> np.ndarray:
    _check_frame(jpeg_2000.find_frame(frame), dataset)
    return _by_pydicom(dataset, "pylibjpeg")


def _check_frame(frame: Frame, dataset: Dataset) -> None:
    """Refuse a stream of another image: a decoder would make room for whatever it announces."""
    stated = dataset.Rows, dataset.Columns
    if frame[:2] != stated:
        raise UnreadableImageError(
            f"its stream has {_by(frame[:2])} pixels, its header says {_by(stated)}"
        )
    if frame.components != 1 or frame.precision > dataset.BitsAllocated:
        raise UnreadableImageError(
            f"its stream has {frame.components} components of {frame.precision} bits, its header "
            f"says one of {dataset.BitsAllocated}"
        )


def _by_pydicom(dataset: Dataset, plugin: str = "") -> np.ndarray:
    """Decode with one plugin of pydicom; a second is no remedy where the first refuses."""
    from pydicom.pixels import pixel_array

    try:
        return pixel_array(dataset, decoding_plugin=plugin, correct_unused_bits=False)
    except Exception as error:  # each codec has errors of its own
        syntax = short_name(dataset.file_meta.TransferSyntaxUID)
        raise UnreadableImageError(
            f"its pixels ({syntax}) are truncated or damaged ({type(error).__name__})"
        ) from None


def _by(sides: tuple[int, ...]) -> str:
    return " x ".join(map(str, sides))


_CODECS: dict[str, Callable[[bytes, Dataset], np.ndarray]] = {
    "1.2.840.10008.1.2.5": _rle,
    "1.2.840.10008.1.2.4.50": _jpeg,
    "1.2.840.10008.1.2.4.51": _jpeg,
    "1.2.840.10008.1.2.4.57": _jpeg_lossless,
    "1.2.840.10008.1.2.4.70": _jpeg_lossless,
    "1.2.840.10008.1.2.4.80": _jpeg_ls,
    "1.2.840.10008.1.2.4.81": _jpeg_ls,
    "1.2.840.10008.1.2.4.90": _jpeg_2000,
    "1.2.840.10008.1.2.4.91": _jpeg_2000,
    "1.2.840.10008.1.2.4.201": _jpeg_2000,
    "1.2.840.10008.1.2.4.202": _jpeg_2000,
    "1.2.840.10008.1.2.4.203": _jpeg_2000,
}
"""By transfer syntax: how its one frame is decoded, or refused."""
