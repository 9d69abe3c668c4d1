import pytest

from mammo.datasets.exclusions import Exclusion, Kind, unreadable
from mammo.errors import DeflatedFileError, UnreadableImageError


@pytest.mark.parametrize(
    ("exclusion", "remedy"),
    [
        (unreadable(DeflatedFileError("the file is deflated")), "export these images uncompressed"),
        (unreadable(UnreadableImageError("the file is damaged")), "copy these files again"),
        (Exclusion(Kind.EMPTY), "copy these files again"),
        (Exclusion(Kind.OTHER_LABEL), "correct the labels"),
        (Exclusion(Kind.PART_OF_BREAST, "magnification"), ""),
        (Exclusion(Kind.NO_IMAGE), ""),
    ],
)
def test_a_remedy_is_that_of_the_kind(exclusion, remedy):
    found = exclusion.kind.remedy
    assert found.startswith(remedy) and bool(found) == bool(remedy)


def test_a_released_set_is_downloaded_again_and_not_asked_of_an_archive():
    assert Kind.DAMAGED.remedy_of_release == "copy or download these files again"
    assert Kind.NOT_FOUND.remedy_of_release == Kind.NOT_FOUND.remedy


@pytest.mark.parametrize("kind", Kind)
def test_the_words_have_a_place_for_the_detail_or_none(kind):
    text = str(Exclusion(kind, "detail"))
    assert "{" not in text and text.count("detail") == kind.words.count("{}") <= 1
    assert text[0].islower() or kind in (Kind.BIRADS,)


def test_words_of_any_image_name_none():
    copy = Exclusion(Kind.SAME_INSTANCE, "0c8871a2cb756d7b")
    assert str(copy) == "a copy of image 0c8871a2cb756d7b (same SOP instance)"
    assert copy.of_any_image == "a copy of another image (same SOP instance)"
    assert Exclusion(Kind.COMPRESSED, "MPEG2").of_any_image == "compressed as MPEG2"


def test_what_a_rule_leaves_out_is_no_fault():
    assert Kind.BIRADS.is_by_rule and not Kind.NO_ROW.is_by_rule
