"""What a reader sees of dataset shift: figures that can be read, and sentences that are true."""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.text import Text

from mammo.hospital.shift import words as words
from mammo.hospital.shift.comparison import ROLES, Shift
from mammo.hospital.shift.figures import grey_histograms, standardised_differences
from mammo.hospital.shift.measures import MEASURES
from mammo.hospital.validation import sections
from mammo.report.figures.style import LOOKS, Picture, drawing


def made_shift(
    auroc: float = 0.97, p_value: float = 0.001, reason: str = "", **differences: float
) -> Shift:
    """A comparison in which measures differ as given, each by plus or minus 0.2."""
    given = [differences.get(name, 0.0) for name in MEASURES]
    edges = np.linspace(0, 1, 65)
    curves = [np.exp(-(((edges[:-1] - middle) / 0.2) ** 2)) for middle in (0.6, 0.4)]
    sizes = {"n_patients": [60, 40], "n_images": [118, 80]}
    return Shift(
        sets=pd.DataFrame(
            {
                "role": ROLES,
                "dataset": ["cbis_ddsm", "institution"],
                "source": ["synthetic", "real"],
                "views": "CC MLO",
                **sizes,
                "all_patients": [392, 40],
                "all_images": [1175, 80],
            }
        ),
        statistics=pd.DataFrame(),
        histograms=pd.concat(
            [
                pd.DataFrame(
                    {
                        "role": role,
                        "low": edges[:-1],
                        "high": edges[1:],
                        "mean": curve,
                        "lower": 0.8 * curve,
                        "upper": 1.3 * curve,
                    }
                )
                for role, curve in zip(ROLES, curves, strict=True)
            ]
        ),
        differences=pd.DataFrame(
            {
                "measure": list(MEASURES),
                "first_mean": 0.5,
                "first_sd": 0.1,
                "second_mean": 0.5,
                "second_sd": 0.1,
                "difference": given,
                "lower": np.subtract(given, 0.2),
                "upper": np.add(given, 0.2),
                "confidence": 0.95,
            }
        ),
        domain=pd.DataFrame(
            {
                "auroc": [auroc],
                "p_value": p_value,
                "confidence": 0.95,
                "n_bootstrap": 10_000,
                "seed": 0,
                "reason": reason,
            }
        ),
    )


SHIFT = made_shift(sharpness=-1.2, noise=0.9, mean=-0.5, quantile_50=-0.7, breast_share=0.1)
DRAW = {"histograms": grey_histograms, "differences": standardised_differences}


@cache
def drawn(name: str) -> tuple[Picture, np.ndarray]:
    """Return a picture and its pixels, drawn once for all tests."""
    picture = DRAW[name](SHIFT)
    with drawing():
        canvas = FigureCanvasAgg(picture.figure)
        canvas.draw()
    return picture, np.asarray(canvas.buffer_rgba())[..., :3]


def texts(picture: Picture) -> list[Text]:
    return [t for t in picture.figure.findobj(Text) if t.get_visible() and t.get_text()]


@pytest.mark.parametrize("name", DRAW)
def test_nothing_is_cut_off_and_all_text_can_be_read(name):
    picture, pixels = drawn(name)
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge == 255).all()
    assert min(text.get_fontsize() for text in texts(picture)) >= 9


@pytest.mark.parametrize("name", DRAW)
def test_a_picture_says_what_is_in_it_and_is_the_same_each_time(name):
    picture = drawn(name)[0]
    assert "DDSM (synthetic)" in picture.alt
    assert "(real)" in picture.alt
    before = dict(mpl.rcParams)
    assert DRAW[name](SHIFT).render() == DRAW[name](SHIFT).render()
    assert dict(mpl.rcParams) == before


def test_each_set_has_its_line_and_its_band():
    picture = drawn("histograms")[0]
    (axes,) = picture.figure.axes
    assert [to_hex(line.get_color()) for line in axes.lines] == [
        LOOKS["cbis_ddsm"].color,
        LOOKS["institution"].color,
    ]
    assert len({line.get_linestyle() for line in axes.lines}) == 2
    assert len(axes.collections) == 2
    assert "mean 0.61, 1% below 0.25" in picture.alt


def test_two_sets_of_one_name_look_different():
    alike = replace(SHIFT, sets=SHIFT.sets.assign(dataset="mias"))
    (axes,) = grey_histograms(alike).figure.axes
    assert len({line.get_color() for line in axes.lines}) == 2
    assert len({line.get_linestyle() for line in axes.lines}) == 2


def test_the_dot_of_a_difference_that_may_be_chance_is_hollow():
    picture = drawn("differences")[0]
    (axes,) = picture.figure.axes
    dots = [line for line in axes.lines if line.get_marker() == LOOKS["institution"].marker]
    filled = {
        name: dot.get_markerfacecolor() != "white" for name, dot in zip(MEASURES, dots, strict=True)
    }
    assert {name for name, is_filled in filled.items() if is_filled} == {
        "sharpness",
        "noise",
        "mean",
        "quantile_50",
    }
    shown = [text.get_text() for text in texts(picture)]
    assert shown.count("darker") == 2
    assert shown.count(words.NO_DIRECTION) == len(MEASURES) - 4
    assert "Sharpness -1.2 (less sharp)" in picture.alt


def test_the_clearest_difference_of_each_kind_is_named_largest_first():
    assert words.differences_sentence(SHIFT) == (
        "The images of this site differ most in sharpness (less sharp, by 1.2 SD), then in median "
        "grey (darker, by 0.7 SD)."
    )
    assert words.differences_sentence(made_shift()).startswith("No single measure differs")


@pytest.mark.parametrize(
    ("auroc", "extent"),
    [(0.55, "hardly"), (0.7, "sometimes"), (0.8, "mostly"), (0.97, "nearly always")],
)
def test_the_sentence_follows_the_auroc(auroc, extent):
    sentence = words.domain_sentence(made_shift(auroc))
    assert f"auROC {auroc:.3f}, where 0.5 is guessing" in sentence
    assert "0.5 is guessing" in sentence
    assert f"the images can {extent} be told apart (p = 0.001)." in sentence


def test_chance_is_called_chance_and_no_measure_is_named():
    text = words.in_words(made_shift(0.55, p_value=0.2, noise=1.0))
    assert "no more than chance gives (p = 0.200), so that 60 and 40 patients show no" in text
    assert "They differ" not in text


def test_without_a_number_the_reason_is_given():
    text = words.in_words(made_shift(np.nan, np.nan, "one of the sets has one patient", noise=1.0))
    assert "is left open: one of the sets has one patient." in text
    assert "nan" not in text


def test_the_meaning_is_always_said_and_synthetic_images_are_named():
    text = words.in_words(SHIFT)
    assert "not how well a model does on them" in text
    assert "Synthetic images are simulated" in text
    real = replace(SHIFT, sets=SHIFT.sets.assign(source="real"))
    assert "Synthetic" not in words.in_words(real)


def test_a_report_has_neither_figure_nor_table_of_too_few_patients():
    few = replace(SHIFT, sets=SHIFT.sets.assign(n_patients=[296, 1]))
    (prose,) = sections.shift(SimpleNamespace(shift=few))
    assert "images of 1 and 296 patients could be compared" in prose.text
    assert len(list(sections.shift(SimpleNamespace(shift=SHIFT)))) == 3
