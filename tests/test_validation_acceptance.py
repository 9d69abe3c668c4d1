"""A criterion is met, not met or undecided, and the page says how many cancers would decide."""

import math
import re
from dataclasses import replace

import pandas as pd
import pytest

from made_evidence import made_evidence
from mammo.evaluation import score_interval
from mammo.evaluation.tables.evaluation import Evaluation
from mammo.hospital.validation.acceptance import _plan, in_words, judged
from mammo.hospital.validation.conclusions import patients_with_cancer
from mammo.hospital.validation.evidence import OWN, Claimed, Evidence, Weights
from mammo.parameters import ProtocolParameters
from mammo.report.tables.formats import estimate

MAKER = Claimed(0.93, "its maker states", "on images that are not known")


def scores_alone(distance: float, claimed: Claimed | None = None, patients: int = 200, **protocol):
    weights = {"alpha": Weights("not known", "not known", claimed)}
    return made_evidence(
        {"alpha": (None, distance)}, (0, patients), weights=weights, sources={},
        protocol=ProtocolParameters(**protocol),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("least", "verdict", "severity"),
    [(0.6, "Met", "ok"), (0.84, "Undecided", "note"), (0.99, "Not met", "warning")],
)
def test_an_acceptable_auroc_is_met_by_the_interval(least, verdict, severity):
    evidence = scores_alone(1.5, acceptable=least)
    (one,) = judged(evidence, "alpha")
    assert (one.word, one.severity) == (verdict, severity)
    row = evidence.own.loc["alpha"]
    interval = f"{row['auroc']:.2f} ({row['lower']:.2f} to {row['upper']:.2f})"
    (said,) = in_words(evidence)
    assert f": alpha, auROC of at least {least:g}, by image: {interval}; by exam" in said
    assert ("patients with cancer in place of 67" in one.remedy) == (verdict == "Undecided")


def test_so_many_cancers_would_decide():
    """With that many patients like these, the distance is found with 80% power."""
    evidence = scores_alone(1.5, patients=60, acceptable=0.75)
    (one,) = judged(evidence, "alpha")
    assert one.word == "Undecided"
    n = patients_with_cancer(evidence, "alpha")
    needed = int(re.search(r"about (\d+) patients with cancer", one.remedy)[1])
    copies = math.ceil(needed / n)
    scored, found = evidence.evaluation.scored, evidence.evaluation
    more = [
        scored.assign(
            patient_id=scored["patient_id"] + f" {copy}", image_id=scored["image_id"] + f" {copy}"
        )
        for copy in range(copies)
    ]
    grown = Evaluation(pd.concat(more), found.settings, found.margin, found.criteria)
    row = grown.aurocs.iloc[0]
    assert row["lower"] > 0.75
    assert (row["upper"] - row["lower"]) / 2 < (row["auroc"] - 0.75)


@pytest.mark.parametrize(("distance", "patients", "far"), [(1.9, 42, 0.08), (1.5, 200, 0.05)])
def test_what_these_patients_left_undecided_takes_more_of_them(distance, patients, far):
    """Above what was found or below it: the plan and the verdict are by one interval."""
    area = scores_alone(distance, patients=patients).own.loc["alpha", "auroc"]
    for least in (area - far, area + far / 2):
        (one,) = judged(scores_alone(distance, patients=patients, acceptable=least), "alpha")
        assert one.word == "Undecided"
        needed = float(re.search(r"about ([\d,]+) patients", one.remedy)[1].replace(",", ""))
        assert needed > patients / 3
        assert (
            f"if the true auROC is the {area:.2f} that these {-(-patients // 3)} gave" in one.remedy
        )


def test_fewer_patients_than_left_it_undecided_are_never_enough():
    area = scores_alone(2.4, patients=42).own.loc["alpha", "auroc"]
    (one,) = judged(scores_alone(2.4, patients=42, acceptable=area - 0.09), "alpha")
    assert one.word == "Undecided"
    assert int(re.search(r"about (\d+) patients", one.remedy)[1]) > 14


@pytest.mark.parametrize(("number", "rounded"), [(9, 9), (72, 72), (121, 130), (1201, 1300)])
def test_a_plan_is_rounded_up(number, rounded):
    assert f"about {rounded:,} patients" in _plan(1, number, "")


def test_the_unit_and_the_auroc_by_examination_stand_with_the_criterion():
    evidence = scores_alone(1.5, acceptable=0.75)
    women = evidence.evaluation.scored.groupby("patient_id")[["y_true", "y_score"]].max()
    by_hand = score_interval(women["y_true"], women["y_score"], women.index)
    (said,) = in_words(evidence)
    assert "auROC of at least 0.75, by image: " in said
    wanted = estimate(by_hand.value, by_hand.lower, by_hand.upper)
    assert f"; by examination {wanted}, undecided." in said
    (said,) = in_words(replace(evidence, scored_unit="study"))
    assert "at least 0.75, by study: " in said and "by examination" not in said


def test_nothing_is_good_or_bad_that_is_so_by_image_and_not_by_examination():
    evidence = scores_alone(1.9, patients=60, acceptable=0.8)
    (one,) = judged(evidence, "alpha")
    assert (one.word, one.severity) == ("Met", "note")
    assert one.found.endswith(", undecided")


def test_a_stated_auroc_above_what_was_found_is_not_planned_as_if_it_held():
    """The plan is for what was found: that the criterion is missed, not that nothing is lost."""
    claimed = replace(MAKER, auroc=0.95)
    evidence = scores_alone(1.5, claimed, patients=60, no_worse_than=0.05)
    row = evidence.own.loc["alpha"]
    assert row["auroc"] < 0.9 < row["upper"] < 0.95
    (one,) = judged(evidence, "alpha")
    assert one.word == "Undecided"
    assert "nothing is lost" not in one.remedy
    assert f"if the true auROC is the {row['auroc']:.2f}" in one.remedy


@pytest.mark.parametrize(
    ("distances", "patients", "verdict"),
    [((1.5, 1.5), (900, 900), "Met"), ((2.5, 0.3), (400, 400), "Not met"),
     ((2.0, 1.7), (300, 100), "Undecided")],
)  # fmt: skip
def test_no_worse_than_in_internal_validation(distances, patients, verdict):
    evidence = made_evidence(
        {"alexnet": distances}, patients, margin=0.1, protocol=ProtocolParameters(no_worse_than=0.1)
    )
    (one,) = judged(evidence, "alexnet")
    assert one.criterion == "at most 0.1 below internal validation, by image"
    assert one.word == verdict


def test_no_worse_than_stated_takes_the_stated_value_as_it_is():
    for distance, verdict in ((3.0, "Met"), (0.5, "Not met")):
        evidence = scores_alone(distance, MAKER, no_worse_than=0.1)
        (one,) = judged(evidence, "alpha")
        assert one.word == verdict
        assert one.criterion == "at most 0.1 below the 0.93 that its maker states, by image"


def test_nothing_to_compare_with_is_said_and_what_to_state():
    (found,) = judged(scores_alone(1.5, no_worse_than=0.05), "alpha")
    assert (found.severity, found.word) == ("note", "Undecided")
    assert found.remedy.startswith("there is nothing to judge it by; state the maker's")


def test_both_criteria_are_judged_for_every_model():
    evidence = made_evidence(
        {"alexnet": (2.0, 0.5), "vgg16": (2.0, 1.0)},
        protocol=ProtocolParameters(acceptable=0.8, no_worse_than=0.05),
    )
    assert len(in_words(evidence)) == 4


def test_an_internal_set_that_is_too_small_leaves_nothing_to_plan():
    evidence = made_evidence(
        {"alexnet": (2.0, 2.0)}, (24, 200), protocol=ProtocolParameters(no_worse_than=0.05)
    )
    (one,) = judged(evidence, "alexnet")
    assert one.remedy.endswith("more patients of this site cannot decide")
    assert one.found.startswith(("drop of ", "gain of "))


def test_too_few_patients_decide_nothing():
    (found,) = judged(scores_alone(5.0, patients=24, acceptable=0.6), "alpha")
    assert (found.severity, found.word) == ("note", "Undecided")
    assert found.remedy.startswith("fewer than 10 patients of one class")


@pytest.mark.parametrize(
    "synthetic",
    [{"sources": {OWN: "synthetic"}}, {"weights": {"alpha": Weights("random", "synthetic")}}],
    ids=["images", "training"],
)
def test_nothing_synthetic_is_called_good(synthetic):
    evidence: Evidence = scores_alone(3.0, acceptable=0.6)
    assert next(judged(evidence, "alpha")).severity == "ok"
    assert next(judged(replace(evidence, **synthetic), "alpha")).severity == "note"


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_one_class_decides_nothing():
    evidence = scores_alone(1.5, acceptable=0.6)
    found = evidence.evaluation
    one = Evaluation(found.scored.assign(y_true=0), found.settings, 0.05, found.criteria)
    (said,) = judged(replace(evidence, evaluation=one), "alpha")
    assert said.word == "Undecided" and "nan" not in said.found + said.remedy
