import pytest

from mammo.report.notice import images_notice
from mammo.report.page.blocks import Notice


def sources(**real: str) -> dict[str, str]:
    names = ("cbis_ddsm", "mias", "inbreast", "institution")
    return {name: real.get(name, "synthetic") for name in names}


def test_synthetic_images_are_called_so_and_warned_of():
    notice = images_notice(sources())
    assert (notice.title, notice.kind) == ("Synthetic images", "warning")
    assert notice.text.startswith("All images on this page are synthetic.")
    assert "nothing about the paper's results" in notice.text


def test_real_images_alone_need_no_warning():
    notice = images_notice(dict.fromkeys(sources(), "real"))
    assert (notice.title, notice.kind) == ("Real images", "note")
    assert notice.text == (
        "All images on this page are real: DDSM, MIAS, INbreast and Institution (UKy)."
    )


@pytest.mark.parametrize(
    ("real", "words"),
    [
        (["mias"], "DDSM, INbreast and Institution (UKy): synthetic. MIAS: real."),
        (["mias", "inbreast"], "DDSM and Institution (UKy): synthetic. MIAS and INbreast: real."),
    ],
)
def test_a_mixture_names_each_set_once(real, words):
    notice = images_notice(sources(**dict.fromkeys(real, "real")))
    assert notice.kind == "warning"
    assert notice.text.startswith(words)


def test_html_and_text_say_the_same_and_html_is_escaped():
    notice = Notice("warning", "1 < 2", title="A & B")
    html = notice._repr_html_()
    assert 'class="admonition warning"' in html
    assert "A &amp; B" in html and "1 &lt; 2" in html
    assert repr(notice) == "A & B: 1 < 2"
