from itertools import pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from adapted import made_up_adaptation
from mammo.hospital.adaptation.learning_curve import learning_curve
from mammo.report.figures.style import drawing

RESULTS = {
    "curve": lambda: made_up_adaptation((0.2, 0.3, 0.6, 0.9, 1.0, 1.1), harmonised=0.5),
    "one training": lambda: made_up_adaptation(runs=1),
    "nothing but the model as it is": lambda: made_up_adaptation((0.2,)),
}


@pytest.fixture(params=RESULTS)
def picture(request):
    return learning_curve(RESULTS[request.param]())


def pixels(figure) -> np.ndarray:
    with drawing():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def test_nothing_is_cut_off_and_all_can_be_read(picture):
    drawn = pixels(picture.figure)
    for edge in (drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]):
        assert (edge == 255).all()
    texts = [text for text in picture.figure.findobj(Text) if text.get_text()]
    assert min(text.get_fontsize() for text in texts) >= 9


def test_the_amounts_labels_do_not_meet():
    figure = learning_curve(RESULTS["curve"]()).figure
    pixels(figure)
    (axes,) = figure.axes
    labels = [label for label in axes.get_xticklabels() if label.get_text()]
    assert [label.get_text().split("\n")[0] for label in labels] == [
        "0", "20", "40", "80", "160", "320"
    ]  # fmt: skip
    for left, right in pairwise(label.get_window_extent() for label in labels):
        assert left.x1 < right.x0


def test_every_training_every_mean_and_both_references_are_drawn():
    result = RESULTS["curve"]()
    (axes,) = learning_curve(result).figure.axes
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert len(lines["each training"].get_xdata()) == 18
    assert lines["mean of trainings"].get_ydata().tolist() == result.summary["auroc"].tolist()
    assert set(lines["chance"].get_ydata()) == {0.5}
    assert set(lines["harmonised images, no training"].get_ydata()) == {
        result.alternatives["auroc"].iloc[1]
    }


def test_title_and_text_alternative_say_on_what_it_was_tested():
    result = RESULTS["curve"]()
    picture = learning_curve(result)
    tested = "120 patients of Institution (UKy), synthetic"
    assert tested in picture.figure.axes[0].get_title() and tested in picture.alt
    row = result.summary.iloc[3]
    assert f"80 local patients {row['auroc']:.2f} ({row['lower']:.2f} to" in picture.alt
    assert "Harmonised images without training: 0." in picture.alt
