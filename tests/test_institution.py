from __future__ import annotations

import hashlib

import numpy as np
import pytest

import native
from mammo.datasets import institution
from mammo.errors import DatasetError

TABLE = """image,patient_id,label,laterality,view
a.png,DOE^JANE,1,left,cc
sub/b.tif,DOE^JANE,benign,R,
c,ROE^ANN,0,,
"""


def pseudonym(text):
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@pytest.fixture
def folder(tmp_path):
    """Three images of two patients; c is DICOM and its name has no suffix."""
    root = tmp_path / "institution"
    native.write_png(root / "a.png")
    native.write_png(root / "sub" / "b.tif", bits=8)
    native.write_dicom(
        root / "c",
        np.zeros((8, 6), np.uint16),
        PatientName="ROE^ANN",
        PatientID="ROE^ANN",
        ImageLaterality="L",
        ViewPosition="MLO",
        StudyDate="20160203",
        Manufacturer="HOLOGIC",
    )
    (root / "labels.csv").write_text(TABLE)
    (root / "README.txt").write_text("not an image")
    (root / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    return root


def test_folder_and_table_give_the_manifest(folder, tmp_path):
    assert institution.find(tmp_path) == folder
    frame = institution.load(folder)
    assert frame["label"].tolist() == [1, 0, 0]
    assert frame["laterality"].tolist() == ["L", "R", "L"]
    assert frame["view"].tolist() == ["CC", None, "MLO"]
    assert frame["patient_id"].tolist() == [pseudonym(p) for p in ("DOE^JANE",) * 2 + ("ROE^ANN",)]
    assert frame["image_id"].tolist() == [pseudonym(p) for p in ("a.png", "sub/b.tif", "c")]
    assert frame["bits_stored"].tolist() == [16, 8, 16]
    assert frame.loc[2, ["manufacturer", "acquisition_year"]].tolist() == ["HOLOGIC", 2016]
    assert "DOE" not in frame.to_csv() and "ROE" not in frame.to_csv()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_spreadsheet_exports_are_understood(folder, separator):
    text = TABLE.replace("image,patient_id,label", "File Name,Patient,LABEL")
    text = text.replace("File Name", "FileName").replace(",", separator)
    (folder / "labels.csv").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert institution.load(folder)["label"].tolist() == [1, 0, 0]


def test_names_may_lack_folder_or_suffix(folder):
    text = TABLE.replace("sub/b.tif", "b").replace("a.png", "./a.png")
    (folder / "labels.csv").write_text(text)
    assert institution.load(folder)["excluded"].isna().all()
    native.write_png(folder / "other" / "b.png")
    with pytest.raises(DatasetError, match="line 3: 'b' may be any of 2 files"):
        institution.load(folder)


def test_a_whole_place_comes_before_a_stem(folder):
    native.write_png(folder / "c.png")
    frame = institution.load(folder)
    assert frame["path"][2] == str(folder / "c")
    assert frame["excluded"].dropna().tolist() == ["no row in labels.csv"]


def test_words_for_the_classes_are_parameters(folder):
    (folder / "labels.csv").write_text(TABLE.replace(",1,", ",Cancer,"))
    with pytest.raises(DatasetError, match=r"labels\.csv, line 2: label 'cancer' is outside"):
        institution.load(folder)
    frame = institution.load(folder, positive=("cancer",))
    assert frame["label"].tolist() == [1, 0, 0]


def test_nothing_is_lost(folder):
    native.write_png(folder / "unlisted.png")
    (folder / "c").write_bytes(b"\0" * 128 + b"DICM")
    (folder / "labels.csv").write_text(
        TABLE + "gone.dcm,P1,0,,\n" + "../../etc/passwd,P1,0,,\n" + "sub/d.png,,1,,\n"
        "sub/e.png,P2,,,\n"
    )
    native.write_png(folder / "sub" / "d.png")
    native.write_png(folder / "sub" / "e.png")
    reasons = institution.load(folder)["excluded"].dropna().tolist()
    assert sorted(reason.partition(":")[0] for reason in reasons) == [
        "image file not found",
        "image file not found",
        "no label in the table",
        "no patient_id in the table",
        "no row in labels.csv",
        "the DICOM file holds no image",
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("patient_id", "mrn", r"lacks the columns \['patient_id'\] \(found: \['image', 'mrn'"),
        ("c,ROE", "a.png,ROE", r"line 4: image 'a.png' is listed in line 2 already"),
        ("left", "both", r"line 2: laterality 'both' must be L or R"),
    ],
)
def test_a_faulty_table_names_line_and_value(folder, old, new, message):
    (folder / "labels.csv").write_text(TABLE.replace(old, new))
    with pytest.raises(DatasetError, match=message):
        institution.load(folder)


def test_a_table_in_another_encoding_is_refused(folder):
    (folder / "labels.csv").write_bytes(TABLE.replace("JANE", "JÄNE").encode("latin-1"))
    with pytest.raises(DatasetError, match=r"labels\.csv cannot be read.*save it as CSV in UTF-8"):
        institution.load(folder)


def test_missing_parts_are_named(tmp_path):
    root = tmp_path / "institution"
    root.mkdir()
    assert institution.find(tmp_path) == root
    with pytest.raises(DatasetError, match=r"holds 0 images and no table labels\.csv"):
        institution.load(root)
    native.write_png(root / "a.png")
    with pytest.raises(DatasetError, match="holds 1 images and no table"):
        institution.load(root)


def test_real_samples_are_read_or_excluded_with_a_reason(real_data, tmp_path):
    for number, name in enumerate(("GH133", "GH1376", "RG3_UNC")):
        source = real_data / "dicom" / f"{name}.dcm"
        (tmp_path / f"{number}.dcm").write_bytes(source.read_bytes())
    (tmp_path / "labels.csv").write_text("image,patient_id,label\n0,a,0\n1,b,1\n2,c,0\n")
    frame = institution.load(tmp_path)
    good = frame.loc[0]
    assert (good["laterality"], good["view"], good["bits_stored"]) == ("R", "MLO", 12)
    assert (good["rows"], good["columns"]) == (3062, 2394)
    assert good["presentation_intent"] == "FOR PRESENTATION"
    assert frame["excluded"].tolist()[:2] == [None, "a tomosynthesis or CT image, not a mammogram"]
