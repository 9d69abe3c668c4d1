import json
import math

import pandas as pd
import pytest

from mammo import __version__
from mammo.errors import MammoError
from mammo.evidence import kinds, mias_alone, recorded
from mammo.evidence.recorded import Computed, compared, difference, read, write
from mammo.parameters import Parameters
from mammo.study import Study
from project import ROOT

TABLE = pd.DataFrame(
    {"scorer": ["a", "b"], "auroc": [0.1 + 0.2, 1 / 3], "lower": [math.nan, 0.1], "n": [3, 4]}
)
RECORDED = ROOT / "recorded"


def computed(table: pd.DataFrame = TABLE) -> Computed:
    return Computed({"rows": table}, {"scores.csv": "0" * 64})


def test_a_record_is_read_as_it_was_written(tmp_path):
    files = write(tmp_path / "recorded", "kind", computed())
    assert [path.name for path in files] == ["kind.json", "kind-rows.csv"]
    found = read(tmp_path / "recorded", "kind")
    assert (found.source, found.difference, found.version) == ("recorded", None, __version__)
    assert found.files == {"scores.csv": "0" * 64}
    pd.testing.assert_frame_equal(found.tables["rows"], TABLE, check_exact=True)
    assert json.loads(files[0].read_text())["command"] == "mammo record"


def test_results_of_this_run_are_compared_with_the_record(tmp_path):
    write(tmp_path, "kind", computed())
    record = read(tmp_path, "kind")
    same = compared(record, computed())
    assert (same.source, same.difference) == ("real", 0)
    moved = compared(record, computed(TABLE.assign(auroc=TABLE["auroc"] + [0, 1e-3])))
    assert moved.difference == pytest.approx(1e-3)
    assert moved.tables["rows"]["auroc"][1] == pytest.approx(1 / 3 + 1e-3)


@pytest.mark.parametrize(
    "changed",
    [
        TABLE.rename(columns={"n": "m"}),
        TABLE.iloc[:1],
        TABLE.assign(scorer=["a", "c"]),
        TABLE.assign(lower=[0.5, 0.1]),
    ],
)
def test_what_differs_in_more_than_numbers_differs_infinitely(changed):
    assert difference(TABLE, changed) == math.inf
    assert difference(None, TABLE) == math.inf


@pytest.mark.parametrize("content", ["{}", "no JSON", '{"tables": ["rows"], "files": {}}'])
def test_a_damaged_record_is_named_with_the_remedy(tmp_path, content):
    with pytest.raises(MammoError, match="cannot be read"):
        read(tmp_path, "kind")
    (tmp_path / "kind.json").write_text(content)
    with pytest.raises(MammoError, match=r"kind\.json .*make them with 'mammo record'"):
        read(tmp_path, "kind")


@pytest.mark.parametrize("name", kinds.KINDS)
def test_every_kind_is_recorded_and_no_score_of_an_exam_is(name):
    found = read(RECORDED, name)
    assert all(len(checksum) == 64 for checksum in found.files.values())
    for table in found.tables.values():
        of_a_model = table.groupby("model").size() if "model" in table else [len(table)]
        assert max(of_a_model) <= 101
        assert not {"exam", "case_ID", "patient_id", "image_id", "y_score"} & set(table.columns)


def test_curves_are_rounded_so_that_no_exam_is_read_off():
    curves = read(RECORDED, "reader-study").tables["curves"]
    pd.testing.assert_frame_equal(curves, curves.round(2), check_exact=True)


def of_real_data(real_data, tmp_path_factory) -> Study:
    places = {"data_root": str(real_data), "artifacts": str(tmp_path_factory.mktemp("artifacts"))}
    weights = str(real_data / "weights" / "vgg16_features.safetensors")
    return Study(Parameters(**places, weights=weights, workers=1))


@pytest.fixture(scope="module")
def real_study(real_data, tmp_path_factory) -> Study:
    return of_real_data(real_data, tmp_path_factory)


@pytest.mark.parametrize("name", ["reader-study", "inbreast-rules"])
def test_records_are_what_the_files_give(real_study, name):
    found = recorded.compared(read(RECORDED, name), kinds.KINDS[name](real_study))
    assert found.difference <= 1e-9
    assert found.files == read(RECORDED, name).files


@pytest.mark.long
def test_the_record_of_mias_is_what_the_films_and_the_weights_give(real_study):
    """The network's arithmetic differs a little between processors, and with it a few ranks."""
    record = read(RECORDED, mias_alone.NAME)
    found = recorded.compared(record, mias_alone.compute(real_study))
    assert found.files == record.files
    assert found.difference <= 0.02


def test_without_the_files_a_kind_is_shown_as_recorded(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    study = Study(Parameters(data_root=str(tmp_path), artifacts=str(tmp_path / "artifacts")))
    for name in kinds.KINDS:
        assert kinds.evidence(study, name).source == "recorded"
    assert list(tmp_path.iterdir()) == []
    assert kinds.record(study, tmp_path / "recorded") == {name: [] for name in kinds.KINDS}


def test_with_the_files_a_kind_is_computed_and_compared(tmp_path, monkeypatch):
    monkeypatch.setattr(kinds, "KINDS", {"kind": lambda study: computed()})
    monkeypatch.setattr(kinds, "RECORDED", str(tmp_path))
    assert [path.name for path in kinds.record(None, tmp_path)["kind"]] == [
        "kind.json", "kind-rows.csv"
    ]  # fmt: skip
    found = kinds.evidence(None, "kind")
    assert (found.source, found.difference) == ("real", 0)
