"""Mammography devices, and how each one stores what it shows.

The habits are those of real files where one was at hand (GE Senographe, Siemens Inspiration),
otherwise plausible ones; they state nothing about a product.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)


@dataclass(frozen=True)
class Device:
    """A device and its way of writing files.

    Parameters
    ----------
    manufacturer, model : str
    photometric : str
        MONOCHROME1 or MONOCHROME2.
    bits : int
        Bits stored.
    syntax : str
        Transfer syntax UID.
    character_set : str
        Specific Character Set.
    window : tuple of float, optional
        Centre and width.
    function : str
        VOI LUT function of the window.
    add_habits : callable
        Adds what else its files hold.
    """

    manufacturer: str
    model: str
    photometric: str
    bits: int
    syntax: str
    character_set: str
    window: tuple[float, float] | None = None
    function: str = "LINEAR"
    add_habits: Callable[[Dataset], None] = lambda ds: None

    def store(self, presentation: np.ndarray) -> np.ndarray:
        """Return the stored values, uint16, that this device's VOI shows as given, air 0."""
        shown = 1 - presentation if self.photometric == "MONOCHROME1" else presentation
        top = (1 << self.bits) - 1
        if self.window is None:
            return np.rint(shown * top).astype(np.uint16)
        centre, width = self.window
        if self.function == "SIGMOID":
            safe = np.clip(shown, 1e-4, 1 - 1e-4)
            stored = np.where(shown > 0, centre + width / 4 * np.log(safe / (1 - safe)), 0)
        else:
            stored = centre - 0.5 + (shown - 0.5) * (width - 1)
        return np.rint(np.clip(stored, 0, top)).astype(np.uint16)

    def describe(self, ds: Dataset) -> None:
        """Add who made the image, and how it is to be shown."""
        ds.SpecificCharacterSet = self.character_set
        ds.Manufacturer, ds.ManufacturerModelName = self.manufacturer, self.model
        ds.PhotometricInterpretation = self.photometric
        ds.PresentationLUTShape = "INVERSE" if self.photometric == "MONOCHROME1" else "IDENTITY"
        if self.window is not None:
            ds.WindowCenter, ds.WindowWidth = self.window
        if self.function != "LINEAR":
            ds.VOILUTFunction = self.function
        self.add_habits(ds)


def _three_looks(ds: Dataset) -> None:
    """GE: three windows, the same as tables, and padding for the air."""
    ds.WindowCenter, ds.WindowWidth = [2653, 2713, 2569], [900, 750, 1050]
    ds.WindowCenterWidthExplanation = ["NORMAL", "HARDER", "SOFTER"]
    ds.PixelPaddingValue, ds.PixelPaddingRangeLimit = 0, 30
    ds.VOILUTSequence = [
        _lut(look, float(centre), float(width))
        for look, centre, width in zip(
            ds.WindowCenterWidthExplanation, ds.WindowCenter, ds.WindowWidth, strict=True
        )
    ]
    block = ds.private_block(0x0045, "GEMS_SENO_02", create=True)
    block.add_new(0x1B, "CS", f"{ds.get('ImageLaterality', '')}{ds.get('ViewPosition', '')}")


def _lut(look: str, centre: float, width: float) -> Dataset:
    item = Dataset()
    values = np.rint(4095 / (1 + np.exp(-4 * (np.arange(4096) - centre) / width)))
    item.add_new("LUTDescriptor", "US", [4096, 0, 12])
    item.LUTExplanation = look
    item.add_new("LUTData", "OW", values.astype("<u2").tobytes())
    return item


def _view_in_codes_only(ds: Dataset) -> None:
    ds.pop("ViewPosition", None)


_LATIN, _UTF8 = "ISO_IR 100", "ISO_IR 192"
DEVICES = (
    Device(
        "GE MEDICAL SYSTEMS", "Senographe Essential VERSION ADS_54.10", "MONOCHROME2", 12,
        JPEGLosslessSV1, _LATIN, (2653, 900), "SIGMOID", _three_looks,
    ),
    Device(
        "FUJIFILM Corporation", "AMULET Innovality", "MONOCHROME1", 14,
        JPEGLosslessSV1, _UTF8, (8192, 16384),
    ),
    Device(
        "HOLOGIC, Inc.", "Selenia Dimensions", "MONOCHROME2", 12,
        JPEG2000Lossless, _LATIN, (2047, 4000),
    ),
    Device(
        "SIEMENS", "Mammomat Novation DR", "MONOCHROME1", 12,
        JPEGLSLossless, _LATIN, (2048, 4096),
    ),
    Device("Sectra Imtec AB", "L30", "MONOCHROME2", 12, RLELossless, _UTF8, (2048, 3000)),
    Device(
        "PLANMED", "Nuance Excel", "MONOCHROME2", 14,
        ImplicitVRLittleEndian, _UTF8, None, "LINEAR", _view_in_codes_only,
    ),
    Device(
        "LORAD", "Lorad Selenia", "MONOCHROME2", 14,
        ExplicitVRLittleEndian, _LATIN, (8000, 4800), "SIGMOID",
    ),
    Device(
        "SIEMENS", "Mammomat Inspiration", "MONOCHROME2", 12,
        JPEGLosslessSV1, _UTF8, (2048, 4096),
    ),
)  # fmt: skip
