"""Trained on each set, tested on each: who learns from whom."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mammo.parameters import Parameters
from mammo.study import causes, transfer_matrix

SETS = {"cbis_ddsm": 60, "mias": 24}


def rows(dataset: str, n_patients: int) -> pd.DataFrame:
    rng = np.random.default_rng(n_patients)
    patients = [f"{dataset}-{number}" for number in range(n_patients)]
    label = (rng.random(n_patients) < 0.4).astype(int)
    return pd.DataFrame(
        {
            "dataset": dataset,
            "patient_id": np.repeat(patients, 2),
            "image_id": [f"{dataset}-image-{number}" for number in range(2 * n_patients)],
            "label": np.repeat(label, 2),
        }
    )


TABLES = {name: rows(name, n) for name, n in SETS.items()}


@pytest.fixture
def trainings(monkeypatch) -> list[tuple[set[str], list[set[str]]]]:
    """Patients that each training learns from, and those that it scores: features tell whose."""
    seen = []

    def head_scores(features, labels, scored):
        seen.append((set(features[:, 0]), [set(rows[:, 0]) for rows in scored]))
        return [np.zeros(len(rows)) for rows in scored]

    monkeypatch.setattr("mammo.training.linear_head.head_scores", head_scores)
    return seen


def scores(n_parts: int, *, equal: bool = False) -> pd.DataFrame:
    study = SimpleNamespace(parameters=Parameters(transfer_equal_sizes=equal))
    features = {name: table[["patient_id"]].to_numpy(str) for name, table in TABLES.items()}
    return pd.concat(transfer_matrix._scored(TABLES, features, n_parts, study))


def test_no_patient_is_learnt_from_and_scored(trainings):
    scores(4)
    assert len(trainings) == 8
    assert not any(learnt & patients for learnt, scored in trainings for patients in scored)


def test_each_training_set_scores_every_image_once(trainings):
    found = scores(4)
    assert len(found) == 2 * sum(map(len, TABLES.values()))
    assert not found.duplicated(["training", "image_id"]).any()


def test_equal_sizes_are_those_of_the_smallest_set(trainings):
    found = scores(4, equal=True)
    (size,) = set(found["n_train"])
    assert size == 2 * 24 * 3 / 4
    by_set = [learnt for learnt, _ in trainings]
    assert {len(learnt) for learnt in by_set} == {18}


def test_without_it_each_learns_from_all_that_it_may(trainings):
    found = scores(4)
    assert set(found.groupby("training")["n_train"].first()) == {90, 36}


def test_a_part_without_both_classes_is_not_learnt_from(trainings, monkeypatch):
    one_class = {**TABLES, "mias": TABLES["mias"].assign(label=0)}
    monkeypatch.setattr(f"{__name__}.TABLES", one_class)
    assert set(scores(4)["training"]) == {"cbis_ddsm"}


def test_the_matrix_of_a_study(study):
    matrix, parts = causes.transfer_matrix(study)
    assert set(matrix["training"]) <= set(study.datasets)
    assert set(matrix["dataset"]) == set(study.datasets)
    home = matrix[(matrix["training"] == "cbis_ddsm") & (matrix["dataset"] == "cbis_ddsm")]
    assert home["n_images"].item() == len(study.table("cbis_ddsm"))
    total = parts["difficulty"] + parts["mismatch"] - parts["drop"]
    assert np.nanmax(np.abs(total), initial=0) < 1e-12
