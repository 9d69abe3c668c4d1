import numpy as np
import pytest

from mammo.files.artifacts import read_record
from mammo.hospital.adaptation.harmonised import HarmonisedStudy
from mammo.hospital.adaptation.local_patients import LocalPatients
from mammo.images.harmonisation import landmarks
from mammo.study import INTERNAL, Study
from mammo.study.families.transfer import TransferFamily


@pytest.fixture
def harmonised(study):
    return HarmonisedStudy(study)


def training_images(study) -> np.ndarray:
    rows = study.split(INTERNAL, "ddsm")
    store = study.images(INTERNAL)
    return store.images[store.rows(rows.loc[rows["split"] == "train", "image_id"])]


def test_local_images_get_the_grey_levels_of_the_training_images(study, harmonised):
    wanted = landmarks(training_images(study))
    pool = LocalPatients(study).pool["image_id"]
    before, after = (
        landmarks(
            one.images("institution").images[row] for row in one.images("institution").rows(pool)
        )
        for one in (study, harmonised)
    )
    assert np.abs(after - wanted).mean() < 0.4 * np.abs(before - wanted).mean()


def test_black_stays_black_and_the_order_of_greys_stays(study, harmonised):
    before, after = (
        study.images("institution").images[0],
        harmonised.images("institution").images[0],
    )
    assert (after[before == 0] == 0).all()
    order = np.argsort(before, axis=None)
    assert (np.diff(after.ravel()[order].astype(int)) >= 0).all()
    assert (after != before).any()


def test_those_held_aside_have_no_part_in_the_mapping(study, harmonised):
    record = read_record(harmonised.harmonisation_folder())
    assert record["facts"]["n_images"] == {
        INTERNAL: len(training_images(study)),
        "institution": len(LocalPatients(study).pool),
    }


def test_no_label_has_a_part_in_the_mapping(study, harmonised):
    folder = harmonised.harmonisation_folder()
    turned = HarmonisedStudy(study)
    patients = LocalPatients(study)
    shown = {name: study.split(name, "mixed") for name in (INTERNAL, "institution")}
    study.split = lambda name, training: shown[name].assign(label=1 - shown[name]["label"])
    assert LocalPatients(study).pool["label"].tolist() != patients.pool["label"].tolist()
    assert turned.harmonisation_folder() == folder


def test_ddsm_and_the_model_are_as_they_were(study, harmonised):
    assert harmonised.images_folder(INTERNAL) == study.images_folder(INTERNAL)
    ours, theirs = TransferFamily(harmonised), TransferFamily(study)
    assert ours.checkpoint_folder("alexnet") == theirs.checkpoint_folder("alexnet")
    folders = [one.predictions_folder("alexnet", "institution") for one in (ours, theirs)]
    assert folders[0] != folders[1]


def test_a_network_that_is_trained_as_a_whole_sees_them_too(prepared):
    tuned = Study(prepared.parameters("params/tiny.yaml", fine_tune=True, epochs=1))
    before, after = (
        TransferFamily(one).scores("alexnet", "institution")
        for one in (tuned, HarmonisedStudy(tuned))
    )
    assert before.index.tolist() == after.index.tolist()
    assert (before != after).any()
