"""Lesions of every data set: each with its own box, pathology and type."""

import numpy as np
import pandas as pd
import pytest

import native
from mammo.datasets import cbis_ddsm, inbreast, manifest, mias
from mammo.datasets.cbis_ddsm import ImageTree
from mammo.datasets.lesions import COLUMNS, find, lesions, without_box
from mammo.errors import UnreadableImageError


@pytest.fixture
def cbis(tmp_path):
    """One mass image with a malignant and a benign lesion, one image of calcifications."""
    root = tmp_path / "cbis-ddsm"
    first = native.lesion("P_00001", pathology="MALIGNANT")
    second = native.lesion("P_00001", abnormality="2", pathology="BENIGN")
    other = native.lesion("P_00002", side="RIGHT", pathology="BENIGN_WITHOUT_CALLBACK")
    native.write_cbis_tables(root, {("Mass", "train"): [first, second], ("Calc", "test"): [other]})
    native.write_nbia_image(root, "Mass", "train", first)
    native.write_nbia_image(root, "Mass", "train", second)
    native.write_nbia_image(root, "Calc", "test", other)
    mask = np.zeros((40, 30), np.uint8)
    mask[25:35, 20:28] = 255
    files = ImageTree(root.rglob("*.dcm")).roi_files("Mass-Training_P_00001_LEFT_CC_2", ())
    native.write_dicom(max(files, key=lambda file: file.stat().st_size), mask)
    return root


@pytest.mark.parametrize("workers", [1, 2])
def test_each_mask_of_cbis_ddsm_keeps_its_own_pathology(cbis, workers):
    found = lesions(cbis_ddsm.load(cbis), workers)
    assert list(found.columns) == list(COLUMNS)
    assert sorted(found.itertuples(index=False, name=None)) == [
        ("Calc-Test_P_00002_RIGHT_CC", 10, 5, 20, 15, 0, "calcification"),
        ("Mass-Training_P_00001_LEFT_CC", 10, 5, 20, 15, 1, "mass"),
        ("Mass-Training_P_00001_LEFT_CC", 25, 20, 35, 28, 0, "mass"),
    ]


def test_the_manifest_keeps_lesions_apart_when_written(cbis, tmp_path):
    rows = cbis_ddsm.load(cbis)
    manifest.write_csv(rows, tmp_path / "manifest.csv")
    again = lesions(manifest.read_csv(tmp_path / "manifest.csv"))
    pd.testing.assert_frame_equal(again, lesions(rows))


def test_a_lesion_without_mask_does_not_lend_its_pathology(cbis):
    for file in ImageTree(cbis.rglob("*.dcm")).roi_files("Mass-Training_P_00001_LEFT_CC_1", ()):
        file.unlink()
    found = lesions(cbis_ddsm.load(cbis)).set_index("image_id")
    assert found.loc["Mass-Training_P_00001_LEFT_CC", "malignant"] == 0


def test_lesions_without_a_box_are_counted(cbis):
    rows = cbis_ddsm.load(cbis)
    assert without_box(rows, lesions(rows)).empty
    for file in ImageTree(cbis.rglob("*.dcm")).roi_files("Mass-Training_P_00001_LEFT_CC_1", ()):
        native.write_dicom(file, np.full((9, 9), 65535, np.uint16))  # crops alone
    rows = cbis_ddsm.load(cbis)
    assert without_box(rows, lesions(rows)).to_dict() == {"Mass-Training_P_00001_LEFT_CC": 1}
    rows["excluded"] = "for a reason"
    assert without_box(rows, lesions(rows)).empty


def test_excluded_images_have_no_lesions(cbis):
    rows = cbis_ddsm.load(cbis)
    rows["excluded"] = "for a reason"
    assert lesions(rows).empty and list(lesions(rows).columns) == list(COLUMNS)


def test_a_damaged_mask_is_an_error_that_names_it(cbis):
    (one, *_) = ImageTree(cbis.rglob("*.dcm")).roi_files("Mass-Training_P_00001_LEFT_CC_1", ())
    rows = cbis_ddsm.load(cbis)
    one.write_bytes(b"nothing")
    with pytest.raises(UnreadableImageError, match=r"1-\d\.dcm"):
        lesions(rows)


def test_mias_lesions_have_their_own_severity(tmp_path):
    for number in (3, 4):
        native.write_pgm(tmp_path / "mias" / f"mdb{number:03d}.pgm")
    native.write_info(
        tmp_path / "mias",
        [
            "mdb003 F CALC M *NOTE 3*",
            "mdb004 F MISC B 233 994 29",
            "mdb004 F ARCH B *NOTE 3*",
            "mdb004 F CALC M 313 540 27",
            "mdb004 F ASYM M 613 440 27",
        ],
    )
    found = lesions(mias.load(tmp_path / "mias"))
    assert set(found["image_id"]) == {"mdb004"}
    assert found["malignant"].tolist() == [0, 1, 1]
    assert found["lesion_type"].tolist()[:2] == ["mass", "calcification"]
    assert pd.isna(found["lesion_type"][2])
    assert found.loc[1, ["row_min", "row_max"]].tolist() == [1024 - 540 - 27, 1024 - 540 + 28]


def test_inbreast_lesions_have_the_label_of_their_image(tmp_path):
    rows = [
        ("R", "CC", "201001", "22678622", "4", "1"),
        ("R", "MLO", "201001", "22678646", "4", "4c"),
    ]
    for side, view, _, number, _, _ in rows:
        native.write_inbreast_image(tmp_path / "AllDICOMs", number, "0123456789abcdef", side, view)
        rois = {"Mass ": ["(1, 2)", "(3, 5)"], "Cluster": ["(2, 2)"], "Distortion": ["(4, 4)"]}
        native.write_inbreast_outlines(tmp_path / "AllXML" / f"{number}.xml", rois)
    native.write_inbreast_table(tmp_path, rows)
    table = inbreast.load(tmp_path)
    found = lesions(table)
    assert found["malignant"].tolist() == [0, 0, 0, 1, 1, 1]
    other_labels = table.assign(label=1 - table["label"])
    pd.testing.assert_frame_equal(find(table), find(other_labels))
    assert lesions(other_labels)["malignant"].tolist() == [1, 1, 1, 0, 0, 0]
    assert found["lesion_type"].tolist()[:2] == ["mass", "calcification"]
    assert found["lesion_type"].isna().tolist()[2::3] == [True, True]
    assert found.loc[0, ["row_min", "col_min", "row_max", "col_max"]].tolist() == [2, 1, 6, 4]


def test_real_mias_has_119_lesions_with_coordinates(real_data, tmp_path_factory):
    rows = mias.load(real_data / "all-mias.tar.gz", cache=tmp_path_factory.mktemp("unpacked"))
    found = lesions(rows)
    assert len(found) == 119
    counts = found.fillna({"lesion_type": "neither"}).groupby("lesion_type")["malignant"]
    assert counts.sum().to_dict() == {"calcification": 12, "mass": 20, "neither": 19}
    assert (found["malignant"] <= found["image_id"].map(rows.set_index("image_id")["label"])).all()
