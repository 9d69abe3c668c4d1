import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from mammo.errors import ParameterError
from mammo.paper.published import MODEL_TITLES
from mammo.report.estimates import ESTIMATE_COLUMNS
from mammo.report.tables import paper
from mammo.study import EXTERNAL, INTERNAL, Study, results
from mammo.study.families import repetitions
from mammo.study.families.transfer import TransferFamily
from mammo.training import prediction

KEY = ["dataset", "image_id"]


def untouched(study: Study, training: str) -> pd.DataFrame:
    rows = pd.concat([study.split(name, training) for name in study.datasets])
    return rows[rows["split"] != "train"].sort_values(KEY)


def test_the_scores_of_one_set_are_those_of_the_tables(study):
    scored = results.scores(study, "alexnet", "mias")
    everything = results.predictions(study, "alexnet")
    assert scored["y_score"].tolist() == (
        everything.loc[everything["dataset"] == "mias", "y_score"].tolist()
    )
    assert set(results.scores(study, "alexnet", INTERNAL)["split"]) == {"validation"}
    with pytest.raises(ParameterError, match=r"'lenet'.*alexnet, vgg16"):
        results.scores(study, "lenet", "mias")
    with pytest.raises(ParameterError, match=r"'ddsm'.*cbis_ddsm, mias"):
        results.scores(study, "alexnet", "ddsm")


@pytest.mark.parametrize("training", ["ddsm", "mixed"])
def test_every_image_that_was_not_trained_on_is_scored_once(study, training):
    scored = results.predictions(study, "alexnet", training).sort_values(KEY)
    assert list(scored.columns) == list(prediction.COLUMNS)
    wanted = untouched(study, training)
    for name in (*KEY, "patient_id", "split"):
        assert scored[name].tolist() == wanted[name].tolist()
    assert scored["y_true"].tolist() == wanted["label"].tolist()
    assert scored["y_score"].between(0, 1).all()
    assert scored["y_score"].nunique() > len(scored) / 2


def test_estimates_are_the_auroc_of_the_scores(study):
    scored = results.predictions(study, "alexnet")
    found = results.estimates(study, scored, results.repeated_aurocs(study, ["alexnet"]))
    assert set(ESTIMATE_COLUMNS) <= set(found.columns)
    assert found["dataset"].tolist() == list(study.datasets)
    assert found["split"].tolist() == ["validation", *["test"] * len(EXTERNAL)]
    assert set(found["source"]) == {"synthetic"}
    for row in found.itertuples():
        images = scored[scored["dataset"] == row.dataset]
        assert row.auroc == pytest.approx(roc_auc_score(images["y_true"], images["y_score"]))
        assert row.lower <= row.auroc <= row.upper or row.n_rarer_patients < 2
        assert (row.n_images, row.n_malignant) == (len(images), images["y_true"].sum())
        assert row.n_patients == images["patient_id"].nunique()


def test_estimates_follow_the_parameters(study, prepared):
    changes = {"n_bootstrap": 150, "confidence": 0.5, "unit": "image"}
    other = Study(prepared.parameters("params/tiny.yaml", **changes))
    ours, theirs = results.comparison(study), results.comparison(other)
    assert set(theirs["n_bootstrap"]) == {150}
    assert set(theirs["unit"]) == {"image"}
    np.testing.assert_array_equal(ours["auroc"], theirs["auroc"])
    width = ours["upper"] - ours["lower"]
    assert (theirs["upper"] - theirs["lower"]).sum() < width.sum()


def test_intervals_by_image_leave_everything_else_as_it_is(study):
    by_patient, by_image = results.comparison(study), results.comparison(study, "image")
    assert set(by_image["unit"]) == {"image"}
    same = ["model", "dataset", "split", "auroc", "source", "weights", "n_images", "n_runs"]
    pd.testing.assert_frame_equal(by_patient[same], by_image[same], check_dtype=False)
    assert (by_patient["lower"] != by_image["lower"]).any()


def test_the_spread_is_that_of_trainings_with_other_seeds(study, prepared):
    once = results.repeated_aurocs(study, ["alexnet"])
    assert set(once["n_runs"]) == {1} and once["run_sd"].isna().all()
    thrice = Study(prepared.parameters("params/tiny.yaml", runs=3))
    found = results.repeated_aurocs(thrice, ["alexnet"]).set_index("dataset")
    aurocs = []
    for learning in repetitions(thrice, "alexnet"):
        scored = learning.predictions("alexnet", "mias")
        aurocs.append(roc_auc_score(scored["y_true"], scored["y_score"]))
    assert len(set(aurocs)) > 1
    assert found.loc["mias", "run_sd"] == pytest.approx(np.std(aurocs, ddof=1))
    assert results.comparison(thrice)["auroc"].tolist() == (
        results.comparison(study)["auroc"].tolist()
    )


def test_published_models_are_trained_once(published_study):
    assert len(repetitions(published_study, "end2end_vgg16")) == 1


def test_scores_carry_the_facts_of_the_manifest(study):
    scored = results.all_predictions(study)
    rows = pd.concat([study.manifest(name) for name in study.datasets]).set_index(KEY)
    wanted = rows.loc[list(scored[KEY].itertuples(index=False, name=None)), "manufacturer"]
    assert scored["manufacturer"].fillna("").tolist() == wanted.fillna("").tolist()
    assert len(scored) == len(results.predictions(study, "alexnet"))


def test_drops_are_from_ddsm_to_each_external_set(study):
    drops = results.drops(study)
    assert drops["dataset"].tolist() == [INTERNAL] * len(EXTERNAL)
    assert drops["second_dataset"].tolist() == list(EXTERNAL)
    aurocs = results.comparison(study).set_index("dataset")["auroc"]
    assert drops["difference"].to_numpy() == pytest.approx(
        (aurocs[INTERNAL] - aurocs[list(EXTERNAL)]).to_numpy()
    )


def test_mixed_gains_are_the_differences_of_table_4(study):
    mixed, ddsm_only = results.mixed_comparison(study)
    gains = results.mixed_gains(study)
    assert gains["dataset"].tolist() == mixed["dataset"].tolist()
    assert gains["difference"].to_numpy() == pytest.approx(
        (mixed["auroc"] - ddsm_only["auroc"]).to_numpy(), nan_ok=True
    )
    assert gains["n_images"].tolist() == mixed["n_images"].tolist()


def test_mixed_data_compares_two_trainings_on_the_same_unseen_images(study):
    mixed, ddsm_only = results.mixed_comparison(study)
    for name in ("dataset", "split", "n_images", "n_patients", "n_malignant"):
        assert mixed[name].tolist() == ddsm_only[name].tolist()
    assert mixed["weights"].unique().tolist() == ["random; trained on synthetic images"]
    for name in EXTERNAL:
        rows = study.split(name, "mixed")
        tested = int(mixed.set_index("dataset").loc[name, "n_images"])
        assert 0 < tested == (rows["split"] == "test").sum() < len(rows)
    scores = [
        found[found["dataset"] == INTERNAL].set_index("image_id")["y_score"]
        for found in (results.predictions(study, "alexnet", of) for of in ("mixed", "ddsm"))
    ]
    assert (scores[0] != scores[1].loc[scores[0].index]).all()


def test_one_class_alone_has_no_auroc_and_loses_no_row(study):
    scored = results.predictions(study, "alexnet")
    benign = scored[(scored["dataset"] != "mias") | (scored["y_true"] == 0)]
    found = results.estimates(study, benign, results.repeated_aurocs(study, ["alexnet"])).set_index(
        "dataset"
    )
    assert found["auroc"].isna().tolist() == [name == "mias" for name in found.index]
    shown = paper.table3(found.reset_index()).shown
    (cell,) = shown.loc[
        (shown["Model"] == MODEL_TITLES["alexnet"]) & (shown["Data set"] == "MIAS"), "Computed here"
    ]
    assert cell == paper.UNDEFINED


@pytest.mark.long
def test_real_mini_mias_is_marked_real_in_tables_3_and_4(mias_study):
    external = paper.table3(results.comparison(mias_study)).data
    computed = external[external["status"] == "computed"].set_index("dataset")
    assert computed["source"].to_dict() == {
        "mias": "real",
        "inbreast": "synthetic",
        "institution": "synthetic",
    }
    assert computed.loc["mias", "n_images"] == 322
    mixed = paper.table4(*results.mixed_comparison(mias_study)).shown.set_index("Data set")
    assert mixed["Source"].to_dict() == {
        "DDSM": "synthetic",
        "MIAS": "real",
        "INbreast": "synthetic",
        "Institution (UKy)": "synthetic",
    }
    words = TransferFamily(mias_study).weights_in_words("alexnet", "mixed")
    assert words == "random; trained on real and synthetic images"
