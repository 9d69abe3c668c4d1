from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakes import write_mammogram
from mammo.datasets.institution.inspection import inspect, side_and_view


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("17_L_CC.dcm", ("L", "CC")),
        ("rmlo.png", ("R", "MLO")),
        ("LEFT-MLO", ("L", "MLO")),
        ("P 0123 right xccl.tif", ("R", "XCCL")),
        ("22678622_a1_MG_R_ML_ANON.dcm", ("R", "ML")),
        ("a_LCC_2.png", ("L", "CC")),
        ("L_R_CC.png", (None, "CC")),
        ("L_CC_MLO.png", ("L", None)),
        ("LARS_CCC.png", (None, None)),
        ("IM000001", (None, None)),
        ("l/R_CC", ("R", "CC")),
    ],
)
def test_names_tell_side_and_view(name, expected):
    assert side_and_view(Path(name)) == expected


@given(st.text(st.characters(exclude_characters="/\0"), min_size=1))
def test_any_name_tells_a_known_word_or_nothing(name):
    side, view = side_and_view(Path("folder") / f"a{name}")
    assert side in ("L", "R", None)
    assert view is None or view.isupper()


@pytest.mark.parametrize(
    ("name", "elements", "expected"),
    [
        ("1_R_CC", {"ImageLaterality": "L", "ViewPosition": None}, ("L", "CC", "R", "CC")),
        ("2_R_CC", {"ImageLaterality": None, "ViewPosition": "MLO"}, ("R", "MLO", "R", "CC")),
        ("3", {"ImageLaterality": None, "ViewPosition": None}, (None, None, None, None)),
    ],
)
def test_the_header_comes_first_and_both_are_kept(tmp_path, name, elements, expected):
    row = inspect(write_mammogram(tmp_path / name, **elements))
    assert row["header_laterality"] == elements["ImageLaterality"]
    assert row["header_view"] == elements["ViewPosition"]
    columns = ("laterality", "view", "named_laterality", "named_view")
    assert tuple(row[column] for column in columns) == expected


def test_the_name_speaks_where_the_header_cannot_be_read(tmp_path):
    (tmp_path / "1_R_CC").write_bytes(b"")
    row = inspect(tmp_path / "1_R_CC")
    assert (row["laterality"], row["view"], row["header_view"]) == ("R", "CC", None)
