import json
import re

import pytest

import native
from mammo.datasets import inbreast, manifest
from mammo.datasets.inbreast_outlines import lesion_boxes
from mammo.errors import DatasetError, ParameterError

ANNA, BERTA = "0123456789abcdef", "fedcba9876543210"
ROWS = [
    ("R", "CC", "201001", "22678622", "4", "1"),
    ("R", "MLO", "201001", "22678646", " " * 190, "4c"),
    ("L", "MLO", "200802", "22678670", "2", "3"),
    ("L", "FB", "200901", "22678694", "1", "6"),
]
PATIENTS = {"22678622": ANNA, "22678646": ANNA, "22678670": BERTA, "22678694": BERTA}


@pytest.fixture(params=["INbreast Release 1.0/AllDICOMs", "INbreast/ALL-IMGS"])
def release(request, tmp_path):
    images = tmp_path / request.param
    for side, view, _, number, _, _ in ROWS:
        native.write_inbreast_image(images, number, PATIENTS[number], side, view)
    (images / ".DS_Store").write_bytes(b"\0")
    native.write_inbreast_table(images.parent, ROWS)
    return images.parent


def test_release_and_kaggle_folders_give_the_manifest(release, tmp_path):
    assert inbreast.find(tmp_path) == release
    frame = inbreast.load(release).set_index("image_id")
    assert frame["label"].dropna().to_dict() == {"22678622": 0, "22678646": 1, "22678694": 1}
    assert frame["excluded"].dropna().to_dict() == {"22678670": "BI-RADS 3"}
    assert frame["patient_id"].to_dict() == PATIENTS
    assert frame["view"].tolist() == ["CC", "MLO", "MLO", "FB"]
    assert frame["study_id"].nunique() == 3
    one = frame.loc["22678646"]
    assert (one["birads"], one["density"], one["acquisition_year"]) == ("4c", None, 2010)
    assert (one["presentation_intent"], one["bits_stored"]) == ("FOR PRESENTATION", 14)
    assert one["pixel_spacing_mm"] == 0.07


def test_label_rule_is_a_parameter(release):
    frame = inbreast.load(release, positive=("3", "4", "5", "6"), excluded=())
    assert frame["label"].tolist() == [0, 1, 1, 1]
    with pytest.raises(ParameterError, match="'3'"):
        inbreast.load(release, positive=("3", "4", "5", "6"))


def test_a_category_outside_the_rule_names_file_line_and_value(release):
    with pytest.raises(DatasetError, match=r"INbreast\.csv, line 2: label '1'"):
        inbreast.load(release, negative=("2",))


def test_outlines_become_boxes(release):
    points = ["(10.6, 20.2)", "(30.1, 5.9)"]
    native.write_inbreast_outlines(
        release / "AllXML" / "22678646.xml", {"Mass ": points, "Calcification": ["(1, 2)"]}
    )
    frame = inbreast.load(release).set_index("image_id")
    mass = {"row_min": 5, "col_min": 10, "row_max": 21, "col_max": 31, "kind": "mass"}
    point = {"row_min": 2, "col_min": 1, "row_max": 3, "col_max": 2, "kind": "calcification"}
    assert json.loads(frame.loc["22678646", "boxes"]) == [mass, point]


@pytest.mark.parametrize("text", [b"<plist>", b"", b"<!DOCTYPE a [<!ENTITY b 'c'>]><plist>&b;"])
def test_damaged_outlines_cost_no_image(tmp_path, text):
    path = tmp_path / "1.xml"
    path.write_bytes(text)
    with pytest.warns(UserWarning, match=r"1\.xml"):
        assert lesion_boxes(path) == []


def test_images_and_rows_without_each_other_are_excluded(release):
    images = next(path for path in release.iterdir() if path.is_dir())
    native.write_inbreast_image(images, "99999999", ANNA, "L", "CC")
    next(images.glob("22678622_*")).unlink()
    excluded = inbreast.load(release).set_index("image_id")["excluded"].dropna()
    assert excluded["99999999"] == "no row in INbreast.csv"
    assert excluded["22678622"] == "image file not found"


def test_a_contradicting_file_name_is_excluded(tmp_path):
    native.write_inbreast_image(tmp_path / "AllDICOMs", "22678622", ANNA, "L", "CC")
    native.write_inbreast_table(tmp_path, ROWS[:1])
    reason = inbreast.load(tmp_path)["excluded"][0]
    assert reason == "side or view differ between file name and table"


def test_raw_images_are_excluded_by_their_header(tmp_path):
    native.write_inbreast_image(
        tmp_path, "22678622", ANNA, "R", "CC", PresentationIntentType="FOR PROCESSING"
    )
    native.write_inbreast_table(tmp_path, ROWS[:1])
    assert inbreast.load(tmp_path)["excluded"][0].startswith("a raw image FOR PROCESSING")


def test_two_copies_of_an_image_are_refused(release):
    native.write_inbreast_image(release / "copy", "22678622", ANNA, "R", "CC")
    with pytest.raises(DatasetError, match="same image"):
        inbreast.load(release)


def test_missing_parts_are_named(tmp_path):
    root = tmp_path / "INbreast"
    root.mkdir()
    assert inbreast.find(tmp_path) == root
    with pytest.raises(DatasetError, match=r"INbreast\.csv"):
        inbreast.load(root)
    table = native.write_inbreast_table(root, [*ROWS, ROWS[0]])
    assert inbreast.find(tmp_path) is None, "the table alone is not the set"
    with pytest.raises(DatasetError, match="no INbreast image"):
        inbreast.load(root)
    with pytest.raises(DatasetError, match="line 6: image 22678622"):
        inbreast.read_cases(table)
    table.write_text("a;b\n1;2\n")
    with pytest.raises(DatasetError, match="lacks the columns"):
        inbreast.read_cases(table)


ROW = "removed;removed;R;CC;201001;22678622;4;1"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (ROW.replace("22678622", "2267862"), "line 2: File Name '2267862'"),
        (ROW.replace("22678622", "२२६७८६२२"), "line 2: File Name '२२६७८६२२'"),
        (ROW.replace(";R;", ";X;"), "line 2: Laterality 'X'"),
        (ROW.replace("201001", "2010-01"), "line 2: Acquisition date '2010-01'"),
    ],
)
def test_a_row_that_is_not_as_released_is_named(tmp_path, row, reason):
    table = native.write_inbreast_table(tmp_path, ROWS[:1])
    header = table.read_text().splitlines()[0]
    table.write_text(f"{header}\n{row}\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=re.escape(f"INbreast.csv, {reason}")):
        inbreast.read_cases(table)


def test_columns_that_come_twice_are_named(tmp_path):
    table = native.write_inbreast_table(tmp_path, ROWS[:1])
    table.write_text(table.read_text().replace("View", "View ;View").replace("CC", "CC;CC"))
    with pytest.raises(DatasetError, match="'View' twice"):
        inbreast.read_cases(table)


def test_real_table_counts_as_published(real_data):
    table = real_data / "inbreast" / "INbreast.csv"
    cases = inbreast.read_cases(table)
    assert cases["view"].value_counts().to_dict() == {"MLO": 206, "CC": 203, "FB": 1}
    rows = inbreast.label_cases(cases, table)
    labels = [row["label"] for row in rows if "label" in row]
    assert (len(rows), len(labels), sum(labels)) == (410, 387, 100)
    assert sum(str(row.get("excluded")) == "BI-RADS 3" for row in rows) == 23


def test_real_table_joins_files_named_as_in_the_release(real_data, tmp_path):
    table = real_data / "inbreast" / "INbreast.csv"
    (tmp_path / "INbreast.csv").write_bytes(table.read_bytes())
    for case in inbreast.read_cases(table).itertuples():
        view = "ML" if case.view == "MLO" else case.view
        name = f"{case.number}_{case.number:0>16}_MG_{case.laterality}_{view}_ANON.dcm"
        (tmp_path / name).write_bytes(b"header left out")
    frame = inbreast.load(tmp_path)
    reasons = frame["excluded"].str.partition(":")[0].value_counts().to_dict()
    assert reasons == {"the DICOM header is damaged": 387, "BI-RADS 3": 23}
    assert manifest.summary(frame).loc["inbreast", "images_total"] == 410
