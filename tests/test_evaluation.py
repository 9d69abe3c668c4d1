"""Tables of results from a table of scores, held against the functions on arrays."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from made_scores import SETS, made_scores
from mammo import evaluation
from mammo.errors import MammoError
from mammo.evaluation.tables import calibration, estimates, operating_points, subgroups
from mammo.evaluation.tables.drops import drops_between_sets, model_pairs
from mammo.evaluation.tables.evaluation import Evaluation
from mammo.evaluation.tables.operating_points import DEFAULTS, criterion
from mammo.evaluation.tables.scores import Settings

SETTINGS = Settings(n_bootstrap=400, seed=3)


@pytest.fixture(scope="module")
def scored() -> pd.DataFrame:
    return made_scores()


def part(scored: pd.DataFrame, model: str, dataset: str) -> tuple[np.ndarray, ...]:
    rows = scored[(scored["model"] == model) & (scored["dataset"] == dataset)]
    return tuple(rows[name].to_numpy() for name in ("y_true", "y_score", "patient_id"))


def test_the_headline_is_the_score_interval_with_the_percentile_beside_it(scored):
    found = estimates.aurocs(scored, SETTINGS).set_index(["model", "dataset"])
    assert len(found) == 6
    for (model, dataset), row in found.iterrows():
        arrays = part(scored, model, dataset)
        wanted = evaluation.score_interval(*arrays)
        beside = evaluation.auroc_interval(*arrays, n_bootstrap=400, seed=3)
        assert (row["auroc"], row["lower"], row["upper"], row["method"]) == (
            wanted.value,
            wanted.lower,
            wanted.upper,
            wanted.method,
        )
        assert (row["percentile_lower"], row["percentile_upper"]) == (beside.lower, beside.upper)
        assert row["auroc"] == pytest.approx(roc_auc_score(*arrays[:2]))
        assert (row["n_images"], row["n_patients"]) == (4 * SETS[dataset][1], SETS[dataset][1])
        assert (row["unit"], row["n_bootstrap"], row["seed"]) == ("patient", 400, 3)


def test_every_measure_and_interval_is_given_with_its_method(scored):
    found = estimates.every_estimate(scored, SETTINGS)
    one = found[(found["model"] == "first") & (found["dataset"] == "home")]
    aurocs = one[one["statistic"] == "auROC"]
    assert aurocs["method"].tolist() == [
        "score interval (Newcombe's method 5) by patient",
        "score interval (Newcombe's method 5) by image",
        "percentile bootstrap of patients",
        "percentile bootstrap of images",
        "BCa bootstrap of patients",
        "stratified percentile bootstrap of patients",
        "Obuchowski's variance, logit",
        "DeLong",
    ]
    assert aurocs["value"].to_numpy() == pytest.approx(aurocs["value"].iloc[0])
    labels, scores, _ = part(scored, "first", "home")
    values = one.set_index("statistic")["value"]
    assert values["average precision"] == pytest.approx(average_precision_score(labels, scores))
    assert values["Brier score"] == pytest.approx(brier_score_loss(labels, scores))
    debiased = "expected calibration error, 10 bins, debiased"
    assert one.set_index("statistic").loc[debiased, ["lower", "upper"]].isna().all()
    others = one[one["statistic"] != debiased]
    assert (others["lower"] <= others["value"]).all()
    assert (others["value"] <= others["upper"]).all()


def test_scores_that_are_no_probabilities_have_no_calibration_and_the_reason_is_given(scored):
    raw = scored.assign(y_score=10 * scored["y_score"])
    found = estimates.every_estimate(raw, SETTINGS)
    assert "Brier score" not in set(found["statistic"])
    assert calibration.calibration(raw, SETTINGS).empty
    sentences = calibration.unsuited(raw)
    assert len(sentences) == 6
    assert "first on home: no calibration, since " in sentences[0]
    assert calibration.unsuited(scored) == []
    pd.testing.assert_series_equal(
        estimates.aurocs(raw, SETTINGS)["lower"], estimates.aurocs(scored, SETTINGS)["lower"]
    )


def test_drops_are_each_model_from_home_to_each_external_set(scored):
    found = drops_between_sets(scored, SETTINGS, margin=0.1)
    assert found[["model", "dataset", "second_dataset"]].to_numpy().tolist() == [
        [model, "home", elsewhere]
        for model in ("first", "second")
        for elsewhere in ("north", "south")
    ]
    for row in found.itertuples():
        wanted = evaluation.compare_sets(
            evaluation.Scored(*part(scored, row.model, "home")),
            evaluation.Scored(*part(scored, row.model, row.second_dataset)),
            n_bootstrap=400,
            seed=3,
        )
        assert (row.difference, row.p_value, row.lower) == (
            wanted.difference,
            wanted.p_value,
            wanted.lower,
        )
        assert row.non_inferior == (wanted.upper < 0.1)
        assert row.smallest_detectable == pytest.approx(2.8016 * wanted.standard_error, rel=1e-3)
    np.testing.assert_allclose(found["p_holm"], evaluation.holm(found["p_value"]))


def test_without_an_internal_set_there_is_no_drop_and_no_threshold(scored):
    external = scored[scored["split"] == "test"]
    assert drops_between_sets(external, SETTINGS).empty
    points = [criterion(text) for text in DEFAULTS]
    assert operating_points.carried_over(external, points, SETTINGS).empty


def test_models_are_compared_on_the_images_that_both_have_scored(scored):
    lost = (scored["model"] == "second") & (scored["patient_id"] == "home-000")
    found = model_pairs(scored[~lost], SETTINGS).set_index("dataset")
    assert found["n_images"].to_dict() == {"home": 236, "north": 200, "south": 160}
    first, second = (part(scored, model, "south") for model in ("first", "second"))
    wanted = evaluation.compare_models(
        first[0], first[1], second[1], first[2], n_bootstrap=400, seed=3
    )
    assert found.loc["south", "p_value"] == wanted.p_value
    assert (found["p_holm"] >= found["p_value"]).all()


def test_a_threshold_is_chosen_at_home_and_kept(scored):
    rules = ("sensitivity=0.8", "threshold=0.5", "youden")
    found = operating_points.carried_over(scored, [criterion(text) for text in rules], SETTINGS)
    assert len(found) == 2 * 3 * 3
    assert (found.groupby(["model", "criterion"])["threshold"].nunique() == 1).all()
    assert set(found.loc[found["criterion"] == "threshold 0.5", "threshold"]) == {0.5}
    at_home = found[(found["dataset"] == "home") & (found["criterion"] == "sensitivity 0.8")]
    assert (at_home["sensitivity"] >= 0.8).all()
    for row in found.itertuples():
        labels, scores, _ = part(scored, row.model, row.dataset)
        assert row.sensitivity == pytest.approx(np.mean(scores[labels == 1] >= row.threshold))
        assert row.specificity == pytest.approx(np.mean(scores[labels == 0] < row.threshold))
        assert row.sensitivity_lower <= row.sensitivity <= row.sensitivity_upper


@pytest.mark.parametrize(
    "text", ["", "yoden", "sensitivity", "sensitivity=2", "threshold=x", "a=1"]
)
def test_an_operating_point_that_is_none_is_refused(text):
    with pytest.raises(MammoError, match="give youden, sensitivity"):
        criterion(text)


def test_recalibration_is_measured_on_other_patients_than_it_was_fitted_on(scored):
    measured, rescored = calibration.recalibration(scored, SETTINGS, fraction=0.5)
    assert set(measured["dataset"]) == {"north", "south"}
    assert measured["scores"].tolist() == ["as scored", "recalibrated"] * 4
    assert measured.groupby(["model", "dataset"])["n_patients"].nunique().eq(1).all()
    for _, rows in rescored.groupby(["model", "dataset"]):
        assert 0 < rows["patient_id"].nunique() < 40
    before, after = (
        measured[measured["scores"] == kind].set_index(["model", "dataset"])["brier"]
        for kind in ("as scored", "recalibrated")
    )
    assert (after < before).all()


def test_subgroups_hold_all_images_and_small_ones_are_marked(scored):
    found = subgroups.subgroup_aurocs(scored, ["view", "density"], SETTINGS)
    counts = found.groupby(["model", "dataset", "subgroup"])["n_images"].sum().unstack()
    assert counts["view"].tolist() == counts["density"].tolist() == [240, 200, 160] * 2
    assert "not stated" in set(found["level"])
    by_view = found[found["subgroup"] == "view"]
    assert not by_view["too_small"].any()
    assert found.loc[found["subgroup"] == "density", "too_small"].all()
    row = by_view.iloc[0]
    chosen = scored[
        (scored["model"] == row["model"])
        & (scored["dataset"] == row["dataset"])
        & (scored["view"] == row["level"])
    ]
    assert row["auroc"] == pytest.approx(roc_auc_score(chosen["y_true"], chosen["y_score"]))


def test_a_subgroup_of_one_class_is_kept_and_warns_nobody(scored):
    right = scored[scored["laterality"] == "R"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = subgroups.subgroup_aurocs(right, ["laterality"], SETTINGS)
    assert found["auroc"].isna().all() and found["too_small"].all()


def test_a_column_that_makes_no_subgroups_is_refused(scored):
    with pytest.raises(MammoError, match="no column 'age'"):
        subgroups.subgroup_aurocs(scored, ["age"], SETTINGS)
    with pytest.raises(MammoError, match="'image_id' has 600 levels, 30 at most"):
        subgroups.subgroup_aurocs(scored, ["image_id"], SETTINGS)


def test_an_evaluation_has_every_table_and_the_facts_that_are_there(scored):
    made = Evaluation(scored, SETTINGS, 0.05, [criterion("youden")])
    assert list(made.tables) == [
        "estimates",
        "comparisons",
        "operating_points",
        "calibration",
        "subgroups",
        "subgroup_tests",
        "next_site",
    ]
    assert set(made.subgroups["subgroup"]) == {"laterality", "view", "density"}
    assert made.comparisons["comparison"].tolist() == ["drop"] * 4 + ["models"] * 3
    assert set(made.pairs["comparison"]) == {"models"}


def test_recalibration_and_its_curves_are_of_the_same_patients(scored):
    made = Evaluation(scored, SETTINGS, 0.05, [], recalibration_fraction=0.3)
    measured, rescored = calibration.recalibration(scored, SETTINGS, 0.3)
    held_aside = made.calibration[made.calibration["patients"] == "held aside"]
    pd.testing.assert_frame_equal(held_aside.drop(columns="patients"), measured)
    before, after = made.reliability
    pd.testing.assert_frame_equal(before, calibration.reliability(scored, SETTINGS))
    pd.testing.assert_frame_equal(after, calibration.reliability(rescored, SETTINGS))
