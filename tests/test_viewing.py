import numpy as np
import pytest

from mammo.book import viewing
from mammo.report.figures.looked_at import Activation, Detected
from mammo.study import INTERNAL, results


@pytest.fixture(scope="module")
def looked(published_study):
    return viewing.looked(published_study, INTERNAL, 2)


def test_malignant_images_with_a_lesion_are_shown_with_every_model(looked):
    assert len(looked) == 2
    for one in looked:
        assert one.example.caption.endswith("malignant")
        assert one.example.boxes
        assert [type(panel) for panel in one.panels] == [Activation, Activation, Detected]


def test_scores_are_those_of_the_tables(published_study, looked):
    for place, model in enumerate(published_study.parameters.models):
        known = results.scores(published_study, model, INTERNAL).query("y_true == 1")["y_score"]
        for one in looked:
            assert np.abs(known - one.panels[place].score).min() == 0


def test_a_map_lies_on_the_image_where_the_model_saw_it(looked):
    for one in looked:
        rows, columns = one.example.pixels.shape
        ours, whole, detected = one.panels
        assert whole.covers == pytest.approx((0, 0, rows, columns), abs=1)
        assert 0 <= ours.covers[0] < ours.covers[2] <= rows + 1
        assert 0 <= ours.covers[1] < ours.covers[3] <= columns + 1
        assert (detected.boxes >= -1).all()
        assert (detected.boxes <= np.array([rows, columns, rows, columns]) + 1).all()


def test_a_set_without_outlined_lesions_has_nothing_to_show(published_study):
    assert viewing.looked(published_study, "institution", 2) == []
