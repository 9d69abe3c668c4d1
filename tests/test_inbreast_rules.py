import shutil

import numpy as np
import pandas as pd
import pytest

from mammo.datasets import detections as released
from mammo.evaluation import auroc_covariance, delong_interval
from mammo.evidence import inbreast_rules
from mammo.evidence.inbreast_rules import AUTHORS_RULE, PAPERS_RULE, RULES, Rule, row_of, scores
from mammo.parameters import Parameters
from mammo.report.figures.specification import CHOICES, in_words, specification_curve
from mammo.report.tables.evidence import rules_sentence, rules_table
from mammo.study import Study

IMAGES = pd.DataFrame(
    {
        "image_id": list("abcdef"),
        "patient_id": ["p", "p", "p", "q", "q", "r"],
        "laterality": ["L", "L", "R", "L", "L", "R"],
        "birads": ["5", "3", "1", "2", "2", "4"],
    }
)
DETECTIONS = pd.DataFrame({"image_id": ["a", "a", "b", "d"], "score": [0.2, 0.9, 0.4, 0.6]})
CANCERS = pd.DataFrame({"image_id": ["a", "b", "b"]})


def scored(rule: Rule) -> pd.DataFrame:
    return scores(IMAGES, DETECTIONS, CANCERS, rule)


def test_the_rules_are_all_combinations_of_the_choices():
    assert len(RULES) == len(set(RULES)) == 60
    assert {AUTHORS_RULE, PAPERS_RULE} < set(RULES)
    for place, values in enumerate(CHOICES.values()):
        assert {rule[place] for rule in RULES} == set(values)
    assert list(CHOICES) == list(Rule._fields)


def test_each_choice_does_what_it_says():
    image = Rule("lesions", "in", "image", "max", "zero")
    assert scored(image)["y_score"].tolist() == [0.9, 0.4, 0, 0.6, 0, 0]
    assert scored(image)["y_true"].tolist() == [1, 1, 0, 0, 0, 0]
    assert scored(image._replace(missing="out"))["y_score"].tolist() == [0.9, 0.4, 0.6]
    assert scored(image._replace(category_3="out"))["y_true"].tolist() == [1, 0, 0, 0, 0]
    assert scored(image._replace(positive="birads_4"))["y_true"].tolist() == [1, 0, 0, 0, 0, 1]
    assert scored(image._replace(positive="birads_5"))["y_true"].tolist() == [1, 0, 0, 0, 0, 0]
    patient = image._replace(scored="patient", combined="mean")
    assert scored(patient)["y_score"].tolist() == pytest.approx([1.3 / 3, 0.3, 0])
    assert scored(patient._replace(combined="max"))["y_score"].tolist() == [0.9, 0.6, 0]
    assert scored(patient)["y_true"].tolist() == [1, 0, 0]


def test_benign_ones_with_an_image_of_birads_3_are_unverified():
    image = Rule("birads_4", "in", "image", "max", "zero")
    assert scored(image)["is_unverified"].tolist() == [False, True, False, False, False, False]
    assert not scored(image._replace(scored="breast"))["is_unverified"].any()
    assert not scored(image._replace(category_3="out"))["is_unverified"].any()


def test_the_authors_and_the_papers_rules_are_those_of_their_numbers():
    assert scored(AUTHORS_RULE)[["patient_id", "y_true", "y_score"]].values.tolist() == [
        ["p", 1, pytest.approx(0.65)],
        ["p", 0, 0],
        ["q", 0, pytest.approx(0.3)],
        ["r", 0, 0],
    ]
    assert scored(PAPERS_RULE)["y_true"].tolist() == [1, 0, 0, 0, 1]
    assert scored(PAPERS_RULE)["y_score"].tolist() == [0.9, 0, 0.6, 0, 0]


@pytest.fixture(scope="module")
def data_root(real_data, tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    shutil.copytree(real_data / "frcnn_cad", root / "frcnn_cad")
    (root / "INbreast").mkdir()
    shutil.copy(real_data / "inbreast" / "INbreast.csv", root / "INbreast")
    return root


@pytest.fixture(scope="module")
def real(data_root):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbreast_rules, "N_BOOTSTRAP", 100)
        return inbreast_rules.compute(Study(Parameters(data_root=str(data_root)))).tables["rules"]


def test_real_files_give_the_published_and_the_known_values(real):
    listed = Rule("lesions", "in", "image", "max", "out")
    rules = [listed, listed._replace(missing="zero"), AUTHORS_RULE, PAPERS_RULE]
    found = pd.DataFrame([row_of(real, rule) for rule in rules])
    assert found[["n", "n_positive"]].values.tolist() == [
        [347, 84],
        [410, 84],
        [188, 42],
        [387, 100],
    ]
    assert found["auroc"].astype(float).round(3).tolist() == [0.913, 0.929, 0.953, 0.898]
    assert row_of(real, PAPERS_RULE)["auroc"] == pytest.approx(0.89773519163763071)
    assert (real["method"] == "percentile bootstrap of patients").all()
    assert ((real["lower"] < real["auroc"]) & (real["auroc"] < real["upper"])).all()


def test_labels_of_birads_3_bound_what_real_scores_give(real):
    known = real["category_3"] == "out"
    assert (real.loc[known, "n_unverified"] == 0).all()
    for bound in ("lowest", "highest"):
        assert real.loc[known, bound].tolist() == pytest.approx(real.loc[known, "auroc"].tolist())
    followed = row_of(real, PAPERS_RULE._replace(category_3="in"))
    assert followed["n_unverified"] == 23
    assert followed["lowest"] < followed["auroc"] < followed["highest"]


def test_patients_widen_the_interval_of_real_scores(data_root):
    folder, table = data_root / released.FOLDER, released.find_table(data_root)
    found = released.read_detections(folder / released.PREDICTIONS)
    cancers = released.read_cancers(folder / released.TRUTH)
    rule = scores(released.images(table, found), found, cancers, PAPERS_RULE)
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
    study = Study(Parameters(data_root=str(tmp_path)))
    assert inbreast_rules.compute(study) is None
    shutil.copytree(data_root / "frcnn_cad", tmp_path / "frcnn_cad")
    assert inbreast_rules.compute(study) is None
    shutil.rmtree(tmp_path / "frcnn_cad")
    shutil.copytree(data_root / "INbreast", tmp_path / "INbreast")
    assert inbreast_rules.compute(study) is None


@pytest.fixture
def made() -> pd.DataFrame:
    """All rules with values as real files might give them, the authors' third from above."""
    rows = pd.DataFrame(RULES).assign(auroc=np.linspace(0.84, 0.9, len(RULES)))
    for rule, value in ((AUTHORS_RULE, 0.9532), (PAPERS_RULE, 0.8977)):
        rows.loc[(rows[list(Rule._fields)] == list(rule)).all(axis=1), "auroc"] = value
    facts = {"confidence": 0.95, "n_bootstrap": 2000, "seed": 3}
    method = "percentile bootstrap of patients"
    bounds = {"lower": rows["auroc"] - 0.04, "upper": rows["auroc"] + 0.03}
    followed = {"n_unverified": 23, "lowest": 0.8, "highest": 0.96}
    return rows.assign(n=188, n_positive=42, **bounds, **followed, **facts, method=method)


def test_a_rule_reads_as_a_line_and_an_image_is_not_combined():
    assert in_words(AUTHORS_RULE) == (
        "the authors' cancers; BI-RADS 3 in; by breast; mean of its images; no detection: 0"
    )
    assert "of its images" not in in_words(PAPERS_RULE)


def test_the_table_has_every_rule_the_highest_first(made):
    table = rules_table(made, "recorded")
    assert len(table.shown) == 60
    assert table.shown["auROC"].iloc[0] == "0.953"
    assert "percentile bootstrap of patients, 2,000 replicates, seed 3, not adjusted" in table.note
    assert (table.shown["Source"] == "recorded").all()


def test_the_sentence_follows_the_numbers(made):
    text = rules_sentence(made).data
    assert "0.84 to 0.95 under the 60 rules" in text and "The paper prints 0.95. " in text
    assert "0.953 (0.913 to 0.983), 188 breasts; 59 of the other 59 rules give less" in text
    assert "gives 0.898 (0.858 to 0.928)" in text
    assert "if those 23 images are benign, and 0.800 to 0.960 over all labels" in text


def test_the_curve_marks_both_rules(made):
    picture = specification_curve(made)
    assert "under 60 rules, from 0.841 to 0.953" in picture.alt
    assert "the authors' rule 0.953, the paper's rule 0.898" in picture.alt
    legend = picture.figure.axes[0].get_legend()
    assert [text.get_text()[:9] for text in legend.get_texts()] == ["the autho", "the paper"]
