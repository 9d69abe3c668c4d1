import pickle
import shutil
import sys

import pandas as pd
import pytest

import native
from mammo.datasets import manifest, splits
from mammo.errors import MammoError, ParameterError
from mammo.files import code
from mammo.report.tables import paper
from mammo.study import EXTERNAL, INTERNAL, Study, results

TABLE = "image,patient_id,label\na.dcm,1,0\nb.dcm,1,1\nc.dcm,2,0\nd.dcm,3,1\n"
NAMES = ("a.dcm", "b.dcm", "c.dcm", "d.dcm")


def test_absent_sets_are_synthetic_and_known_by_their_recipe(study):
    assert study.sources == dict.fromkeys(study.datasets, "synthetic")
    for name in study.datasets:
        location = study.locations.of(name)
        assert location.path.is_dir()
        assert location.fingerprint == location.path.parent.name
        assert set(study.manifest(name)["source"]) == {"synthetic"}


def test_a_variant_reads_no_table_that_its_study_has_read(study, monkeypatch):
    variant = Study(study.parameters, variant_of=study)
    rows = study.split(INTERNAL, "ddsm")
    monkeypatch.setattr("mammo.study.study.read_manifest", pytest.fail)
    pd.testing.assert_frame_equal(variant.split(INTERNAL, "ddsm"), rows)
    assert variant.artifacts is study.artifacts
    assert variant.locations is study.locations
    del variant.table(INTERNAL)["label"]
    assert "label" in study.table(INTERNAL)  # each call gets a copy


def test_no_phantoms_stand_for_a_set_that_is_not_the_papers(study):
    with pytest.raises(ParameterError, match="cmmd"):
        study.locations.of("cmmd")


def test_a_present_set_is_real_and_its_change_is_seen(prepared, tmp_path):
    folder = native.write_institution(tmp_path, TABLE, NAMES)
    given = {"data_root": str(tmp_path)}
    study = Study(prepared.parameters("params/tiny.yaml", **given))
    assert study.sources == {**dict.fromkeys(study.datasets, "synthetic"), "institution": "real"}
    assert len(study.manifest("institution")) == 4
    (folder / "labels.csv").write_text(TABLE.replace("c.dcm,2,0\nd.dcm,3,1\n", ""))
    changed = Study(prepared.parameters("params/tiny.yaml", **given))
    assert changed.locations.fingerprint() != study.locations.fingerprint()
    assert changed.manifest("institution")["label"].notna().sum() == 2


def test_every_row_is_used_or_has_its_reason(study):
    for name in study.datasets:
        used, lost = study.table(name), study.exclusions(name)
        assert sorted([*used["image_id"], *lost["image_id"]]) == sorted(
            study.manifest(name)["image_id"]
        )
        assert lost["reason"].str.len().gt(5).all()
        assert set(used["label"]) == {0, 1}
    assert set(study.exclusions("inbreast")["reason"]) == {"BI-RADS 3"}


def test_a_damaged_image_and_a_duplicate_cost_their_own_rows(prepared, tmp_path):
    root = native.write_institution(tmp_path, TABLE + "e.dcm,4,0\n", NAMES)
    shutil.copy(root / "a.dcm", root / "e.dcm")
    whole = (root / "b.dcm").read_bytes()
    (root / "b.dcm").write_bytes(whole[: len(whole) // 2])
    study = Study(prepared.parameters("params/tiny.yaml", data_root=str(tmp_path)))
    lost = study.exclusions("institution")
    paths = study.manifest("institution").set_index("image_id")["path"]
    reasons = dict(zip(lost["image_id"].map(paths), lost["reason"], strict=True))
    assert set(reasons) == {str(root / "b.dcm"), str(root / "e.dcm")}
    assert "a copy of image" in reasons[str(root / "e.dcm")]
    assert not [reason for reason in reasons.values() if ".dcm" in reason]
    assert len(study.table("institution")) == 3


def test_summary_fills_table_1(study):
    summary = study.summary()
    assert list(summary.index) == list(study.datasets)
    for name in study.datasets:
        used = manifest.used(study.manifest(name))
        assert summary.loc[name, "images"] == len(used)
        assert summary.loc[name, "malignant"] == (used["label"] == 1).sum()
    shown = paper.table1(summary).shown
    assert (shown["Row"] == "synthetic").sum() == 4


def test_internal_patients_are_split_alike_for_both_trainings(study):
    alone, mixed = study.split(INTERNAL, "ddsm"), study.split(INTERNAL, "mixed")
    pd.testing.assert_frame_equal(alone, mixed)
    assert set(alone["split"]) == {"train", "validation"}
    assert len(manifest.patients_in_both(alone, "split")) == 0
    held = alone.loc[alone["split"] == "validation", "patient_id"].nunique()
    assert held == pytest.approx(0.2 * alone["patient_id"].nunique(), abs=1)


@pytest.mark.parametrize("dataset", EXTERNAL)
def test_external_sets_are_for_testing_but_in_the_mixed_training(study, dataset):
    assert set(study.split(dataset, "ddsm")["split"]) == {"test"}
    mixed = study.split(dataset, "mixed")
    assert set(mixed["split"]) == {"train", "test"}
    splits.check_leakage(mixed["split"], mixed["patient_id"])
    tested = mixed.loc[mixed["split"] == "test", "patient_id"].nunique()
    assert 1 <= tested <= mixed["patient_id"].nunique() / 2


def test_a_study_is_computed_once(study, prepared):
    first = {name: study.images_folder(name) for name in study.datasets}
    stamps = {name: (folder / "record.json").stat().st_mtime_ns for name, folder in first.items()}
    again = Study(prepared.parameters("params/tiny.yaml", n_bootstrap=500, workers=2))
    for name in again.datasets:
        folder = again.images_folder(name)
        assert folder == first[name]
        assert (folder / "record.json").stat().st_mtime_ns == stamps[name]


@pytest.mark.parametrize(
    ("change", "stages"),
    [
        ({"image_size": 65}, {"images"}),
        ({"inbreast_positive": ["5", "6"]}, {"manifest"}),
        (
            {"inbreast_positive": ["3", "4", "5", "6"], "inbreast_excluded": []},
            {"manifest", "images", "lesions"},
        ),
        ({"mixed_fraction": 0.5}, set()),
    ],
)
def test_a_parameter_recomputes_what_depends_on_it(study, prepared, change, stages):
    other = Study(prepared.parameters("params/tiny.yaml", **change))
    for one in (study, other):
        one.lesions_folder("inbreast")
    names = {folder.parent.name: folder.name for folder in study.artifacts.used}
    others = {folder.parent.name: folder.name for folder in other.artifacts.used}
    assert set(names) >= {"manifest", "images", "lesions"}
    assert {stage for stage in names if names[stage] != others[stage]} == stages


def test_a_copied_project_finds_everything(study, prepared, tmp_path):
    """Neither a place nor the files' times, which a copy does not keep, are part of a key."""

    def look(study: Study) -> tuple[pd.DataFrame, ...]:
        return results.comparison(study), results.mixed_gains(study), study.lesions(INTERNAL)

    found, copied = look(study), tmp_path / "elsewhere"
    for folder in study.artifacts.used:
        place = copied / folder.relative_to(prepared.artifacts)
        shutil.copytree(folder, place, copy_function=shutil.copyfile)
    before = {*copied.glob("*/*")}
    places = {"artifacts": str(copied), "data_root": str(prepared.root / "no-data")}
    other = Study(prepared.parameters("params/tiny.yaml", **places))
    for ours, theirs in zip(found, look(other), strict=True):
        pd.testing.assert_frame_equal(ours, theirs)
    assert {*copied.glob("*/*")} == before
    for dataset in other.datasets:
        assert other.table(dataset)["path"].str.startswith(str(copied)).all()


def test_tables_beside_a_set_belong_to_it(prepared, tmp_path):
    """MIAS' Info.txt may lie beside its films; a correction in it is seen."""
    for number in (1, 2, 3, 4):
        native.write_pgm(tmp_path / "mias" / f"mdb{number:03d}.pgm")
    rows = ["mdb001 F NORM", "mdb002 F NORM", "mdb003 F MISC M 233 994 29", "mdb004 F NORM"]
    beside = native.write_info(tmp_path / "mias", rows).rename(tmp_path / "Info.txt")
    given = {"data_root": str(tmp_path)}
    labels = Study(prepared.parameters("params/tiny.yaml", **given)).manifest("mias")["label"]
    beside.write_text(beside.read_text().replace(" M ", " B "))
    corrected = Study(prepared.parameters("params/tiny.yaml", **given)).manifest("mias")["label"]
    assert (labels.sum(), corrected.sum()) == (1, 0)


def test_weights_of_a_file_count_by_their_content(prepared, tmp_path):
    file = tmp_path / "own.safetensors"
    study = Study(prepared.parameters("params/tiny.yaml", weights=str(file)))
    fingerprints = set()
    for content in (b"one", b"another"):
        file.write_bytes(content)
        fingerprints.add(study.locations.fingerprint())
    assert len(fingerprints) == 2


def test_evidence_that_comes_is_seen(prepared, tmp_path):
    study = Study(prepared.parameters("params/tiny.yaml", data_root=str(tmp_path)))
    before = study.locations.fingerprint()
    (tmp_path / "nyu_reader_study").mkdir()
    (tmp_path / "nyu_reader_study" / "results.pkl").touch()
    assert study.locations.fingerprint() != before


def test_scores_have_the_labels_of_the_manifest_now(study):
    before = results.predictions(study, "alexnet")
    other = Study(study.parameters)
    table = other.table("mias")
    other._tables["table", "mias"] = table.assign(label=1 - table["label"])
    after = results.predictions(other, "alexnet")
    is_mias = before["dataset"] == "mias"
    assert is_mias.any()
    assert (after["y_true"] == before["y_true"].where(~is_mias, 1 - before["y_true"])).all()
    assert after["y_score"].equals(before["y_score"])
    assert other.artifacts.used.keys() <= study.artifacts.used.keys()


def test_splits_and_tables_are_computed_once_and_are_the_callers_own(prepared, monkeypatch):
    calls = []
    split = splits.split_patients
    monkeypatch.setattr(splits, "split_patients", lambda *a: calls.append(a) or split(*a))
    study = Study(prepared.parameters("params/tiny.yaml"))
    first = study.split(INTERNAL, "ddsm")
    first["split"] = "mine"
    assert set(study.split(INTERNAL, "ddsm")["split"]) == {"train", "validation"}
    study.rows("ddsm", is_trained_on=True)
    study.rows("ddsm", is_trained_on=False)
    assert len(calls) == 1
    table = study.table(INTERNAL)
    table["label"] = 2
    assert set(study.table(INTERNAL)["label"]) == {0, 1}


def test_what_is_in_place_is_found_without_torch(prepared):
    program = (
        "import sys; from pathlib import Path; from mammo.parameters import sources;"
        "from mammo.study import Study, results;"
        "p = sources.load(Path('params/tiny.yaml'), {});"
        "assert len(results.comparison(Study(p))) == 4;"
        "print('torch' in sys.modules)"
    )
    outcome = prepared.run(sys.executable, "-c", program)
    assert (outcome.stdout.strip(), outcome.returncode) == ("False", 0), outcome.stderr


def test_a_folder_of_data_that_is_not_there_is_an_error(prepared, tmp_path):
    study = Study(prepared.parameters("params/tiny.yaml", data_root=str(tmp_path / "typo")))
    with pytest.raises(MammoError, match="typo") as raised:
        study.locations.of("mias")
    assert "\n" not in str(raised.value)


def test_the_default_folder_of_data_may_be_absent(prepared, monkeypatch):
    monkeypatch.delenv("MAMMO_DATA", raising=False)
    monkeypatch.chdir(prepared.root)
    study = Study(prepared.parameters("params/tiny.yaml", data_root=None))
    assert not study.locations.data_root.exists()
    assert study.locations.of("mias").source == "synthetic"
    assert study.locations.fingerprint()


def test_real_mini_mias_is_counted_as_the_paper_counts_it(mias_study):
    assert mias_study.sources["mias"] == "real"
    shown = paper.table1(mias_study.summary()).shown.set_index(["Data set", "Row"])
    row = shown.loc[("MIAS", "real")]
    assert row[["Cases", "Images", "Malignant; benign"]].tolist() == ["161", "322", "16%; 84%"]
    assert len(mias_study.table("mias")) == 322


def test_phantoms_in_the_data_folder_are_called_synthetic(study, prepared, tmp_path):
    shutil.copytree(study.locations.of("mias").path, tmp_path / "mias")
    own = Study(prepared.parameters("params/tiny.yaml", data_root=str(tmp_path)))
    assert own.locations.of("mias").path == tmp_path / "mias"
    assert own.sources["mias"] == "synthetic"


@pytest.mark.parametrize(
    ("step", "unused"),
    [
        ("lesions", "mammo.images.store_building"),
        ("transfer_matrix", "mammo.evaluation"),
        ("controlled_factors", "mammo.evaluation"),
        ("families.end2end", "mammo.models.end2end.keras"),
        ("families.frcnn_cad", "mammo.models.frcnn_cad.caffemodel"),
    ],
)
def test_a_step_that_takes_long_does_not_depend_on_code_it_does_not_use(step, unused):
    modules = code.modules_behind(f"mammo.study.{step}")
    assert not [module for module in modules if module.startswith(unused)]


def test_a_study_follows_its_parameters_into_another_process_and_a_variant_does_not(study):
    class Variant(Study):
        """Other images, by the same parameters."""

    assert pickle.loads(pickle.dumps(study)).parameters == study.parameters
    with pytest.raises(TypeError, match="Variant"):
        pickle.dumps(Variant(study.parameters, variant_of=study))
