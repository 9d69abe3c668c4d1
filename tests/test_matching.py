import pandas as pd
import pytest

from intakes import by_name, reasons, take, write_mammogram, write_raster
from mammo.datasets.institution.matching import unit_named
from mammo.errors import DatasetError


@pytest.fixture
def folder(tmp_path):
    """Three patients: two DICOM files of the first, one of the second, two rasters of the third."""
    root = tmp_path / "folder"
    first = {"PatientID": "P1", "StudyInstanceUID": "1.5.1", "AccessionNumber": "A1"}
    write_mammogram(root / "x" / "1", 1, **first)
    write_mammogram(root / "x" / "2", 2, **first, ImageLaterality="R")
    second = {"PatientID": "P2", "StudyInstanceUID": "1.5.2", "AccessionNumber": "A2"}
    write_mammogram(root / "2.dcm", 3, **second)
    write_raster(root / "P3" / "l_cc.pgm", 4)
    write_raster(root / "P3" / "r_cc.pgm", 5)
    return root


def labelled(taken) -> dict[str, int]:
    return {name: label for name, label in by_name(taken, "label").items() if label is not None}


def test_rows_of_images(folder):
    taken = take(folder, "image,patient_id,label", "x/1,a,1", "2.dcm,b,0", "P3\\l_cc.pgm,c,0",
                 "r_cc,c,1", "1.2.2,a,0", "gone,d,1")  # fmt: skip
    assert labelled(taken) == {"x/1": 1, "x/2": 0, "2.dcm": 0, "P3/l_cc.pgm": 0, "P3/r_cc.pgm": 1}
    assert by_name(taken, "patient")["x/2"] == "a"  # the table's word, not the header's
    assert by_name(taken, "header_patient")["x/2"] == "P1"
    assert taken.absent["line"].tolist() == [7]


def test_rows_of_breasts(folder):
    taken = take(folder, "patient_id,laterality,label", "P1,L,1", "P1,R,0", "P2,L,0", "P2,R,0",
                 "P3,links,1", "P3,rechts,0", "P4,both,0")  # fmt: skip
    assert labelled(taken) == {"x/1": 1, "x/2": 0, "2.dcm": 0, "P3/l_cc.pgm": 1, "P3/r_cc.pgm": 0}
    assert taken.absent["line"].tolist() == [5, 8]


def test_a_row_for_both_sides_is_there_if_one_of_them_is(folder):
    taken = take(folder, "patient_id,laterality,label", "P2,both,0", "P1,both,1")
    assert labelled(taken) == {"x/1": 1, "x/2": 1, "2.dcm": 0}
    assert taken.absent.empty


@pytest.mark.parametrize(
    ("header", "first", "second"),
    [("study_id,label", "1.5.1,1", "1.5.2,0"), ("accession,label", "A1,1", "A2,0"),
     ("patient_id,accession,label", "P1,A1,1", "P2,A2,0"), ("patient_id,label", "P1,1", "P2,0")],
)  # fmt: skip
def test_rows_of_studies_and_patients(folder, header, first, second):
    taken = take(folder, header, first, second)
    assert labelled(taken) == {"x/1": 1, "x/2": 1, "2.dcm": 0}
    assert taken.absent.empty and not taken.notes


def test_a_patient_is_no_study_of_the_same_number(folder):
    """Small numbers are patients and examinations at once."""
    write_mammogram(folder / "6", 6, PatientID="7", AccessionNumber="8")
    write_mammogram(folder / "7", 7, PatientID="8", AccessionNumber="7")
    assert labelled(take(folder, "patient_id,label", "7,1", "8,0")) == {"6": 1, "7": 0}
    assert labelled(take(folder, "accession,label", "7,1", "8,0")) == {"6": 0, "7": 1}


@pytest.mark.parametrize("name", ["P5/a.pgm", "2024/P5/left/a.pgm", "P5.pgm", "P5_1_L_CC.pgm",
                                  "P5 - MLO.pgm", "deep/P5-2.pgm"])  # fmt: skip
def test_rasters_lie_in_a_folder_of_their_patient_or_begin_with_the_name(folder, name):
    write_raster(folder / name, 9)
    write_raster(folder / "P55_L.pgm", 8)
    assert labelled(take(folder, "patient_id,label", "P5,1", "P6,0")) == {name: 1}


def test_a_stated_patient_is_not_overruled_by_a_folder(folder):
    write_mammogram(folder / "P3" / "stray", 7, PatientID="P7")
    assert "P3/stray" not in labelled(take(folder, "patient_id,label", "P3,1", "P2,0"))


def test_a_name_of_several_images_is_an_error_with_its_line(folder):
    write_raster(folder / "P9" / "l_cc.pgm", 9)
    with pytest.raises(DatasetError, match="line 3: the image may be any of 2 files"):
        take(folder, "image,patient_id,label", "2.dcm,b,0", "l_cc.pgm,c,1")


@pytest.mark.parametrize("rows", [("x/1,a,1", "1.2.1,a,0"), ("x/1,a,malignant", "1.2.1,b,cancer")])
def test_two_rows_of_one_image_that_disagree_are_refused(folder, rows):
    with pytest.raises(DatasetError, match="lines 2 and 3 speak of the same image and give it two"):
        take(folder, "image,patient_id,label", *rows)


def test_two_names_of_one_image_may_say_the_same(folder):
    taken = take(folder, "image,patient_id,label", "x/1,a,1", "1.2.1,a,1", "2.dcm,b,0")
    assert labelled(taken) == {"x/1": 1, "2.dcm": 0}
    assert taken.absent.empty


def test_a_row_of_another_folder_is_not_this_image(folder):
    taken = take(folder, "image,patient_id,label", "other/1,a,1", "x/2,b,0")
    assert labelled(taken) == {"x/2": 0}
    assert taken.absent["line"].tolist() == [2]


def test_an_unnamed_row_is_of_no_image(folder):
    taken = take(folder, "image,patient_id,label", "x/1,a,1", ",b,0", "2.dcm,b,0")
    assert taken.absent["line"].tolist() == [3]


def test_zeros_that_excel_dropped_are_forgiven(folder):
    for number, patient in ((6, "00123"), (7, "0000")):
        write_mammogram(folder / patient, number, PatientID=patient)
    taken = take(folder, "patient_id,label", "123,1", "0,0")
    assert labelled(taken) == {"00123": 1, "0000": 0}
    assert len(taken.notes) == 1 and "zeros at the beginning of numbers" in taken.notes[0]
    taken = take(folder, "image,label,patient_id", "123,1,a", "0,0,b")
    assert labelled(taken) == {"00123": 1, "0000": 0}
    assert len(taken.notes) == 1


def test_capitals_and_forms_of_letters_are_forgiven(folder):
    write_raster(folder / "Mu\N{COMBINING DIAERESIS}ller" / "IMG_L.PGM", 6)
    write_raster(folder / "IMG_R.PGM", 7)
    taken = take(folder, "image,patient_id,label", "m\xfcller/img_l.pgm,a,1", "img_r.pgm,b,0")
    assert sorted(labelled(taken).values()) == [0, 1]
    assert "without regard to capitals" in taken.notes[0]


def test_each_row_is_forgiven_for_itself(folder):
    """One name that matches as it is written leaves the others to be compared loosely."""
    write_mammogram(folder / "6", 6, PatientID="012")
    taken = take(folder, "patient_id,label", "P1,1", "12,0")
    assert labelled(taken) == {"6": 0, "x/1": 1, "x/2": 1}
    assert taken.notes[0].startswith("1 row of the table names images otherwise than")


def test_a_name_that_matches_as_it_is_written_is_no_other_name_too(folder):
    write_mammogram(folder / "6", 6, PatientID="012")
    write_mammogram(folder / "7", 7, PatientID="12")
    assert labelled(take(folder, "patient_id,label", "P1,1", "12,0")) == {
        **{"7": 0, "x/1": 1, "x/2": 1}
    }


SPELT_OTHERWISE = {
    "zeros": ("00123", "123"),
    "zeros of the table": ("123", "00123"),
    "zeros behind a letter": ("P0012", "P12"),
    "a float": ("1001", "1001.0"),
    "a float of the header": ("1001.00", "1001"),
    "capitals": ("Ab12", "aB12"),
    "accents": ("Mu\N{COMBINING DIAERESIS}ller", "M\xfcller"),
    "sharp s": ("GRO\xdf1", "gross1"),
    "blanks": ("P 17", "P  17 "),
    "a hard blank": ("P 17", "P\xa017"),
    "a sign that parts": ("P-17", "P_17"),
    "a long dash": ("P-17", "P\u201317"),
    "an invisible character": ("P17", "\u200bP17"),
    "an apostrophe of Excel": ("00123", "'00123"),
    "a formula of Excel": ("00123", '"=""00123"""'),
    "full width": ("P17", "\uff30\uff11\uff17"),
}


@pytest.mark.parametrize(("stated", "written"), SPELT_OTHERWISE.values(), ids=SPELT_OTHERWISE)
@pytest.mark.parametrize(
    ("element", "keyword", "known"),
    [("patient_id", "PatientID", "P2"), ("accession", "AccessionNumber", "A2")],
)
def test_names_that_are_spelt_otherwise_are_forgiven(
    folder, element, keyword, known, stated, written
):
    elements = {"PatientID": "Q", "AccessionNumber": "B", "StudyInstanceUID": "1.5.9"}
    charset = {"SpecificCharacterSet": "ISO_IR 192"}
    write_mammogram(folder / "6", 6, **elements | {keyword: stated} | charset)
    taken = take(folder, f"{element},label", f"{written},1", f"{known},0")
    assert labelled(taken) == {"6": 1, "2.dcm": 0}
    assert len(taken.notes) == 1


@pytest.mark.parametrize(
    ("stated", "written"),
    [("1234", "P1234"), ("2020-01-05", "05.01.2020"), ("1.5", "1.05"), ("11-1", "1-11"),
     ("12", "120"), ("P1", "1P"), ("1.2.3", "1.2.30")],
)  # fmt: skip
def test_what_may_be_another_name_is_not_taken_for_it(folder, stated, written):
    write_mammogram(folder / "6", 6, PatientID=stated)
    assert labelled(take(folder, "patient_id,label", f"{written},1", "P2,0")) == {"2.dcm": 0}


NAMED_IN_PART = {
    "the end, as exports to PNG have it": ("10006_462822612.png", "462822612"),
    "the beginning, as INbreast has it": ("20586908_6c6_MG_R_CC_ANON.dcm", "20586908"),
    "the folder's name before it": ("10006/462822612.png", "10006_462822612"),
    "the name behind the patient's": ("462822612.png", "10006_462822612.png"),
    "capitals and another suffix": ("10006_AB7.PNG", "ab7.dcm"),
}


@pytest.mark.parametrize(("place", "written"), NAMED_IN_PART.values(), ids=NAMED_IN_PART)
def test_a_part_of_a_name_will_do_where_it_is_of_one_image(folder, place, written):
    write_raster(folder / place, 9)
    table = "image,patient_id,label", f"{written},a,1", "2.dcm,b,0"
    assert labelled(take(folder, *table)) == {place: 1, "2.dcm": 0}
    write_raster(folder / f"again_{place}", 8)
    write_raster(folder / "again" / place, 7)
    if "/" not in place and "/" not in written:
        assert "2.dcm" in labelled(take(folder, *table))


def test_a_part_of_two_names_is_none(folder):
    write_raster(folder / "1_77.png", 8)
    write_raster(folder / "2_77.png", 9)
    taken = take(folder, "image,patient_id,label", "77,a,1", "2.dcm,b,0")
    assert labelled(taken) == {"2.dcm": 0}


def test_a_part_of_a_piece_is_no_part(folder):
    write_raster(folder / "1462.png", 9)
    assert labelled(take(folder, "image,patient_id,label", "462,a,1", "2.dcm,b,0")) == {"2.dcm": 0}


@pytest.mark.parametrize(
    ("patients", "rows"),
    [(("012", "0012"), ("12,benign",)), (("0012", "0013"), ("12,1", "012,0"))],
    ids=["two patients", "two rows"],
)
def test_nothing_is_forgiven_that_makes_two_alike(folder, patients, rows):
    for number, patient in enumerate(patients):
        write_mammogram(folder / patient, 6 + number, PatientID=patient)
    taken = take(folder, "patient_id,label", *rows)
    assert not labelled(taken) and not taken.notes


def test_views_and_sides_of_the_table_come_first(folder):
    taken = take(folder, "image,patient_id,laterality,view,label", "x/1,a,R,MLO,1", "x/2,a,,,1",
                 "l_cc,c,,MLO,0")  # fmt: skip
    sides, views = by_name(taken, "laterality"), by_name(taken, "view")
    assert (sides["x/1"], sides["x/2"], sides["P3/l_cc.pgm"]) == ("R", "R", "L")
    assert (views["x/1"], views["x/2"], views["P3/l_cc.pgm"]) == ("MLO", "CC", "MLO")
    assert by_name(taken, "header_laterality")["x/1"] == "L"


def test_a_table_by_image_settles_a_side_that_the_header_leaves_open(folder):
    write_mammogram(folder / "6", 6, Laterality="R")
    write_mammogram(folder / "7", 7, Laterality="R")
    taken = take(folder, "image,patient_id,laterality,label", "6,a,L,1", "7,b,,0")
    assert by_name(taken, "excluded")["6"] is None
    assert reasons(taken)["7"] == "its header names both sides"


def test_a_table_by_breast_does_not(folder):
    write_mammogram(folder / "6", 6, Laterality="R")
    taken = take(folder, "patient_id,laterality,label", "P6,L,1", "P1,L,0")
    assert reasons(taken)["6"] == "its header names both sides"


def test_without_a_table_no_image_has_a_row(folder):
    taken = take(folder)
    assert not labelled(taken) and taken.absent.empty
    assert by_name(taken, "patient")["x/1"] == "P1"


def test_an_owner_is_a_study_before_a_patient():
    rows = pd.DataFrame(
        {
            "study_id": ["1", None, None, None],
            "accession": ["A", "B", None, None],
            "patient_id": ["p", "q", "r", None],
        },
        dtype=object,
    )
    assert unit_named(rows).tolist() == ["1", "B", "r", None]
