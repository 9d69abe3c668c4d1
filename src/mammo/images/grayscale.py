"""DICOM's grayscale pipeline (PS3.4 N.2): stored values to presentation values.

The pipeline is worked out once for each possible stored value, at most 2^16 of them, and the
image is then looked up in that table: exact, fast and small in memory. pydicom's own functions
stop short of presentation values: they do not invert, index a LUT with the floats of an identity
rescale, refuse LUTs of 10 to 15 bits in the modality step and wrap an 8-bit VOI LUT's index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mammo.errors import UnreadableImageError

if TYPE_CHECKING:
    from pydicom import Dataset


def stored_range(dataset: Dataset) -> tuple[int, int]:
    """Smallest and largest stored value that Bits Stored allows (PS3.3 C.7.6.3.1)."""
    bits = int(dataset.BitsStored)
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if _is_signed(dataset) else (0, (1 << bits) - 1)


def with_sign(values: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Read values as Pixel Representation says, in the two's complement of Bits Stored bits."""
    if not _is_signed(dataset):
        return values
    low, high = stored_range(dataset)
    values = values.astype(np.int32)
    values[(values > high) & (values <= high - low)] += 2 * low
    return values


def presentation_table(dataset: Dataset) -> np.ndarray:
    """Presentation value of every stored value from the smallest to the largest possible.

    Of several VOI LUTs or windows the first is applied: the standard leaves the choice to the
    viewer (PS3.3 C.11.2.1), who is shown the first.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Header with Bits Stored, Pixel Representation and Photometric Interpretation.

    Returns
    -------
    numpy.ndarray of float32, shape (2 ** BitsStored,)
        Values in [0, 1], 0 black: VOI applied, MONOCHROME1 inverted after it (C.7.6.3.1.2).

    Raises
    ------
    UnreadableImageError
        If the rescale, window or LUT cannot be applied.
    """
    low, high = stored_range(dataset)
    with np.errstate(over="ignore", invalid="ignore"):  # told below
        values, bounds = _apply_modality(dataset, np.arange(low, high + 1))
        shown = _apply_voi(dataset, values, bounds)
    if not (np.isfinite(values).all() and np.isfinite(shown).all()):
        raise UnreadableImageError("its rescale, window or LUT leads beyond finite numbers")
    if shown.min() == shown.max():
        raise UnreadableImageError("its rescale, window or LUT makes all pixels alike")
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        shown = 1.0 - shown
    return shown.astype(np.float32)


def padding_range(dataset: Dataset) -> tuple[int, int] | None:
    """Stored values that are padding: value to range limit, both included (PS3.3 C.7.5.1.1.2)."""
    value = dataset.get("PixelPaddingValue")
    if value is None or value == "":
        return None
    limit = dataset.get("PixelPaddingRangeLimit")
    limit = value if limit is None or limit == "" else limit
    return min(int(value), int(limit)), max(int(value), int(limit))


def _is_signed(dataset: Dataset) -> bool:
    return int(dataset.get("PixelRepresentation") or 0) == 1


def _apply_modality(dataset: Dataset, stored: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """Modality LUT or rescale (PS3.3 C.11.1), with the range that its output can take."""
    if dataset.get("ModalityLUTSequence"):
        item = dataset.ModalityLUTSequence[0]
        values, _ = _look_up(item, stored, signed=_is_signed(dataset), name="modality LUT")
        return values, (float(values.min()), float(values.max()))
    slope = _first_number(dataset.get("RescaleSlope"), 1.0)
    intercept = _first_number(dataset.get("RescaleIntercept"), 0.0)
    # An identity keeps the integers, so that they can index a VOI LUT.
    values = stored if (slope, intercept) == (1.0, 0.0) else stored * slope + intercept
    return values, (float(values.min()), float(values.max()))


def _apply_voi(dataset: Dataset, values: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
    """VOI LUT, else window, else the whole range (PS3.3 C.11.2), scaled to [0, 1]."""
    luts = dataset.get("VOILUTSequence")
    if luts:
        shown, top = _look_up(luts[0], values, signed=bounds[0] < 0, name="VOI LUT")
        return shown / top
    centers, widths = _numbers(dataset.get("WindowCenter")), _numbers(dataset.get("WindowWidth"))
    if bool(centers) != bool(widths):
        raise UnreadableImageError(
            "its window has a center without a width, or a width without a center"
        )
    if centers:
        function = str(dataset.get("VOILUTFunction") or "LINEAR").strip().upper()
        return _apply_window(values, centers[0], widths[0], function)
    low, high = bounds
    return (values - low) / ((high - low) or 1)


def _apply_window(values: np.ndarray, center: float, width: float, function: str) -> np.ndarray:
    """The three VOI LUT functions of PS3.3 C.11.2.1.2 and C.11.2.1.3, for outputs 0 to 1."""
    smallest = 1.0 if function == "LINEAR" else np.finfo(float).tiny
    if width < smallest:
        raise UnreadableImageError(
            f"its window width {width:g} is too small for the function {function}"
        )
    if function == "LINEAR":
        if width == 1:
            return (values > center - 0.5).astype(float)
        return np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)
    if function == "LINEAR_EXACT":
        return np.clip((values - center) / width + 0.5, 0, 1)
    if function == "SIGMOID":
        # Beyond +-60 the sigmoid is 0 or 1 in float64; the clip keeps exp from overflowing.
        return 1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -60, 60)))
    raise UnreadableImageError("its VOI LUT Function is none of LINEAR, LINEAR_EXACT and SIGMOID")


def _look_up(
    item: Dataset, values: np.ndarray, *, signed: bool, name: str
) -> tuple[np.ndarray, int]:
    """Values through one LUT item (PS3.3 C.11.1.1, C.11.2.1.1), and its largest output."""
    entries, first, bits = (int(number) & 0xFFFF for number in item.LUTDescriptor)
    entries = entries or 1 << 16
    if not 1 <= bits <= 16:
        raise UnreadableImageError(f"its {name} announces entries of {bits} bits")
    if signed and first >= 1 << 15:
        first -= 1 << 16
    data = _lut_data(item.LUTData, entries, bits)
    if data.size < entries:
        raise UnreadableImageError(
            f"its {name} has {data.size} of the {entries} entries it announces"
        )
    index = np.clip(np.rint(values).astype(np.int64) - first, 0, entries - 1)
    # Some files announce fewer bits than their entries use.
    return data[index], max((1 << bits) - 1, int(data.max()))


def _lut_data(data: Any, entries: int, bits: int) -> np.ndarray:
    """LUT Data as integers: US, SS or OW, with 8-bit entries one or two to a word."""
    words = (
        np.frombuffer(data, "u1")
        if isinstance(data, bytes)
        else (np.atleast_1d(np.asarray(data, np.int64)) & 0xFFFF).astype("<u2").view("u1")
    )
    packed = bits <= 8 and words.size < 2 * entries
    return words.astype(np.int64) if packed else words.view("<u2").astype(np.int64)


def _numbers(value: Any) -> list[float]:
    """A decimal string element as floats; empty strings, which real files hold, left out."""
    if value is None or isinstance(value, str | int | float):
        value = [value]
    numbers = [float(number) for number in value if number is not None and str(number).strip()]
    if not np.isfinite(numbers).all():
        raise UnreadableImageError("its rescale or window is not finite")
    return numbers


def _first_number(value: Any, default: float) -> float:
    return next(iter(_numbers(value)), default)
