import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo.report.results import harmless


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_compute_gets_an_apostrophe(cell):
    table = harmless(pd.DataFrame({cell: [cell, "safe", None]}))
    assert list(table) == [f"'{cell}"]
    assert table.iloc[:, 0].tolist()[:2] == [f"'{cell}", "safe"]
    assert pd.isna(table.iloc[2, 0])


def test_numbers_and_the_given_table_stay_as_they_are():
    table = pd.DataFrame({"a": [-1.5, 2.0], "b": pd.array([-1, None], "Int64"), "c": ["-", "x"]})
    before = table.copy()
    found = harmless(table)
    assert table.equals(before)
    assert found[["a", "b"]].equals(table[["a", "b"]])
    assert found["c"].tolist() == ["'-", "x"]


@given(st.lists(st.one_of(st.text(), st.integers(), st.none()), min_size=1))
def test_no_text_begins_as_a_formula(cells):
    found = harmless(pd.DataFrame({"a": pd.Series(cells, dtype=object)}))["a"]
    for before, after in zip(cells, found, strict=True):
        assert not (isinstance(after, str) and after.startswith(("=", "+", "-", "@", "\t", "\r")))
        if isinstance(before, str):
            assert after.removeprefix("'") == before.removeprefix("'")
