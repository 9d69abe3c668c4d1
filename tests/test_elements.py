"""Values of DICOM elements, one by one."""

import math

import pytest

from mammo.errors import UnreadableImageError
from mammo.images import elements


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None), ("", None), (" \0", None), (" CC ", "CC"), ("CC\0", "CC"), (12, "12"),
        (["CC", "CC"], "CC"), (["L", "R"], "L\\R"), (["", "L"], "L"), ([], None),
        (elements.UNDECODABLE, None),
    ],
)  # fmt: skip
def test_text(value, expected):
    assert elements.text(value) == expected
    assert elements.term(value) == (expected or "").upper()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, []), ("", [math.nan]), ("0.5", [0.5]), ([1, ""], [1, math.nan]), (3, [3]),
        (elements.UNDECODABLE, [math.nan]), ([None, "x", "inf"], [math.nan, math.nan, math.inf]),
    ],
)  # fmt: skip
def test_numbers_stay_in_their_places(value, expected):
    assert elements.numbers(value) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("value", "expected"), [(None, 7), ("", 7), (" ", 7), (2.5, 2.5), (["", 2], 2), ([2, 2], 2)]
)
def test_one_number(value, expected):
    assert elements.number({"RescaleSlope": value}, "RescaleSlope", 7) == expected


@pytest.mark.parametrize("value", [[1, 2], "x", elements.UNDECODABLE, math.inf, "nan"])
def test_what_is_no_one_number_names_its_element(value):
    with pytest.raises(UnreadableImageError, match=r"^its Rescale Slope \(0028,1053\)"):
        elements.number({"RescaleSlope": value}, "RescaleSlope", 1)


@pytest.mark.parametrize(
    ("value", "expected"), [(None, None), ("", None), (8, 8), ("8", 8), (8.0, 8), (" ", None)]
)
def test_a_whole_number_may_be_of_another_type(value, expected):
    assert elements.whole({"Rows": value}, "Rows") == expected


@pytest.mark.parametrize("value", [[1, 2], "x", 8.5, math.inf, elements.UNDECODABLE])
def test_what_is_no_whole_number_is_damage(value):
    with pytest.raises(UnreadableImageError, match="damaged: Rows is no whole number"):
        elements.whole({"Rows": value}, "Rows")
