from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mammo.errors import MammoError
from mammo.evaluation import calibration_line
from mammo.evaluation.tables.scores import Settings
from mammo.hospital.adaptation import scoring
from mammo.hospital.adaptation.local_patients import LocalPatients
from mammo.study import results

SETTINGS = Settings(n_bootstrap=100)


def pool(direction: int = 1) -> tuple[SimpleNamespace, pd.Series]:
    """Local patients, and scores of them and of as many held aside."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "image_id": [f"image{number}" for number in range(200)],
            "patient_id": [f"patient{number // 2}" for number in range(200)],
            "label": np.arange(200) // 2 % 2,
        }
    )
    logits = 1 + direction * rows["label"] + rng.normal(size=200)
    scores = pd.Series(1 / (1 + np.exp(-logits.to_numpy())), rows["image_id"])
    return SimpleNamespace(pool=rows[:100], held_aside=rows[100:]), scores


def test_recalibration_mends_the_pool_and_keeps_the_order():
    patients, scores = pool()
    (moved,) = scoring.recalibrate(patients, [scores], SETTINGS)
    ids = patients.pool["image_id"]
    line = calibration_line(patients.pool["label"], moved[ids], patients.pool["patient_id"])
    assert (line.intercept, line.slope) == pytest.approx((0, 1), abs=1e-6)
    assert moved.index.equals(scores.index)
    assert (moved.rank() == scores.rank()).all()
    assert not scoring.are_reversed(scores, moved)


def test_recalibration_of_scores_that_point_the_wrong_way_is_seen():
    patients, scores = pool(direction=-1)
    (moved,) = scoring.recalibrate(patients, [scores], SETTINGS)
    assert scoring.are_reversed(scores, moved)


def test_recalibration_needs_both_classes():
    patients, scores = pool()
    patients.pool = patients.pool[patients.pool["label"] == 0]
    with (
        pytest.warns(UserWarning, match="one class only"),
        pytest.raises(MammoError, match="images of both classes"),
    ):
        scoring.recalibrate(patients, [scores], SETTINGS)


def test_the_model_without_local_patients_is_the_studys_own(study):
    patients = LocalPatients(study)
    (none, *_), _ = patients.amounts([])
    (scores,) = scoring.scores_after_training(study, "alexnet", patients, none, 1)
    own = results.scores(study, "alexnet", "institution").set_index("image_id")["y_score"]
    assert scores.to_dict() == own.to_dict()


def test_each_training_has_patients_and_scores_of_its_own(study):
    patients = LocalPatients(study)
    amount = patients.amounts([0.4])[0][-1]
    first, second = scoring.scores_after_training(study, "alexnet", patients, amount, 2)
    assert set(first.index) == set(second.index) == set(patients.held_aside["image_id"])
    assert (first.to_numpy() != second.to_numpy()).any()


def test_harmonised_images_have_other_scores_of_the_same_model(study):
    patients = LocalPatients(study)
    (scores,) = scoring.scores_of_harmonised_images(study, "alexnet", 1)
    assert set(scores.index) == {*patients.held_aside["image_id"], *patients.pool["image_id"]}
    own = results.scores(study, "alexnet", "institution").set_index("image_id")["y_score"]
    assert (scores[own.index] != own).any()
