import io
import logging
import tracemalloc
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

import native
from mammo.errors import UnreadableImageError
from mammo.files.opening import opened
from mammo.images import dicom_header

TAGS = (*dicom_header.FACT_TAGS, "PatientID", "SOPInstanceUID")
NAME = "ZZPLANT^Anna"


def read_header(path: Path, tags: Sequence[str] = TAGS) -> tuple[dict, str | None, int]:
    with opened(path) as file:
        return dicom_header.read_header(file, tags)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return native.write_dicom(
        tmp_path / "a",
        native.mammogram(0),
        PatientID="P1",
        PatientName=NAME,
        ImageLaterality="L",
        ViewPosition="MLO",
        StudyDate="20160203",
        ImagerPixelSpacing=[0.07, 0.08],
    )


def code(value: str, **more: object) -> Dataset:
    item = Dataset()
    item.CodeValue = value
    for keyword, held in more.items():
        setattr(item, keyword, held)
    return item


def rewritten(file: Path, syntax: str) -> Path:
    ds = dcmread(file)
    ds.file_meta.TransferSyntaxUID = syntax
    little = syntax != ExplicitVRBigEndian
    dcmwrite(
        file, ds, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=little,
        enforce_file_format=True,
    )  # fmt: skip
    return file


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_values_and_the_place_of_the_pixels(file, syntax):
    for path in (file, rewritten(file, syntax)):
        header, stated, offset = read_header(path)
        assert stated in (ExplicitVRLittleEndian, syntax)
        values = [header[name] for name in ("PatientID", "Rows", "ViewPosition")]
        assert values == ["P1", 120, "MLO"]
        assert "PatientName" not in header  # it was not asked for
        content = path.read_bytes()
        length = 12 if stated != ImplicitVRLittleEndian else 8
        assert len(content) - offset - length == 2 * 120 * 90


def test_a_file_without_preamble_is_read(file):
    whole = file.read_bytes()
    file.write_bytes(whole[132:])
    header, _, offset = read_header(file)
    assert (header["PatientID"], len(whole) - offset) == ("P1", 12 + 132 + 2 * 120 * 90)


def test_a_member_of_an_archive_is_read_where_it_lies(file, tmp_path):
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(file, "x/a")
    packed, plain = read_header(tmp_path / "b.zip" / "x" / "a"), read_header(file)
    assert packed[0]["PatientID"] == "P1" and packed == plain


def test_a_deflated_file_is_refused_and_not_inflated(file):
    ds = dcmread(file)
    ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    stream = io.BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    bomb = zlib.compressobj(wbits=-15)
    packed = bomb.compress(b"\x08\0\x70\0LT\0\0" + bytes(2**26)) + bomb.flush()
    head = stream.getvalue()[: stream.getvalue().index(b"1.2.840.10008.1.2.1.99") + 22]
    file.write_bytes(head + packed)
    tracemalloc.start()
    with pytest.raises(UnreadableImageError, match="deflated: export it again uncompressed"):
        read_header(file)
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()


def test_no_more_is_read_than_a_header_has(file, monkeypatch):
    monkeypatch.setattr(dicom_header, "MAX_HEADER_BYTES", 20_000)
    ds = dcmread(file)
    ds.TextValue = "x" * 60_000  # nobody asks for it
    ds.save_as(file)
    assert read_header(file)[0]["PatientID"] == "P1"
    with pytest.raises(UnreadableImageError, match=r"damaged: it has more than 20,000 bytes"):
        read_header(file, (*TAGS, "TextValue"))


def test_faults_are_one_sentence_without_path_and_value(file):
    ds = dcmread(file)
    del ds.SOPClassUID, ds.file_meta.MediaStorageSOPClassUID
    ds.save_as(file)
    with pytest.raises(UnreadableImageError, match="damaged: it names no SOP class"):
        read_header(file)
    ds.SOPClassUID, ds.Rows = native.MAMMOGRAPHY, None
    ds.add_new("Rows", "LO", "ZZPLANT^A")
    ds.save_as(file)
    with pytest.raises(UnreadableImageError) as raised:
        dicom_header.facts_of(read_header(file, dicom_header.FACT_TAGS)[0])
    assert str(raised.value) == "the DICOM header is damaged: Rows is no whole number"
    with pytest.raises(UnreadableImageError, match="file cannot be opened: No such file"):
        read_header(file.parent / "gone")


def test_a_value_that_cannot_be_decoded_costs_what_needs_it_alone(file):
    file.write_bytes(file.read_bytes().replace(b"0.07\\0.08", b"ZZPLANT^A"))
    facts = dicom_header.facts_of(read_header(file, dicom_header.FACT_TAGS)[0])
    assert (facts["pixel_spacing_mm"], facts["laterality"], facts["rows"]) == (None, "L", 120)


@pytest.mark.parametrize("stated", ["absent", "", "1.2.3"])
def test_the_sop_class_is_also_in_the_file_meta_information(file, stated):
    ds = dcmread(file)
    ds.file_meta.MediaStorageSOPClassUID = native.MAMMOGRAPHY
    ds.SOPClassUID = stated
    if stated == "absent":
        del ds.SOPClassUID
    ds.save_as(file)
    expected = "1.2.3" if stated == "1.2.3" else native.MAMMOGRAPHY
    assert read_header(file)[0]["SOPClassUID"] == expected


def test_warnings_of_the_reader_are_kept_from_everybody(file, capfd, caplog, recwarn):
    content = file.read_bytes()
    # A UID with letters, and a text longer than its kind allows: pydicom quotes both.
    content = content.replace(b"UI\x06\x001.2.3\0", b"UI\x06\x00ZZPLAN")
    content = content.replace(b"CS\x02\x00L ", b"CS\x14\x00ZZPLANTZZPLANTZZPLAN")
    file.write_bytes(content)
    with caplog.at_level(logging.DEBUG):
        header, _, _ = read_header(file)
    assert header["SOPInstanceUID"] == "ZZPLAN"
    assert header["ImageLaterality"] == "ZZPLANTZZPLANTZZPLAN"
    assert "ZZPLAN" not in "".join(capfd.readouterr()) + caplog.text
    assert not recwarn.list
    assert not logging.getLogger("pydicom").disabled


@pytest.mark.parametrize(
    ("image", "series", "side"),
    [("L", "", "L"), ("", "r", "R"), ("L", "R", "L"), ("B", "", None), (None, None, None)],
)
def test_the_side_of_the_image_comes_before_that_of_the_series(image, series, side):
    assert dicom_header.laterality({"ImageLaterality": image, "Laterality": series}) == side


@pytest.mark.parametrize(
    ("header", "view"),
    [
        ({"ViewPosition": "mlo", "ViewCodeSequence": [code("399162004")]}, "MLO"),
        ({"ViewCodeSequence": [code("399162004")]}, "CC"),
        ({"ViewCodeSequence": [code("R-10226")]}, "MLO"),
        ({"ViewCodeSequence": [code("0"), code("127457009")]}, "SPECIMEN"),
        ({"PatientOrientation": "CC"}, "CC"),
        ({"PatientOrientation": ["A", "F"]}, None),
        ({"ViewPosition": "", "ViewCodeSequence": []}, None),
    ],
)
def test_the_view_is_found_wherever_it_is_written(header, view):
    assert dicom_header.view(header) == view


def test_view_modifiers_stand_in_the_view_or_beside_it():
    inside = code("399162004", ViewModifierCodeSequence=[code("399163009"), code("unknown")])
    header = {"ViewCodeSequence": [inside], "ViewModifierCodeSequence": [code("R-102D6")]}
    assert dicom_header.modifiers(header) == ("magnification",)
    assert dicom_header.modifiers({"ViewModifierCodeSequence": [code("399055006")]}) == (
        "spot compression",
    )
    assert dicom_header.modifiers({}) == ()


def test_small_facts():
    assert dicom_header.year({"AcquisitionDate": "", "StudyDate": "20160203"}) == 2016
    assert dicom_header.year({"StudyDate": "unknown"}) is None
    assert dicom_header.spacing_mm({"PixelSpacing": None, "ImagerPixelSpacing": [0.07, 1]}) == 0.07
    assert dicom_header.spacing_mm({}) is None
    both = {"PixelSpacing": [1, 1], "ImagerPixelSpacing": [0.07, 0.07]}
    assert dicom_header.spacing_mm(both) == 0.07
    assert dicom_header.spacing_mm(both | {"ImagerPixelSpacing": [0, 0]}) == 1
    assert dicom_header.spacing_mm({"PixelSpacing": [float("inf"), 1]}) is None
    assert dicom_header.says_yes({"BurnedInAnnotation": "yes "}, "BurnedInAnnotation")
    assert not dicom_header.says_yes({"BurnedInAnnotation": "NO"}, "BurnedInAnnotation")
    assert dicom_header.short_name(ExplicitVRLittleEndian) == "Explicit VR Little Endian"


@given(
    places=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), max_size=4),
    end=st.integers(0, 900),
    cut=st.booleans(),
)
def test_any_damage_ends_in_values_or_in_one_sentence(tmp_path_factory, places, end, cut):
    file = tmp_path_factory.mktemp("damaged") / "ZZPLANT.dcm"
    native.write_dicom(
        file, np.zeros((8, 6), np.uint16), PatientID="ZZPLANT1", ViewCodeSequence=[code("R-10226")]
    )
    content = bytearray(file.read_bytes())
    for place, value in places:
        content[place % len(content)] = value
    file.write_bytes(content[:end] if cut else content)
    try:
        header, _, offset = read_header(file)
        facts = dicom_header.facts_of(header)
    except UnreadableImageError as error:
        assert "ZZPLANT" not in str(error) and "\n" not in str(error)
    else:
        assert offset >= 0
        assert all(isinstance(facts[name], int | None) for name in ("rows", "columns"))
