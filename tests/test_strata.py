import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mammo.evaluation import auroc, auroc_covariance
from mammo.evaluation.clustered import heterogeneity, strata_covariance
from mammo.evaluation.tables.scores import Settings
from mammo.evaluation.tables.subgroups import subgroup_tests


def images(seed: int = 0, n_patients: int = 80, better: float = 0.0) -> pd.DataFrame:
    """Two views of each patient; in the second the classes are farther apart by ``better``."""
    rng = np.random.default_rng(seed)
    patients = np.repeat(np.arange(n_patients), 2)
    view = np.tile([0, 1], n_patients)
    labels = patients % 3 == 0
    own = np.repeat(rng.normal(size=n_patients), 2)
    scores = (1 + better * view) * labels + own + rng.normal(size=patients.size)
    return pd.DataFrame(
        {
            "model": "m", "dataset": "d", "split": "test", "patient_id": patients.astype(str),
            "image_id": np.arange(patients.size).astype(str), "y_true": labels.astype(int),
            "y_score": scores, "view": np.where(view == 1, "MLO", "CC"),
        }
    )  # fmt: skip


def covariance_of(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    columns = (table[name] for name in ("y_true", "y_score", "view", "patient_id"))
    return strata_covariance(*(column.to_numpy() for column in columns))


def test_each_stratum_has_the_variance_that_it_has_alone():
    table = images()
    aurocs, covariance = covariance_of(table)
    for place, view in enumerate(("CC", "MLO")):
        rows = table[table["view"] == view]
        patients = rows["patient_id"].to_numpy()
        alone, variance = auroc_covariance(rows["y_true"], rows["y_score"], patients)
        assert aurocs[place] == pytest.approx(alone[0])
        assert covariance[place, place] == pytest.approx(variance[0, 0])


def test_strata_of_the_same_patients_are_correlated_as_leaving_each_out_says():
    table = images(n_patients=150)
    _, covariance = covariance_of(table)
    left = np.array(
        [
            [
                auroc(rows["y_true"], rows["y_score"])
                for _, rows in table[table["patient_id"] != patient].groupby("view")
            ]
            for patient in table["patient_id"].unique()
        ]
    )
    n = len(left)
    jackknife = (n - 1) ** 2 / n * np.cov(left, rowvar=False)
    assert covariance == pytest.approx(jackknife, rel=0.05)
    assert covariance[0, 1] > 0.2 * covariance[0, 0]


def test_strata_of_other_patients_are_independent():
    table = images()
    table["view"] = np.where(table["patient_id"].astype(int) < 40, "CC", "MLO")
    aurocs, covariance = covariance_of(table)
    assert covariance[0, 1] == 0
    found = heterogeneity(aurocs, covariance)
    z = (aurocs[0] - aurocs[1]) / np.sqrt(covariance.trace())
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(z)))
    assert found.df == 1


def test_three_equal_strata_are_told_apart_about_as_often_as_they_should():
    rng = np.random.default_rng(0)
    found = []
    for seed in range(400):
        table = images(seed, 150)
        table["view"] = rng.choice(["a", "b", "c"], len(table))
        found.append(heterogeneity(*covariance_of(table)))
    assert {one.df for one in found} == {2}
    assert np.mean([one.p_value < 0.05 for one in found]) == pytest.approx(0.05, abs=0.03)


def test_no_test_without_a_difference_to_test():
    assert np.isnan(heterogeneity(np.array([0.7]), np.array([[0.01]])).p_value)
    assert np.isnan(heterogeneity(np.array([0.7, 0.7]), np.zeros((2, 2))).p_value)


def test_subgroups_are_tested_within_a_set_and_adjusted():
    table = images(better=2.0)
    table["site"] = np.where(table["patient_id"].astype(int) < 40, "one", "two")
    found = subgroup_tests(table, ["view", "site"], Settings()).set_index("subgroup")
    assert found.loc["view", "verdict"] == "shown" and found.loc["site", "verdict"] == "open"
    assert found.loc["view", "p_holm"] == pytest.approx(2 * found.loc["view", "p_value"])
    assert found.loc["view", "levels"] == "CC, MLO"


def test_levels_that_are_small_or_not_stated_are_left_out_of_the_test():
    table = images()
    numbers = table["patient_id"].astype(int)
    table["site"] = np.where(numbers < 27, "small", np.where(numbers < 70, "large", None))
    assert subgroup_tests(table, ["site"], Settings()).empty
    table["site"] = np.where(numbers < 27, "small", np.where(numbers < 54, "large", "other"))
    assert subgroup_tests(table, ["site"], Settings()).empty  # nine patients with cancer each
    table["site"] = np.where(numbers < 30, "one", np.where(numbers < 60, "two", None))
    assert subgroup_tests(table, ["site"], Settings())["levels"].tolist() == ["one, two"]
