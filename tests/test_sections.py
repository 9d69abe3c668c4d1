import pandas as pd
import pytest

from mammo.book.sections import comparison, datasets, how_sure, mixed_data, networks, provenance
from mammo.files.artifacts import read_record
from mammo.models import MODELS
from mammo.paper.published import MODEL_TITLES
from mammo.parameters import WHERE_NOT_WHAT, Parameters
from mammo.study import Study, results
from mammo.study.families.transfer import TransferFamily

ALEXNET = MODEL_TITLES["alexnet"]


def test_exclusions_count_every_reason_and_say_where_nothing_was_lost(study):
    table = datasets.exclusions(study).data.set_index("Data set")
    assert table["Source"].unique().tolist() == ["synthetic"]
    lost = study.exclusions("inbreast")
    assert table.loc["INbreast", ["Reason", "Images", "of"]].tolist() == [
        "BI-RADS 3",
        len(lost),
        len(study.manifest("inbreast")),
    ]
    assert table.loc["MIAS", ["Reason", "Images"]].tolist() == ["none left out", 0]


@pytest.mark.parametrize("training", ["ddsm", "mixed"])
def test_splits_count_every_used_image_once(study, training):
    table = datasets.splits(study, training).data
    for title, dataset in (("DDSM", "cbis_ddsm"), ("MIAS", "mias"), ("INbreast", "inbreast")):
        rows, parts = study.table(dataset), table[table["Data set"] == title]
        assert parts["Images"].sum() == len(rows)
        assert parts["Patients"].sum() == rows["patient_id"].nunique()
        assert parts["Malignant"].sum() == (rows["label"] == 1).sum()
    mias = table[table["Data set"] == "MIAS"]
    assert mias["Part"].tolist() == (["test"] if training == "ddsm" else ["test", "train"])


def test_leakage_of_the_official_parts_is_counted_and_ours_has_none(study, monkeypatch):
    parts = "official training and test part", "training and validation part of this book"
    table = datasets.official_leakage(study).data.set_index("Parts")["Patients in both"]
    assert list(table.index) == list(parts)
    rows = study.split("cbis_ddsm", "ddsm")
    twice = rows["patient_id"].value_counts().index[0]
    places = rows.index[rows["patient_id"] == twice]
    assert len(places) > 1
    rows.loc[places, "official_split"] = ["test", *["train"] * (len(places) - 1)]
    monkeypatch.setattr(study, "split", lambda *_: rows)
    leaking = datasets.official_leakage(study).data.set_index("Parts")["Patients in both"]
    others = rows.loc[rows["patient_id"] != twice].groupby("patient_id")["official_split"]
    assert leaking[parts[0]] == 1 + (others.nunique() > 1).sum()
    assert leaking[parts[1]] == 0


def test_steps_list_every_artifact_behind_the_tables(study):
    table = provenance.steps(study).data
    # One model, four sets: trained on DDSM, on mixed data, and on one amount of local patients;
    # maps of the three sets with flips for learning, and of one with harmonised grey levels.
    assert table["Step"].value_counts().to_dict() == {
        "phantoms": 4,
        "manifest": 4,
        "images": 4,
        "extractor": 1,
        "features": 4 + 3 + 1,
        "checkpoint": 3,
        "predictions": 4 + 4 + 1 + 1,
        "transfer_matrix": 1,
        "controlled_factors": 1,
        "harmonisation": 1,
        "shift": 1,
    }
    assert table["Digest"].is_unique
    for row in table.itertuples():
        record = read_record(study.artifacts.root / row.Step / row.Digest)
        assert row.Seconds == record["seconds"]
    trained = table[table["Step"] == "checkpoint"]
    rows = {name: study.rows(name, is_trained_on=True) for name in ("ddsm", "mixed")}
    learnt = {name: part.groupby("dataset")["patient_id"].nunique() for name, part in rows.items()}
    at_home, mixed = learnt["ddsm"]["cbis_ddsm"], learnt["mixed"]
    own = f"Institution (UKy) {mixed['institution']}"
    assert trained["Of"].tolist() == [
        f"{ALEXNET}, ddsm; patients: DDSM {at_home}",
        f"{ALEXNET}, mixed; patients: DDSM {at_home}, MIAS {mixed['mias']}, "
        f"INbreast {mixed['inbreast']}, {own}",
        f"{ALEXNET}, mixed; patients: DDSM {at_home}, {own}",
    ]
    compared = table.set_index("Step").loc[["harmonisation", "shift"], "Of"]
    assert compared.tolist() == ["DDSM, Institution (UKy)"] * 2
    assert set(trained["Device"]) == {"cpu"} or trained["Device"].str.startswith("cuda").all()


def test_data_and_extractors_name_their_origin(study):
    data = provenance.data(study).data.set_index("Data set")
    assert data.loc["MIAS"].tolist() == ["synthetic", study.locations.of("mias").fingerprint]
    table = provenance.weights(study)
    (row,) = table.shown.to_dict("records")
    assert (row["Model"], row["Weights"]) == (ALEXNET, "random")
    assert table.note.startswith(f"{ALEXNET}: ") and "not trained on ImageNet" in table.note
    folder = TransferFamily(study).extraction.extractor_folder("alexnet")
    assert read_record(folder)["facts"]["sha256"].startswith(row["SHA-256"])


def test_parameters_tell_what_was_changed(study, prepared):
    table = provenance.parameters(study).data.set_index("Parameter")
    assert table.loc["epochs", ["Value", "Default"]].tolist() == ["2", "60"]
    assert table.loc["models", "Default"] == ", ".join(MODELS)
    assert table.loc["seed", ["Value", "Default"]].tolist() == ["2020", "the same"]
    assert set(table.index) == set(Parameters.model_fields) - WHERE_NOT_WHAT
    other = Study(prepared.parameters("params/tiny.yaml", seed=7))
    assert provenance.parameters(other).data.set_index("Parameter").loc["seed", "Value"] == "7"


def test_versions_name_commit_python_and_packages():
    table = provenance.versions().data.set_index("What")["Version"]
    assert {"commit", "mammo", "python", "numpy", "torch", "pydicom"} <= set(table.index)
    assert table.str.len().gt(0).all()


def test_intervals_by_image_stand_in_a_table_of_their_own(study):
    usual, by_image = comparison.external(study), comparison.external(study, "image")
    assert (usual.table.name, by_image.table.name) == ("table-3", "table-3-by-image")
    assert (set(usual.data["unit"]), set(by_image.data["unit"])) == ({"patient"}, {"image"})
    assert usual.words.data.count("\n\n") == 1


def test_drops_are_those_of_the_studys_results(study):
    found = comparison.drops(study, results.comparison(study))
    pd.testing.assert_frame_equal(found.data, results.drops(study))
    drops, next_site = found.table
    pd.testing.assert_frame_equal(drops.data, found.data)
    assert next_site.name == "next-site"
    assert [table.name for table in comparison.pairs(study)] == ["pairs", "rules"]
    assert "In the paper the authors' models fall on every set" in found.words.data


def test_gains_of_mixed_data_are_tabulated_over_all_trainings(study):
    found = mixed_data.effect(study)
    table_4, gains = found.table
    assert (table_4.name, gains.name) == ("table-4", "mixed-gains")
    pd.testing.assert_frame_equal(gains.data, results.mixed_gains(study))
    assert set(gains.shown["Trainings"]) == {study.parameters.runs}


def test_a_family_without_models_has_nothing_to_show(study):
    assert list(networks.architectures(study, "ours").blocks) == ["AlexNet"]
    assert networks.architectures(study, "frcnn_cad")._repr_html_() == ""
    assert networks.own_training(study) is not None
    assert networks.published_training(study) is None


def test_what_the_readings_and_the_drops_rest_on_is_at_hand():
    expected = how_sure.intervals()
    pd.testing.assert_frame_equal(expected.table.data, expected.data)
    assert len(how_sure.readings(expected.data).data) == 6
    assert len(how_sure.drops(expected.data).data) == 19
    assert len(how_sure.assumptions(expected.data).data) == 7
    assert len(how_sure.next_site(expected.data).data) == 5


def test_an_oracle_and_a_reader_bound_what_can_be_reached_on_phantoms(study):
    table = networks.reachable(study)
    oracle, reader = table.data["value"]
    assert oracle == 1
    assert 0.5 < reader < oracle
    assert table.shown["auROC"].iloc[0] == "1.00" and table.data["lower"].iloc[0] < 1
    assert "30%" in table.shown["Who reads"].iloc[1]
