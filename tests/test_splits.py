import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo.datasets.splits import check_leakage, hold_out, parts_of_patients, split_patients
from mammo.errors import LeakageError


def cohort(n_patients: int, positive: float, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n_patients):
        label = int(rng.random() < positive)
        rows += [(f"P{number:04d}", label)] * int(rng.integers(1, 5))
    return pd.DataFrame(rows, columns=["patient_id", "label"])


def test_four_to_one_with_equal_shares_of_positive_patients():
    manifest = cohort(500, 0.4, 1)
    split = split_patients(manifest, 0.2, seed=3)
    by_patient = manifest.assign(split=split).drop_duplicates("patient_id")
    assert (by_patient["split"] == "validation").sum() == 100
    shares = by_patient.groupby("split")["label"].mean()
    assert shares["train"] == pytest.approx(shares["validation"], abs=0.01)


def test_another_seed_chooses_other_patients():
    manifest = cohort(50, 0.4, 1)
    assert not split_patients(manifest, 0.2, 1).equals(split_patients(manifest, 0.2, 2))


@given(st.integers(2, 60), st.floats(0.05, 0.95), st.integers(0, 99), st.floats(0, 1))
def test_no_patient_on_both_sides_whatever_the_order(n, fraction, seed, positive):
    manifest = cohort(n, positive, seed)
    split = split_patients(manifest, fraction, seed)
    assert (
        manifest.groupby(split)["patient_id"]
        .agg(set)
        .pipe(lambda sides: len(set.intersection(*sides)) == 0 if len(sides) > 1 else True)
    )
    shuffled = manifest.sample(frac=1, random_state=seed)
    assert split_patients(shuffled, fraction, seed).sort_index().equals(split)


@given(st.integers(2, 40), st.floats(0.01, 0.99))
def test_every_class_of_two_patients_or_more_is_on_both_sides(n, fraction):
    labels = np.arange(2 * n) % 2
    held = hold_out(labels, np.arange(2 * n).astype(str), fraction, seed=0)
    assert set(labels[held]) == set(labels[~held]) == {0, 1}


def test_single_patient_of_a_class_stays_in_the_training():
    held = hold_out(np.array([0, 0, 0, 1]), np.array(list("abcd")), 0.5, seed=0)
    assert not held[3]


def test_leakage_names_the_patient_and_the_parts():
    split = pd.Series(["train", "validation", "train"])
    with pytest.raises(LeakageError, match=r"P7 \(train and validation\)"):
        check_leakage(split, pd.Series(["P7", "P7", "P8"]))


def test_leakage_lists_at_most_five_patients():
    patients = pd.Series([f"P{i}" for i in range(7)] * 2)
    split = pd.Series(["train"] * 7 + ["test"] * 7)
    with pytest.raises(LeakageError, match="and 2 more"):
        check_leakage(split, patients)


@given(st.integers(2, 8), st.integers(0, 1000))
def test_parts_keep_patients_whole_and_kinds_even(n_parts, seed):
    rows = cohort(60, 0.3, seed)
    part = parts_of_patients(rows["label"], rows["patient_id"], n_parts, seed)
    by_patient = rows.assign(part=part).groupby("patient_id").agg({"part": "nunique"})
    assert set(by_patient["part"]) == {1}
    patients = rows.assign(part=part).drop_duplicates("patient_id")
    counts = patients.groupby(["label", "part"]).size().unstack(fill_value=0)
    assert (counts.max(axis=1) - counts.min(axis=1)).max() <= 1


def test_parts_depend_on_the_patients_and_not_on_their_order():
    rows = cohort(40, 0.4, 2)
    part = parts_of_patients(rows["label"], rows["patient_id"], 5, seed=7)
    shuffled = rows.sample(frac=1, random_state=1)
    other = parts_of_patients(shuffled["label"], shuffled["patient_id"], 5, seed=7)
    assert pd.Series(part, rows.index).equals(pd.Series(other, shuffled.index).sort_index())
    assert set(part) == set(range(5))
