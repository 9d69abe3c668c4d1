import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo.files.identifiers import (
    loosely,
    pairs,
    pairs_by_ends,
    shape,
    without_folder,
    without_suffix,
)

names = st.text(st.sampled_from("aB0 1_-./é"), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("00123", "123"), ("0", "000"), ("123", "123.0"), ("123", "123.00"), ("P007", "p7")),
        *(("a b", "A_B"), ("a-b", "a  b"), ("\xe9", "e\u0301"), ("x", "\ufeffx "), ("7", "'7")),
        *(("0012", '="0012"'), ("A-007-2", "a_7_02"), ("1001", "1001,0")),
        ("1.2.840.5", "MG.1.2.840.5"),
    ],
)
def test_what_people_and_spreadsheets_change_makes_no_other_name(one, other):
    assert loosely(one) == loosely(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("12", "120"), ("1.05", "1.5"), ("1.2.3", "1.2.30"), ("P1", "P-1"), ("11-1", "1-11")),
        *(("a", "b"), ("1", "P1"), ("1.2", "1.20"), ("10.0.1", "10.1"), ("1,000", "1")),
        *(("MG.1", "1"), ("MG1.2.3", "1.2.3")),
    ],
)
def test_other_names_stay_others(one, other):
    assert loosely(one) != loosely(other)


@given(names)
def test_a_name_without_its_forms_has_none_left(name):
    assert loosely(loosely(name)) == loosely(name)
    assert loosely(unicodedata.normalize("NFD", name.upper())) == loosely(name)


@given(st.lists(names, unique=True), st.lists(names, unique=True))
def test_names_are_paired_one_to_one_and_as_they_are_written_first(ours, theirs):
    for found in (pairs(ours, theirs, loosely), pairs(ours, theirs)):
        assert {name for name in ours if name in theirs} <= found.keys()
        assert all(found[name] == name for name in ours if name in theirs)
        assert len(set(found.values())) == len(found)
        assert set(found) <= set(ours) and set(found.values()) <= set(theirs)


def test_what_may_be_two_is_none():
    assert pairs(["1"], ["01", "001"], loosely) == {}
    assert pairs(["01", "001"], ["1"], loosely) == {}
    assert pairs(["01", "1"], ["1"], loosely) == {"1": "1"}
    assert pairs_by_ends(["77"], ["1_77", "2_77"]) == {}
    assert pairs_by_ends(["1_77", "2_77"], ["77"]) == {}


def test_one_name_may_be_the_beginning_or_the_end_of_the_other():
    long = ["10006_462.png", "b/463.dcm", "205_6c6_MG_R_CC.dcm", "1.2.3.4"]
    assert pairs_by_ends(["462", "b_463", "205", "1.2.3"], long) == {
        **{"462": long[0], "b_463": long[1], "205": long[2]}
    }
    assert pairs_by_ends(["1462", "46"], long) == {}


def test_a_file_that_was_converted_is_the_one_that_it_was():
    assert pairs_by_ends(["7.dcm.png"], ["7.dcm", "8.dcm"]) == {"7.dcm.png": "7.dcm"}
    assert pairs_by_ends(["x.right.dcm"], ["x.left.dcm"]) == {}


def test_folders_and_suffixes_are_no_part_of_the_name_and_uids_have_none():
    assert without_folder("a/b/c.dcm") == "c.dcm"
    names = ("a/b.c.dicom", "1.2.840.10", "b", "7.dcm.png", "7.DCM.nii.gz", "x.left.dcm")
    found = ["b.c", "1.2.840.10", "b", "7", "7", "x.left"]
    assert [without_suffix(name) for name in names] == found


def test_a_shape_tells_how_a_name_is_made_up_and_not_the_name():
    assert shape("Müller-0017 x") == "Aaaaaa-9999 a"
    assert shape("\x1b[31m") == "?[99a"
