from pathlib import Path

import pandas as pd
import pytest

from mammo.datasets.institution.matching import ImageNames
from mammo.errors import DatasetError


def names(*places: str, instances: tuple = (), excluded: tuple = (), spelt=str) -> ImageNames:
    missing = [None] * len(places)
    images = pd.DataFrame(
        {
            "place": [Path("/x") / place for place in places],
            "instance": list(instances) or missing,
            "excluded": list(excluded) or missing,
        },
        dtype=object,
    )
    return ImageNames(images, Path("/x"), spelt)


@pytest.mark.parametrize(
    "written",
    ["a/b/1.png", "b/1.png", "1.png", "a/b/1", "b/1", "1", "./a/b/1.png", "a//b/1.png", "1.2.3",
     "E:/export/a/b/1.png", "/home/x/a/b/1"],
)  # fmt: skip
def test_an_image_has_many_names(written):
    assert names("a/b/1.png", "2.png", instances=("1.2.3", "1.2.4")).find(written, 2) == [0]


@pytest.mark.parametrize("written", ["c/1.png", "x/b/1.png", "1.tif", "b", "", "9", "a"])
def test_other_names_are_of_no_image(written):
    assert names("a/b/1.png").find(written, 2) == []


@pytest.mark.parametrize(
    ("places", "written", "found"),
    [
        (("c.png", "c"), "c", [1]),  # a whole name before one without suffix
        (("sub/a.png", "a.png"), "a.png", [1]),  # a whole place before the end of one
        (("c", "d/c.png"), "c.png", [1]),
        (("1.2.3", "1.2.4"), "1.2.3", [0]),  # of which "1.2" would be the name without suffix
        (("a/1", "b/1"), "z/b/1", [1]),
        (("a.zip/1.dcm", "b/1.dcm"), "a.zip/1.dcm", [0]),
    ],
)
def test_the_better_name_counts(places, written, found):
    assert names(*places).find(written, 2) == found


def test_a_name_of_several_images_names_the_line_and_the_folder():
    with pytest.raises(DatasetError) as raised:
        names("a/1.png", "b/1.png").find("1.png", 7)
    assert "line 7: the image may be any of 2 files; write its place below /x" in str(raised.value)


def test_what_cannot_be_scored_is_not_meant():
    found = names("raw/1.dcm", "shown/1.dcm", excluded=("a raw image", None))
    assert found.find("1.dcm", 2) == [1]
    lost = names("raw/1.dcm", excluded=("a raw image",))
    assert lost.find("1.dcm", 2) == [0]


def test_copies_of_one_instance_are_one_image():
    assert names("a/1", "b/1", instances=("1.2", "1.2")).find("1", 2) == [0, 1]
    with pytest.raises(DatasetError, match="may be any of 2 files"):
        names("a/1", "b/1", instances=("1.2", "1.3")).find("1", 2)


def test_names_are_compared_as_they_are_told_to():
    assert names("A/IMG_1.PNG").find("img_1.png", 2) == []
    assert names("A/IMG_1.PNG", spelt=str.casefold).find("img_1.png", 2) == [0]
    assert names("007/a", spelt=lambda text: text.lstrip("0")).find("7/a", 2) == [0]
