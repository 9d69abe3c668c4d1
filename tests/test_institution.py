from __future__ import annotations

import numpy as np
import pytest
from pydicom import dcmread

import hospital
import native
from intakes import placed, write_mammogram, write_raster
from mammo import images
from mammo.datasets import institution, manifest
from mammo.errors import DatasetError
from mammo.pseudonyms import local_key, pseudonym

TABLE = """image,patient_id,label,laterality,view
a.png,DOE^JANE,1,left,cc
sub/b.tif,DOE^JANE,benign,R,
c,ROE^ANN,0,,
"""


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
    frame = institution.load(folder).set_index(["image_id"], drop=False)
    frame = frame.loc[
        [pseudonym(local_key(), "image", place) for place in ("a.png", "sub/b.tif", "c")]
    ]
    assert frame["label"].tolist() == [1, 0, 0]
    assert frame["laterality"].tolist() == ["L", "R", "L"]
    assert frame["view"].tolist() == ["CC", None, "MLO"]
    names = ["DOE^JANE", "DOE^JANE", "ROE^ANN"]
    assert frame["patient_id"].tolist() == [pseudonym(local_key(), "patient", n) for n in names]
    assert frame["bits_stored"].tolist() == [16, 8, 16]
    assert frame[["manufacturer", "acquisition_year"]].iloc[2].tolist() == ["HOLOGIC", 2016]
    assert "DOE" not in frame.to_csv() and "ROE" not in frame.to_csv()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_spreadsheet_exports_are_understood(folder, separator):
    text = TABLE.replace("image,patient_id,label", "File Name,Patient,LABEL")
    text = text.replace(",", separator).replace("\n", "\r\n")
    (folder / "labels.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert sorted(institution.load(folder)["label"]) == [0, 0, 1]


def test_the_reading_of_the_table_can_be_told(folder):
    (folder / "labels.csv").write_text(TABLE.replace(",1,", ",xyz,"))
    with pytest.raises(DatasetError, match=r"labels\.csv.*line 2: label 'xyz' is not known"):
        institution.load(folder)
    assert sorted(institution.load(folder, positive=("xyz",))["label"]) == [0, 0, 1]
    frame = institution.load(folder, positive=("xyz",), level="patient")
    assert frame["label"].dropna().tolist() == [1]  # of the only image that states its patient


def test_nothing_is_lost(folder):
    write_raster(folder / "unlisted.png", 1)
    (folder / "c").write_bytes(b"\0" * 128 + b"DICM")
    write_raster(folder / "sub" / "d.png", 2)
    write_raster(folder / "sub" / "e.png", 3)
    (folder / "labels.csv").write_text(
        TABLE + "gone.dcm,P1,0,,\n../../etc/passwd,P1,0,,\nsub/d.png,,1,,\nsub/e.png,P2,,,\n"
    )
    frame = institution.load(folder)
    assert len(frame) == 8
    assert sorted(frame["excluded"].dropna()) == [
        "image file not found: line 5 of the table of labels",
        "image file not found: line 6 of the table of labels",
        "label is empty",
        "no patient known: neither table nor header name one",
        "no row in the table of labels",
        "the DICOM header is damaged: it names no SOP class",
    ]
    assert frame.loc[frame["excluded"].notna(), "label"].isna().all()


def test_a_line_for_both_sides_is_absent_once(folder):
    (folder / "labels.csv").write_text("patient_id,side,label\nROE^ANN,L,0\nX,both,1\n")
    frame = institution.load(folder)
    assert (frame["excluded"] == "image file not found: line 3 of the table of labels").sum() == 1


def test_text_of_the_table_is_no_view(folder):
    (folder / "labels.csv").write_text(TABLE.replace(",cc", ",Jane Doe"))
    assert institution.load(folder)["view"].dropna().tolist() == ["MLO"]


def test_missing_parts_are_named(tmp_path):
    root = tmp_path / "institution"
    root.mkdir()
    assert institution.find(tmp_path) == root
    with pytest.raises(DatasetError, match="holds 0 images and no table of labels"):
        institution.load(root)
    native.write_png(root / "a.png")
    with pytest.raises(
        DatasetError, match=r"holds 1 images and no table of.*labels\.csv or labels"
    ):
        institution.load(root)
    (root / "a.png").unlink()
    (root / "labels.csv").write_text(TABLE)
    with pytest.raises(DatasetError, match="holds 0 images and a table of labels"):
        institution.load(root)


def test_a_table_may_lie_elsewhere(folder, tmp_path):
    (folder / "labels.csv").rename(tmp_path / "mine.csv")
    assert institution.load(folder, table=str(tmp_path / "mine.csv"))["label"].sum() == 1


def test_a_marker_makes_it_synthetic(folder):
    assert set(institution.load(folder)["source"]) == {"real"}
    (folder / "SYNTHETIC.txt").write_text("made")
    assert set(institution.load(folder)["source"]) == {"synthetic"}


def test_pseudonyms_lead_back_to_the_files(folder):
    frame = institution.load(folder)
    places = institution.places(folder, "real")
    revealed = manifest.revealed(manifest.concealed(frame), places)
    assert revealed.equals(frame)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> hospital.Hospital:
    folder = tmp_path_factory.mktemp("hospital") / "export"
    return hospital.write(folder, size=(96, 72), draw=hospital.sketches)


def test_what_is_kept_names_nobody(made, tmp_path):
    frame = manifest.concealed(institution.load(made.folder))
    manifest.write_csv(frame, tmp_path / "manifest.csv")
    assert hospital.find_planted(tmp_path, made.planted) == []


def test_what_is_called_fit_can_be_read(made):
    """The survey reads headers only, and promises what the readers of images keep."""
    frame = manifest.used(institution.load(made.folder))
    cut = placed(made)["kind"].eq("truncated")
    places = {str(made.folder.resolve() / place) for place in cut[cut].index}
    read = [images.read(path) for path in frame["path"] if path not in places]
    assert len(read) > 50
    assert {image.pixels.shape for image in read} == {(96, 72)}


def test_two_workers_find_the_same(tmp_path):
    for number in range(514):
        write_raster(tmp_path / f"P{number}.pgm", number % 200)
    write_mammogram(tmp_path / "dicom", 1)
    (tmp_path / "labels.csv").write_text("patient_id,label\nP1,1\nP2,0\nP3,0\n")
    assert institution.load(tmp_path, workers=2).equals(institution.load(tmp_path, workers=1))


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
    assert frame["excluded"][0] is None
    assert frame["excluded"][1].startswith("tomosynthesis, or several frames")
    assert dcmread(tmp_path / "2.dcm").Modality != "MG" and frame["excluded"][2] is not None
