"""DICOM's grayscale pipeline (PS3.4 N.2): stored values to presentation values.

The pipeline is worked out once for each possible stored value, at most 2^16 of them, and the
image is then looked up in that table: exact, fast and small in memory. pydicom's own functions
stop short of presentation values: they do not invert, index a LUT with the floats of an identity
rescale, refuse LUTs of 10 to 15 bits in the modality step and wrap an 8-bit VOI LUT's index.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mammo.errors import UnreadableImageError
from mammo.images.dicom_header import items
from mammo.images.elements import Header, number, numbers, several, term, title
from mammo.images.stored_values import is_signed, stored_range

if TYPE_CHECKING:
    from pydicom import Dataset

TAGS = (
    *("ModalityLUTSequence", "RescaleSlope", "RescaleIntercept"),
    *("VOILUTSequence", "WindowCenter", "WindowWidth", "VOILUTFunction"),
)
"""Keywords of the elements that grey values depend on, beside those of the image."""

_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


def presentation_table(header: Header) -> np.ndarray:
    """Presentation value of every stored value from the smallest to the largest possible.

    Of several VOI LUTs or windows the first that can be applied is: the standard leaves the choice
    to the viewer (PS3.3 C.11.2.1), who is shown the first.

    Parameters
    ----------
    header : pydicom.Dataset or mapping
        Has Bits Stored, Pixel Representation and Photometric Interpretation.

    Returns
    -------
    numpy.ndarray of float32, shape (2 ** BitsStored,)
        Values in [0, 1], 0 black: VOI applied, MONOCHROME1 inverted after it (C.7.6.3.1.2).

    Raises
    ------
    UnreadableImageError
        If the rescale, window or LUT cannot be applied: a clause that names the element.
    """
    low, high = stored_range(header)
    with np.errstate(over="ignore", invalid="ignore"):  # told below
        values, bounds = _apply_modality(header, np.arange(low, high + 1))
        shown = _apply_voi(header, values, bounds)
    if not (np.isfinite(values).all() and np.isfinite(shown).all()):
        raise UnreadableImageError("its rescale, window or LUT leads beyond finite numbers")
    if shown.min() == shown.max():
        raise UnreadableImageError(
            f"its rescale, window or LUT makes all pixels alike{_zero_slope(header)}"
        )
    if term(header.get("PhotometricInterpretation")) == "MONOCHROME1":
        shown = 1.0 - shown
    return shown.astype(np.float32)


def _zero_slope(header: Header) -> str:
    return f": {title('RescaleSlope')} is 0" if number(header, "RescaleSlope", 1) == 0 else ""


def _apply_modality(header: Header, stored: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """Modality LUT or rescale (PS3.3 C.11.1), with the range that its output can take."""
    if item := _first_lut(header, "ModalityLUTSequence"):
        values, _ = _look_up(item, stored, signed=is_signed(header), keyword="ModalityLUTSequence")
        return values, (float(values.min()), float(values.max()))
    slope, intercept = number(header, "RescaleSlope", 1), number(header, "RescaleIntercept", 0)
    # An identity keeps the integers, so that they can index a VOI LUT.
    values = stored if (slope, intercept) == (1, 0) else stored * slope + intercept
    return values, (float(values.min()), float(values.max()))


def _apply_voi(header: Header, values: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
    """VOI LUT, else window, else the whole range (PS3.3 C.11.2), scaled to [0, 1]."""
    if item := _first_lut(header, "VOILUTSequence"):
        shown, top = _look_up(item, values, signed=bounds[0] < 0, keyword="VOILUTSequence")
        return shown / top
    if (window := _first_window(header)) is not None:
        return _apply_window(values, *window)
    low, high = bounds
    return (values - low) / ((high - low) or 1)


def _first_lut(header: Header, keyword: str) -> Dataset | None:
    """Return the first item of a sequence that holds a LUT; empty items are passed over."""
    stated = header.get(keyword)
    if isinstance(stated, str | bytes) and stated:
        raise UnreadableImageError(f"its {title(keyword)} is no sequence")
    luts = (item for item in items(header, keyword) if "LUTDescriptor" in item or "LUTData" in item)
    return next(luts, None)


def _first_window(header: Header) -> tuple[float, float, str] | None:
    """Return center, width and function of the first window that can be applied, or None.

    Raises
    ------
    UnreadableImageError
        If windows are stated and none can be; one half of an empty element is none stated.
    """
    centers, widths = (numbers(header.get(keyword)) for keyword in ("WindowCenter", "WindowWidth"))
    stated = [_is_stated(header, keyword) for keyword in ("WindowCenter", "WindowWidth")]
    if not any(stated):
        return None
    if not all(stated):
        raise UnreadableImageError(
            "its window has a center without a width, or a width without a center: "
            f"{title('WindowCenter')}, {title('WindowWidth')}"
        )
    function = term(header.get("VOILUTFunction")) or "LINEAR"
    if function not in _FUNCTIONS:
        raise UnreadableImageError(
            "its VOI LUT Function is none of LINEAR, LINEAR_EXACT and SIGMOID: "
            f"{title('VOILUTFunction')}"
        )
    smallest = 1.0 if function == "LINEAR" else np.finfo(float).tiny
    pairs = [pair for pair in zip(centers, widths, strict=False) if all(map(math.isfinite, pair))]
    for center, width in pairs:
        if width >= smallest:
            return center, width, function
    if not pairs:
        raise UnreadableImageError(
            f"its {title('WindowCenter')} and {title('WindowWidth')} have no two finite numbers "
            "in the same place"
        )
    raise UnreadableImageError(
        f"its window width {pairs[0][1]:g} is too small for the function {function}: "
        f"{title('WindowWidth')}"
    )


def _is_stated(header: Header, keyword: str) -> bool:
    values = several(header.get(keyword))
    return any(value is not None and str(value).strip(" \0") for value in values)


def _apply_window(values: np.ndarray, center: float, width: float, function: str) -> np.ndarray:
    """The three VOI LUT functions of PS3.3 C.11.2.1.2 and C.11.2.1.3, for outputs 0 to 1."""
    if function == "LINEAR":
        if width == 1:
            return (values > center - 0.5).astype(float)
        return np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)
    if function == "LINEAR_EXACT":
        return np.clip((values - center) / width + 0.5, 0, 1)
    # Beyond +-60 the sigmoid is 0 or 1 in float64; the clip keeps exp from overflowing.
    return 1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -60, 60)))


def _look_up(
    item: Dataset, values: np.ndarray, *, signed: bool, keyword: str
) -> tuple[np.ndarray, int]:
    """Values through one LUT item (PS3.3 C.11.1.1, C.11.2.1.1), and its largest output."""
    descriptor = numbers(item.get("LUTDescriptor"))
    if len(descriptor) != 3 or not all(map(float.is_integer, descriptor)):
        raise UnreadableImageError(f"its LUT has no descriptor of three numbers: {title(keyword)}")
    entries, first, bits = (int(one) & 0xFFFF for one in descriptor)
    entries = entries or 1 << 16
    if not 1 <= bits <= 16:
        raise UnreadableImageError(f"its LUT announces entries of {bits} bits: {title(keyword)}")
    if signed and first >= 1 << 15:
        first -= 1 << 16
    data = _lut_data(item.get("LUTData") or b"", entries, bits)
    if data.size < entries:
        raise UnreadableImageError(
            f"its LUT has {data.size} of the {entries} entries it announces: {title(keyword)}"
        )
    index = np.clip(np.rint(values).astype(np.int64) - first, 0, entries - 1)
    # Some files announce fewer bits than their entries use.
    return data[index], max((1 << bits) - 1, int(data.max()))


def _lut_data(data: Any, entries: int, bits: int) -> np.ndarray:
    """LUT Data as integers: US, SS or OW, with 8-bit entries one or two to a word."""
    if isinstance(data, bytes):
        data = data[: len(data) // 2 * 2]
    words = (
        np.frombuffer(data, "u1")
        if isinstance(data, bytes)
        else (np.atleast_1d(np.asarray(data, np.int64)) & 0xFFFF).astype("<u2").view("u1")
    )
    packed = bits <= 8 and words.size < 2 * entries
    return words.astype(np.int64) if packed else words.view("<u2").astype(np.int64)
