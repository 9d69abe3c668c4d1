"""From the scores of subjects' images to labels, scores and weights of every mix of causes."""

import numpy as np
import pandas as pd
import pytest

from mammo.datasets.phantom.factors import FACTORS, VARIANTS
from mammo.evaluation.attribution import switches
from mammo.study import controlled_factors
from mammo.study.causes import factor_cells

N = 8


@pytest.fixture
def cells(tmp_path, monkeypatch):
    """Scores that spell out the image: 1 for digital, 10 subtler, 100 scanner, 1000 placebo."""
    weights = np.array([1, 10, 100, 1000])
    table = pd.concat(
        pd.DataFrame(VARIANTS).assign(
            subject=number, y_score=np.array(VARIANTS, int) @ weights + number / 100
        )
        for number in range(N)
    )
    table.to_csv(tmp_path / "scores.csv", index=False)
    pd.DataFrame(
        {
            "subject": range(N),
            "density": [1, 1, 2, 2, 3, 3, 4, 4],
            "malignant": [1, 0, 1, 0, 1, 0, 1, 0],
            "birads": [5, 4, 4, 2, 3, 3, 0, 1],
        }
    ).to_csv(tmp_path / "subjects.csv", index=False)
    monkeypatch.setattr(controlled_factors, "factors_folder", lambda study: tmp_path)
    return factor_cells(study=None)


def cell(**on: bool) -> int:
    return sum(2 ** FACTORS.index(name) for name, value in on.items() if value)


def test_images_change_with_what_changes_images(cells):
    whole = np.floor(cells.scores[:, 0]).astype(int)
    assert whole[cell()] == 0
    assert whole[cell(acquisition=True, placebo=True)] == 1001
    assert whole[cell(subtlety=True, digitiser=True, density=True, labels=True)] == 110


def test_a_digital_image_has_no_scanner(cells):
    digital = cell(acquisition=True)
    assert np.array_equal(
        cells.scores[digital], cells.scores[cell(acquisition=True, digitiser=True)]
    )


def test_every_cell_has_the_same_patients_in_the_same_order(cells):
    assert cells.scores.shape == (2 ** len(FACTORS), N)
    assert np.allclose(cells.scores % 1, np.arange(N) / 100)


def test_the_readers_rule_changes_labels_and_leaves_some_out(cells):
    home, read = cell(), cell(labels=True)
    assert cells.labels[home].tolist() == [True, False] * 4
    assert cells.weights[home].tolist() == [1] * N
    assert cells.weights[read].tolist() == [1, 1, 1, 1, 0, 0, 0, 1]
    assert cells.labels[read][cells.weights[read] > 0].tolist() == [True, True, True, False, False]


def test_the_mix_of_densities_changes_weights_alone(cells):
    for row in switches(len(FACTORS)):
        on = dict(zip(FACTORS, row.tolist(), strict=True))
        first, second = cell(**{**on, "density": False}), cell(**{**on, "density": True})
        assert np.array_equal(cells.scores[first], cells.scores[second])
        assert np.array_equal(cells.labels[first], cells.labels[second])
        assert cells.weights[second].any()
    fattest, densest = (cells.weights[cell(density=True)][[0, 7]]).tolist()
    assert fattest > densest
