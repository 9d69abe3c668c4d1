from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo.datasets.institution.names import add_names, side_and_view


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


def test_the_header_comes_first_and_both_are_kept():
    files = pd.DataFrame(
        {
            "place": [Path("/x/1_R_CC"), Path("/x/2_R_CC"), Path("/x/3")],
            "laterality": ["L", None, None],
            "view": [None, "MLO", None],
        },
        dtype=object,
    )
    named = add_names(files, Path("/x"))
    assert named["laterality"].tolist() == ["L", "R", None]
    assert named["view"].tolist() == ["CC", "MLO", None]
    assert named["header_laterality"].tolist() == ["L", None, None]
    assert named["named_laterality"].tolist() == ["R", "R", None]
    assert named["header_view"].tolist() == [None, "MLO", None]
    assert named["named_view"].tolist() == ["CC", "CC", None]
