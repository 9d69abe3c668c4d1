from dataclasses import replace

import pandas as pd
import pytest
import safetensors.torch
import torch

import caffe_files
import project
from mammo.errors import MammoError, WeightsError
from mammo.files.artifacts import read_record
from mammo.models import frcnn_cad, weights
from mammo.models.imports.released_files import import_file
from mammo.models.releases import RELEASES
from mammo.report.tables import paper
from mammo.study import EXTERNAL, INTERNAL, Study, results
from mammo.study.families import family_of
from mammo.study.families.end2end import End2EndFamily
from mammo.study.families.frcnn_cad import DETECTIONS, FrcnnCadFamily

MODELS = ("end2end_vgg16", "frcnn_cad")
NARROW = {"width": 1 / 16, "hidden": 12, "short_side": 64, "long_side": 96}


@pytest.fixture
def with_authors_weights(prepared, tmp_path, monkeypatch):
    """Parameters of a study beside whose data weights of a narrow frcnn_cad were imported."""
    card = RELEASES["frcnn_cad"]
    monkeypatch.setitem(RELEASES, "frcnn_cad", replace(card, detector=NARROW))
    network = frcnn_cad.build(frcnn_cad.DetectorSettings(**NARROW), 1)
    released = tmp_path / card.file
    released.write_bytes(caffe_files.caffemodel(network))
    import_file(released, tmp_path / "data" / "weights")
    changes = {**project.PUBLISHED, "models": ["frcnn_cad"], "data_root": str(tmp_path / "data")}
    return prepared.parameters("params/tiny.yaml", **changes)


@pytest.mark.parametrize("model", MODELS)
def test_every_image_that_was_not_trained_on_is_scored_once(published_study, model):
    scored = results.predictions(published_study, model)
    wanted = published_study.rows("ddsm", is_trained_on=False)
    key = ["dataset", "image_id"]
    assert sorted(map(tuple, scored[key].to_numpy())) == sorted(map(tuple, wanted[key].to_numpy()))
    assert scored["y_score"].between(0, 1).all()


@pytest.mark.parametrize("model", MODELS)
def test_a_model_trained_here_has_seen_ddsm_training_patients_alone(published_study, model):
    learning = family_of(published_study, model)
    assert learning.may_have_seen(model) == ()
    assert learning.weights_in_words(model) == (
        "random, 1/100 of the channels; trained on synthetic images"
    )
    origin = learning.origin(model)
    assert origin["kind"] == "trained here"
    facts = read_record(learning.checkpoint_folder(model))["facts"]
    assert origin["sha256"] == facts["sha256"]
    rows = published_study.split(INTERNAL, "ddsm")
    assert facts["n_train"] + facts["n_held"] == (rows["split"] == "train").sum()


def test_the_course_of_a_training_has_its_steps(published_study):
    course = End2EndFamily(published_study).course("end2end_vgg16")
    assert list(course) == ["patches", "whole images"]
    boxes = FrcnnCadFamily(published_study).course("frcnn_cad")
    assert list(boxes) == ["boxes"]
    for history in [*course.values(), *boxes.values()]:
        assert history["held_auroc"].between(0, 1).all()
        assert history["epoch"].tolist() == list(range(len(history)))


def test_an_images_score_is_its_most_malignant_box(published_study):
    boxes = pd.read_csv(
        FrcnnCadFamily(published_study).predictions_folder("frcnn_cad", "institution") / DETECTIONS
    )
    best = boxes[boxes["label"] == 2].groupby("image_id")["score"].max()
    scored = results.scores(published_study, "frcnn_cad", "institution")
    scored = scored.set_index("image_id")["y_score"]
    expected = best.reindex(scored.index).fillna(0)
    assert scored.to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-6)


def test_the_mean_over_flips_is_another_score(published_study, prepared):
    changes = {**project.PUBLISHED, "models": ["end2end_vgg16"], "end2end_flips": True}
    flipped = Study(prepared.parameters("params/tiny.yaml", **changes))
    end2end = End2EndFamily(flipped)
    assert end2end.checkpoint_folder("end2end_vgg16") == (
        End2EndFamily(published_study).checkpoint_folder("end2end_vgg16")
    )
    ours, theirs = (results.predictions(s, "end2end_vgg16") for s in (published_study, flipped))
    assert (ours["y_score"] != theirs["y_score"]).any()


def test_the_authors_weights_are_scored_only_where_they_have_not_been(with_authors_weights):
    study = Study(with_authors_weights)
    scored = results.predictions(study, "frcnn_cad")
    assert set(scored["dataset"]) == {"institution"}
    assert FrcnnCadFamily(study).course("frcnn_cad") == {}
    assert FrcnnCadFamily(study).origin("frcnn_cad")["kind"] == "the authors'"
    with pytest.raises(MammoError, match="mias"):
        results.scores(study, "frcnn_cad", "mias")
    estimates = results.comparison(study)
    shown = paper.table3(estimates).shown.query("Model.str.startswith('frcnn_cad')")
    cells = shown.set_index("Data set")["Computed here"]
    assert cells[["MIAS", "INbreast"]].tolist() == ["trained on it"] * 2
    assert float(cells["Institution (UKy)"]) == pytest.approx(estimates["auroc"][0], abs=0.005)
    assert shown["Model"].iloc[-1] == "frcnn_cad (authors' weights)"


def test_the_study_can_be_told_to_train_although_there_are_authors_weights(with_authors_weights):
    trained = Study(with_authors_weights.model_copy(update={"published_weights": "train"}))
    assert FrcnnCadFamily(trained).may_have_seen("frcnn_cad") == ()
    assert set(results.predictions(trained, "frcnn_cad")["dataset"]) == {INTERNAL, *EXTERNAL}


def test_imported_weights_change_the_chapters(with_authors_weights, published_study):
    ours, theirs = Study(with_authors_weights).locations, published_study.locations
    assert ours.fingerprint() != theirs.fingerprint()


def test_authors_weights_that_are_asked_for_and_absent_are_named(published_study):
    p = published_study.parameters.model_copy(update={"published_weights": "authors"})
    with pytest.raises(WeightsError, match=r"end2end_vgg16.*mammo weights import"):
        results.predictions(Study(p), "end2end_vgg16")


def test_networks_of_full_width_start_from_the_extractors_pretrained_values(study, tmp_path):
    state = weights.resolve("random", "vgg16", 0)[0]
    safetensors.torch.save_file(state, tmp_path / "vgg16.safetensors")
    changes = {"weights": str(tmp_path / "vgg16.safetensors"), "published_width": 1.0}
    full = Study(study.parameters.model_copy(update=changes))
    network = End2EndFamily(full).untrained("end2end_vgg16")
    assert torch.equal(network.backbone.block3_conv1.weight, state["10.weight"])
    detector = FrcnnCadFamily(full).untrained("frcnn_cad")
    assert torch.equal(detector.conv3_1.weight, state["10.weight"])
    assert not detector.conv2_2.weight.requires_grad and detector.conv3_1.weight.requires_grad


def test_a_set_is_scored_without_the_others(published_study, prepared):
    changes = {**project.PUBLISHED, "published_width": 0.02, "models": ["end2end_vgg16"]}
    study = Study(prepared.parameters("params/tiny.yaml", **changes))
    results.scores(study, "end2end_vgg16", "mias")
    scored = [f for f in study.artifacts.used if f.parent.name == "predictions"]
    assert [read_record(folder)["inputs"]["dataset"] for folder in scored] == ["mias"]


@pytest.mark.parametrize("change", [{"end2end_patch_batch": 5}, {"end2end_patches": 3}])
def test_how_patches_are_learnt_is_in_their_key(published_study, prepared, monkeypatch, change):
    other = Study(prepared.parameters("params/tiny.yaml", **(project.PUBLISHED | change)))
    keys = []
    for study in (published_study, other):
        build = study.artifacts.build_together

        def noted(stage, inputs, make, build=build):
            if stage != "patches":
                return build(stage, inputs, make)
            return keys.append(inputs)

        monkeypatch.setattr(study.artifacts, "build_together", noted)
        End2EndFamily(study).patches_folder("end2end_vgg16")
    assert keys[0] != keys[1]
