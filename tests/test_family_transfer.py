import shutil

import pandas as pd
import safetensors.torch
import torch

from mammo.files.artifacts import read_record
from mammo.models.description import describe_transfer
from mammo.study import INTERNAL, Study, results
from mammo.study.families.transfer import TransferFamily


def test_history_and_best_epoch_are_those_of_the_kept_values(study):
    history, best = (
        TransferFamily(study).history("alexnet"),
        TransferFamily(study).best_epoch("alexnet"),
    )
    record = read_record(TransferFamily(study).checkpoint_folder("alexnet"))
    assert len(history) == record["facts"]["epochs"]
    assert best == history.loc[history["early_stopping_loss"].idxmin(), "epoch"]


def test_layers_describe_extractor_and_classifier(study):
    layers = describe_transfer(TransferFamily(study).model("alexnet"), study.parameters.image_size)
    parts = pd.DataFrame(layers).set_index("name")
    assert parts.loc[["fc1", "fc2"], "part"].tolist() == ["classifier", "classifier"]
    assert parts["frozen"].tolist() == (parts["part"] != "classifier").tolist()
    assert not parts["frozen"].all() and parts["frozen"].any()


def test_trainings_on_other_data_are_other_models(study):
    alone = TransferFamily(study).checkpoint_folder("alexnet", "ddsm")
    mixed = TransferFamily(study).checkpoint_folder("alexnet", "mixed")
    assert alone != mixed
    facts = [read_record(folder)["facts"] for folder in (alone, mixed)]
    assert facts[0]["n_train"] < facts[1]["n_train"]
    assert [list(record["learnt_from"]) for record in facts] == [[INTERNAL], list(study.datasets)]


def test_a_frozen_extractor_is_no_part_of_the_checkpoint_a_trained_one_is(study, prepared):
    tuned = Study(prepared.parameters("params/tiny.yaml", fine_tune=True, epochs=1))
    scores = results.predictions(tuned, "alexnet")
    assert len(scores) == len(results.predictions(study, "alexnet"))
    assert scores["y_score"].between(0, 1).all()

    def values(of: Study) -> dict[str, torch.Tensor]:
        folder = TransferFamily(of).checkpoint_folder("alexnet")
        return safetensors.torch.load_file(next(folder.glob("*.safetensors")))

    start = TransferFamily(tuned).extraction.extractor("alexnet").state_dict()
    trained = {name.removeprefix("extractor."): value for name, value in values(tuned).items()}
    shared = [name for name in start if name in trained and start[name].ndim == 4]
    assert shared
    assert any(not torch.equal(start[name], trained[name]) for name in shared)
    assert not set(start) & {name.removeprefix("extractor.") for name in values(study)}


def test_the_same_seed_gives_the_same_scores_and_another_seed_others(study, prepared, tmp_path):
    unfinished = shutil.ignore_patterns("*.partial", "*.lock")  # of other tests at the same time
    for stage in ("phantoms", "manifest", "images"):
        target = tmp_path / "artifacts" / stage
        shutil.copytree(prepared.artifacts / stage, target, ignore=unfinished)
    anew = prepared.parameters("params/tiny.yaml", artifacts=str(tmp_path / "artifacts"))
    again = Study(anew)
    ours, theirs = results.predictions(study, "alexnet"), results.predictions(again, "alexnet")
    assert again.artifacts.root != study.artifacts.root
    pd.testing.assert_frame_equal(ours, theirs, check_exact=True)
    pd.testing.assert_frame_equal(
        results.comparison(study), results.comparison(again), check_exact=True
    )
    for found, wanted in zip(
        results.mixed_comparison(again), results.mixed_comparison(study), strict=True
    ):
        pd.testing.assert_frame_equal(found, wanted, check_exact=True)
