import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import native
from intakes import write_mammogram, write_raster
from mammo.datasets.institution.inspection import COLUMNS, inspect


@pytest.mark.parametrize("name", ["a.dcm", "a.png", "a", "a.txt", "a.zip.1", "\udcff.dcm", "1\n2"])
def test_the_name_says_nothing(tmp_path, name):
    try:
        file = write_mammogram(tmp_path / name)
    except (OSError, UnicodeError):
        pytest.skip("this file system has no such names")
    assert inspect(file)["format"] == "DICOM"
    assert inspect(file)["excluded"] is None
    raster = inspect(write_raster(tmp_path / name, 1))
    assert (raster["format"], raster["rows"], raster["columns"]) == ("PGM", 8, 6)


def test_facts_of_a_mammogram(tmp_path):
    file = write_mammogram(
        tmp_path / "a",
        7,
        AccessionNumber="A1",
        StudyInstanceUID="1.5",
        StudyDate="20160203",
        ManufacturerModelName="Selenia\x1b[2J",
        Laterality="R",
        ImageType=["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"],
        BreastImplantPresent="YES",
        BurnedInAnnotation="YES",
        ImagerPixelSpacing=[0.07, 0.07],
    )
    facts = inspect(file)
    assert facts.keys() <= set(COLUMNS)
    assert facts["pixels_at"] == file.stat().st_size - 12 - 2 * 48
    expected = {
        "bytes": file.stat().st_size,
        "patient": "P7",
        "study": "1.5",
        "accession": "A1",
        "instance": "1.2.7",
        "manufacturer": "HOLOGIC, Inc.",
        "model_name": "Selenia[2J",  # and nothing that a terminal obeys
        "transfer_syntax": "Explicit VR Little Endian",
        "implant": True,
        "burned_in": True,
        "is_secondary_capture": False,
        "is_synthesised": True,
        "is_contradictory": True,
        "presentation_intent": "FOR PRESENTATION",
        "photometric_interpretation": "MONOCHROME2",
        "bits_stored": 16,
        "rows": 8,
        "columns": 6,
        "laterality": "L",
        "view": "CC",
        "acquisition_year": 2016,
        "pixel_spacing_mm": 0.07,
        "excluded": None,
    }
    assert {name: facts[name] for name in expected} == expected


def test_an_implant_pushed_aside_is_one(tmp_path):
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodeValue = "399209000"
    assert inspect(write_mammogram(tmp_path / "a", ViewModifierCodeSequence=[item]))["implant"]


def test_words_that_are_not_of_the_standard_are_dropped(tmp_path):
    facts = inspect(write_mammogram(tmp_path / "a", PresentationIntentType="DOE JANE"))
    assert facts["presentation_intent"] is None and facts["excluded"] is None


@pytest.mark.parametrize(
    ("save", "reason"),
    [
        (lambda path: Image.new("I;16", (6, 8)).save(path, "PNG"), None),
        (lambda path: Image.new("L", (6, 8)).save(path, "JPEG"), None),
        (lambda path: Image.new("RGB", (6, 8)).save(path, "PNG"), None),  # may be grey
        (lambda path: Image.new("F", (6, 8)).save(path, "TIFF"), "its pixels are not grey values"),
        (lambda path: Image.new("I", (6, 8)).save(path, "TIFF"), "its pixels are not grey values"),
        (
            lambda path: Image.new("L", (6, 8)).save(
                path, "TIFF", save_all=True, append_images=[Image.new("L", (6, 8))]
            ),
            "several pages in one file",
        ),
        (lambda path: path.write_bytes(b"P5\n9000 9000\n255\n"), "more than 80,000,000 pixels"),
        (lambda path: path.write_bytes(b"P5\nDOE JANE"), "the image header is damaged"),
        (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n"), "the image header is damaged"),
    ],
)
def test_rasters_are_fit_or_have_a_reason(tmp_path, save, reason):
    save(tmp_path / "a")
    found = inspect(tmp_path / "a")["excluded"]
    assert found is None if reason is None else str(found).startswith(reason)


def test_a_bomb_is_not_unpacked(tmp_path):
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(
        ">I4sIIBBBBB", 13, b"IHDR", 60_000, 60_000, 16, 0, 0, 0, 0
    )
    (tmp_path / "a").write_bytes(head + b"\0" * 50)
    assert str(inspect(tmp_path / "a")["excluded"]).startswith("the image header is damaged")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"BM".ljust(60, b"\0"), "an image of another format than DICOM"),
     (b"", "the file is empty"), (b"notes on P1", "no image: neither DICOM nor PNG, TIFF, JPEG"),
     (b"\0" * 128 + b"DICM", "the DICOM header is damaged: it names no SOP class")],
)  # fmt: skip
def test_what_is_no_image_says_so(tmp_path, content, reason):
    (tmp_path / "a.dcm").write_bytes(content)
    assert str(inspect(tmp_path / "a.dcm")["excluded"]).startswith(reason)


def test_what_cannot_be_opened_costs_its_own_row(tmp_path):
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    row = inspect(tmp_path / "gone")
    assert str(row["excluded"]) == "the file cannot be opened: No such file or directory"
    assert row["place"] == tmp_path / "gone"
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("m", os.urandom(3000))
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # encrypted
    (tmp_path / "a.zip").write_bytes(content)
    assert str(inspect(tmp_path / "a.zip" / "m")["excluded"]).startswith(
        "the file cannot be opened: it is"
    )


def test_a_damaged_member_of_an_archive(tmp_path):
    content = write_mammogram(tmp_path / "m").read_bytes() + os.urandom(3000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m", content)
    packed = bytearray((tmp_path / "a.zip").read_bytes())
    packed[60:80] = bytes(20)
    (tmp_path / "a.zip").write_bytes(packed)
    reason = inspect(tmp_path / "a.zip" / "m")["excluded"]
    assert "damaged" in str(reason)


@pytest.mark.parametrize("name", ["Rows", "BitsStored", "NumberOfFrames"])
def test_several_values_where_there_is_one_are_damage(tmp_path, name):
    pixels = np.zeros((8, 6), np.uint16)
    file = native.write_dicom(tmp_path / "a", pixels, **{name: [8, 9]})
    reason = str(inspect(file)["excluded"])
    assert reason == f"the DICOM header is damaged: {name} is no whole number"


@given(
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=6),
    end=st.integers(0, 2000),
)
def test_any_damage_costs_its_own_row_only(tmp_path_factory, changes, end):
    file: Path = tmp_path_factory.mktemp("damaged") / "ZZPLANT000001.dcm"
    write_mammogram(file, PatientID="ZZPLANT000002", StudyDate="20160203")
    content = bytearray(file.read_bytes())
    for place, value in changes:
        content[place % len(content)] = value
    file.write_bytes(content[: max(end, 200)])
    row = inspect(file)
    assert row["place"] == file and "ZZPLANT" not in str(row.get("excluded"))
    assert isinstance(row.get("rows"), int | None) and isinstance(
        row.get("bits_stored"), int | None
    )
