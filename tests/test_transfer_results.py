"""The matrix of trainings and tests, and the two parts of a drop."""

import numpy as np
import pandas as pd
import pytest

from mammo.evaluation.tables.scores import Settings
from mammo.evaluation.tables.transfer import COLUMNS, transfer_results

SETTINGS = Settings(n_bootstrap=300, seed=4)
SKILL = {
    ("home", "home"): 2.0,
    ("home", "hard"): 0.5,
    ("hard", "hard"): 0.5,
    ("home", "other"): 0.2,
    ("other", "other"): 2.0,
    ("hard", "home"): 0.3,
    ("other", "home"): 0.2,
    ("hard", "other"): 0.1,
    ("other", "hard"): 0.1,
}
"""How far apart the classes are by training and test: one set is hard, the other is only other."""


@pytest.fixture(scope="module")
def scored() -> pd.DataFrame:
    tables = []
    for (training, dataset), skill in SKILL.items():
        rng = np.random.default_rng([len(dataset), ord(dataset[1])])
        patient = np.repeat(np.arange(120), 2)
        label = np.repeat(rng.random(120) < 0.4, 2).astype(int)
        noise = np.repeat(rng.normal(0, 0.7, 120), 2) + rng.normal(0, 0.7, 240)
        noise += np.random.default_rng(ord(training[-1])).normal(0, 0.1, 240)
        tables.append(
            pd.DataFrame(
                {
                    "model": "alexnet",
                    "training": training,
                    "dataset": dataset,
                    "patient_id": [f"p{number}" for number in patient],
                    "image_id": [f"i{number}" for number in range(240)],
                    "part": patient % 3,
                    "n_train": 160,
                    "y_true": label,
                    "y_score": skill * label + noise + 10 * (patient % 3),
                }
            )
        )
    return pd.concat(tables)[list(COLUMNS)]


@pytest.fixture(scope="module")
def results(scored):
    return transfer_results(scored, SETTINGS, "home")


def test_every_training_is_tested_on_every_set(results):
    matrix, _ = results
    assert len(matrix) == 9
    assert (matrix["lower"] < matrix["auroc"]).all()
    assert (matrix["auroc"] < matrix["upper"]).all()
    assert set(matrix["n_patients"]) == {120}
    assert set(matrix["n_train"]) == {160}


def test_difficulty_and_mismatch_sum_to_the_drop(results):
    _, parts = results
    total = parts["difficulty"] + parts["mismatch"]
    assert total.to_numpy() == pytest.approx(parts["drop"].to_numpy(), abs=1e-12)
    drop = parts["internal"] - parts["external"]
    assert drop.to_numpy() == pytest.approx(parts["drop"].to_numpy())


def test_a_hard_set_is_told_from_one_that_is_only_other(results):
    parts = results[1].set_index("dataset")
    assert parts.loc["hard", "difficulty_lower"] > 0
    assert parts.loc["hard", "mismatch_p_holm"] > 0.05
    assert parts.loc["other", "mismatch_lower"] > 0
    assert parts.loc["other", "difficulty_p_holm"] > 0.05


def test_p_values_are_adjusted_over_both_parts_of_all_drops(results):
    parts = results[1]
    least = np.nanmin(parts[["difficulty_p", "mismatch_p"]].to_numpy())
    assert parts[["difficulty_p_holm", "mismatch_p_holm"]].min(axis=None) == pytest.approx(
        min(4 * least, 1)
    )


def test_scales_of_the_parts_models_do_not_matter(scored, results):
    shifted = scored.assign(y_score=scored["y_score"] - 10 * scored["part"])
    matrix, _ = transfer_results(shifted, SETTINGS, "home")
    assert matrix["auroc"].to_numpy() == pytest.approx(results[0]["auroc"].to_numpy())


def test_a_set_that_could_not_be_learnt_from_has_no_parts(scored):
    few = scored[scored["training"] != "other"]
    matrix, parts = transfer_results(few, SETTINGS, "home")
    assert len(matrix) == 6
    assert list(parts["dataset"]) == ["hard"]


def test_an_interval_by_patient_is_wider_than_one_by_image(scored, results):
    by_image, _ = transfer_results(scored, Settings("image", 300, 0.95, 4), "home")
    width = [(table["upper"] - table["lower"]).mean() for table in (results[0], by_image)]
    assert width[0] > 1.1 * width[1]
