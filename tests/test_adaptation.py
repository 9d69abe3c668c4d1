import time

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from mammo.errors import MammoError, ParameterError
from mammo.files.artifacts import RECORD
from mammo.hospital.adaptation import adapt
from mammo.hospital.adaptation.local_patients import LocalPatients
from mammo.study import Study, results

ADAPTED = {"adapt_fractions": (0, 0.1, 0.4, 0.8), "adapt_runs": 2}


@pytest.fixture(scope="module")
def result(prepared):
    return adapt.adapt(Study(prepared.parameters("params/tiny.yaml", **ADAPTED)))


def test_the_curve_has_every_training_of_every_amount(result):
    curve = result.curve
    assert curve["fraction"].tolist() == [0, 0, 0.4, 0.4, 0.8, 0.8]
    assert curve["run"].tolist() == [0, 1] * 3
    assert curve.loc[0, ["n_local_patients", "n_local_malignant"]].tolist() == [0, 0]
    means = curve.groupby("fraction")["auroc"].mean()
    assert result.summary["auroc"].to_numpy() == pytest.approx(means.to_numpy())
    assert result.skipped["what"].tolist()[0] == "10% of the patients"


def test_all_are_tested_on_the_same_patients_held_aside(result, study):
    held = LocalPatients(study).held_aside
    for table in (result.summary, result.alternatives):
        assert set(table["n_images"]) == {len(held)}
        assert set(table["n_patients"]) == {held["patient_id"].nunique()}
    scored = results.scores(study, "alexnet", "institution").set_index("image_id")["y_score"]
    own = roc_auc_score(held["label"], scored[held["image_id"]])
    assert result.curve["auroc"].iloc[0] == pytest.approx(own)


def test_the_alternatives_stand_beside_the_same_model(result):
    table = result.alternatives.set_index("alternative")
    assert table.index[:2].tolist() == ["as it is", "harmonised"]
    assert table["auroc"].iloc[0] == result.summary["auroc"].iloc[0]
    assert not table.loc["harmonised", "needs_labels"]
    assert table["n_local_patients"].iloc[0] == 0
    assert table.filter(regex="^(brier|ece)$").notna().all(axis=None)
    kept = table[(table["n_reversed"] == 0) & table["needs_labels"]]
    before = {"recalibrated": "as it is", "harmonised and recalibrated": "harmonised"}
    for name, row in kept.iterrows():
        assert row["auroc"] == pytest.approx(table.loc[before[name], "auroc"])


def test_p_values_are_adjusted_over_amounts_and_harmonisation(result):
    tested = [
        *result.summary["p_value"].iloc[1:],
        result.alternatives.set_index("alternative").loc["harmonised", "p_value"],
    ]
    adjusted = [
        *result.summary["p_holm"].iloc[1:],
        result.alternatives.set_index("alternative").loc["harmonised", "p_holm"],
    ]
    assert min(adjusted) == pytest.approx(min(1, len(tested) * min(tested)))
    recalibrated = result.alternatives["needs_labels"]
    assert result.alternatives.loc[recalibrated, "p_holm"].isna().all()


def test_what_is_in_place_is_not_computed_again(result, prepared):
    study = Study(prepared.parameters("params/tiny.yaml", **ADAPTED))
    start = time.time_ns()
    again = adapt.adapt(study)
    written = {
        folder.parent.name: (folder / RECORD).stat().st_mtime_ns for folder in study.artifacts.used
    }
    assert {"features", "checkpoint", "predictions"} <= written.keys()
    assert max(written.values()) < start
    pd.testing.assert_frame_equal(again.summary, result.summary)
    pd.testing.assert_frame_equal(again.alternatives, result.alternatives)


def test_the_text_says_what_the_images_are_and_what_was_left_out(result):
    text = adapt.text(result)
    assert "Synthetic images are simulated" in text
    assert "Left out: 10% of the patients, since" in text
    assert "Harmonised grey levels" in text


def test_tables_and_figure_are_written_and_name_no_patient(result, study, tmp_path):
    written = adapt.write(result, tmp_path / "made")
    assert [path.name for path in written] == [
        "learning_curve_runs.csv",
        "learning_curve.csv",
        "alternatives.csv",
        "skipped.csv",
        "learning_curve.svg",
    ]
    names = {
        name for column in ("patient_id", "image_id") for name in study.table("institution")[column]
    }
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert not [name for name in names if name in text]
    stored = pd.read_csv(written[1])
    assert stored["auroc"].to_numpy() == pytest.approx(result.summary["auroc"].to_numpy())


def test_a_folder_that_cannot_be_made_is_named(result, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MammoError, match="Not a directory"):
        adapt.write(result, tmp_path / "file" / "folder")


def test_other_models_and_no_training_are_refused(prepared):
    with pytest.raises(ParameterError, match="adapt_model"):
        prepared.parameters("params/tiny.yaml", adapt_model="frcnn_cad")
    with pytest.raises(ParameterError, match="adapt_runs"):
        prepared.parameters("params/tiny.yaml", adapt_runs=0)
