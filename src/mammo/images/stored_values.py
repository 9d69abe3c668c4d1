"""Which of a decoded value's bits are the image's, what sign they have, and which are padding."""

import math

import numpy as np

from mammo.errors import UnreadableImageError
from mammo.images.elements import Header, numbers, title, whole

TAGS = ("PixelPaddingValue", "PixelPaddingRangeLimit")
"""Keywords of the elements that say what is padding."""


def is_signed(header: Header) -> bool:
    """Whether Pixel Representation gives stored values a sign."""
    return whole(header, "PixelRepresentation") == 1


def stored_range(header: Header) -> tuple[int, int]:
    """Smallest and largest stored value that Bits Stored allows (PS3.3 C.7.6.3.1)."""
    return _range_of(header, "BitsStored")


def _range_of(header: Header, keyword: str) -> tuple[int, int]:
    bits = whole(header, keyword)
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if is_signed(header) else (0, (1 << bits) - 1)


def stored_values(decoded: np.ndarray, header: Header) -> tuple[np.ndarray, np.ndarray | None]:
    """Return stored values as Bits Stored and Pixel Representation say, and where padding is.

    Nothing is known of the bits above Bits Stored (PS3.5 section 8.1.1): they may hold an overlay,
    or the sign, or be left from anything. Padding may use them all the same (C.7.5.1.1.2), so that
    it is looked for before they are cleared.

    Parameters
    ----------
    decoded : numpy.ndarray of integers, shape (rows, columns)
    header : pydicom.Dataset or mapping
        Judged fit by `mammo.images.fitness`.

    Returns
    -------
    stored : numpy.ndarray of integers, shape (rows, columns)
        Padding may be beyond the range.
    padding : numpy.ndarray of bool, shape (rows, columns), or None
        None where the header states none.

    Raises
    ------
    UnreadableImageError
        If values use more bits than are stated, and are torn apart without these; if they have a
        sign that is not stated; or if High Bit is not that of the bits that are stored, and the
        values do not say where these are.
    """
    values = _shifted(_within(decoded, header, "BitsAllocated"), header)
    _refuse_another_sign(values, header)
    stored = _within(values, header, "BitsStored")
    padding = _padding(values, stored, header)
    if stored is values:
        return stored, padding
    if padding is not None:
        values, stored = (np.where(padding, 0, found) for found in (values, stored))
    if not _is_image(stored, values, header):
        raise UnreadableImageError(
            f"its pixels exceed the {header.get('BitsStored')} bits that its {title('BitsStored')} "
            f"states, or have another sign than its {title('PixelRepresentation')}"
        )
    return stored, padding


def _within(values: np.ndarray, header: Header, keyword: str) -> np.ndarray:
    """Return values in two's complement of some bits; the array itself if they have no more."""
    low, high = _range_of(header, keyword)
    if low <= values.min() and values.max() <= high:
        return values
    return (values.astype(np.int32) - low) % (high - low + 1) + low


def _shifted(values: np.ndarray, header: Header) -> np.ndarray:
    """Return values with the stored bits at the lower end of each word.

    High Bit has to say so (PS3.5 section 8.1.1). Some files state it wrongly, and older editions
    had images at the upper end: which of the two holds, the values tell where they use bits that
    only one of them has.
    """
    high, stored = whole(header, "HighBit"), whole(header, "BitsStored")
    if high in (None, stored - 1):
        return values
    shift = high + 1 - stored
    low, top = stored_range(header)
    are_lower = low <= values.min() and values.max() <= top
    are_upper = not (values & ((1 << shift) - 1)).any() and values.max() >> shift <= top
    if are_lower == are_upper or (are_upper and padding_ranges(header)):
        raise UnreadableImageError(wrong_high_bit(header))
    return values if are_lower else values >> shift


def _refuse_another_sign(values: np.ndarray, header: Header) -> None:
    """Refuse two's complement that is said to have no sign: it lies at both ends of its range."""
    top = int(values.max())
    bits = whole(header, "BitsStored" if top <= stored_range(header)[1] else "BitsAllocated")
    quarter = 1 << bits >> 2
    if is_signed(header) or top < 3 * quarter:
        return
    counts = np.bincount(values.ravel())
    lower, middle, upper = np.split(counts, [quarter, 3 * quarter])
    if not middle.any() and min(map(np.count_nonzero, (lower, upper))) >= _SEVERAL:
        raise UnreadableImageError(
            f"its pixels have a sign, its {title('PixelRepresentation')} says that they have none: "
            "export it again"
        )


_SEVERAL = 16
"""Values on either side that air and digits alone do not have."""


def wrong_high_bit(header: Header) -> str:
    """Say what High Bit is, and what it has to be."""
    high, stored = whole(header, "HighBit"), whole(header, "BitsStored")
    return f"its {title('HighBit')} is {high}, where {stored} stored bits have {stored - 1}"


def _padding(values: np.ndarray, stored: np.ndarray, header: Header) -> np.ndarray | None:
    """Find padding among stored values, or where it uses bits that are not stored, among all."""
    limits = padding_ranges(header)
    if not limits:
        return None
    low, high = stored_range(header)
    is_stored = all(low <= limit <= high for pair in limits for limit in pair)
    searched = stored if is_stored else values
    found = np.zeros(values.shape, bool)
    for first, last in limits:
        found |= (searched >= first) & (searched <= last)
    return found


def padding_ranges(header: Header) -> list[tuple[int, int]]:
    """Stored values that are padding: value to range limit, both included (PS3.3 C.7.5.1.1.2).

    Either may be written with the other sign: they are taken modulo Bits Allocated. Of several
    values, where the standard has one, each is padding.
    """
    values, ends = (
        [int(one) for one in numbers(header.get(keyword)) if math.isfinite(one)] for keyword in TAGS
    )
    low, high = _range_of(header, "BitsAllocated")
    values, ends = ([(one - low) % (high - low + 1) + low for one in of] for of in (values, ends))
    ends = [*ends[:1], *values[len(ends[:1]) :]]
    return [(min(pair), max(pair)) for pair in zip(values, ends, strict=False)]


def _is_image(stored: np.ndarray, values: np.ndarray, header: Header) -> bool:
    """Whether an image is left when the bits that are not stored are cleared.

    They hold something else where it is no rougher without them. A sign needs no more proof: it is
    in the bits that are stored.
    """
    low, high = stored_range(header)
    if is_torn(stored, values, high - low + 1):
        return False
    is_sign = values.min() >= low and values.max() <= high - low
    return is_sign or roughness(stored) < _ROUGHEST * (high - low) * stored.size


_NEAR, _FEW = 1 / 16, 0.05
_ROUGHEST = 0.15
"""Share of the range a pixel, of noise: a third of the range to each neighbour."""


def is_torn(values: np.ndarray, otherwise: np.ndarray, span: int) -> bool:
    """Whether neighbours lie a whole range apart that lie together in another reading.

    The edge of a breast is far in both, so that it says nothing.

    Parameters
    ----------
    values, otherwise : numpy.ndarray of integers, shape (rows, columns)
    span : int
        By which the readings differ, or a multiple of it.
    """
    torn = mended = 0
    for axis in (0, 1):
        here, there = (_steps(found, axis) for found in (values, otherwise))
        near, far = _NEAR * span, (1 - _NEAR) * span
        torn += np.count_nonzero((here >= far) & (there <= near))
        mended += np.count_nonzero((there >= far) & (here <= near))
    return torn > _FEW * (torn + mended)


def roughness(values: np.ndarray) -> int:
    """Sum of the differences between neighbours."""
    return sum(int(_steps(values, axis).sum(dtype=np.int64)) for axis in (0, 1))


def _steps(values: np.ndarray, axis: int) -> np.ndarray:
    return np.abs(np.diff(values.astype(np.int32, copy=False), axis=axis))
