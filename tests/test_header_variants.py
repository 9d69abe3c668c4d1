"""Each element that the reader relies on: absent, empty, of another type, doubled, contradicted.

What is read shows the picture as it was drawn; what is refused is refused by a hospital's check as
well, for the same reason, which names the element.
"""

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pydicom
import pytest
from PIL import Image as Pillow
from pydicom import uid
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.sequence import Sequence

import drawn
from mammo.datasets.institution.inspection import inspect
from mammo.errors import UnreadableImageError
from mammo.images import read_image
from mammo.images.elements import title
from mammo.images.image import Image

ABSENT = object()
GREY = drawn.breast(60, 45)


class As(NamedTuple):
    """A value under another value representation than the standard's."""

    vr: str
    value: object


READ: dict[str, list[object]] = {
    "SOPClassUID": [ABSENT, "", [uid.SecondaryCaptureImageStorage] * 2],
    "Modality": [ABSENT, "", "CR", "DX", As("LO", "MG"), ["MG", "MG"], " MG ", "mg"],
    "PresentationIntentType": [ABSENT, "", "for presentation", ["FOR PRESENTATION"] * 2],
    "PhotometricInterpretation": [
        "monochrome2", " MONOCHROME2 ", "MONOCHROME2\0", As("LO", "MONOCHROME2"),
        ["MONOCHROME2", "MONOCHROME2"],
    ],
    "NumberOfFrames": [ABSENT, "", "1", 1, As("US", 1), As("LO", "1"), 0],
    "SamplesPerPixel": [ABSENT, None, 1, As("UL", 1), As("IS", "1"), As("LO", "1")],
    "Rows": [As("UL", 60), As("IS", "60"), As("DS", "60"), As("SS", 60), As("FD", 60.0)],
    "Columns": [As("UL", 45), As("IS", "45"), As("DS", "45.0"), As("LO", "45 ")],
    "BitsAllocated": [As("UL", 16), As("IS", "16")],
    "BitsStored": [As("UL", 12), As("IS", "12"), 16],
    "HighBit": [ABSENT, None, As("UL", 11), As("IS", "11"), 15, 12, As("IS", "15")],
    "PixelRepresentation": [As("UL", 0), As("IS", "0"), As("SS", 0)],
    "PixelPaddingValue": [
        ABSENT, None, 4000, [4000, 4001], As("SS", 4000), As("LO", "JANE"), As("IS", "4000"),
    ],
    "PixelPaddingRangeLimit": [ABSENT, None, 4000, As("SS", -1), As("LO", "JANE")],
    "RescaleSlope": [ABSENT, "", "1", ["1", "1"], As("FD", 1.0), As("LO", "1"), ["", "1"]],
    "RescaleIntercept": [ABSENT, "", "0", ["0", "0"], As("FD", 0.0), As("LO", "0")],
    "WindowCenter": [
        ["2048", "7"], ["2048", ""], As("FD", 2048.0), As("LO", "2048"), As("US", 2048),
    ],
    "WindowWidth": [["4096", "0"], ["4096", ""], As("FD", 4096.0), As("LO", "4096")],
    "VOILUTFunction": [
        ABSENT, "", "LINEAR", "linear", ["LINEAR", "LINEAR"], As("LO", "LINEAR"), "LINEAR ",
    ],
    "VOILUTSequence": [Sequence([]), Sequence([Dataset()]), Sequence([Dataset(), Dataset()])],
    "ModalityLUTSequence": [Sequence([]), Sequence([Dataset()])],
    "ImagerPixelSpacing": [
        ABSENT, "", "0.07", ["0.07", "0.07", "0.07"], "0", "-1", As("LO", "JANE"), ["", "0.07"],
        As("FD", [0.07, 0.07]),
    ],
    "PixelSpacing": ["0.07", "", As("LO", "JANE"), ["0.07", ""]],
    "ImageLaterality": [
        ABSENT, "", "l", "B", ["L", "L"], ["L", "R"], As("LO", "JANE"), "LEFT", "Right",
    ],
    "Laterality": ["", "R", As("US", 3), "left"],
    "ViewPosition": [
        ABSENT, "", "cc", ["CC", "MLO"], As("US", 3), As("LO", "JANE"), "LCC", "R-MLO", "left CC",
    ],
    "BodyPartExamined": ["", "BREAST", "CHEST", As("US", 3)],
    "QualityControlImage": ["", "NO", "YES"],
    "ViewCodeSequence": [Sequence([]), Sequence([Dataset()]), As("LO", "JANE")],
    "ViewModifierCodeSequence": [Sequence([Dataset()]), As("LO", "JANE"), As("US", 1)],
    "PatientOrientation": ["", "CC", ["A", "F"], As("US", 3)],
    "EstimatedRadiographicMagnificationFactor": ["", "1", ["1", "1.1"], As("LO", "JANE")],
    "BurnedInAnnotation": ["", "NO", ["NO", "NO"], As("US", 1)],
    "PatientID": [ABSENT, "", ["A", "B"], As("US", 3)],
    "SOPInstanceUID": [ABSENT, "", As("LO", "x")],
    "AcquisitionDate": ["", "2016", As("LO", "JANE"), ["20160203", "20170203"], As("US", 3)],
    "ImageType": ["", "DERIVED", As("US", 3)],
    "Manufacturer": [ABSENT, "", ["A", "B"], As("US", 3)],
    "BreastImplantPresent": ["", ["NO", "NO"], As("US", 3)],
}  # fmt: skip
"""What costs nothing: the picture is the same."""

REFUSED: dict[str, list[object]] = {
    "PhotometricInterpretation": [
        ABSENT, "", "MONOCHROME3", "JANE", ["MONOCHROME1", "MONOCHROME2"], As("US", 1),
    ],
    "BitsAllocated": [ABSENT, None, 0, 12, 32],
    "BitsStored": [ABSENT, None, 0, 17],
    "HighBit": [7, 0, 16, As("IS", "7")],
    "PixelRepresentation": [ABSENT, None, 2, As("IS", "3")],
    "RescaleSlope": ["0", ["1", "2"], As("LO", "JANE"), As("FD", np.inf)],
    "RescaleIntercept": [["0", "1"], As("LO", "JANE")],
    "WindowCenter": [ABSENT, "", As("LO", "JANE"), ["", "2048"]],
    "WindowWidth": [ABSENT, "", "0", "-1", "0.5", ["0", "-1"], As("LO", "JANE"), ["", "4096"]],
    "VOILUTFunction": ["CUBIC", "LINEAR_EXAKT", ["LINEAR", "SIGMOID"], As("LO", "JANE")],
    "VOILUTSequence": [As("LO", "JANE")],
    "ModalityLUTSequence": [As("LO", "JANE")],
    "Rows": [59, 61, 30, 4000],
    "Columns": [44, 46, 22, 90, 4000],
}  # fmt: skip
"""What no picture can be made of without a guess."""

DAMAGED: dict[str, list[object]] = {
    "Rows": [[60, 60], As("LO", "JANE"), As("FD", 60.5)],
    "Columns": [[45, 45], As("LO", "JANE")],
    "BitsStored": [[12, 12], As("LO", "JANE")],
    "BitsAllocated": [[16, 16], As("FD", 16.5)],
    "NumberOfFrames": [As("LO", "JANE"), ["1", "1"]],
    "SamplesPerPixel": [[1, 1], As("LO", "JANE")],
}
"""Whole numbers that are none."""


def cases(table: dict[str, list[object]]) -> list[tuple[str, object]]:
    return [(keyword, value) for keyword, values in table.items() for value in values]


def write(path: Path, keyword: str, value: object, stored: np.ndarray = GREY) -> Path:
    ds = drawn.dataset(stored, ImagerPixelSpacing=["0.07", "0.07"], **drawn.WINDOW)
    tag = tag_for_keyword(keyword)
    if value is ABSENT:
        if tag in ds:
            del ds[tag]
    elif isinstance(value, As):
        ds[tag] = DataElement(tag, value.vr, value.value)
    elif keyword.startswith("PixelPadding"):
        ds[tag] = DataElement(tag, "US", value)
    else:
        setattr(ds, keyword, value)
    if keyword == "BitsStored" and value == 16:
        ds.HighBit = 15
    return drawn.write(path, ds)


def outcome(path: Path) -> tuple[Image | None, str, str]:
    """Return what the reader makes of a file, why it refuses it, and why the check does."""
    excluded = str(inspect(path)["excluded"] or "")
    try:
        return read_image(path), "", excluded
    except UnreadableImageError as error:
        return None, str(error), excluded


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("keyword", "value"), cases(READ))
def test_what_is_optional_costs_nothing(keyword, value, tmp_path):
    image, refusal, excluded = outcome(write(tmp_path / "a", keyword, value))
    assert (refusal, excluded) == ("", "")
    np.testing.assert_allclose(image.pixels, GREY / drawn.TOP, atol=1e-6)
    assert image.laterality in ("L", "R", None) and image.view in ("CC", "MLO", None)
    assert image.pixel_spacing_mm in (0.07, None)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("keyword", "value"), cases(REFUSED))
def test_check_and_reader_refuse_and_name_the_element(keyword, value, tmp_path):
    image, refusal, excluded = outcome(write(tmp_path / "a", keyword, value))
    assert image is None and excluded
    assert excluded in refusal or excluded.startswith("truncated")
    if not excluded.startswith("truncated"):
        assert title(keyword) in excluded
    assert "JANE" not in refusal + excluded and "Error" not in refusal + excluded


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("keyword", "value"), cases(DAMAGED))
def test_a_whole_number_that_is_none_is_named(keyword, value, tmp_path):
    image, refusal, excluded = outcome(write(tmp_path / "a", keyword, value))
    assert image is None
    assert f"the DICOM header is damaged: {keyword} is no whole number" == excluded
    assert excluded in refusal


CONTRADICTED = {
    "both sides": ({"ImageLaterality": "L", "Laterality": "R"}, "its header names both sides"),
    "raw by its class": (
        {"SOPClassUID": uid.DigitalMammographyXRayImageStorageForProcessing},
        "a raw image FOR PROCESSING",
    ),
    "raw by its intent": ({"PresentationIntentType": "FOR PROCESSING"}, "a raw image FOR PROCES"),
    "several frames": ({"NumberOfFrames": 2}, "tomosynthesis, or several frames"),
    "colour": ({"SamplesPerPixel": 3}, "a colour image"),
    "colour by name": ({"PhotometricInterpretation": "rgb"}, "a colour image"),
    "a slice": ({"Modality": "CT"}, "modality CT"),
}


@pytest.mark.parametrize("name", CONTRADICTED)
def test_what_contradicts_itself_is_told_by_check(name, tmp_path):
    elements, words = CONTRADICTED[name]
    file = drawn.write(tmp_path / "a", drawn.dataset(GREY, **elements, **drawn.WINDOW))
    row = inspect(file)
    if words == "its header names both sides":
        assert row["is_contradictory"]
        return
    assert str(row["excluded"]).startswith(words)
    with pytest.raises(UnreadableImageError):
        read_image(file)


@pytest.mark.parametrize("center", [["0", "2048"], ["", "2048"], ["x", "2048"], ["5", "2048"]])
@pytest.mark.parametrize("width", [["0", "4096"], ["-5", "4096"], ["", "4096"], ["0.2", "4096"]])
def test_the_next_usable_window_is_taken(center, width, tmp_path):
    ds = drawn.dataset(GREY)
    for keyword, values in (("WindowCenter", center), ("WindowWidth", width)):
        tag = tag_for_keyword(keyword)
        ds[tag] = DataElement(tag, "LO", values)
    image, refusal, excluded = outcome(drawn.write(tmp_path / "a", ds))
    assert (refusal, excluded) == ("", "")
    np.testing.assert_allclose(image.pixels, GREY / drawn.TOP, atol=1e-6)


def lut_item(**elements: object) -> Dataset:
    item = Dataset()
    for keyword, value in elements.items():
        item.add_new(keyword, "US" if keyword == "LUTDescriptor" else "OW", value)
    return item


RAMP = np.arange(4096, dtype="<u2").tobytes()


@pytest.mark.parametrize("first", [Dataset(), None])
def test_the_next_usable_lut_is_taken(first, tmp_path):
    falling = lut_item(LUTDescriptor=[4096, 0, 12], LUTData=RAMP)
    items = [falling] if first is None else [first, falling]
    ds = drawn.dataset(GREY, VOILUTSequence=Sequence(items), WindowCenter="9", WindowWidth="9")
    image, refusal, excluded = outcome(drawn.write(tmp_path / "a", ds))
    assert (refusal, excluded) == ("", "")
    np.testing.assert_allclose(image.pixels, GREY / drawn.TOP, atol=1e-6)


@pytest.mark.parametrize(
    "item",
    [
        lut_item(LUTDescriptor=[4096, 0, 12]),
        lut_item(LUTData=RAMP),
        lut_item(LUTDescriptor=[4096, 0], LUTData=RAMP),
        lut_item(LUTDescriptor=[4096, 0, 40], LUTData=RAMP),
        lut_item(LUTDescriptor=[4096, 0, 12], LUTData=RAMP[:100]),
    ],
)
@pytest.mark.parametrize("keyword", ["VOILUTSequence", "ModalityLUTSequence"])
def test_a_damaged_lut_is_told_by_check(item, keyword, tmp_path):
    ds = drawn.dataset(GREY, **{keyword: Sequence([item])}, **drawn.WINDOW)
    image, refusal, excluded = outcome(drawn.write(tmp_path / "a", ds))
    assert image is None and title(keyword) in excluded and excluded in refusal


@pytest.mark.parametrize("syntax", drawn.UNCOMPRESSED)
@pytest.mark.parametrize("surplus", [0, 1, 2, 40, 88])
def test_bytes_behind_the_last_pixel_are_passed_over(syntax, surplus, tmp_path):
    ds = drawn.dataset(GREY, **drawn.WINDOW)
    ds["PixelData"].value = ds.PixelData + bytes(surplus + surplus % 2)
    image, refusal, excluded = outcome(drawn.write(tmp_path / "a", ds, syntax))
    assert (refusal, excluded) == ("", "")
    np.testing.assert_allclose(image.pixels, GREY / drawn.TOP, atol=1e-6)


@pytest.mark.parametrize("frames", [2, 3])
def test_a_whole_frame_more_is_no_surplus(frames, tmp_path):
    ds = drawn.dataset(GREY, **drawn.WINDOW)
    ds["PixelData"].value = ds.PixelData * frames
    image, refusal, excluded = outcome(drawn.write(tmp_path / "a", ds))
    assert image is None and title("Rows") in excluded and excluded in refusal


@pytest.mark.parametrize("stated", [*drawn.LOSSLESS, uid.ImplicitVRLittleEndian])
def test_pixels_in_another_syntax_than_is_stated(stated, tmp_path):
    file = drawn.write(tmp_path / "a", drawn.dataset(GREY, **drawn.WINDOW))
    content = file.read_bytes()
    old = uid.ExplicitVRLittleEndian.encode() + b"\0"
    new = str(stated).encode()
    packed = len(new + b"\0" * (len(new) % 2)).to_bytes(2, "little") + new + b"\0" * (len(new) % 2)
    file.write_bytes(content.replace(len(old).to_bytes(2, "little") + old, packed))
    image, refusal, excluded = outcome(file)
    if stated == uid.ImplicitVRLittleEndian:  # which is seen not to be
        np.testing.assert_allclose(image.pixels, GREY / drawn.TOP, atol=1e-6)
    else:
        assert image is None and title("TransferSyntaxUID") in excluded and excluded in refusal


@pytest.mark.parametrize("syntax", drawn.LOSSLESS[1:])
@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"Rows": 59}, "its stream has 60 x 45 pixels, its header says 59 x 45"),
        ({"Columns": 46}, "its stream has 60 x 45 pixels, its header says 60 x 46"),
        ({"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}, "its header says one of 8"),
    ],
)
def test_a_stream_of_another_image_is_told_by_check(syntax, elements, words, tmp_path):
    file = drawn.write(tmp_path / "a", drawn.dataset(GREY, **drawn.WINDOW), syntax)
    ds = pydicom.dcmread(file)
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    ds.save_as(file)
    image, refusal, excluded = outcome(file)
    assert image is None and words in excluded and excluded in refusal


@pytest.mark.parametrize("is_signed", [False, True])
def test_a_jpeg_2000_stream_of_another_sign(is_signed, tmp_path):
    stored = GREY - 2048 if is_signed else GREY
    file = drawn.write(tmp_path / "a", drawn.dataset(stored), uid.JPEG2000Lossless)
    ds = pydicom.dcmread(file)
    ds.PixelRepresentation = int(not is_signed)
    ds.save_as(file)
    image, refusal, excluded = outcome(file)
    assert image is None and title("PixelRepresentation") in refusal
    assert excluded in refusal and bool(excluded) is is_signed  # else the values alone tell


def test_twos_complement_in_an_unsigned_stream_is_read_rightly(tmp_path):
    """https://github.com/pydicom/pydicom/issues/1149"""
    stored = (GREY - 2048) & 0xFFF
    file = drawn.write(tmp_path / "a", drawn.dataset(stored), uid.JPEG2000Lossless)
    ds = pydicom.dcmread(file)
    ds.PixelRepresentation = 1
    ds.save_as(file)
    np.testing.assert_allclose(read_image(file).pixels, GREY / drawn.TOP, atol=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [{"PixelRepresentation": 1}, *({"BitsStored": n, "HighBit": n - 1} for n in (11, 10, 9))],
)
@pytest.mark.parametrize("grey", [GREY, GREY // 4 * 5, GREY // 10 * 9], ids=["", "bright", "dark"])
def test_values_of_another_sign_or_of_more_bits_are_refused(wrong, grey, tmp_path):
    """Cut to the bits that are stated, they would be torn apart."""
    image, refusal, _ = outcome(drawn.write(tmp_path / "a", drawn.dataset(grey, **wrong)))
    assert image is None and "its pixels exceed the" in refusal


@pytest.mark.parametrize("bits", [13, 16])
@pytest.mark.parametrize("below", [1500, 1800, 2048])
@pytest.mark.parametrize("syntax", [*drawn.UNCOMPRESSED, *drawn.LOSSLESS])
def test_a_sign_that_is_not_stated_is_refused(bits, below, syntax, tmp_path):
    stored = np.where(GREY > 0, GREY - below, 0)
    file = drawn.write(tmp_path / "a", drawn.dataset(stored, bits), syntax)
    ds = pydicom.dcmread(file)
    ds.PixelRepresentation = 0
    ds.save_as(file)
    image, refusal, _ = outcome(file)
    assert image is None and title("PixelRepresentation") in refusal


@pytest.mark.parametrize("value", [65535, 65000])
def test_digits_and_air_at_the_end_of_the_range_are_no_sign(value, tmp_path):
    stored = GREY.copy()
    stored[5:12, 35:42] = value
    ds = drawn.dataset(stored, 16, WindowCenter="2048", WindowWidth="4096")
    image, refusal, _ = outcome(drawn.write(tmp_path / "a", ds))
    assert refusal == "" and image.pixels[8, 38] == 1


@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize("high", [15, 13])
@pytest.mark.parametrize("syntax", [*drawn.UNCOMPRESSED, *drawn.LOSSLESS])
def test_stored_bits_at_the_upper_end_of_words(is_signed, high, syntax, tmp_path):
    """Older editions of the standard had them."""
    stored = (GREY - 2048 * is_signed) << (high - 11)
    file = drawn.write(tmp_path / "a", drawn.dataset(stored, high + 1), syntax)
    ds = pydicom.dcmread(file)
    ds.BitsStored = 12
    ds.save_as(file)
    np.testing.assert_allclose(read_image(file).pixels, GREY / drawn.TOP, atol=1e-6)


@pytest.mark.parametrize(
    ("stored", "elements"),
    [
        (GREY // 16 * 16, {}),  # which may be either
        (GREY | 1 << 12, {}),  # which is neither
        (GREY << 4, {"PixelPaddingValue": 0}),  # of which end?
    ],
)
def test_a_high_bit_that_the_pixels_do_not_settle_is_refused(stored, elements, tmp_path):
    ds = drawn.dataset(stored, HighBit=15, **elements)
    with pytest.raises(UnreadableImageError, match=r"its High Bit \(0028,0102\) is 15, where 12"):
        read_image(drawn.write(tmp_path / "a", ds))


CODINGS = {
    uid.JPEGBaseline8Bit: "JPEG",
    uid.JPEGExtended12Bit: "JPEG",
    uid.JPEGLossless: "JPEG Lossless",
    uid.JPEGLosslessSV1: "JPEG Lossless",
    uid.JPEGLSLossless: "JPEG-LS",
    uid.JPEGLSNearLossless: "JPEG-LS",
    uid.JPEG2000Lossless: "JPEG 2000",
    uid.JPEG2000: "JPEG 2000",
    uid.HTJ2K: "JPEG 2000",
    uid.RLELossless: "RLE",
}
"""What compresses the pixels by a transfer syntax."""


@pytest.mark.parametrize("written", drawn.LOSSLESS)
@pytest.mark.parametrize("stated", CODINGS, ids=lambda one: one.keyword)
@pytest.mark.parametrize("bits", [8, 12])
def test_pixels_of_another_compression_than_is_stated(written, stated, bits, tmp_path):
    file = drawn.write(tmp_path / "a", drawn.dataset(GREY >> (12 - bits), bits), written)
    ds = pydicom.dcmread(file)
    ds.file_meta.TransferSyntaxUID = stated
    ds.save_as(file)
    image, refusal, excluded = outcome(file)
    if CODINGS[stated] == CODINGS[written]:
        assert (refusal, excluded) == ("", "") and image is not None
    else:
        assert image is None and excluded in refusal
        assert title("TransferSyntaxUID") in excluded or title("BitsAllocated") in excluded


@pytest.mark.parametrize("count", [0, 1, 3, 2**31])
def test_rle_of_another_number_of_bytes_is_told_by_check(count, tmp_path):
    file = drawn.write(tmp_path / "a", drawn.dataset(GREY), uid.RLELossless)
    content = file.read_bytes()
    head = (2).to_bytes(4, "little") + (64).to_bytes(4, "little")
    assert content.count(head) == 1
    file.write_bytes(content.replace(head, count.to_bytes(4, "little") + head[4:]))
    image, refusal, excluded = outcome(file)
    assert image is None and title("BitsAllocated") in excluded and excluded in refusal


def compressed_as(path: Path, syntax: str, stream: bytes, bits: int, allocated: int = 16) -> Path:
    """Write a mammogram of 60 x 45 pixels whose frame is a stream."""
    ds = drawn.dataset(GREY, BitsAllocated=allocated, BitsStored=bits, HighBit=bits - 1)
    ds.PixelData = encapsulate([stream])
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    ds.file_meta.TransferSyntaxUID = syntax
    ds.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize(
    ("precision", "bits", "allocated"),
    [
        (precision, bits, allocated)
        for allocated in (8, 16)
        for precision in range(2, allocated + 1)
        for bits in sorted({precision, 6, 7, 8, 12})
        if precision <= bits <= allocated
    ],
)
def test_jpeg_ls_of_every_precision(precision, bits, allocated, tmp_path):
    """Two are more than gdcm decodes, of which pydicom goes by what the header says."""
    import jpeg_ls

    grey = GREY >> (12 - precision) if precision < 12 else GREY << (precision - 12)
    packed = grey.astype("u1" if precision <= 8 else "<u2")
    stream = jpeg_ls.encode_pixel_data(
        packed.tobytes(), rows=60, columns=45, samples_per_pixel=1, bits_stored=precision,
        photometric_interpretation="MONOCHROME2",
    )  # fmt: skip
    file = compressed_as(tmp_path / "a", uid.JPEGLSLossless, bytes(stream), bits, allocated)
    image, refusal, excluded = outcome(file)
    if precision in (6, 7):
        assert image is None and excluded in refusal.replace(
            "it is compressed with", "compressed as"
        )
        assert f"JPEG-LS Lossless Image Compression with 6 or 7 bits ({bits} bits, " in excluded
        assert "dcmdjpls" in refusal and "damaged" not in refusal
    else:
        assert (refusal, excluded) == ("", "")
        np.testing.assert_allclose(image.pixels, grey / ((1 << bits) - 1), atol=1e-6)


@pytest.mark.parametrize("syntax", [uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit])
@pytest.mark.parametrize(("bits", "allocated"), [(8, 8), (8, 16), (12, 16)])
def test_lossy_jpeg_of_eight_bits_whatever_the_header_says(syntax, bits, allocated, tmp_path):
    content = io.BytesIO()
    Pillow.fromarray((GREY >> 4).astype("u1")).save(content, "JPEG", quality=95)
    file = compressed_as(tmp_path / "a", syntax, content.getvalue(), bits, allocated)
    image, refusal, excluded = outcome(file)
    assert (refusal, excluded) == ("", "")
    shown = image.pixels * ((1 << bits) - 1)
    assert np.abs(shown - (GREY >> 4)).mean() < 4


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_lossy_jpeg_of_twelve_bits_says_so_whatever_the_header_says(bits, tmp_path):
    content = io.BytesIO()
    Pillow.fromarray((GREY >> 4).astype("u1")).save(content, "JPEG")
    stream = content.getvalue().replace(b"\xff\xc0\0\x0b\x08", b"\xff\xc1\0\x0b\x0c")
    file = compressed_as(tmp_path / "a", uid.JPEGExtended12Bit, stream, bits)
    image, refusal, excluded = outcome(file)
    assert image is None and excluded.startswith(
        "compressed as JPEG Extended with more than 8 bits"
    )
    assert "dcmdjpeg" in refusal and "damaged" not in refusal


@pytest.mark.parametrize("stated", drawn.UNCOMPRESSED, ids=lambda one: one.keyword)
@pytest.mark.parametrize("written", drawn.UNCOMPRESSED, ids=lambda one: one.keyword)
def test_an_order_of_bytes_that_is_not_the_stated_one(written, stated, tmp_path):
    file = drawn.write(tmp_path / "a", drawn.dataset(GREY, **drawn.WINDOW), written)
    old, new = (f"{one}\0".encode() if len(one) % 2 else one.encode() for one in (written, stated))
    old, new = (len(one).to_bytes(2, "little") + one for one in (old, new))
    file.write_bytes(file.read_bytes().replace(old, new))
    image, refusal, excluded = outcome(file)
    if uid.ExplicitVRBigEndian in (written, stated) and written != stated:
        assert image is None and title("TransferSyntaxUID") in excluded and excluded in refusal
    else:  # with or without value representations, which is seen
        assert (refusal, excluded) == ("", "")
        np.testing.assert_allclose(image.pixels, GREY / drawn.TOP, atol=1e-6)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.8.1"])
def test_a_syntax_of_a_later_edition_is_not_its_vendors_alone(syntax, tmp_path):
    """JPEG XL came in 2024."""
    file = compressed_as(tmp_path / "a", uid.JPEG2000Lossless, b"\xff\x0a", 12)
    old = uid.JPEG2000Lossless.encode()
    old, new = (len(one).to_bytes(2, "little") + one for one in (old, syntax.encode()))
    content = file.read_bytes().replace(old, new + b"\0" * (len(syntax) % 2))
    if len(syntax) % 2:
        content = content.replace(new, (len(syntax) + 1).to_bytes(2, "little") + new[2:])
    file.write_bytes(content)
    image, refusal, excluded = outcome(file)
    assert image is None and excluded.removeprefix("compressed as ") in refusal
    assert f"{syntax}, a transfer syntax that is not known here" in excluded


def j2k_stream() -> bytes:
    import openjpeg.utils

    return openjpeg.utils.encode_array(GREY.astype("u2"), bits_stored=12)


@pytest.mark.parametrize("offset", [0, 4, 999])
@pytest.mark.parametrize("fragments", [1, 3])
def test_a_wrong_offset_table_costs_nothing(fragments, offset, tmp_path):
    file = compressed_as(tmp_path / "a", uid.JPEG2000Lossless, j2k_stream(), 12)
    ds = pydicom.dcmread(file)
    items = bytearray(encapsulate([j2k_stream()], fragments_per_frame=fragments))
    items[8:12] = offset.to_bytes(4, "little")
    ds["PixelData"].value = bytes(items)
    ds.save_as(file)
    image, refusal, excluded = outcome(file)
    assert (refusal, excluded) == ("", "")
    np.testing.assert_allclose(image.pixels, GREY / drawn.TOP, atol=1e-6)


def test_frames_that_are_not_stated_are_told_by_check(tmp_path):
    file = compressed_as(tmp_path / "a", uid.JPEG2000Lossless, j2k_stream(), 12)
    ds = pydicom.dcmread(file)
    ds["PixelData"].value = encapsulate([j2k_stream()] * 2)
    ds.save_as(file)
    image, refusal, excluded = outcome(file)
    assert image is None and title("NumberOfFrames") in excluded and excluded in refusal


def test_fill_bytes_before_a_jpeg_stream_are_part_of_it(tmp_path):
    file = drawn.write(tmp_path / "a", drawn.dataset(GREY, **drawn.WINDOW), uid.JPEGLosslessSV1)
    stream = get_frame(pydicom.dcmread(file).PixelData, 0, number_of_frames=1)
    file = compressed_as(tmp_path / "b", uid.JPEGLosslessSV1, b"\xff\xff" + stream, 12)
    image, refusal, excluded = outcome(file)
    assert (refusal, excluded) == ("", "")
    np.testing.assert_allclose(image.pixels, GREY / drawn.TOP, atol=1e-6)


@pytest.mark.parametrize("syntax", [*drawn.UNCOMPRESSED, uid.RLELossless])
@pytest.mark.parametrize("shape", [(240, 180), (360, 270), (180, 240), (300, 220)])
@pytest.mark.parametrize("bits", [12, 16])
def test_rows_and_columns_that_are_exchanged_are_told(bits, shape, syntax, tmp_path):
    """As numpy's shape is written by those who think in x and y."""
    grey = drawn.breast(*shape) << bits - 12
    file = drawn.write(tmp_path / "a", drawn.dataset(grey, bits), syntax)
    ds = pydicom.dcmread(file)
    ds.Rows, ds.Columns = shape[::-1]
    ds.save_as(file)
    with pytest.raises(UnreadableImageError, match=r"Rows \(0028,0010\) and its Columns"):
        read_image(file)


@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize("grey", [drawn.breast() << 4, drawn.breast(seed=1) * 10], ids=["", "low"])
def test_pixels_in_another_order_of_bytes_are_told(grey, is_signed, tmp_path):
    ds = drawn.dataset(grey - 32768 * is_signed, 16)
    read_image(drawn.write(tmp_path / "a", ds))
    ds["PixelData"].value = np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes()
    with pytest.raises(UnreadableImageError, match="in the other order of bytes than its Transfer"):
        read_image(drawn.write(tmp_path / "a", ds))


@pytest.mark.parametrize("stored", [drawn.breast() >> 4 << 8, (drawn.breast() >> 4) * 257])
def test_eight_bits_at_the_upper_end_of_sixteen_are_in_order(stored, tmp_path):
    image = read_image(drawn.write(tmp_path / "a", drawn.dataset(stored, 16)))
    np.testing.assert_allclose(image.pixels, stored / 65535, atol=1e-6)
