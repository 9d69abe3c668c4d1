from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammo.datasets import splits
from mammo.errors import DatasetError, ParameterError
from mammo.hospital.adaptation.local_patients import Amount, LocalPatients, LocalStudy
from mammo.study import INTERNAL
from mammo.study.families.transfer import TransferFamily

LOCAL = "institution"


def institution(n_benign: int, n_malignant: int, seed: int = 0, mixed: float = 0.8):
    """A study of which only the local patients are known, each with two images."""
    n_patients = n_benign + n_malignant
    rows = pd.DataFrame(
        {
            "image_id": [f"image{number:04d}" for number in range(2 * n_patients)],
            "patient_id": np.repeat([f"patient{n:04d}" for n in range(n_patients)], 2),
            "label": np.tile([0, 1], n_patients) * np.repeat(np.arange(n_patients) >= n_benign, 2),
        }
    )
    parts = splits.split_patients(rows, 1 - mixed, seed).replace("validation", "test")
    return SimpleNamespace(
        local=LOCAL,
        parameters=SimpleNamespace(mixed_fraction=mixed, seed=seed),
        split=lambda dataset, training: rows.assign(split=parts),
    )


def test_amounts_are_of_all_patients_and_of_both_kinds():
    patients = LocalPatients(institution(100, 60))
    amounts, skipped = patients.amounts((0.8, 0.05, 0, 0.1, 0.05))
    assert amounts == [
        Amount(0, 0, 0), Amount(0.05, 5, 3), Amount(0.1, 10, 6), Amount(0.8, 80, 48)
    ]  # fmt: skip
    assert skipped == []
    assert [amount.percent for amount in amounts] == ["0%", "5%", "10%", "80%"]


def test_what_cannot_be_had_is_left_out_with_the_reason():
    amounts, skipped = LocalPatients(institution(20, 8)).amounts((0.02, 0.2, 0.21, 0.9))
    assert [amount.fraction for amount in amounts] == [0, 0.2]
    assert dict(skipped) == {
        "2% of the patients": "of 28 patients that is 0 with a malignant image and 0 without, and "
        "at least one of each is needed",
        "21% of the patients": "that is the same 6 patients as 20%",
        "90% of the patients": "only 80% of the patients are not held aside for the test",
    }


@pytest.mark.parametrize("fraction", [-0.1, 1.5])
def test_a_fraction_out_of_range_is_refused(fraction):
    with pytest.raises(ParameterError, match=f"is {fraction}: give 0 to 1"):
        LocalPatients(institution(10, 10)).amounts([fraction])


def test_one_patient_of_a_kind_cannot_be_on_both_sides():
    with pytest.raises(DatasetError, match="1 have a malignant"):
        LocalPatients(institution(10, 1))


def test_patients_with_cancer_alone_will_do_where_they_have_benign_images():
    amounts, _ = LocalPatients(institution(0, 20)).amounts([0.5])
    assert amounts[1] == Amount(0.5, 0, 10)


@settings(max_examples=30, deadline=None)
@given(
    n_benign=st.integers(6, 60),
    n_malignant=st.integers(6, 60),
    seed=st.integers(0, 2**32),
)
def test_smaller_amounts_are_parts_of_larger_ones_and_none_is_held_aside(
    n_benign, n_malignant, seed
):
    patients = LocalPatients(institution(n_benign, n_malignant))
    amounts, _ = patients.amounts((0.1, 0.2, 0.4, 0.8))
    chosen = [patients.chosen(amount, seed) for amount in amounts]
    assert [len(some) for some in chosen] == [amount.n_patients for amount in amounts]
    for smaller, larger in pairwise(chosen):
        assert smaller < larger
    assert chosen[-1].isdisjoint(patients.held_aside["patient_id"])
    kinds = patients.pool.groupby("patient_id")["label"].max()
    assert kinds[list(chosen[-1])].sum() == amounts[-1].n_malignant
    if amounts[-1].fraction == 0.8:
        assert chosen[-1] == set(patients.pool["patient_id"])


def test_the_choice_depends_on_the_seed_and_not_on_the_order_of_the_rows():
    study = institution(40, 40)
    rows = study.split(LOCAL, "mixed")
    shuffled = SimpleNamespace(
        local=LOCAL,
        parameters=study.parameters,
        split=lambda *_: rows.sample(frac=1, random_state=0),
    )
    amount = Amount(0.2, 8, 8)
    first, again = (LocalPatients(one).chosen(amount, 5) for one in (study, shuffled))
    assert first == again
    assert first != LocalPatients(study).chosen(amount, 6)


def test_those_held_aside_are_those_of_the_mixed_training(study):
    patients = LocalPatients(study)
    rows = study.split(LOCAL, "mixed")
    assert patients.held_aside["image_id"].tolist() == (
        rows.loc[rows["split"] == "test", "image_id"].tolist()
    )
    assert len(patients.held_aside) + len(patients.pool) == len(rows)


def test_a_local_training_is_on_ddsm_and_the_chosen_patients(study):
    patients = LocalPatients(study)
    chosen = sorted(patients.pool["patient_id"].unique())[:3]
    local = LocalStudy(study, chosen)
    learnt, unseen = (local.rows("mixed", is_trained_on=seen) for seen in (True, False))
    assert set(learnt["dataset"]) == {INTERNAL, LOCAL}
    assert sorted(learnt.loc[learnt["dataset"] == LOCAL, "patient_id"].unique()) == chosen
    internal = study.split(INTERNAL, "ddsm")
    assert (learnt["dataset"] == INTERNAL).sum() == (internal["split"] == "train").sum()
    assert len(learnt) + len(unseen) == sum(len(study.table(name)) for name in local.datasets)
    assert set(patients.held_aside["image_id"]) <= set(unseen["image_id"])


def test_a_local_training_extracts_no_feature_anew(study):
    patients = LocalPatients(study)
    amount = patients.amounts([0.8])[0][-1]
    local = LocalStudy(study, patients.chosen(amount, 1))
    learning = TransferFamily(local)
    for name in local.datasets:
        assert learning.extraction.features_folder("alexnet", name, "mixed") == (
            TransferFamily(study).extraction.features_folder("alexnet", name, "mixed")
        )


def test_without_local_patients_the_model_is_the_studys_own(study):
    assert TransferFamily(LocalStudy(study)).predictions_folder("alexnet", LOCAL) == (
        TransferFamily(study).predictions_folder("alexnet", LOCAL)
    )
