"""What users of other tools have reported of their files, drawn anew and tried here."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

import drawn
from mammo.datasets.institution.inspection import inspect
from mammo.errors import UnreadableImageError
from mammo.images import read_image
from mammo.images.cropped_image import PreparedImage, PreprocessingSettings, prepare
from mammo.images.elements import title

GREY = drawn.breast()


def prepared(path: Path) -> PreparedImage:
    assert inspect(path)["excluded"] is None
    return prepare(read_image(path), None, PreprocessingSettings(size=96))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> PreparedImage:
    file = tmp_path_factory.mktemp("plain") / "a"
    return prepared(drawn.write(file, drawn.dataset(GREY, **drawn.WINDOW)))


def assert_alike(found: PreparedImage, expected: PreparedImage) -> None:
    np.testing.assert_array_equal(found.breast, expected.breast)
    np.testing.assert_allclose(found.pixels, expected.pixels, atol=1e-3)


def lut(vr: str, entries: int, first: int, bits: int, data: np.ndarray) -> Sequence:
    item = Dataset()
    first = first - 65536 if vr == "SS" and first > 32767 else first
    item.add_new("LUTDescriptor", vr, [entries, first, bits])
    item.add_new("LUTData", "OW", data.astype("<u2").tobytes())
    return Sequence([item])


def test_a_lut_that_states_the_size_of_its_words(plain, tmp_path):
    """Agfa: 16 bits are stated of entries that use 12. https://github.com/Enet4/dicom-rs/pull/825

    All of it is dark then, and the stretch to the breast's own grey makes that good.
    """
    table = lut("US", 4096, 0, 16, np.arange(4096))
    file = drawn.write(tmp_path / "a", drawn.dataset(GREY, VOILUTSequence=table))
    assert_alike(prepared(file), plain)


@pytest.mark.parametrize("vr", ["US", "SS"])
def test_a_lut_of_more_than_32767_entries(vr, plain, tmp_path):
    """A signed descriptor makes their number negative.

    https://github.com/pydicom/pydicom/issues/942
    """
    table = lut(vr, 40_000, 0, 12, np.minimum(np.arange(40_000), 4095))
    file = drawn.write(tmp_path / "a", drawn.dataset(GREY, 16, VOILUTSequence=table))
    assert_alike(prepared(file), plain)


@pytest.mark.parametrize("vr", ["US", "SS"])
def test_a_lut_that_begins_at_a_large_value_without_sign(vr, plain, tmp_path):
    """https://github.com/dcm4che/dcm4che/issues/1521"""
    table = lut(vr, 4096, 50_000, 12, np.arange(4096))
    file = drawn.write(tmp_path / "a", drawn.dataset(GREY + 50_000, 16, VOILUTSequence=table))
    assert_alike(prepared(file), plain)


@pytest.mark.parametrize("syntax", [*drawn.UNCOMPRESSED, *drawn.LOSSLESS])
@pytest.mark.parametrize("is_signed", [False, True])
def test_eight_bits_in_words_of_sixteen(syntax, is_signed, tmp_path):
    """A decoder wrote beyond its memory. https://github.com/pydicom/pydicom/issues/2010"""
    eight = GREY >> 4
    ds = drawn.dataset(
        eight - 128 * is_signed, 8, BitsAllocated=16,
        PixelData=((eight - 128 * is_signed) & 0xFFFF).astype("<u2").tobytes(),
    )  # fmt: skip
    file = drawn.write(tmp_path / "a", ds, syntax)
    try:
        image = read_image(file)
    except UnreadableImageError as error:
        assert str(inspect(file)["excluded"]) in str(error) and inspect(file)["excluded"]
    else:
        np.testing.assert_allclose(image.pixels, eight / 255, atol=1e-6)


@pytest.mark.parametrize("stated", [13, 14, 16])
def test_a_stream_of_fewer_bits_than_are_stated(stated, plain, tmp_path):
    """https://github.com/pydicom/pydicom/issues/2012"""
    file = drawn.write(tmp_path / "a", drawn.dataset(GREY, **drawn.WINDOW), uid.JPEG2000Lossless)
    ds = pydicom.dcmread(file)
    ds.BitsStored, ds.HighBit = stated, stated - 1
    ds.save_as(file)
    assert_alike(prepared(file), plain)


@pytest.mark.parametrize(
    "orientation", [["", ""], ["UNKNOWN", "X"], "L\\F\\P\\A", "?", ["A\0", "F"]]
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_patient_orientation_that_is_none(orientation, plain, tmp_path):
    """A viewer could not load it. https://github.com/nroduit/Weasis/issues/376"""
    ds = drawn.dataset(GREY, PatientOrientation=orientation, **drawn.WINDOW)
    assert_alike(prepared(drawn.write(tmp_path / "a", ds)), plain)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT"])
def test_a_window_of_fractions(function, plain, tmp_path):
    """By the default function it shows nothing. https://github.com/fo-dicom/fo-dicom/issues/1153"""
    ds = drawn.dataset(
        GREY, RescaleSlope="0.0001", RescaleIntercept="0", WindowCenter="0.20475",
        WindowWidth="0.4095", VOILUTFunction=function,
    )  # fmt: skip
    file = drawn.write(tmp_path / "a", ds)
    if function == "LINEAR_EXACT":
        assert_alike(prepared(file), plain)
        return
    assert title("WindowWidth") in str(inspect(file)["excluded"])
    with pytest.raises(UnreadableImageError, match=r"window width 0\.4095 is too small"):
        read_image(file)


@pytest.mark.parametrize("syntax", [uid.ExplicitVRLittleEndian, uid.RLELossless])
def test_unused_bits_that_are_all_set(syntax, plain, tmp_path):
    """Two bits above 14 were shown.

    https://github.com/cornerstonejs/cornerstoneWADOImageLoader/issues/528
    """
    file = drawn.write(tmp_path / "a", drawn.dataset(GREY | 0xC000, 14, **drawn.WINDOW), syntax)
    assert_alike(prepared(file), plain)


@pytest.mark.parametrize("syntax", [*drawn.UNCOMPRESSED, *drawn.LOSSLESS])
def test_values_without_sign_in_the_upper_half(syntax, tmp_path):
    """They were read as negative. https://github.com/rexcardan/Evil-DICOM/issues/107"""
    stored = GREY * 20
    file = drawn.write(tmp_path / "a", drawn.dataset(stored, 16), syntax)
    assert stored.max() > 40_000 and inspect(file)["excluded"] is None
    np.testing.assert_allclose(read_image(file).pixels, stored / 65535, atol=1e-6)


@pytest.mark.parametrize("syntax", drawn.LOSSLESS)
@pytest.mark.parametrize("bits", [10, 13])
def test_a_sign_of_fewer_bits_than_a_word_has(syntax, bits, tmp_path):
    """JPEG-LS knows no sign. https://github.com/pydicom/pydicom/issues/2009"""
    top = (1 << bits) - 1
    stored = np.rint(GREY / drawn.TOP * top).astype(np.int32)
    file = drawn.write(tmp_path / "a", drawn.dataset(stored - (top + 1) // 2, bits), syntax)
    assert inspect(file)["excluded"] is None
    np.testing.assert_allclose(read_image(file).pixels, stored / top, atol=1e-6)
