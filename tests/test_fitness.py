import struct

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID, JPEG2000TransferSyntaxes, RLELossless, UID_dictionary

import native
from intakes import write_mammogram
from mammo.datasets import fitness
from mammo.datasets.fitness import add_header_facts
from mammo.datasets.institution.inspection import inspect
from mammo.errors import UnreadableImageError
from mammo.images.pixel_data import PixelData

NATIVE = UID("1.2.840.10008.1.2.1")
FIT = {
    "SOPClassUID": native.MAMMOGRAPHY,
    "Modality": "MG",
    "PresentationIntentType": "FOR PRESENTATION",
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "PixelRepresentation": 0,
    "Rows": 10,
    "Columns": 7,
    "BitsAllocated": 16,
    "BitsStored": 12,
    "HighBit": 11,
}


def unfit(syntax: str | None = NATIVE, pixel_bytes: int = 140, **changes: object) -> str | None:
    uid = None if syntax is None else UID(syntax)
    pixels = PixelData(pixel_bytes)
    if uid and uid.is_transfer_syntax and uid.is_encapsulated:
        pixels = PixelData(pixel_bytes, is_encapsulated=True, head=head(uid, **changes))
    found = fitness.unfit({**FIT, **changes}, uid, pixels)
    return None if found is None else str(found)


def head(syntax: UID, BitsStored: int = 12, BitsAllocated: int = 16, **_: object) -> bytes:
    """Beginning of a stream of 10 x 7 pixels in a transfer syntax."""
    if syntax in JPEG2000TransferSyntaxes or "High-Throughput" in syntax.name:
        sizes = struct.pack(">2H8I4B", 41, 0, 7, 10, 0, 0, 7, 10, 0, 0, 0, 1, BitsStored - 1, 1)
        return b"\xff\x4f\xff\x51" + sizes
    if syntax == RLELossless:
        return struct.pack("<16I", BitsAllocated // 8, 64, *[0] * 14)
    marker = 0xF7 if "JPEG-LS" in syntax.name else 0xC3 if "Lossless" in syntax.name else 0xC1
    frame = struct.pack(">HBHHB3B", 11, BitsStored, 10, 7, 1, 1, 0x11, 0)
    return b"\xff\xd8\xff" + bytes([marker]) + frame


def view(value: str, modifier: str = "0") -> dict[str, list[Dataset]]:
    item, inner = Dataset(), Dataset()
    item.CodeValue, inner.CodeValue = value, modifier
    item.ViewModifierCodeSequence = [inner]
    return {"ViewCodeSequence": [item]}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"SOPClassUID": native.SECONDARY_CAPTURE},
        {"Modality": None, "PresentationIntentType": None},
        {"Modality": "CR", "NumberOfFrames": 1},
        {"PhotometricInterpretation": "MONOCHROME1", "PixelRepresentation": 1},
        {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "pixel_bytes": 70},
        {"HighBit": None},
        {"EstimatedRadiographicMagnificationFactor": "1.2"},
        {"BurnedInAnnotation": "YES"},
        view("399162004"),
        view("399162004", "399209000"),
    ],
)
def test_a_mammogram_is_fit(changes):
    assert unfit(**changes) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Rows": None}, "a DICOM object without an image"),
        ({"NumberOfFrames": 5}, "tomosynthesis, or several frames"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.13.1.3"}, "tomosynthesis, or several frames"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.2.1"}, "a raw image FOR PROCESSING"),
        ({"PresentationIntentType": "for processing "}, "a raw image FOR PROCESSING"),
        ({"Modality": "CT"}, "modality CT, a slice or another kind of image"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"}, "modality CT, a slice or another kind"),
        ({"Modality": "DOE^JANE"}, "modality unknown, a slice or another kind of image"),
        ({"SamplesPerPixel": 3}, "a colour image"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "a colour image"),
        (
            {"SOPClassUID": native.SECONDARY_CAPTURE, "BurnedInAnnotation": "YES"},
            "a secondary capture with burned-in text",
        ),
        (view("127457009"), "a radiograph of a specimen"),
        (view("399162004", "399163009"), "a magnification view"),
        ({"EstimatedRadiographicMagnificationFactor": "1.8"}, "a magnification view"),
        (view("399162004", "399055006"), "a spot compression view"),
        ({"Rows": 10_000, "Columns": 10_000}, "more than 80,000,000 pixels"),
        (
            {"PhotometricInterpretation": None},
            "its Photometric Interpretation (0028,0004) is missing",
        ),
        ({"BitsAllocated": 32}, "its Bits Allocated (0028,0100) is 32, not 8 or 16"),
        ({"BitsStored": 17}, "its Bits Stored (0028,0101) is 17, not 1 to 16"),
        ({"BitsStored": None}, "its Bits Stored (0028,0101) is missing"),
        ({"HighBit": 10}, "its High Bit (0028,0102) is 10, where 12 stored bits have 11"),
        ({"PixelRepresentation": 2}, "its Pixel Representation (0028,0103) is 2, not 0 or 1"),
        ({"syntax": None}, "no transfer syntax"),
        ({"syntax": "1.2.840.113619.5.2"}, "a transfer syntax that only its vendor knows"),
        ({"syntax": "1.2.3"}, "a transfer syntax that only its vendor knows"),
        ({"syntax": "1.2.840.10008.1.2.4.100"}, "compressed as MPEG2 Main Profile"),
        ({"syntax": "1.2.840.10008.1.2.4.51"}, "compressed as JPEG Extended with more than 8 bits"),
        ({"pixel_bytes": 139}, "truncated"),
    ],
)
def test_what_cannot_be_scored_has_a_reason(changes, reason):
    found = unfit(**changes)
    assert found is not None and found.startswith(reason)
    assert "DOE" not in found


def test_the_first_reason_is_that_of_the_kind():
    raw = {"PresentationIntentType": "FOR PROCESSING", "SamplesPerPixel": 3, "syntax": None}
    assert unfit(**raw).startswith("a raw image")


@pytest.mark.parametrize("name", ["Rows", "BitsStored", "NumberOfFrames", "HighBit"])
def test_several_values_where_there_is_one_are_damage(name):
    with pytest.raises(UnreadableImageError, match=f"damaged: {name} is no whole number"):
        unfit(**{name: [1, 2]})


def test_eight_bits_take_a_byte_a_pixel():
    eight = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    assert unfit(pixel_bytes=70, **eight) is None
    assert unfit(pixel_bytes=69, **eight) == "truncated: a part of its pixels is missing"


@pytest.mark.parametrize(
    "syntax", [uid for uid, entry in UID_dictionary.items() if entry[1] == "Transfer Syntax"]
)
def test_every_registered_syntax_is_decodable_or_has_a_reason(syntax):
    """The codecs that the project depends on; pixels that are compressed are of any length."""
    found = unfit(syntax, pixel_bytes=10, BitsStored=8, HighBit=7, BitsAllocated=8)
    if UID(syntax) in DECODABLE:
        assert found is None
    elif syntax in UNCOMPRESSED:
        assert found == "truncated: a part of its pixels is missing"
    else:
        assert found.startswith(("compressed as ", "a transfer syntax that only"))


DECODABLE = [
    f"1.2.840.10008.1.2.{last}"
    for last in (
        "5", "4.50", "4.51", "4.57", "4.70", "4.80", "4.81", "4.90", "4.91", "4.201", "4.202",
        "4.203",
    )
]  # fmt: skip
UNCOMPRESSED = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2",
                "1.2.840.10008.1.2.1.99")  # fmt: skip


def test_a_missing_package_is_named(monkeypatch):
    from pydicom.pixels import get_decoder

    decoder = get_decoder(UID("1.2.840.10008.1.2.4.80"))
    monkeypatch.setattr(decoder, "_available", {})
    monkeypatch.setattr(decoder, "_unavailable", {"pyjpegls": ("numpy", "pyjpegls>=1.2")})
    found = unfit("1.2.840.10008.1.2.4.80")
    assert found.startswith("compressed as JPEG-LS Lossless Image Compression, which needs a pack")
    assert "pyjpegls" in found


CT = "1.2.840.10008.5.1.4.1.1.2"


@pytest.mark.parametrize(
    "elements",
    [
        {},
        {"SOPClassUID": CT},
        {"PresentationIntentType": "FOR PROCESSING"},
        {"NumberOfFrames": 2},
        {"NumberOfFrames": [1, 2]},
        {"Modality": "US"},
        {"PhotometricInterpretation": "PALETTE COLOR"},
    ],
)
def test_released_and_own_images_are_judged_alike(tmp_path, elements):
    file = write_mammogram(tmp_path / "a.dcm", **elements)
    (row,) = add_header_facts([{"path": str(file)}], "set")
    assert row["excluded"] == inspect(file)["excluded"]
    assert (row["excluded"] is None) == (elements == {})


def test_what_a_row_states_is_kept_and_the_rest_filled_in(tmp_path):
    file = native.write_dicom(tmp_path / "a.dcm", np.zeros((8, 6), np.uint16), ViewPosition="CC")
    (row,) = add_header_facts([{"path": str(file), "view": "MLO", "rows": None}], "set")
    assert (row["view"], row["rows"], row["columns"]) == ("MLO", 8, 6)
