"""Stored values to presentation values, against the standard's formulas written out one by one."""

import math
from dataclasses import fields
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    RLELossless,
    generate_uid,
)

from mammo import images
from mammo.errors import UnreadableImageError
from mammo.images import grayscale
from mammo.images.image import Image

RAMP = np.arange(64).reshape(8, 8)


def dataset(stored: np.ndarray, bits: int = 12, **elements: object) -> Dataset:
    signed = bool((stored < 0).any())
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID
    ds.PatientName = "Doe^Jane"
    ds.PatientID = "secret"
    ds.Modality = "MG"
    ds.Rows, ds.Columns = stored.shape
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.BitsAllocated = 8 if bits <= 8 else 16
    ds.BitsStored, ds.HighBit = bits, bits - 1
    ds.PixelRepresentation = int(signed)
    kind = f"<{'i' if signed else 'u'}{ds.BitsAllocated // 8}"
    ds.PixelData = stored.astype(kind).tobytes()
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return ds


def write(path: Path, stored: np.ndarray = RAMP, bits: int = 12, **elements: object) -> Path:
    dataset(stored, bits, **elements).save_as(path, enforce_file_format=True)
    return path


def read(tmp_path: Path, stored: np.ndarray = RAMP, bits: int = 12, **elements: object) -> Image:
    return images.read_image(write(tmp_path / "image", stored, bits, **elements))


def lut(data: list[int], first: int, bits: int) -> Sequence:
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(data), first, bits])
    item.add_new("LUTData", "US", data)
    return Sequence([item])


def window_linear(x: float, c: float, w: float) -> float:
    """PS3.3 C.11.2.1.2.1, with ymin = 0 and ymax = 1."""
    if x <= c - 0.5 - (w - 1) / 2:
        return 0.0
    if x > c - 0.5 + (w - 1) / 2:
        return 1.0
    return (x - (c - 0.5)) / (w - 1) + 0.5


def window_linear_exact(x: float, c: float, w: float) -> float:
    """PS3.3 C.11.2.1.3.2."""
    if x <= c - w / 2:
        return 0.0
    if x > c + w / 2:
        return 1.0
    return (x - c) / w + 0.5


def window_sigmoid(x: float, c: float, w: float) -> float:
    """PS3.3 C.11.2.1.3.1."""
    return 1 / (1 + math.exp(-4 * (x - c) / w))


WINDOWS = {
    "LINEAR": window_linear,
    "LINEAR_EXACT": window_linear_exact,
    "SIGMOID": window_sigmoid,
}


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("function", WINDOWS)
def test_window(tmp_path: Path, function: str, signed: bool, bits: int) -> None:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    stored = np.linspace(low, high, 63).round().astype(int).reshape(7, 9)
    center, width = low + (high - low) * 0.4, (high - low) * 0.55
    image = read(
        tmp_path, stored, bits, WindowCenter=center, WindowWidth=width, VOILUTFunction=function
    )
    ds = dataset(stored, bits, WindowCenter=center, WindowWidth=width)
    c, w = float(ds.WindowCenter), float(ds.WindowWidth)
    expected = [[WINDOWS[function](x, c, w) for x in row] for row in stored]
    np.testing.assert_allclose(image.pixels, expected, atol=1e-6)
    assert image.pixels.dtype == np.float32
    assert image.bits_stored == bits


def test_window_of_width_one_is_a_step(tmp_path: Path) -> None:
    image = read(tmp_path, WindowCenter=10, WindowWidth=1)
    np.testing.assert_array_equal(image.pixels, RAMP > 9)


def test_absent_function_means_linear_and_the_first_window_is_taken(tmp_path: Path) -> None:
    image = read(tmp_path, WindowCenter=[20, 40], WindowWidth=[30, 10])
    expected = [[window_linear(x, 20, 30) for x in row] for row in RAMP]
    np.testing.assert_allclose(image.pixels, expected, atol=1e-6)


@pytest.mark.parametrize("blank", [None, ""])
def test_empty_window_means_the_whole_range(tmp_path: Path, blank: str | None) -> None:
    image = read(tmp_path, bits=10, WindowCenter=blank, WindowWidth=blank)
    np.testing.assert_allclose(image.pixels, RAMP / 1023, atol=1e-6)


def test_no_window_means_the_range_of_bits_stored(tmp_path: Path) -> None:
    stored = np.array([[0, 32768, 65535]])
    elements = {"SOPClassUID": pydicom.uid.SecondaryCaptureImageStorage}
    image = read(tmp_path, stored, 16, **elements)
    np.testing.assert_allclose(image.pixels, stored / 65535, atol=1e-6)


def test_rescale_comes_before_the_window(tmp_path: Path) -> None:
    image = read(tmp_path, RescaleSlope=2.5, RescaleIntercept=-10, WindowCenter=50, WindowWidth=60)
    expected = [[window_linear(2.5 * x - 10, 50, 60) for x in row] for row in RAMP]
    np.testing.assert_allclose(image.pixels, expected, atol=1e-6)


def test_negative_slope_without_window_spans_the_rescaled_range(tmp_path: Path) -> None:
    image = read(tmp_path, bits=8, RescaleSlope=-1, RescaleIntercept=255)
    np.testing.assert_allclose(image.pixels, (255 - RAMP) / 255, atol=1e-6)


def test_monochrome1_is_inverted_after_the_voi(tmp_path: Path) -> None:
    image = read(
        tmp_path, PhotometricInterpretation="MONOCHROME1", WindowCenter=15, WindowWidth=20,
        PresentationLUTShape="INVERSE",
    )  # fmt: skip
    expected = [[1 - window_linear(x, 15, 20) for x in row] for row in RAMP]
    np.testing.assert_allclose(image.pixels, expected, atol=1e-6)


@pytest.mark.parametrize("rescale", [{}, {"RescaleSlope": 1, "RescaleIntercept": 0}])
def test_voi_lut_wins_over_the_window_and_clamps(tmp_path: Path, rescale: dict) -> None:
    data = [(7 * i) % 4096 for i in range(20)]
    image = read(
        tmp_path, VOILUTSequence=lut(data, 30, 12), WindowCenter=9, WindowWidth=9, **rescale
    )
    expected = [[data[min(max(x - 30, 0), 19)] / 4095 for x in row] for row in RAMP]
    np.testing.assert_allclose(image.pixels, expected, atol=1e-6)


def test_voi_lut_of_8_bits_takes_an_index_beyond_255(tmp_path: Path) -> None:
    stored = np.array([[0, 100, 300, 511, 600]])
    image = read(tmp_path, stored, VOILUTSequence=lut([i // 2 for i in range(512)], 0, 8))
    np.testing.assert_allclose(image.pixels, [[0, 50 / 255, 150 / 255, 1, 1]], atol=1e-6)


def test_voi_lut_of_signed_values_starts_below_zero(tmp_path: Path) -> None:
    stored = np.array([[-200, -100, -99, 0, 50]])
    data = [i * 16 for i in range(201)]
    image = read(tmp_path, stored, VOILUTSequence=lut(data, -100, 12))
    expected = [[data[min(max(x + 100, 0), 200)] / 4095 for x in row] for row in stored]
    np.testing.assert_allclose(image.pixels, expected, atol=1e-6)


def test_voi_lut_indexed_by_rescaled_values_rounds(tmp_path: Path) -> None:
    data = list(range(0, 4096, 16))
    image = read(tmp_path, RescaleSlope=1.5, RescaleIntercept=2, VOILUTSequence=lut(data, 0, 12))
    expected = [[data[np.rint(1.5 * x + 2).astype(int)] / 4095 for x in row] for row in RAMP]
    np.testing.assert_allclose(image.pixels, expected, atol=1e-6)


def test_voi_lut_packed_two_entries_to_a_word(tmp_path: Path) -> None:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [256, 0, 8])
    item.add_new("LUTData", "OW", bytes(range(255, -1, -1)))
    image = read(tmp_path, VOILUTSequence=Sequence([item]))
    np.testing.assert_allclose(image.pixels, (255 - RAMP) / 255, atol=1e-6)


def test_voi_lut_cut_short_is_refused(tmp_path: Path) -> None:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [256, 0, 12])
    item.add_new("LUTData", "US", [1, 2, 3])
    with pytest.raises(
        UnreadableImageError, match=r"LUT has 3 of the 256 entries it announces: VOI LUT Sequence"
    ):
        read(tmp_path, VOILUTSequence=Sequence([item]))


def test_modality_lut_of_12_bits_comes_before_the_window(tmp_path: Path) -> None:
    data = [4000 - 3 * i for i in range(64)]
    image = read(tmp_path, ModalityLUTSequence=lut(data, 0, 12), WindowCenter=3900, WindowWidth=200)
    expected = [[window_linear(data[x], 3900, 200) for x in row] for row in RAMP]
    np.testing.assert_allclose(image.pixels, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("value", "limit", "padded"), [(0, None, [0]), (0, 5, range(6)), (60, 58, (58, 59, 60))]
)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_is_black(tmp_path: Path, photometric, value, limit, padded) -> None:
    elements = {"PixelPaddingValue": value, "PhotometricInterpretation": photometric}
    if limit is not None:
        elements["PixelPaddingRangeLimit"] = limit
    image = read(tmp_path, bits=8, **elements)
    expected = RAMP / 255 if photometric == "MONOCHROME2" else 1 - RAMP / 255
    inside = np.isin(RAMP, list(padded))
    np.testing.assert_array_equal(image.padding, inside)
    np.testing.assert_allclose(image.pixels, np.where(inside, 0, expected), atol=1e-6)


@given(
    place=st.floats(0.1, 0.9), width=st.floats(1, 500), function=st.sampled_from(list(WINDOWS)),
    slope=st.floats(0.1, 10), signed=st.booleans(),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_presentation_values_rise_within_0_and_1(place, width, function, slope, signed) -> None:
    ds = dataset(RAMP - 32 * signed, 8, RescaleSlope=f"{slope:.6g}", RescaleIntercept=0)
    center = (255 * place - 128 * signed) * float(ds.RescaleSlope)
    ds.WindowCenter, ds.WindowWidth = f"{center:.6g}", f"{max(width, 1):.6g}"
    ds.VOILUTFunction = function
    table = grayscale.presentation_table(ds)
    assert table.shape == (256,)
    assert table.min() >= 0
    assert table.max() <= 1
    assert (np.diff(table) >= 0).all()
    ds.PhotometricInterpretation = "MONOCHROME1"
    np.testing.assert_allclose(grayscale.presentation_table(ds), 1 - table, atol=1e-6)


REFUSED = {
    "For Processing, raw": {"PresentationIntentType": "FOR PROCESSING"},
    "For Processing": {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.2.1"},
    "tomosynthesis": {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.13.1.3"},
    "modality is CT": {"Modality": "CT"},
    "photometric interpretation is RGB": {"PhotometricInterpretation": "RGB"},
    "60000 x 60000 pixels exceed": {"Rows": 60000, "Columns": 60000},
    "truncated: .* bytes": {"Rows": 1000},
    "2 frames": {"NumberOfFrames": 2, "PixelData": bytes(256)},
    "32 allocated bits": {"BitsAllocated": 32, "PixelData": bytes(256)},
    "window width 0 is too small": {"WindowCenter": 10, "WindowWidth": 0},
    "VOI LUT Function is none of LINEAR": {
        "WindowCenter": 9,
        "WindowWidth": 9,
        "VOILUTFunction": "CUBIC",
    },
    "makes all pixels alike": {"RescaleSlope": 0, "RescaleIntercept": 3},
}


@pytest.mark.parametrize("reason", REFUSED)
def test_refusal_names_file_and_reason(tmp_path: Path, reason: str) -> None:
    path = write(tmp_path / "refused.dcm", **REFUSED[reason])
    with pytest.raises(UnreadableImageError, match=reason) as caught:
        images.read_image(path)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    assert "secret" not in text
    assert "Doe" not in text


def test_missing_transfer_syntax_is_refused(tmp_path: Path) -> None:
    ds = dataset(RAMP)
    path = tmp_path / "bare"
    del ds.file_meta.TransferSyntaxUID
    ds.save_as(path, implicit_vr=True, little_endian=True)
    with pytest.raises(UnreadableImageError, match="transfer syntax is missing"):
        images.read_image(path)


def test_deflated_file_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    ds = dataset(RAMP)
    ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    ds.save_as(tmp_path / "deflated", enforce_file_format=True)
    with pytest.raises(UnreadableImageError, match="deflated"):
        images.read_image(tmp_path / "deflated")


@pytest.mark.filterwarnings("ignore:End of file reached")
def test_truncated_compressed_file_is_refused(tmp_path: Path) -> None:
    ds = dataset(np.random.default_rng(0).integers(0, 4096, (64, 64)))
    ds.compress(RLELossless)
    ds.save_as(tmp_path / "whole", enforce_file_format=True)
    content = (tmp_path / "whole").read_bytes()
    (tmp_path / "cut").write_bytes(content[:-3000])
    assert images.read_image(tmp_path / "whole").pixels.shape == (64, 64)
    with pytest.raises(UnreadableImageError, match="truncated"):
        images.read_image(tmp_path / "cut")


@pytest.mark.parametrize("content", [b"", b"no image at all", bytes(1000), b"\x08\x00" * 100])
def test_what_is_not_dicom_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(UnreadableImageError, match="other"):
        images.read_image(tmp_path / "other")


def test_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match="cannot be opened"):
        images.read_image(tmp_path / "absent.dcm")


@pytest.mark.parametrize("preamble", [b"\0" * 128, b"II*\0" + b"\0" * 124, None])
def test_format_is_told_by_content(tmp_path: Path, preamble: bytes | None) -> None:
    content = write(tmp_path / "image.png").read_bytes()
    content = content[132:] if preamble is None else preamble + content[128:]
    (tmp_path / "image.png").write_bytes(content)
    np.testing.assert_allclose(
        images.read_image(tmp_path / "image.png").pixels, RAMP / 4095, atol=1e-6
    )


def code_item(value: str, scheme: str) -> Sequence:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator = value, scheme
    return Sequence([item])


@pytest.mark.parametrize(
    ("elements", "attribute", "expected"),
    [
        ({"ImageLaterality": "L", "Laterality": "R"}, "laterality", "L"),
        ({"Laterality": "R"}, "laterality", "R"),
        ({"ImageLaterality": "B"}, "laterality", None),
        ({"ViewPosition": "CC"}, "view", "CC"),
        ({"ViewCodeSequence": code_item("R-10226", "SNM3")}, "view", "MLO"),
        ({"ViewCodeSequence": code_item("399162004", "SCT")}, "view", "CC"),
        ({"PatientOrientation": "MLO"}, "view", "MLO"),
        ({"PatientOrientation": ["P", "FL"]}, "view", None),
        ({"ImagerPixelSpacing": [0.07, 0.07], "PixelSpacing": [1, 1]}, "pixel_spacing_mm", 0.07),
        ({"PixelSpacing": [0.1, 0.1]}, "pixel_spacing_mm", 0.1),
        ({}, "pixel_spacing_mm", None),
    ],
)
def test_facts(tmp_path: Path, elements: dict, attribute: str, expected: object) -> None:
    assert getattr(read(tmp_path, **elements), attribute) == expected


def test_no_patient_identifier_is_kept(tmp_path: Path) -> None:
    image = read(tmp_path)
    values = " ".join(str(getattr(image, field.name)) for field in fields(image))
    assert "secret" not in values
    assert "Doe" not in values


def test_real_lossless_codecs_agree(real_data: Path) -> None:
    plain = images.read_image(real_data / "dicom/RG3_UNC.dcm").pixels
    stored = pydicom.dcmread(real_data / "dicom/RG3_UNC.dcm").pixel_array[::97, ::89]
    expected = [[1 - window_linear(x, 550, 1024) for x in row] for row in stored]
    np.testing.assert_allclose(plain[::97, ::89], expected, atol=1e-6)
    for codec in ("RLE", "JPLL", "JLSL", "J2KR"):
        pixels = images.read_image(real_data / f"dicom/RG3_{codec}.dcm").pixels
        np.testing.assert_array_equal(pixels, plain, err_msg=codec)


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("RG3_JPLY.dcm", ["JPEG Extended", "10 bits", "permissive licence"]),
        ("GH1376.dcm", ["tomosynthesis", "(0002,0010) says that pixels are uncompressed"]),
    ],
)
def test_real_file_is_refused(real_data: Path, name: str, reasons: list[str]) -> None:
    with pytest.raises(UnreadableImageError) as caught:
        images.read_image(real_data / "dicom" / name)
    for reason in reasons:
        assert reason in str(caught.value)


def test_real_mammogram_with_voi_luts_and_padding(real_data: Path) -> None:
    image = images.read_image(real_data / "dicom/GH133.dcm")
    ds = pydicom.dcmread(real_data / "dicom/GH133.dcm")
    stored = ds.pixel_array.astype(int)
    entries, first, bits = ds.VOILUTSequence[0].LUTDescriptor
    table = np.array(ds.VOILUTSequence[0].LUTData)
    expected = table[np.clip(stored - first, 0, entries - 1)] / (2**bits - 1)
    expected[stored <= 30] = 0
    np.testing.assert_allclose(image.pixels, expected, atol=1e-6)
    assert (image.laterality, image.view, image.bits_stored) == ("R", "MLO", 12)
    assert image.pixel_spacing_mm == pytest.approx(0.0941, abs=1e-4)


def test_real_mammogram_with_overlay(real_data: Path) -> None:
    image = images.read_image(real_data / "dicom/OutOfBoundsOverlay.dcm")
    stored = pydicom.dcmread(real_data / "dicom/OutOfBoundsOverlay.dcm").pixel_array
    expected = [[window_linear(x, 2048, 4096) for x in row] for row in stored[::50, ::50]]
    np.testing.assert_allclose(image.pixels[::50, ::50], expected, atol=1e-6)
    assert (image.laterality, image.view) == ("L", "CC")


def test_real_modality_lut(real_data: Path) -> None:
    image = images.read_image(real_data / "dicom/CR-ModalitySequenceLUT.dcm")
    ds = pydicom.dcmread(real_data / "dicom/CR-ModalitySequenceLUT.dcm")
    table = np.frombuffer(ds.ModalityLUTSequence[0].LUTData, "<u2")
    expected = 1 - table[ds.pixel_array] / table.max()
    np.testing.assert_allclose(image.pixels, expected, atol=1e-6)
