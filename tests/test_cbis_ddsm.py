import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import native
from mammo.datasets import cbis_ddsm, cbis_ddsm_cases, manifest
from mammo.datasets.cbis_ddsm import ImageTree
from mammo.datasets.cbis_ddsm_masks import lesion_boxes
from mammo.errors import DatasetError, ParameterError, UnreadableImageError
from native import lesion

ONE = lesion("P_00001", pathology="MALIGNANT")
TWO = lesion("P_00002", side="RIGHT", view="MLO", pathology="BENIGN_WITHOUT_CALLBACK")
TABLES = {("Mass", "train"): [ONE], ("Calc", "test"): [TWO]}


@pytest.fixture(params=["new", "classic"])
def nbia(request, tmp_path):
    """A tree with one image of each of two patients, in today's or the classic folder names."""
    root = tmp_path / "cbis-ddsm"
    native.write_cbis_tables(root, TABLES)
    native.write_nbia_image(root, "Mass", "train", ONE, new=request.param == "new")
    native.write_nbia_image(root, "Calc", "test", TWO, new=request.param == "new")
    return root


def test_nbia_tree_gives_the_manifest(nbia, tmp_path):
    assert cbis_ddsm.find(tmp_path) == nbia
    frame = cbis_ddsm.load(nbia).set_index("image_id")
    assert frame["excluded"].isna().all()
    one = frame.loc["Mass-Training_P_00001_LEFT_CC"]
    assert (one["laterality"], one["view"], one["label"]) == ("L", "CC", 1)
    assert (one["official_split"], one["pathology"], one["lesion_type"]) == (
        "train",
        "MALIGNANT",
        "mass",
    )
    assert (one["rows"], one["columns"], one["bits_stored"]) == (40, 30, 16)
    assert one["density"] == "2" and one["birads"] == "4" and one["study_id"] == "P_00001"
    two = frame.loc["Calc-Test_P_00002_RIGHT_MLO"]
    assert (two["laterality"], two["view"], two["label"]) == ("R", "MLO", 0)
    assert two["source"] == "real"


def test_boxes_come_from_the_mask_and_not_from_the_crop(nbia):
    one = cbis_ddsm.load(nbia).set_index("image_id").loc["Mass-Training_P_00001_LEFT_CC"]
    (files,) = json.loads(one["mask_paths"])
    assert len(files) == 2
    boxes = [lesion_boxes(file, (one["rows"], one["columns"])) for file in files]
    box = {"row_min": 10, "col_min": 5, "row_max": 20, "col_max": 15, "kind": "lesion"}
    assert sorted(boxes, key=len) == [[], [box]]


def test_masks_of_jpeg_are_two_valued_within_its_ringing(tmp_path):
    mask = np.zeros((400, 300), np.uint8)
    mask[100:200, 50:150] = 255
    Image.fromarray(mask).save(tmp_path / "1-204.jpg", quality=75)
    (box,) = lesion_boxes(tmp_path / "1-204.jpg", (400, 300))
    edges = [box[name] for name in ("row_min", "col_min", "row_max", "col_max")]
    assert np.abs(np.subtract(edges, [100, 50, 200, 150])).max() <= 1
    ramp = np.linspace(0, 255, 400 * 300).reshape(400, 300).astype(np.uint8)
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    assert lesion_boxes(tmp_path / "ramp.png", (400, 300)) == []
    (tmp_path / "bad.dcm").write_bytes(b"nothing")
    with pytest.raises(UnreadableImageError, match=r"bad\.dcm"):
        lesion_boxes(tmp_path / "bad.dcm", (400, 300))


MASK = np.zeros((400, 300), np.uint8)
MASK[100:200, 50:150] = 255


@pytest.mark.parametrize(
    ("shape", "is_mask"),
    [
        ((400, 300), True),
        ((460, 345), True),  # both sides 1.15 times, as Mass-Test_P_00145_LEFT_CC
        ((404, 303), True),
        ((398, 303), True),
        ((347, 261), True),
        ((800, 600), True),
        ((400, 400), False),  # another aspect
        ((4000, 3000), False),  # ten times as large
        ((40, 30), False),
    ],
)
def test_a_mask_may_have_another_scale_than_its_image(shape, is_mask, tmp_path):
    file = native.write_dicom(tmp_path / "1-1.dcm", MASK)
    expected = np.rint(np.array([100, 50, 200, 150]) * np.tile(np.divide(shape, MASK.shape), 2))
    found = [list(box.values())[:4] for box in lesion_boxes(file, shape)]
    assert found == ([expected.astype(int).tolist()] if is_mask else [])


@pytest.mark.parametrize("value", [0, 255])
def test_a_file_of_one_value_is_no_mask(value, tmp_path):
    file = native.write_dicom(tmp_path / "1-1.dcm", np.full_like(MASK, value))
    assert lesion_boxes(file, MASK.shape) == []


def test_a_crop_of_its_images_aspect_is_no_mask(tmp_path):
    ramp = np.linspace(0, 65535, 40 * 30).reshape(40, 30).astype(np.uint16)
    assert lesion_boxes(native.write_dicom(tmp_path / "1-1.dcm", ramp), (400, 300)) == []
    assert lesion_boxes(native.write_dicom(tmp_path / "1-1.dcm", ramp), (40, 30)) == []


def test_moved_folders_are_found_by_metadata_csv(tmp_path):
    native.write_cbis_tables(tmp_path, TABLES)
    name = native.folder_name("Mass", "train", ONE)
    native.write_dicom(tmp_path / "images" / "a" / "1-1.dcm", np.ones((4, 4), np.uint16))
    (tmp_path / "metadata.csv").write_text(
        "Series UID,Subject ID,File Location\n"
        f"{native.series_uid(name, 'full')},{name},.\\images\\a\n"
    )
    frame = cbis_ddsm.load(tmp_path).set_index("image_id")
    assert frame.loc[name, "path"] == str(tmp_path / "images" / "a" / "1-1.dcm")
    assert frame["excluded"].dropna().tolist() == ["image file not found"]


def test_kaggle_jpegs_are_found_by_series_or_by_patient(tmp_path):
    root = tmp_path / "CBIS-DDSM"
    native.write_cbis_tables(root / "csv", TABLES)
    one, two = native.folder_name("Mass", "train", ONE), native.folder_name("Calc", "test", TWO)
    by_series = root / "jpeg" / native.series_uid(one, "full") / "1-204.jpg"
    by_patient = root / "jpeg" / "1.2.3" / "1-001.jpg"
    for file in (by_series, by_patient):
        file.parent.mkdir(parents=True)
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(file)
    (root / "csv" / "dicom_info.csv").write_text(
        "file_path,image_path,PatientID,SeriesDescription,SeriesInstanceUID\n"
        f"x,CBIS-DDSM/jpeg/1.2.3/1-001.jpg,{two},,1.2.3\n"
    )
    frame = cbis_ddsm.load(root).set_index("image_id")
    assert frame["path"].to_dict() == {one: str(by_series), two: str(by_patient)}
    assert frame["excluded"].isna().all()


def test_the_largest_of_several_copies_is_taken(tmp_path):
    tree_files = []
    for number, size in ((1, 5), (2, 9), (3, 7)):
        file = tmp_path / str(number) / "Calc-Test_P_00001_LEFT_CC" / "s" / "x-12345" / "1-1.dcm"
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x" * size)
        tree_files.append(file)
    found = ImageTree(tree_files).full_image("Calc-Test_P_00001_LEFT_CC", "1.2.12345")
    assert found == tree_files[1]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("any_lesion", [1, 1]), ("all_lesions", [0, 1]), ("unmixed", [None, 1])],
)
def test_label_rules_differ_on_mixed_images_only(tmp_path, rule, expected):
    mixed = [ONE, {**ONE, "abnormality": "2", "pathology": "BENIGN"}]
    both = [{**ONE, "side": "RIGHT"}, {**ONE, "side": "RIGHT", "abnormality": "2"}]
    native.write_cbis_tables(tmp_path, {("Mass", "train"): mixed + both})
    rows = cbis_ddsm_cases.full_images(cbis_ddsm_cases.read_cases(tmp_path), label_rule=rule)
    assert [row.get("label") for row in rows] == expected
    assert rows[0]["pathology"] == "MALIGNANT|BENIGN"


def test_views_pool_calcifications_and_masses(tmp_path):
    calc = {**ONE, "pathology": "BENIGN"}
    native.write_cbis_tables(tmp_path, {("Mass", "train"): [ONE], ("Calc", "test"): [calc]})
    cases = cbis_ddsm_cases.read_cases(tmp_path)
    assert [row["label"] for row in cbis_ddsm_cases.full_images(cases)] == [0, 1]
    kept, other = cbis_ddsm_cases.full_images(cases, unit="view")
    assert kept["label"] == 1 and "excluded" not in kept
    assert str(other["excluded"]).startswith("the same view as another file: Calc-Test_P_00001")


def test_lesions_without_callback_may_be_ignored(tmp_path):
    native.write_cbis_tables(tmp_path, TABLES)
    cases = cbis_ddsm_cases.read_cases(tmp_path)
    rows = cbis_ddsm_cases.full_images(cases, without_callback="ignore")
    assert [row.get("label") for row in rows] == [None, 1]
    assert str(rows[0]["excluded"]) == "only lesions that were benign without callback"


def test_appended_mass_rows_are_read_from_the_mass_table_only(tmp_path):
    native.write_cbis_tables(tmp_path, TABLES)
    native.write_case_table(tmp_path, "Calc", "train", [{**TWO, "type": "mass"}, TWO])
    cases = cbis_ddsm_cases.read_cases(tmp_path)
    assert cases["lesion_type"].value_counts().to_dict() == {"calcification": 2, "mass": 1}


def test_tables_without_paths_still_name_their_images(tmp_path):
    native.write_cbis_tables(tmp_path, TABLES)
    for table in tmp_path.glob("*.csv"):
        rows = list(csv.reader(table.open(newline="")))
        with table.open("w", newline="") as file:
            csv.writer(file).writerows(row[:-3] for row in rows)
    native.write_nbia_image(tmp_path, "Mass", "train", ONE)
    frame = cbis_ddsm.load(tmp_path).set_index("image_id")
    assert frame.loc["Mass-Training_P_00001_LEFT_CC", "label"] == 1
    (files,) = json.loads(frame.loc["Mass-Training_P_00001_LEFT_CC", "mask_paths"])
    assert len(files) == 2


def test_one_kind_of_lesion_needs_its_own_tables_only(tmp_path):
    native.write_case_table(tmp_path, "Mass", "train", [ONE])
    native.write_case_table(tmp_path, "Mass", "test", [])
    assert len(cbis_ddsm_cases.read_cases(tmp_path, lesions=("mass",))) == 1
    with pytest.raises(DatasetError, match=r"calc_case_description_train_set\.csv"):
        cbis_ddsm_cases.read_cases(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("patient_id,breast_density,left or right breast", "patient_id,density,side", "lacks the"),
        (",MALIGNANT,", ",MALIGN,", "line 3: pathology 'MALIGN'"),
        ("P_00001,2,LEFT", "P_00001,2,RIGHT", "line 3: the image file path"),
    ],
)
def test_a_table_unlike_the_original_is_refused(tmp_path, old, new, message):
    native.write_cbis_tables(tmp_path, TABLES)
    table = tmp_path / "mass_case_description_train_set.csv"
    table.write_bytes(table.read_bytes().replace(old.encode(), new.encode(), 1))
    with pytest.raises(DatasetError, match=message) as caught:
        cbis_ddsm_cases.read_cases(tmp_path)
    assert str(table) in str(caught.value)


def test_two_copies_of_a_table_are_refused(tmp_path):
    native.write_cbis_tables(tmp_path, TABLES)
    (tmp_path / "mass_case_description_train_set (1).csv").write_text("x")
    with pytest.raises(DatasetError, match="same table"):
        cbis_ddsm_cases.read_cases(tmp_path)


def test_absent_empty_and_half_present_sets(tmp_path):
    root = tmp_path / "cbis-ddsm"
    native.write_cbis_tables(root, TABLES)
    assert cbis_ddsm.find(tmp_path) is None, "tables alone are not the set"
    with pytest.raises(DatasetError, match="none of the 2"):
        cbis_ddsm.load(root)
    for table in root.iterdir():
        table.unlink()
    assert cbis_ddsm.find(tmp_path) == root
    with pytest.raises(DatasetError, match="calc_case_description"):
        cbis_ddsm.load(root)


def test_an_nbia_folder_in_the_data_root_takes_the_tables_beside_it(tmp_path):
    native.write_cbis_tables(tmp_path, TABLES)
    native.write_nbia_image(tmp_path, "Mass", "train", ONE)
    found = cbis_ddsm.find(tmp_path)
    assert found.name.startswith("manifest-")
    assert len(cbis_ddsm.load(found)) == 2


def test_a_damaged_header_costs_its_row_only(nbia):
    path = Path(cbis_ddsm.load(nbia)["path"][0])
    path.write_bytes(b"not a DICOM file")
    frame = cbis_ddsm.load(nbia)
    assert frame["excluded"].notna().tolist() == [True, False]
    assert frame["excluded"][0].startswith("the DICOM header is damaged: ")


def test_the_marker_makes_a_set_synthetic(nbia):
    (nbia / "SYNTHETIC.txt").write_text("made")
    assert cbis_ddsm.load(nbia, source="real")["source"].unique().tolist() == ["synthetic"]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"label_rule": "worst"}, "label_rule is 'worst'"),
        ({"unit": "breast"}, "unit is 'breast'"),
        ({"without_callback": "drop"}, "without_callback is 'drop'"),
        ({"lesions": "mass"}, "lesions is 'mass'"),
        ({"lesions": ()}, "lesions is"),
    ],
)
def test_an_unknown_rule_names_the_valid_ones(tmp_path, rules, message):
    with pytest.raises(ParameterError, match=message):
        cbis_ddsm.load(tmp_path, **rules)


@pytest.fixture(scope="session")
def real_cases(real_data):
    return cbis_ddsm_cases.read_cases(real_data / "cbis-ddsm")


def test_real_tables_count_as_published(real_cases):
    assert len(real_cases) == 3568
    images = cbis_ddsm_cases.full_images(real_cases)
    assert len(images) == 3103
    assert len({image["patient_id"] for image in images}) == 1566
    assert sum(image["label"] for image in images) == 1375
    splits = [(image["official_split"], image["label"]) for image in images]
    assert [splits.count(("train", 1)), splits.count(("test", 1))] == [1111, 264]
    views = cbis_ddsm_cases.full_images(real_cases, unit="view")
    assert sum("excluded" not in view for view in views) == 3032
    assert len(views) == 3103
    unmixed = cbis_ddsm_cases.full_images(real_cases, label_rule="unmixed")
    assert sum("excluded" in image for image in unmixed) == 17


def test_real_official_split_leaks_31_patients(real_cases):
    leaking = manifest.patients_in_both(real_cases.assign(dataset="cbis_ddsm"))
    assert len(leaking) == 31


def test_real_nbia_paths_resolve_to_the_right_rows(real_data, real_cases):
    root = Path("/download/manifest-1/CBIS-DDSM")
    with (real_data / "cbis-ddsm" / "nbia_paths.csv").open(newline="") as file:
        listed = list(csv.DictReader(file))
    files = {root / row[name] for row in listed for name in ("image_path", "roi_path")}
    tree = ImageTree(files)
    by_roi = real_cases.set_index("roi_id")
    assert by_roi.index.is_unique
    kinds = {("calcification", True): "1", ("calcification", False): "2"}
    kinds |= {("mass", True): "3", ("mass", False): "4"}
    assert len(listed) == 3563
    for row in listed:
        case = by_roi.loc[row["roi_path"].split("/")[0]]
        found = tree.full_image(case["image_id"], case["image_series"])
        assert found == root / row["image_path"]
        assert tree.roi_files(case.name, case["roi_series"]) == [root / row["roi_path"]]
        assert kinds[case["lesion_type"], case["pathology"] == "MALIGNANT"] == row["label"]
