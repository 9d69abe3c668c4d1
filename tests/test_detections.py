import pandas as pd
import pytest

import native
from mammo.datasets import detections as released
from mammo.errors import DatasetError

HEAD = "filename\tscore\tx0\tx1\ty0\ty1"
ROW = "20586908_6c613a14b80a8591_MG_R_CC_ANON\t0.25\t1959\t2340\t1491\t1979"


def write(path, *lines):
    path.write_text("\n".join(lines) + "\n")
    return path


def test_boxes_are_read_as_x0_x1_y0_y1(tmp_path):
    (row,) = released.read_detections(write(tmp_path / "a.tsv", HEAD, ROW)).to_dict("records")
    assert row == {
        "image_id": "20586908",
        "patient_id": "6c613a14b80a8591",
        "laterality": "R",
        "score": 0.25,
        "col_min": 1959,
        "col_max": 2340,
        "row_min": 1491,
        "row_max": 1979,
    }
    lines = "fn\tx0\tx1\ty0\ty1", "20586908_6c613a14b80a8591_MG_L_ML_ANON\t0\t2\t3\t5"
    (row,) = released.read_cancers(write(tmp_path / "b.tsv", *lines)).to_dict("records")
    assert (row["col_max"], row["row_min"], row["laterality"]) == (2, 3, "L")
    assert "score" not in row


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (ROW.replace("1959", "1_959"), "line 3: x0 '1_959'"),
        (ROW.replace("1959", "9" * 5000), "line 3: x0 '9"),
        (ROW.replace("1959", "1959.5"), "line 3: x0 '1959.5'"),
        (ROW.replace("0.25", "1.25"), "line 3: score '1.25'"),
        (ROW.replace("0.25", "nan"), "line 3: score 'nan'"),
        (ROW.replace("1959", "2340"), "line 3: box"),
        (ROW.replace("1491", "-1"), "line 3: y0 '-1'"),
        (ROW.replace("_MG_R", "_MG_X"), "line 3: filename '20586908_"),
    ],
)
def test_a_line_that_is_not_as_released_is_named(tmp_path, line, message):
    with pytest.raises(DatasetError, match=message):
        released.read_detections(write(tmp_path / "a.tsv", HEAD, ROW, line))


def test_a_file_that_is_not_as_released_is_named(tmp_path):
    with pytest.raises(DatasetError, match="filename"):
        released.read_detections(write(tmp_path / "a.tsv", "fn\tx0\tx1\ty0\ty1", "a\t1\t2\t3\t4"))
    with pytest.raises(DatasetError, match="no row"):
        released.read_detections(write(tmp_path / "a.tsv", HEAD))
    with pytest.raises(DatasetError, match="filename"):
        released.read_detections(write(tmp_path / "a.tsv", ""))
    with pytest.raises(DatasetError, match="mammo fetch"):
        released.read_detections(tmp_path / "absent.tsv")


@pytest.fixture
def table(tmp_path):
    """A table of five images: three of one run of numbers, two far away."""
    numbers = ["20586908", "20586934", "20586960", "22000000", "22000026"]
    rows = [
        (side, "CC", "201001", number, "1", birads)
        for number, side, birads in zip(numbers, "RLRLR", ["4a", "1", "3", "2", "6"], strict=True)
    ]
    return native.write_inbreast_table(tmp_path / "data" / "INbreast Release 1.0", rows)


def detections(*names):
    return pd.DataFrame(
        [{"image_id": name[:8], "patient_id": name[9:25], "score": 0.5} for name in names]
    )


def test_unlisted_images_are_of_the_patient_of_their_neighbours(table):
    found = released.images(table, detections("20586934_6c613a14b80a8591"))
    assert found["image_id"].tolist()[3:] == ["22000000", "22000026"]
    assert found["patient_id"][:3].tolist() == ["6c613a14b80a8591"] * 3
    assert found["patient_id"][3] == found["patient_id"][4] not in ("", "6c613a14b80a8591")
    assert found["birads"].tolist() == ["4", "1", "3", "2", "6"]


def test_names_of_images_beside_the_table_give_the_patients(table):
    folder = table.parent / "AllDICOMs"
    folder.mkdir()
    (folder / "22000026_0123456789abcdef_MG_R_CC_ANON.dcm").touch()
    found = released.images(table, detections("20586934_6c613a14b80a8591"))
    assert found["patient_id"].tolist()[2:] == ["6c613a14b80a8591"] + ["0123456789abcdef"] * 2


def test_a_table_without_a_listed_image_is_refused(table):
    with pytest.raises(DatasetError, match="99999999"):
        released.images(table, detections("99999999_6c613a14b80a8591"))


def test_the_table_is_found_without_images_and_never_a_synthetic_one(table, tmp_path):
    assert released.find_table(tmp_path / "data") == table
    assert released.find_table(tmp_path) is None
    (table.parent / "SYNTHETIC.txt").touch()
    assert released.find_table(tmp_path / "data") is None
    alone = tmp_path / "data" / "INbreast.csv"
    alone.touch()
    assert released.find_table(tmp_path / "data") == alone


def test_real_files_hold_what_was_counted(real_data):
    found = released.read_detections(real_data / "frcnn_cad" / released.PREDICTIONS)
    cancers = released.read_cancers(real_data / "frcnn_cad" / released.TRUTH)
    assert (len(found), found["image_id"].nunique()) == (1014, 347)
    assert (len(cancers), cancers["image_id"].nunique()) == (91, 84)
    assert len(cancers.drop_duplicates(["patient_id", "laterality"])) == 42
    images = released.images(real_data / "inbreast" / "INbreast.csv", found)
    assert len(images) == 410
    assert images["patient_id"].nunique() == 107
