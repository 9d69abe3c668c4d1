import re

import numpy as np
import pytest
import torch

from mammo.errors import WeightsError
from mammo.study import Study
from mammo.study.families.extraction import CALIBRATION_IMAGES, Extraction
from mammo.study.families.transfer import TransferFamily
from mammo.training.features import FeatureCache


def test_only_training_images_have_flips(study):
    extraction = TransferFamily(study).extraction
    rows = study.split("mias", "mixed")
    rows_of = FeatureCache(extraction.features_folder("alexnet", "mias", "mixed")).rows
    flipped = rows_of.xs("vertical", level="flip").index
    assert sorted(flipped) == sorted(rows.loc[rows["split"] == "train", "image_id"])
    plain = rows_of.xs("none", level="flip").index
    assert sorted(plain) == sorted(rows["image_id"])
    tested = FeatureCache(extraction.features_folder("alexnet", "mias", "ddsm")).rows
    assert set(tested.index.get_level_values("flip")) == {"none"}


def test_internal_features_serve_both_trainings(study):
    extraction = TransferFamily(study).extraction
    folders = {extraction.features_folder("alexnet", "cbis_ddsm", t) for t in ("ddsm", "mixed")}
    assert len(folders) == 1


def test_feature_maps_are_the_extractors_own(study):
    extraction = TransferFamily(study).extraction
    cache = FeatureCache(extraction.features_folder("alexnet", "inbreast", "ddsm"))
    store = study.images("inbreast")
    (image_id,) = study.table("inbreast")["image_id"][:1]
    grey = torch.from_numpy(store[store.rows([image_id])])[:, None]
    with torch.inference_mode():
        wanted = extraction.extractor("alexnet")(grey)[0].numpy()
    found = cache.maps[cache.find([image_id])[0]]
    assert np.abs(wanted - found).max() < 0.05 * np.abs(wanted).max()
    assert found.std() > 0


def test_random_weights_are_calibrated_on_training_images_alone(study):
    rows = study.split("cbis_ddsm", "ddsm")
    chosen = TransferFamily(study).extraction._calibration_ids()
    assert set(chosen) <= set(rows.loc[rows["split"] == "train", "image_id"])
    assert len(chosen) == min(CALIBRATION_IMAGES, (rows["split"] == "train").sum())


def test_the_seed_and_the_stride_change_the_extractor(study, prepared):
    ours = TransferFamily(study).extraction.extractor_folder("alexnet")
    for change in ({"stride": 8}, {"seed": 2021}):
        parameters = prepared.parameters("params/tiny.yaml", **change)
        other = Study(parameters)
        other.locations = study.locations
        assert TransferFamily(other).extraction.extractor_folder("alexnet") != ours


def test_weights_that_are_not_there_are_named(prepared, tmp_path):
    weights = str(tmp_path / "absent.safetensors")
    study = Study(prepared.parameters("params/tiny.yaml", weights=weights))
    with pytest.raises(WeightsError, match=r"absent\.safetensors") as raised:
        TransferFamily(study).extraction.extractor_folder("alexnet")
    assert "\n" not in str(raised.value)


def test_large_images_are_calibrated_on_fewer(study):
    large = study.parameters.model_copy(update={"image_size": 448})
    few = Extraction(Study(large))._calibration_ids()
    assert 4 <= len(few) < CALIBRATION_IMAGES


def test_a_changed_weights_file_gives_another_extractor(study, tmp_path):
    file = tmp_path / "weights.safetensors"
    folders = []
    for values in (b"one", b"another"):
        file.write_bytes(values)
        own = Study(study.parameters.model_copy(update={"weights": str(file)}))
        with pytest.raises(WeightsError, match=re.escape(str(file))):
            TransferFamily(own).extraction.extractor_folder("alexnet")
        folders.append(sorted(p.name for p in (own.artifacts.root / "extractor").iterdir()))
    assert folders[0] != folders[1]
