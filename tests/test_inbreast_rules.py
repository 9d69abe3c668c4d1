from __future__ import annotations

import shutil

import pandas as pd
import pytest

from mammo.datasets import detections as released
from mammo.evaluation import auroc_covariance, delong_interval
from mammo.paper import inbreast_rules
from mammo.report.tables.inbreast_rules import released_sentence, released_table

IMAGES = pd.DataFrame(
    {
        "image_id": list("abcdef"),
        "patient_id": ["p", "p", "p", "q", "q", "r"],
        "laterality": ["L", "L", "R", "L", "L", "R"],
        "birads": ["5", "3", "1", "2", "2", "6"],
    }
)
DETECTIONS = pd.DataFrame({"image_id": ["a", "a", "b", "d"], "score": [0.2, 0.9, 0.4, 0.6]})
CANCERS = pd.DataFrame({"image_id": ["a", "b", "b"]})


def test_each_rule_scores_its_own_images():
    tables = inbreast_rules.scores(IMAGES, DETECTIONS, CANCERS)
    assert list(tables) == list(inbreast_rules.RULES)
    assert tables["listed"]["y_score"].tolist() == [0.9, 0.4, 0.6]
    assert tables["listed"]["y_true"].tolist() == [1, 1, 0]
    assert tables["image"]["y_score"].tolist() == [0.9, 0.4, 0, 0.6, 0, 0]
    assert tables["image"]["y_true"].tolist() == [1, 1, 0, 0, 0, 0]
    assert tables["breast"].values.tolist() == [
        ["p", 1, pytest.approx(0.65)],
        ["p", 0, 0],
        ["q", 0, pytest.approx(0.3)],
        ["r", 0, 0],
    ]
    assert tables["birads"]["y_true"].tolist() == [1, 0, 0, 0, 1]
    assert tables["birads"]["y_score"].tolist() == [0.9, 0, 0.6, 0, 0]


@pytest.fixture(scope="module")
def data_root(real_data, tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    shutil.copytree(real_data / "frcnn_cad", root / "frcnn_cad")
    (root / "INbreast").mkdir()
    shutil.copy(real_data / "inbreast" / "INbreast.csv", root / "INbreast")
    return root


@pytest.fixture(scope="module")
def comparison(data_root):
    return inbreast_rules.released_comparison(data_root, n_bootstrap=100)


def test_real_files_give_the_four_values(comparison):
    found = comparison.set_index("rule")
    assert found[["n", "n_positive"]].values.tolist() == [
        [347, 84],
        [410, 84],
        [188, 42],
        [387, 100],
    ]
    assert found["auroc"].round(3).tolist() == [0.913, 0.929, 0.953, 0.898]
    assert found.loc[inbreast_rules.PAPERS_RULE, "auroc"] == pytest.approx(0.89773519163763071)
    assert (found["unit"] == "patient").all()
    assert ((found["lower"] < found["auroc"]) & (found["auroc"] < found["upper"])).all()


def test_patients_widen_the_interval_of_real_scores(data_root):
    folder, table = data_root / released.FOLDER, released.find_table(data_root)
    found = released.read_detections(folder / released.PREDICTIONS)
    cancers = released.read_cancers(folder / released.TRUTH)
    rule = inbreast_rules.scores(released.images(table, found), found, cancers)[
        inbreast_rules.PAPERS_RULE
    ]
    arrays = [rule[name].to_numpy() for name in ("y_true", "y_score", "patient_id")]
    by_image = delong_interval(*arrays)
    assert (round(by_image.lower, 4), round(by_image.upper, 4)) == (0.8614, 0.9340)
    aurocs, covariance = auroc_covariance(*arrays)
    reach = 1.959964 * covariance[0, 0] ** 0.5
    bounds = [aurocs[0] - reach, aurocs[0] + reach]
    # The last digits depend on how the 63 images without a patient are grouped.
    assert bounds == pytest.approx([0.8550, 0.9405], abs=5e-4)
    image_variance = auroc_covariance(*arrays[:2], range(len(rule)))[1][0, 0]
    assert 1.37 < covariance[0, 0] / image_variance < 1.39


def test_without_either_file_there_is_nothing(data_root, tmp_path):
    assert inbreast_rules.released_comparison(tmp_path) is None
    shutil.copytree(data_root / "frcnn_cad", tmp_path / "frcnn_cad")
    assert inbreast_rules.released_comparison(tmp_path) is None
    shutil.rmtree(tmp_path / "frcnn_cad")
    shutil.copytree(data_root / "INbreast", tmp_path / "INbreast")
    assert inbreast_rules.released_comparison(tmp_path) is None


def made(authors: float, paper: float) -> pd.DataFrame:
    """A comparison with these two values, as real files might give it."""
    rows = pd.DataFrame(
        {"rule": list(inbreast_rules.RULES), "scored": ["image"] * 2 + ["breast", "image"]}
    )
    rows["auroc"] = [0.9, 0.9, authors, paper]
    facts = {"lower": 0.8, "upper": 0.99, "confidence": 0.95, "n_bootstrap": 2000, "seed": 3}
    return rows.assign(n=[347, 410, 188, 387], n_positive=[84, 84, 42, 100], **facts)


def test_the_table_says_each_rule_in_words():
    text = repr(released_table(made(0.9532, 0.8977)))
    assert "mean over a breast's images" in text and "BI-RADS 4 to 6" in text
    assert "0.953" in text and "0.800 to 0.990" in text
    assert "bootstrap of patients, 2,000 replicates, seed 3" in text


def test_the_sentence_follows_the_numbers():
    less = released_sentence(made(0.9532, 0.8977)).data
    assert "prints 0.95. " in less and "give 0.95 per breast" in less
    assert "0.898 per image" in less and "0.055 less" in less and "387 images" in less
    assert "0.020 more" in released_sentence(made(0.90, 0.92)).data


def test_the_sentence_says_how_to_get_what_is_absent():
    text = released_sentence(None).data
    assert "mammo fetch frcnn-cad-predictions" in text and "into data/frcnn_cad" in text
    assert "INbreast.csv" in text and "no licence" in text
