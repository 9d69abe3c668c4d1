"""DICOM files: headers that are cut, damaged, incomplete, at odds with themselves or absurd."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from mammo.images.image import Image

from .case import SECRET, Case, Expectation, Kind
from .mammograms import changed, check, elements, plain, put, read, same, stored
from .mutations import around, flipped, foreign, spread, truncated

_SHORT_VRS = ("US", "SS", "UL", "FD", "DS", "IS", "LO", "PN", "AT", "UI", "CS")


MISSING: dict[str, Expectation] = {
    "SOPClassUID": "same",
    "PhotometricInterpretation": "refused",
    "Rows": "refused",
    "Columns": "refused",
    "BitsAllocated": "refused",
    "BitsStored": "refused",
    "PixelRepresentation": "refused",
    "PixelData": "refused",
    "WindowCenter": "refused",
    "WindowWidth": "refused",
    "VOILUTFunction": "same",
    "ViewPosition": "same",
    "ViewCodeSequence": "same",
    "PatientName": "same",
    "PatientID": "same",
    "PatientComments": "same",
    "StudyDate": "same",
    "Manufacturer": "same",
    "Modality": "same",
    "SOPInstanceUID": "same",
    "SpecificCharacterSet": "same",
    "PresentationIntentType": "same",
    "SamplesPerPixel": "any",
    "HighBit": "same",
    "ImageLaterality": "changed",
    "ImagerPixelSpacing": "changed",
}
"""What becomes of the mammogram without an element."""


def inverted(image: Image) -> Image:
    return replace(image, pixels=1 - image.pixels)


def without(image: Image, name: str) -> Image:
    return replace(image, **{name: None})


def scaled(image: Image, scale: float, shift: float) -> Image:
    """The mammogram in the window (2000, 5000) after a rescale."""
    return replace(image, pixels=window(stored() * float(scale) + shift))


def window(values: np.ndarray, center: float = 2000, width: float = 5000) -> np.ndarray:
    shown = np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)
    return shown.astype(np.float32)


def windowed(image: Image, center: float, width: float) -> Image:
    return replace(image, pixels=window(stored(), center, width))


def padded(image: Image, low: int, high: int) -> Image:
    padding = (stored() >= low) & (stored() <= high)
    return replace(image, pixels=np.where(padding, 0, image.pixels), padding=padding)


ABSURD = (
    b"nan",
    b"inf",
    b"-inf",
    b"1e999",
    b"1e308",
    b"-1",
    b"0",
    b"",
    b"\\",
    b"x",
    b"\0",
    b"1\\2\\3",
)
_REFUSED: dict[str, tuple[bytes | object, ...]] = {
    "Rows": (0, 1, 39, 41, 80, 4000, 65535, b"\1\2\3\4"),
    "Columns": (0, 1, 35, 37, 72, 4000, 65535, b"\1\2\3\4"),
    "BitsAllocated": (0, 1, 8, 12, 32, 64, 65535, b"\x10\0\x10\0"),
    "BitsStored": (0, 8, 17, 32, 65535, b"\x0c\0\x0c\0"),
    "HighBit": (0, 7, 65535),
    "SamplesPerPixel": (0, 3, 65535),
    "PixelRepresentation": (2, 65535),
    "NumberOfFrames": (2, 2**31 - 1, -1, b"x", b"1.5", b"1\\1", b"9" * 5000),
    "PhotometricInterpretation": (
        "RGB", "PALETTE COLOR", "YBR_FULL", "MONOCHROME3", "MONOCHROME", "MONOCHROME12", SECRET,
        b"\xff\xfe", b"MONOCHROME2\\RGB", b"",
    ),
    "Modality": ("CT", "MR", "US", SECRET, b"MG\\CT"),
    "PresentationIntentType": ("FOR PROCESSING", b"for processing "),
    "SOPClassUID": (
        uid.DigitalMammographyXRayImageStorageForProcessing, uid.BreastTomosynthesisImageStorage,
    ),
    "WindowWidth": (b"nan", b"inf", b"-inf", b"1e999", b"-1", b"0", b"", b"x", b"0.5"),
    "WindowCenter": (b"nan", b"inf", b"-inf", b"1e999", b"1e308", b"", b"x", -9000, 90000),
    "RescaleSlope": (b"nan", b"inf", b"1e999", b"0", b"x", b"1e308", b"-1e308"),
    "RescaleIntercept": (b"nan", b"-inf", b"1e999", b"x", b"1e308"),
    "VOILUTFunction": ("CUBIC", SECRET, b"LINEAR\\SIGMOID"),
}  # fmt: skip
_ANY: dict[str, tuple[bytes | object, ...]] = {
    "WindowWidth": (b"1e308", b"1\\2\\3", b"\\"),
    "RescaleSlope": (b"", b"\\"),
    "PixelPaddingValue": (b"", b"\1\2\3\4", b"xy"),
    "PatientName": (b"\xff\xfe\x00\n\x1b[2J", b"^" * 9999, b"=" * 500),
    "SpecificCharacterSet": (b"ISO_IR 999", b"\\ISO 2022 IR 87", SECRET, b"\xff"),
    "StudyDate": (b"99999999", b"today", b"-1"),
    "ImagerPixelSpacing": ABSURD,
    "ViewPosition": ABSURD,
    "ImageLaterality": ABSURD,
}


def _values() -> Iterator[tuple[str, object, Expectation, Callable[[Image], Image] | None]]:
    """Yield keyword, value, what is expected and, of a change that is read, what it makes."""
    for keyword, values in _REFUSED.items():
        yield from ((keyword, value, "refused", None) for value in values)
    for keyword, values in _ANY.items():
        yield from ((keyword, value, "any", None) for value in values)
    for absurd in (b"nan", b"inf", b"1e999", b"-1", b"0"):
        spacing = partial(without, name="pixel_spacing_mm")
        yield "ImagerPixelSpacing", absurd + b"\\" + absurd, "changed", spacing
    for position in (SECRET, f"<script>{SECRET}</script>", "=1+1", "MLO CC"):
        yield "ViewPosition", position, "changed", partial(without, name="view")
    for side in ("B", "U", SECRET):
        yield "ImageLaterality", side, "changed", partial(without, name="laterality")
    yield "PhotometricInterpretation", "MONOCHROME1", "changed", inverted
    yield "PixelRepresentation", 1, "changed", None
    for bits in (11, 13, 16):
        yield "BitsStored", bits, "refused", None  # at odds with the high bit
    for slope, intercept in ((2, 0), (0.5, 0), (-1, 4095)):
        yield "RescaleSlope", slope, "changed", partial(scaled, scale=slope, shift=0)
        yield (
            "RescaleIntercept",
            intercept + 7,
            "changed",
            partial(scaled, scale=1, shift=intercept + 7),
        )
    for center, width in ((2000, 1000), (2000, 4095)):
        yield "WindowWidth", width, "changed", partial(windowed, center=center, width=width)
    yield "WindowWidth", 1, "changed", None
    yield "WindowCenter", 100, "changed", partial(windowed, center=100, width=5000)
    yield "VOILUTFunction", "SIGMOID", "changed", None
    yield "VOILUTFunction", "LINEAR_EXACT", "changed", None
    for value in (0, 17, 4095):
        yield "PixelPaddingValue", value, "changed", partial(padded, low=value, high=value)
    yield "HighBit", 15, "same", None  # the bits that are set tell where the image is
    yield "NumberOfFrames", 0, "same", None
    yield "NumberOfFrames", b"", "same", None


def _value_cases() -> Iterator[Case]:
    for number, (keyword, value, expectation, becomes) in enumerate(_values()):
        content = changed(lambda ds, k=keyword, v=value: put(ds, k, v))
        shown = value if not isinstance(value, bytes | str) or len(value) < 30 else value[:30]
        yield Case(f"{keyword} is {shown!r} ({number})", plain(), content, expectation, becomes)


def _several_at_once() -> Iterator[Case]:
    together: dict[str, tuple[Expectation, dict[str, object]]] = {
        "100 megapixels": ("refused", {"Rows": 10000, "Columns": 10000}),
        "4 gigapixels": ("refused", {"Rows": 65535, "Columns": 65535}),
        "80 megapixels that are not there": ("refused", {"Rows": 8000, "Columns": 10000}),
        "11 of 12 bits": ("refused", {"BitsStored": 11, "HighBit": 10}),
        "8 of 12 bits": ("refused", {"BitsStored": 8, "HighBit": 7}),
        "13 bits": ("changed", {"BitsStored": 13, "HighBit": 12}),
        "bytes in the place of words": (
            "refused", {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7},
        ),
        "bytes, twice as many": (
            "changed", {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "Columns": 72},
        ),
        "padding from 0 to 50": (
            "changed", {"PixelPaddingValue": 0, "PixelPaddingRangeLimit": 50},
        ),
        "two windows, one width": ("any", {"WindowCenter": [2000, 40], "WindowWidth": 5000}),
        "no window at all": ("changed", {"WindowCenter": b"", "WindowWidth": b""}),
        "two sides": ("any", {"ImageLaterality": "R", "Laterality": "L"}),
    }  # fmt: skip
    for name, (expectation, elements_) in together.items():

        def change(ds: Dataset, wanted: dict[str, object] = elements_) -> None:
            for keyword, value in wanted.items():
                put(ds, keyword, value)

        yield Case(name, plain(), changed(change), expectation)


def _lut(descriptor: list[int], data: list[int] | bytes) -> Sequence:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", descriptor)
    if isinstance(data, bytes):
        item.add_new("LUTData", "OW", data)
    else:
        item.add_new("LUTData", "US", data)
    return Sequence([item])


def _luts() -> Iterator[Case]:
    ramp = list(range(4096))
    tables: dict[str, tuple[Expectation, Sequence]] = {
        "whole": ("changed", _lut([4096, 0, 12], ramp)),
        "a falling one": ("changed", _lut([4096, 0, 12], ramp[::-1])),
        "cut short": ("refused", _lut([4096, 0, 12], ramp[:100])),
        "without an entry": ("refused", _lut([4096, 0, 12], b"")),
        "of 0 bits": ("refused", _lut([4096, 0, 0], ramp)),
        "of 65535 bits": ("refused", _lut([4096, 0, 65535], ramp)),
        "of one value": ("refused", _lut([4096, 0, 12], [7] * 4096)),
        "of zeros": ("refused", _lut([4096, 0, 12], [0] * 4096)),
        "of two numbers": ("refused", _lut([4096, 0], ramp)),
        "of odd bytes": ("refused", _lut([4096, 0, 12], bytes(101))),
        "that begins beyond the values": ("refused", _lut([16, 65000, 12], ramp[:16])),
        "of nothing": ("any", Sequence([])),
        "that is empty": ("same", Sequence([Dataset()])),
        "without a descriptor": ("refused", _lut([], ramp)),
    }
    for keyword in ("VOILUTSequence", "ModalityLUTSequence"):
        for name, (expectation, sequence) in tables.items():
            content = changed(lambda ds, k=keyword, s=sequence: setattr(ds, k, s))
            is_identity = keyword == "ModalityLUTSequence" and name == "whole"
            yield Case(
                f"{keyword}: {name}", plain(), content, "same" if is_identity else expectation
            )


def _wrong_structure() -> Iterator[Case]:
    content = plain().content
    for element in elements(content):
        name = f"element {element.tag:08x}"
        is_long = element.value_at - element.length_at == 4
        biggest = 0xFFFFFFFF if is_long else 0xFFFF
        for length in (0, 1, 7, biggest // 2, biggest - 1, biggest):
            packed = length.to_bytes(4 if is_long else 2, "little")
            made = content[: element.length_at] + packed + content[element.value_at :]
            if made != content:
                if element.tag == 0x7FE00010:
                    expectation = "refused" if length < 2880 else "harmless"  # all are there
                else:
                    expectation = "any"
                yield Case(f"{name} claims {length} bytes", plain(), made, expectation)
        if not is_long:
            for vr in _SHORT_VRS:
                at = element.start + 4
                made = content[:at] + vr.encode() + content[at + 2 :]
                if made != content:
                    yield Case(f"{name} is a {vr}", plain(), made)
        twice = content[: element.end] + content[element.start : element.end]
        made = twice + content[element.end :]
        yield Case(f"{name} comes twice", plain(), made, "harmless")
        if element.tag != 0x7FE00010:
            yield Case(f"all ends with {name}", plain(), content[: element.end], "refused")
    yield Case("bytes behind the pixels", plain(), content + bytes(1000), "harmless")
    yield Case("no preamble", plain(), content[132:], "same")
    yield Case("a second preamble", plain(), content[:132] + content, "refused")
    yield Case("big endian", plain(), content[:132] + content[132:][::-1], "refused")


def _transfer_syntaxes() -> Iterator[Case]:
    for syntax in (
        uid.ImplicitVRLittleEndian, uid.ExplicitVRBigEndian, uid.DeflatedExplicitVRLittleEndian,
        uid.RLELossless, uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLossless,
        uid.JPEGLosslessSV1, uid.JPEGLSLossless, uid.JPEGLSNearLossless, uid.JPEG2000Lossless,
        uid.JPEG2000, uid.HTJ2KLossless, uid.MPEG2MPML, "1.2.840.10008.1.1",
        "1.2.840.10008.1.2.4.53", "1.2.840.113619.5.2", "", "1." * 32, f"1.2.{SECRET}", "\0" * 20,
    ):  # fmt: skip
        new = str(syntax).encode()
        content = plain().content
        element = next(one for one in elements(content) if one.tag == 0x00020010)
        new += b"\0" * (len(new) % 2)
        packed = len(new).to_bytes(2, "little") + new
        made = content[: element.length_at] + packed + content[element.end :]
        # pydicom sees that what is said to be implicit is not.
        expectation = "harmless" if syntax == uid.ImplicitVRLittleEndian else "refused"
        yield Case(f"transfer syntax {str(syntax)!r}", plain(), made, expectation)


def _nested(depth: int) -> bytes:
    """A private sequence in a sequence, and so on, of undefined lengths."""
    head = b"\x09\x00\x10\x10SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    tail = b"\xfe\xff\x0d\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0"
    return head * depth + tail * depth


def _sequences() -> Iterator[Case]:
    content = plain().content
    place = next(one.start for one in elements(content) if one.tag > 0x00090000)
    for depth, expectation in ((3, "same"), (300, "harmless"), (20_000, "harmless")):
        made = content[:place] + _nested(depth) + content[place:]
        yield Case(f"sequences nested {depth} times", plain(), made, expectation)
    made = content[:place] + _nested(5)[:60] + content[place:]
    yield Case("sequences that do not end", plain(), made, "harmless")
    made = content[:place] + b"\x09\x00\x10\x10UN\0\0\xff\xff\xff\xff" + content[place:]
    yield Case("an unknown element that does not end", plain(), made, "harmless")


def _by_use(places: list[int], start: int) -> tuple[list[int], list[int]]:
    """Part the bytes of 12-bit pixels by whether the bit that is flipped there is of the image."""

    def is_unused(place: int) -> bool:
        return (place - start) % 2 == 1 and place * 5 % 8 >= 4

    return [one for one in places if not is_unused(one)], [one for one in places if is_unused(one)]


def cases() -> Iterator[Case]:
    content = plain().content
    found = elements(content)
    pixels = found[-1]
    yield from foreign(plain())
    edges = [edge for one in found for edge in (one.start, one.length_at, one.value_at, one.end)]
    within = spread(pixels.value_at, len(content), 20)
    yield from truncated(plain(), [0, 1, 127, 128, 131, *around(edges), *within])
    yield from flipped(plain(), range(128, pixels.value_at, 4))
    used, unused = _by_use(spread(pixels.value_at, len(content), 40), pixels.value_at)
    yield from flipped(plain(), used, "changed")
    yield from flipped(plain(), unused, "same")
    for keyword, expectation in MISSING.items():
        without_it = changed(lambda ds, k=keyword: delattr(ds, k))
        yield Case(f"no {keyword}", plain(), without_it, expectation)
    yield from _value_cases()
    yield from _several_at_once()
    yield from _luts()
    yield from _wrong_structure()
    yield from _transfer_syntaxes()
    yield from _sequences()


KIND = Kind(cases, read, check, same)
