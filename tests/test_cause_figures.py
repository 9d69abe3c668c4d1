"""Figures of what is behind a drop."""

import numpy as np
import pandas as pd
import pytest

from mammo.evaluation.attribution import Cells, switches
from mammo.evaluation.tables.attribution import divided_drop
from mammo.evaluation.tables.scores import Settings
from mammo.report.figures.factor_shares import factor_shares
from mammo.report.figures.transfer_matrix import transfer_heat_maps
from mammo.report.tables.causes import CAUSES

SOURCES = {"cbis_ddsm": "synthetic", "mias": "real", "institution": "synthetic"}


def matrix(n_models: int) -> pd.DataFrame:
    rows = [
        {"model": model, "training": training, "dataset": dataset, "auroc": 0.4 + 0.02 * place}
        for model in ("alexnet", "vgg16", "resnet50")[:n_models]
        for place, (training, dataset) in enumerate((a, b) for a in SOURCES for b in SOURCES)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("n_models", [1, 3])
def test_every_cell_is_drawn_with_its_number(n_models):
    picture = transfer_heat_maps(matrix(n_models), SOURCES)
    panels = [axes for axes in picture.figure.axes if axes.texts]
    assert len(panels) == n_models
    wanted = [f"{0.4 + 0.02 * place:.2f}" for place in range(9)]
    assert [text.get_text() for text in panels[0].texts] == wanted
    assert "AlexNet from DDSM, synthetic on MIAS, real 0.42" in picture.alt
    assert picture.render().startswith(b"<?xml")


def test_a_training_that_was_not_possible_leaves_its_row_empty():
    table = matrix(1)
    picture = transfer_heat_maps(table[table["training"] != "mias"], SOURCES)
    assert len(picture.figure.axes[0].texts) == 6


def test_the_strongest_colour_is_for_what_is_far_from_guessing():
    pale = transfer_heat_maps(matrix(1).assign(auroc=0.52), SOURCES)
    red, _, blue, _ = pale.figure.axes[0].collections[0].get_facecolors()[0]
    assert min(red, blue) > 0.85


def test_shares_are_drawn_with_intervals_and_the_whole():
    rng = np.random.default_rng(0)
    labels = np.tile(rng.random(60) < 0.5, (64, 1))
    scores = rng.normal(0, 1, 60) + labels * (2 - switches(6)[:, [0]])
    divided = divided_drop(
        Cells(tuple(CAUSES), labels, scores, np.ones(labels.shape)), Settings(n_bootstrap=100)
    )
    picture = factor_shares(divided)
    (axes,) = picture.figure.axes
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == [*(cause.name for cause in CAUSES.values()), "All together"]
    acquisition = divided.shares.iloc[0]
    assert f"Acquisition {acquisition['share']:+.3f}" in picture.alt
    drawn = [tuple(line.get_xdata()) for line in axes.lines]
    assert (acquisition["share_lower"], acquisition["share_upper"]) in drawn
