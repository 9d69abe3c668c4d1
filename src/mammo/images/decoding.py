"""The pixels of a DICOM image: every one of them as it was written, or a refusal."""

from __future__ import annotations

from collections.abc import Callable, Collection
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from mammo.errors import UnreadableImageError
from mammo.images.codecs import rle
from mammo.images.codecs.jpeg import find_frame
from mammo.images.dicom_header import short_name
from mammo.images.elements import Header, title, whole
from mammo.images.stored_values import is_torn

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.uid import UID


def decode(dataset: Dataset) -> np.ndarray:
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
        If the pixel data are not those of the image that the header announces.
    """
    syntax = dataset.file_meta.TransferSyntaxUID
    shape = dataset.Rows, dataset.Columns
    values = _compressed(dataset) if syntax.is_encapsulated else _uncompressed(dataset)
    if values.shape != shape:
        raise UnreadableImageError(
            f"its pixels decode to {_by(values.shape)}, its header says {_by(shape)}"
        )
    if min(shape) >= _SMALLEST:
        _refuse_another_layout(values, has_all_bits=dataset.BitsStored == 16)
    return values


def _refuse_another_layout(values: np.ndarray, *, has_all_bits: bool) -> None:
    """Refuse pixels that fall apart as the header lays them out, and fit in another way.

    Of fewer bits than a word has, those that are not stored tell the order of bytes.
    """
    unevenness = _unevenness(values)
    if _unevenness(values.reshape(values.shape[::-1])) < unevenness / 2:
        raise UnreadableImageError(
            f"its {title('Rows')} and its {title('Columns')} are exchanged: export it again"
        )
    if has_all_bits and _unevenness(values.byteswap()) < unevenness / 2:
        raise UnreadableImageError(
            "its pixels are in the other order of bytes than its "
            f"{title('TransferSyntaxUID')} says: export it again"
        )


def _unevenness(values: np.ndarray) -> float:
    """Return the mean step from a row to the next, of some rows, as a share of the range."""
    upper, lower = (rows.astype(np.int32) for rows in (values[:-1:16], values[1::16]))
    return float(np.abs(upper - lower[: len(upper)]).mean() / max(1, np.ptp(upper)))


def _uncompressed(dataset: Dataset) -> np.ndarray:
    """Decode what belongs to the image; a surplus at the end is none of it."""
    needed = dataset.Rows * dataset.Columns * dataset.BitsAllocated // 8
    if len(dataset.PixelData) > needed + needed % 2:
        dataset["PixelData"].value = dataset.PixelData[: needed + needed % 2]
    return _by_pydicom(dataset)


def _compressed(dataset: Dataset) -> np.ndarray:
    from pydicom.encaps import encapsulate, generate_fragments, parse_basic_offsets

    content = BytesIO(dataset.PixelData)
    parse_basic_offsets(content)  # passed over: all fragments are of the one frame
    frame = b"".join(generate_fragments(content))
    dataset["PixelData"].value = encapsulate([frame])
    syntax = dataset.file_meta.TransferSyntaxUID
    if clause := contradiction(frame, syntax, dataset):
        raise UnreadableImageError(clause)
    return CODECS[syntax](frame, dataset)


def _rle(frame: bytes, dataset: Dataset) -> np.ndarray:
    return rle.decode(frame, (dataset.Rows, dataset.Columns), dataset.BitsAllocated // 8)


def _jpeg_lossless(frame: bytes, dataset: Dataset) -> np.ndarray:
    from mammo.images.codecs.jpeg_scans import decode_lossless  # numba takes a second to import

    return decode_lossless(frame)


def _jpeg(frame: bytes, dataset: Dataset) -> np.ndarray:
    from mammo.images.codecs.jpeg_scans import check_sequential

    check_sequential(frame)
    dataset.BitsAllocated = dataset.BitsStored = 8  # of the stream, whatever the header has
    return _by_pydicom(dataset, "pillow")  # gdcm ends the process at some damaged streams


def _jpeg_ls(frame: bytes, dataset: Dataset) -> np.ndarray:
    dataset.BitsStored = find_frame(frame).precision  # by the header pydicom refuses some
    return _by_pydicom(dataset, "gdcm")  # pyjpegls never returns from truncated streams


def _jpeg_2000(frame: bytes, dataset: Dataset) -> np.ndarray:
    """Decode a stream whose sign may not be the header's.

    Many write two's complement into unsigned streams, which the sign of the header makes right. It
    makes wrong what a wrong header says of values without sign: these fall apart then.
    """
    values = _by_pydicom(dataset, "pylibjpeg")
    found = find_frame(frame)
    if dataset.PixelRepresentation and not found.is_signed and values.min() < 0:
        span = 1 << found.precision
        if is_torn(values, values.astype(np.int32) % span, span):
            raise UnreadableImageError(
                f"its stream holds values without sign, its {title('PixelRepresentation')} says "
                "that they have one: export it again"
            )
    return values


def contradiction(stream: bytes, syntax: UID, header: Header) -> str | None:
    """Return what the head of a compressed stream says of another image than the header does.

    A decoder would make room for whatever a stream announces.

    Parameters
    ----------
    stream : bytes
        At least its head.
    syntax : pydicom.uid.UID
        Of `CODECS`.
    header : mapping

    Raises
    ------
    UnreadableImageError
        If the stream has no head.
    """
    if not stream:
        raise UnreadableImageError("it is truncated: its compressed pixels are empty")
    stated = whole(header, "Rows"), whole(header, "Columns")
    allocated = whole(header, "BitsAllocated") or 0
    frame = find_frame(stream)
    if frame is None and CODECS[syntax] is _rle:
        return _wrong_segments(rle.count_segments(stream), allocated)
    if frame is None or frame.coding != _CODINGS.get(CODECS[syntax]):
        found = f"and its pixels are {frame.coding}" if frame else "which its pixels are not"
        return f"its {title('TransferSyntaxUID')} is {short_name(syntax)}, {found}: export it again"
    if frame[:2] != stated:
        return f"its stream has {_by(frame[:2])} pixels, its header says {_by(stated)}"
    if frame.components != 1 or frame.precision > allocated:
        return (
            f"its stream has {frame.components} components of {frame.precision} bits, its header "
            f"says one of {allocated}"
        )
    if frame.is_signed and whole(header, "PixelRepresentation") == 0:
        return (
            f"its stream holds values with a sign, its {title('PixelRepresentation')} says that "
            "they have none: export it again"
        )
    return None


def _wrong_segments(found: int, allocated: int) -> str | None:
    if found == allocated // 8:
        return None
    return f"it has {found:,} RLE segments, its {title('BitsAllocated')} says {allocated // 8}"


def beyond_decoders(stream: bytes, header: Header) -> str | None:
    """Return which precision a stream has that no decoder under a permissive licence takes."""
    frame = find_frame(stream)
    bits, words = _NOT_DECODED.get(frame.coding if frame else "", ((), ""))
    if frame is None or frame.precision not in bits:
        return None
    return f"{words} ({whole(header, 'BitsStored')} bits, {frame.precision} in its stream)"


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


def _by(sides: tuple[int | None, ...]) -> str:
    return " x ".join(map(str, sides))


CODECS: dict[str, Callable[[bytes, Dataset], np.ndarray]] = {
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

_SMALLEST = 64
"""Rows and columns from which on an image is one that steps between rows say something of."""

_NOT_DECODED: dict[str, tuple[Collection[int], str]] = {
    "JPEG": (range(9, 17), "with more than 8 bits"),
    "JPEG-LS": ((6, 7), "with 6 or 7 bits"),
}
"""By coding: bits of streams that neither Pillow nor gdcm decodes."""

_CODINGS = {
    _jpeg: "JPEG",
    _jpeg_lossless: "JPEG Lossless",
    _jpeg_ls: "JPEG-LS",
    _jpeg_2000: "JPEG 2000",
}
"""By decoder: the coding that it decodes, as frames name it."""
