"""Mammograms in PGM, PNG, TIFF and JPEG files."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from mammo.errors import UnreadableImageError
from mammo.files import containers
from mammo.files.opening import naming_faults
from mammo.images.codecs import png
from mammo.images.image import MAX_BYTES, MAX_PIXELS, Image

if TYPE_CHECKING:
    import PIL.Image

SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".pgm")
_NUMBER = rb"(?:\s|#[^\n]*\n)+(\d{1,9})"
_PGM_HEADER = re.compile(rb"P5" + 3 * _NUMBER + rb"\s")
_MOST_HEADER_BYTES = 2**16
# TIFF 6.0, sections 3, 4 and 8
_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0
_BITS, _COMPRESSION, _NOT_COMPRESSED, _STRIP_BYTES = 258, 259, 1, 279


def read_raster(path: Path) -> Image:
    """Read a greyscale PGM (P5), PNG, TIFF or JPEG file of 8 or 16 bits.

    Values are divided by the largest that the type can hold (for PGM the maximum that its header
    states): no file says how many of its 16 bits are used. A 12-bit image saved in 16 bits comes
    out dark, in [0, 1/16]; the percentile normalisation of the preprocessing makes that good, and
    guessing from the brightest pixel would make the grey of one film depend on its own content.

    Pillow decodes all but PGM; what it does not notice is looked for first: pixels that are
    missing, or damaged where the format has checksums.

    Returns
    -------
    Image
        Without laterality, view and pixel spacing, which these formats do not hold.

    Raises
    ------
    UnreadableImageError
        If the file is truncated, damaged, in colour, floating point, of several pages, or larger
        than 80 million pixels; a clause.
    """
    content = _content(path)
    values, top = (_read_pgm if content.startswith(b"P5") else _read_by_pillow)(content)
    pixels = values.astype(np.float32) / np.float32(top)
    return Image(pixels=pixels, bits_stored=top.bit_length())


def _content(path: Path) -> bytes:
    size = containers.size(path)
    if size > MAX_BYTES:
        raise UnreadableImageError(f"it has {size:,} bytes, more than the limit of {MAX_BYTES:,}")
    with containers.open_binary(path) as file:
        return file.read()


def _read_pgm(content: bytes) -> tuple[np.ndarray, int]:
    """Return grey levels, shape (rows, columns), and the maximum that the header states."""
    header = _PGM_HEADER.match(content, 0, _MOST_HEADER_BYTES)
    columns, rows, top = map(int, header.groups()) if header else (0, 0, 0)
    if not (rows and columns and 0 < top < 1 << 16):
        raise UnreadableImageError("its PGM header is damaged")
    _check_size(rows, columns)
    pixels = content[header.end() :]
    kind = np.dtype(">u2" if top > 255 else "u1")
    needed = rows * columns * kind.itemsize
    if len(pixels) != needed:
        raise UnreadableImageError(
            f"it is truncated or damaged: its pixels have {len(pixels):,} bytes, where "
            f"{rows} x {columns} have {needed:,}"
        )
    values = np.frombuffer(pixels, kind).reshape(rows, columns)
    if values.max() > top:
        raise UnreadableImageError(f"its pixels exceed the maximum of {top} that it states")
    return values, top


def _read_by_pillow(content: bytes) -> tuple[np.ndarray, int]:
    """Return grey levels, shape (rows, columns), and the largest that the type can hold."""
    from PIL import Image as Pillow

    try:
        with Pillow.open(io.BytesIO(content), formats=("PNG", "TIFF", "JPEG")) as picture:
            _check_size(picture.height, picture.width)
            if getattr(picture, "n_frames", 1) > 1:
                raise UnreadableImageError(f"it holds {picture.n_frames} pages, not one")
            _check_whole(content, picture)
            return _grey_values(picture)
    except Pillow.DecompressionBombError:
        raise UnreadableImageError(f"its pixels exceed the limit of {MAX_PIXELS:,}") from None
    except OSError:  # of Pillow's decoders, since nothing is read from a disk here
        raise UnreadableImageError("it is truncated or damaged") from None


def _check_size(rows: int, columns: int) -> None:
    if rows * columns > MAX_PIXELS:
        raise UnreadableImageError(
            f"its {rows} x {columns} pixels exceed the limit of {MAX_PIXELS:,}"
        )


def _check_whole(content: bytes, picture: PIL.Image.Image) -> None:
    """See that no part of the image is missing where Pillow would not notice."""
    if picture.format == "PNG":
        png.check(content)
    elif picture.format == "JPEG":
        from mammo.images.codecs.jpeg_scans import check_sequential

        check_sequential(content)
    else:
        _check_strips(picture)


def _check_strips(picture: PIL.Image.Image) -> None:
    """See that a TIFF's uncompressed strips have the bytes of the image."""
    tags = picture.tag_v2
    if tags.get(_COMPRESSION, _NOT_COMPRESSED) != _NOT_COMPRESSED or _STRIP_BYTES not in tags:
        return
    found = sum(tags[_STRIP_BYTES])
    bits = sum(tags.get(_BITS, (1,)))
    needed = picture.height * -(-picture.width * bits // 8)
    if found != needed:
        raise UnreadableImageError(
            f"its strips have {found:,} bytes, where {picture.height} x {picture.width} pixels "
            f"have {needed:,}"
        )


def _grey_values(picture: PIL.Image.Image) -> tuple[np.ndarray, int]:
    from PIL import ImageOps

    picture.load()
    ImageOps.exif_transpose(picture, in_place=True)  # as viewers show it
    bits = _bits(picture)
    if bits is None:
        raise UnreadableImageError(f"its pixel type ({picture.mode}) is not 8- or 16-bit grey")
    if bits == 16:
        values = np.asarray(picture)
        # Pillow inverts white-is-zero TIFFs of 8 bits, but not those of 16.
        if getattr(picture, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
            values = 65535 - values.astype(np.int32)
        return values, 65535
    if picture.mode not in _COLOURED:
        return np.asarray(picture.convert("L")), 255
    red, green, blue = np.moveaxis(np.asarray(picture.convert("RGB")), -1, 0)
    if np.array_equal(red, green) and np.array_equal(red, blue):
        return red, 255
    raise UnreadableImageError("it is in colour: export it in grey")


def _bits(picture: PIL.Image.Image) -> int | None:
    """Return the bits of a pixel's grey; None where it has none of 8 or 16 bits, or fewer."""
    # A TIFF of mode "I" has 32 bits or signed values; a PNG or PGM of this mode has 16 bits.
    if picture.mode.startswith("I"):
        return None if (picture.format, picture.mode) == ("TIFF", "I") else 16
    return 1 if picture.mode == "1" else 8 if picture.mode in ("L", "LA", *_COLOURED) else None


_COLOURED = ("P", "RGB", "RGBA")
"""Modes of Pillow that may hold colours, and often hold grey."""


def raster_facts(file: BinaryIO) -> dict[str, object]:
    """Return what the header of an open PNG, TIFF, JPEG or PGM file says.

    Returns
    -------
    dict
        ``rows``, ``columns``, ``pages``, and ``bits_stored``: None where the pixels are no grey
        values of up to 16 bits.

    Raises
    ------
    UnreadableImageError
        One sentence without the path, so that equal faults read equal.
    """
    from PIL import Image as Pillow

    formats = ("PPM", "PNG", "TIFF", "JPEG")
    with naming_faults("the image header"), Pillow.open(file, formats=formats) as picture:
        return {
            "rows": picture.height,
            "columns": picture.width,
            "bits_stored": _bits(picture),
            "pages": getattr(picture, "n_frames", 1),
        }
