import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mammo.evaluation import auroc_covariance, compare_models, headline_auroc
from mammo.evaluation.tables.scores import Settings
from mammo.evaluation.tables.trainings import gains, mean_aurocs

SETTINGS = Settings(n_bootstrap=300, seed=3)


def trainings(
    ways: int = 2, runs: int = 3, seed: int = 0, spread: float = 0.0, n_patients: int = 50
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, patients and scores of ways that are no better than one another.

    ``spread`` is how much trainings differ in what they make of the classes.
    """
    rng = np.random.default_rng(seed)
    patients = np.repeat(np.arange(n_patients), 4)
    labels = np.repeat(rng.random(n_patients) < 0.5, 4) & (rng.random(patients.size) < 0.6)
    shared = labels + np.repeat(rng.normal(size=n_patients), 4) + rng.normal(size=patients.size)
    own = 0.5 * rng.normal(size=(ways, runs, patients.size))
    return labels, patients, shared + own + spread * rng.normal(size=(ways, runs, 1)) * labels


def test_the_estimate_is_the_mean_over_trainings():
    labels, patients, scores = trainings()
    found = mean_aurocs(labels, patients, scores, SETTINGS)
    each = np.array([[roc_auc_score(labels, run) for run in way] for way in scores])
    assert found["auroc"].to_numpy() == pytest.approx(each.mean(axis=1))
    assert found["run_sd"].to_numpy() == pytest.approx(each.std(axis=1, ddof=1))
    assert (found["lower"] < found["auroc"]).all() and (found["auroc"] < found["upper"]).all()
    assert found["n_runs"].tolist() == [3, 3]
    assert found["n_malignant"].tolist() == [labels.sum()] * 2


@pytest.mark.parametrize("unit", ["patient", "image"])
def test_one_training_has_the_interval_and_the_comparison_of_a_model(unit):
    labels, patients, scores = trainings(runs=1, n_patients=300)
    settings = Settings(unit=unit, n_bootstrap=300, seed=3)
    how = {"unit": unit, "n_bootstrap": 300, "seed": 3}
    row = mean_aurocs(labels, patients, scores, settings).iloc[1]
    alone = headline_auroc(labels, scores[1, 0], patients, **how)
    for name in ("lower", "upper", "percentile_lower", "percentile_upper"):
        assert row[name] == getattr(alone, name)
    assert row["auroc"] == alone.value
    assert np.isnan(row["run_sd"])
    gain = gains(labels, patients, scores, settings).iloc[1]
    pair = compare_models(labels, scores[1, 0], scores[0, 0], patients, **how)
    for name in ("difference", "standard_error", "p_value"):
        assert gain[name] == pytest.approx(getattr(pair, name))
    assert gain["difference_lower"] == pytest.approx(pair.lower)


def test_the_gain_is_that_of_obuchowski_and_rockette_with_hillis_degrees_of_freedom():
    labels, patients, scores = trainings(runs=4, spread=0.3)
    aurocs, covariance = auroc_covariance(labels, scores.reshape(-1, labels.size), patients)
    aurocs, covariance = aurocs.reshape(2, 4), covariance.reshape(2, 4, 2, 4)
    n_runs = 4
    centred = aurocs - aurocs.mean(0) - aurocs.mean(1, keepdims=True) + aurocs.mean()
    mean_square = (centred**2).sum() / (n_runs - 1)
    apart = ~np.eye(n_runs, dtype=bool)
    same = np.mean([covariance[way, :, way][apart].mean() for way in (0, 1)])
    other = covariance[0, :, 1][apart].mean()
    total = mean_square + n_runs * max(same - other, 0)
    row = gains(labels, patients, scores, SETTINGS).iloc[1]
    assert row["difference"] == pytest.approx(aurocs[1].mean() - aurocs[0].mean())
    assert row["standard_error"] == pytest.approx(np.sqrt(2 / n_runs * total))
    assert row["df"] == pytest.approx(total**2 / (mean_square**2 / (n_runs - 1)))


def test_a_way_gains_nothing_over_itself():
    labels, patients, scores = trainings()
    first = gains(labels, patients, np.concatenate([scores[:1]] * 2), SETTINGS)
    assert first["difference"].tolist() == [0, 0]
    assert first["p_value"].isna().all() and first["standard_error"].isna().all()


def test_every_training_that_rose_is_counted():
    labels, patients, scores = trainings()
    scores[1, :2] += labels
    scores[1, 2] -= 3 * labels
    assert gains(labels, patients, scores, SETTINGS)["n_rose"].tolist() == [0, 2]


def test_trainings_that_differ_make_no_gain():
    def share(runs: int, n: int = 150) -> float:
        made = [trainings(runs=runs, seed=seed, spread=0.4) for seed in range(n)]
        return np.mean([gains(*one, SETTINGS)["p_value"].iloc[1] < 0.05 for one in made])

    assert share(runs=3) < 0.12
    assert share(runs=1) > 0.4  # one training cannot know how much another differs


def test_a_true_gain_is_found_and_lies_in_its_interval():
    labels, patients, scores = trainings()
    scores[1] += labels
    row = gains(labels, patients, scores, SETTINGS).iloc[1]
    assert row["p_value"] < 0.01 and row["difference_lower"] > 0
    assert row["difference"] > row["smallest_detectable"] > row["standard_error"]


def test_patients_of_one_class_give_no_p_value():
    labels, patients, scores = trainings()
    few = (patients < 3) & (np.arange(labels.size) % 4 == 0)
    labels = np.array([True, False, False])
    with pytest.warns(UserWarning, match="no variance"):
        row = gains(labels, patients[few], scores[..., few], SETTINGS).iloc[1]
    assert np.isnan(row["p_value"]) and np.isnan(row["smallest_detectable"])
