import json

import numpy as np
import pandas as pd
import pytest

from mammo.datasets.reader_study import MODELS, READERS, find, read
from mammo.evaluation import auroc, operating_point
from mammo.evaluation.tables.operating_points import SHARES
from mammo.evidence import reader_study as evidence
from mammo.paper.sampling_error import published_intervals
from mammo.parameters import Parameters
from mammo.report.figures.reader_study import reader_study_explorer
from mammo.study import Study


@pytest.fixture(scope="module")
def made() -> pd.DataFrame:
    """Eighty exams of two breasts; each scorer sees a cancer the better the later it is named."""
    generator = np.random.default_rng(5)
    malignant = np.zeros(160, int)
    malignant[:40:2] = 1
    rows = pd.DataFrame(
        {"exam": np.repeat(np.arange(80), 2).astype(str), "side": ["L", "R"] * 80}
    ).assign(malignant=malignant)
    names = [*MODELS.values(), *READERS]
    distances = np.linspace(0, 2, len(names))
    scores = {
        name: generator.normal(size=160) + distance * malignant
        for name, distance in zip(names, distances, strict=True)
    }
    return rows.assign(**scores)


@pytest.fixture(scope="module")
def real(real_data):
    return read(find(real_data))


def test_every_scorer_has_an_estimate_by_exam(made):
    rows = evidence.estimates(made)
    assert rows["scorer"].tolist() == [*MODELS.values(), *READERS]
    assert rows["kind"].value_counts().to_dict() == {
        evidence.RADIOLOGIST: 14, evidence.PAPER: 3, evidence.MADE_AT_NYU: 4
    }  # fmt: skip
    assert (rows[["n_breasts", "n_exams", "n_malignant"]] == [160, 80, 20]).all().all()
    for _, row in rows.iterrows():
        assert row["auroc"] == auroc(made["malignant"], made[row["scorer"]])
        assert row["lower"] < row["auroc"] < row["upper"]


def test_the_mean_curve_has_the_mean_of_the_areas(made):
    curves = evidence.curves(made)
    x = curves["false_positive_rate"]
    assert (x.iloc[0], x.iloc[-1], len(x)) == (0, 1, 101)
    assert (curves.diff().iloc[1:] >= 0).all().all()
    areas = [auroc(made["malignant"], made[name]) for name in READERS]
    assert np.trapezoid(curves[evidence.MEAN_READER], x) == pytest.approx(np.mean(areas), abs=0.01)
    assert np.trapezoid(curves["dmv_cnn"], x) == pytest.approx(
        auroc(made["malignant"], made["dmv_cnn"]), abs=0.015
    )


def test_thresholds_give_what_operating_points_say_and_no_score(made):
    table = evidence.thresholds(made)
    assert list(dict.fromkeys(table["model"])) == list(evidence.PAPERS_MODELS)
    scores = made[list(evidence.PAPERS_MODELS)].to_numpy()
    assert not np.isin(table["threshold"], scores).any()
    exams = made.groupby("exam")[["malignant", *evidence.PAPERS_MODELS]].max().reset_index()
    for model, rows in table.groupby("model"):
        assert exams[model].min() < rows["threshold"].min()
        assert rows["threshold"].max() < exams[model].max()
        row = rows.iloc[20]
        point = operating_point(exams["malignant"], exams[model], exams["exam"], row["threshold"])
        for name in SHARES:
            wanted = getattr(point, name)
            found = [row[name], row[f"{name}_lower"], row[f"{name}_upper"]]
            assert found == pytest.approx([wanted.value, wanted.lower, wanted.upper], abs=5e-7)
        assert row["n_images"] == row["n_patients"] == 80
        assert row["n_malignant"] == exams["malignant"].sum()


def test_thresholds_are_explored_on_the_exams_alone(made):
    shown = json.loads(reader_study_explorer(evidence.thresholds(made), "recorded").json)
    assert shown["counted"] == ["exam", "exams"]
    assert [model["title"] for model in shown["models"]] == [
        evidence.TITLES[name] for name in evidence.PAPERS_MODELS
    ]
    (only,) = shown["models"][0]["sets"]
    assert (only["title"], only["internal"]) == ("NYU reader study, recorded", False)


def test_nine_tests_are_adjusted_together(made):
    tables = evidence.estimates(made), evidence.against_readers(made)
    tests = evidence.tests(*tables, published_intervals())
    assert tests["against"].value_counts().to_dict() == {"guessing": 3, "paper": 3, "readers": 3}
    assert (tests["p_holm"] >= tests["p"]).all()
    assert tests["p_holm"].min() == pytest.approx(min(9 * tests["p"].min(), 1))
    np.testing.assert_allclose(tests["auroc"] - tests["other"], tests["difference"])
    paper = tests[tests["against"] == "paper"]
    assert paper["other"].tolist() == [0.48, 0.46, 0.48]
    assert (tests["lower"] < tests["difference"]).all()
    excludes = (tests["lower"] > 0) | (tests["upper"] < 0)
    assert (excludes == (tests["p"] < 0.05)).all()


def test_the_published_scores_give_the_values_that_were_found_with_other_code(real):
    rows = evidence.estimates(real).set_index("scorer")
    wanted = {
        "end2end_ddsm": (0.4540, 0.380, 0.529),
        "end2end_inbreast": (0.5860, 0.503, 0.669),
        "frcnn_cad": (0.7145, 0.640, 0.786),
    }
    for scorer, (value, lower, upper) in wanted.items():
        row = rows.loc[scorer]
        assert row["auroc"] == pytest.approx(value, abs=5e-5)
        assert [row["lower"], row["upper"]] == pytest.approx([lower, upper], abs=3e-3)
    assert rows.loc["gmic_top5", "auroc"] == pytest.approx(0.8812, abs=5e-5)
    assert rows.loc["Reader05", "auroc"] == pytest.approx(0.7045, abs=5e-5)
    assert rows.loc["Reader13", "auroc"] == pytest.approx(0.8598, abs=5e-5)


def test_the_published_scores_give_the_golden_values_of_readers_against_models(real):
    rows = evidence.against_readers(real).set_index("scorer")
    mean = rows.loc[evidence.MEAN_READER]
    assert mean["mean_reader"] == pytest.approx(0.7787959404, abs=1e-10)
    assert mean["standard_error"] == pytest.approx(0.0251738, abs=1e-7)
    assert mean["degrees_of_freedom"] == pytest.approx(245.25, abs=0.005)
    assert [mean["lower"], mean["upper"]] == pytest.approx([0.729211, 0.828380], abs=1e-6)
    wanted = {
        "frcnn_cad": (0.0643081315, 0.03463539, 878.82, -0.003670, 0.132286, 0.06368581),
        "end2end_ddsm": (0.3247486978, 0.04524297, 2558.72, 0.236032, 0.413465, 9.236e-13),
        "end2end_inbreast": (0.1928046662, 0.04241803, 1977.06, 0.109616, 0.275993, 5.816e-6),
    }
    for scorer, (difference, error, df, lower, upper, p) in wanted.items():
        row = rows.loc[scorer]
        assert row["difference"] == pytest.approx(difference, abs=1e-10)
        assert row["standard_error"] == pytest.approx(error, abs=1e-8)
        assert row["degrees_of_freedom"] == pytest.approx(df, abs=0.005)
        assert [row["lower"], row["upper"]] == pytest.approx([lower, upper], abs=1e-6)
        assert row["p_value"] == pytest.approx(p, rel=1e-3)


def test_the_pickle_is_read_once(real_data, tmp_path, monkeypatch):
    places = {"data_root": str(real_data), "artifacts": str(tmp_path)}
    monkeypatch.setattr(evidence, "N_BOOTSTRAP", 50)
    first = evidence.compute(Study(Parameters(**places)))
    (kept,) = tmp_path.glob("reader-study/*/scores.csv")
    assert len(kept.read_text().splitlines()) == 1441
    monkeypatch.setattr(evidence.released, "read", None)
    again = evidence.compute(Study(Parameters(**places)))
    pd.testing.assert_frame_equal(
        first.tables["estimates"], again.tables["estimates"], check_exact=True
    )


def test_without_the_file_there_is_nothing(tmp_path):
    assert evidence.compute(Study(Parameters(data_root=str(tmp_path)))) is None
